import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sfjwt_action.ci.escaping import escape_commands, escape_json

COMMANDS = [
    "::error::x",
    "  ::add-mask::x",
    "\t::stop-commands::x",
    "##[error]x",
    "text ##[group]x",
    "##vso[task.setvariable variable=A]x",
    "text ##vso[task.complete]x",
    "#\u200b#vso[task.complete]x",
    "##teamcity[buildStop]",
    "a\n::error::x",
]


def is_command(text: str) -> bool:
    visible = "".join(letter for letter in text if letter.isprintable() or letter in "\n\t")
    return any("##" in line or line.lstrip().startswith("::") for line in visible.splitlines())


@pytest.mark.parametrize("text", COMMANDS)
def test_an_escaped_command_is_not_a_command(text: str) -> None:
    assert not is_command(escape_commands(text))
    document = escape_json(json.dumps({"found": text}))
    assert "##" not in document
    assert "::" not in document
    assert json.loads(document) == {"found": text}


@given(st.text(st.sampled_from("#:[ \n\ta\u200b%")))
def test_no_escaped_text_is_a_command(text: str) -> None:
    assert not is_command(escape_commands(text))
    assert json.loads(escape_json(json.dumps(text))) == text
