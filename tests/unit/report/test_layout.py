import re

import pytest
from markdown_it import MarkdownIt
from unit.report.plans import NOT_APPROVED, MakePlan, refused

from sfjwt_action.report import layout
from sfjwt_action.report.failure import failure


def test_a_command_is_not_broken_into_lines() -> None:
    command = "`openssl req -x509 -newkey rsa:2048 -nodes -sha256 -days 365 -keyout server.key -out server.crt`"
    assert layout.wrapped(f"Make a new key and certificate: {command}, and upload it.", hanging="  ") == [
        "Make a new key and certificate:",
        f"  {command},",
        "  and upload it.",
    ]


def test_text_fits_a_terminal(make_plan: MakePlan) -> None:
    plan = make_plan()
    story = failure(refused(plan, NOT_APPROVED), plan)
    assert all(len(line) <= 80 for line in layout.text(story))


def test_hostile_text_is_not_markdown(make_plan: MakePlan) -> None:
    plan = make_plan()
    story = failure(refused(plan, "evil: [click](https://evil.example) WWW.evil.example <img src=x> | `a` &lt;"), plan)
    without_code = re.sub("`[^`]*`", "", layout.markdown(story))
    # GitHub also makes links of bare addresses.
    assert r"\[click\](https:\//evil.example) WWW\.evil.example" in without_code
    assert r"\&lt;" in without_code
    assert r"\<img" in without_code
    assert " <img" not in without_code


@pytest.mark.parametrize(
    "words",
    [
        "` ``x` <img src=//evil.example/p.png> [sign in](//evil.example/login)",
        "``a@b.c `<img src=//evil.example/p.png>",
        "``a@b.c",
        "mailto:@x.y",
    ],
)
def test_backticks_in_server_text_are_escaped(words: str, make_plan: MakePlan) -> None:
    plan = make_plan()
    html = MarkdownIt("commonmark").render(layout.markdown(failure(refused(plan, f"evil: {words}"), plan)))
    assert "<img" not in html
    assert "evil.example/login" not in "".join(re.findall("<a [^>]*>", html))
