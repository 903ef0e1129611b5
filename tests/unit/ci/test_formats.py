"""How shells, GitLab, Docker and JSON parsers read an exported login."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from support import unavailable
from unit.ci.logins import HOSTILE, TOKEN, URL, login, publishable, settings
from unit.ci.readers import env_file, gitlab, powershell

from sfjwt_action.ci.formats import dotenv, shell
from sfjwt_action.ci.formats import json as json_format
from sfjwt_action.ci.formats import powershell as powershell_format
from sfjwt_action.inputs.problems import InvalidInput
from sfjwt_action.inputs.record_id import long_id

SHELLS = {"dash": ["dash"], "bash": ["bash"], "bash as sh": ["bash", "--posix"], "busybox": ["busybox", "sh"]}
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))


@pytest.mark.parametrize("name", SHELLS)
def test_a_shell_reads_any_text(name: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    if shutil.which(SHELLS[name][0]) is None:
        unavailable(f"there is no {SHELLS[name][0]}")
    path = tmp_path_factory.mktemp("shell") / "login.sh"

    @hypothesis_settings(max_examples=40)
    @given(st.lists(TEXTS, min_size=1, max_size=40))
    def check(values: list[str]) -> None:
        values = [*values, *HOSTILE.values()]
        path.write_bytes("".join(shell.line(f"V{number}", value) for number, value in enumerate(values)).encode())
        expected = "".join(f"{value}\0" for value in values)
        shown = " ".join(f'"$V{number}"' for number in range(len(values)))
        for read in (f". {path}", f'eval "$(cat {path}; echo)"'):
            ended = subprocess.run(
                [*SHELLS[name], "-euc", f"{read}; printf '%s\\0' {shown}"],
                cwd=path.parent,
                env={},
                capture_output=True,
                check=True,
            )
            assert ended.stdout.decode() == expected
            assert ended.stderr == b""

    check()


def test_what_a_shell_reads_is_exported(tmp_path: Path) -> None:
    (tmp_path / "login.sh").write_text(shell.render(login(), settings(export_env="true")))
    ended = subprocess.run(
        ["sh", "-c", ". ./login.sh; env"], cwd=tmp_path, env={}, capture_output=True, text=True, check=True
    )
    for variable in (f"SF_ACCESS_TOKEN={TOKEN}", f"SF_INSTANCE_URL={URL}", f"SF_ORG_INSTANCE_URL={URL}"):
        assert variable in ended.stdout.splitlines()


def test_a_nul_is_rejected_for_a_shell() -> None:
    with pytest.raises(InvalidInput, match=r"SF_ACCESS_TOKEN: .*NUL"):
        shell.render(login("a\0b"), settings())


CODE_PAGES = ["utf-8", "cp1252", "cp437", "cp932", "utf-8-sig"]


@given(st.lists(TEXTS, min_size=1, max_size=10))
def test_powershell_reads_any_text_in_any_code_page(values: list[str]) -> None:
    values = [*values, *HOSTILE.values(), "\u2018; id; \u2019\u201a\u201b'", "Ñ; id", "\u2018\u2018"]
    named = {f"V{number}": value for number, value in enumerate(values)}
    content = "".join(powershell_format.line(name, value) for name, value in named.items()).encode()
    for code_page in CODE_PAGES:
        assert powershell(content, code_page) == named


def test_a_login_for_powershell_has_a_line_for_each_variable() -> None:
    rendered = powershell_format.render(login(), settings(export_env="true"))
    assert rendered.splitlines()[0] == f"$env:SF_ACCESS_TOKEN = '{TOKEN}'"
    expected = {"SF_ACCESS_TOKEN": TOKEN, "SF_INSTANCE_URL": URL, "SF_ORG_INSTANCE_URL": URL}
    assert powershell(rendered.encode()) == expected


def test_a_nul_is_rejected_for_powershell() -> None:
    with pytest.raises(InvalidInput, match="SF_ACCESS_TOKEN: "):
        powershell_format.render(login("a\0b"), settings())


UNFIT = {
    "two lines": "line breaks",
    "carriage return": "line breaks",
    "spaces": "starts or ends with white space",
    "dollar": r"`\$`",
    "percent escape": "`%NAME%`",
    "percent name": "`%NAME%`",
    "10 KB": "",
}


@pytest.mark.parametrize("name", publishable(*UNFIT))
def test_gitlab_and_docker_read_what_a_dotenv_file_can_hold(name: str, tmp_path: Path) -> None:
    path = tmp_path / "salesforce.env"
    path.write_text("before=x")
    dotenv.write(path, dotenv.render(login(HOSTILE[name]), settings(export_env="true")))
    expected = {"before": "x", "SF_ACCESS_TOKEN": HOSTILE[name], "SF_INSTANCE_URL": URL, "SF_ORG_INSTANCE_URL": URL}
    assert gitlab(path.read_bytes()) == expected
    if name != "non-ASCII":  # which has Unicode's line separator, which Docker doesn't split at
        assert env_file(path.read_text()) == expected


@pytest.mark.parametrize("name", [name for name, says in UNFIT.items() if says])
def test_values_that_gitlab_would_change_are_rejected(name: str) -> None:
    with pytest.raises(InvalidInput, match=UNFIT[name]) as raised:
        dotenv.render(login(HOSTILE[name]), settings())
    assert str(raised.value).startswith("SF_ACCESS_TOKEN: ")
    assert HOSTILE[name] not in str(raised.value)


@given(TEXTS)
def test_gitlab_reads_any_text_that_is_accepted(text: str) -> None:
    try:
        line = dotenv.line("SF_ACCESS_TOKEN", text)
    except InvalidInput:
        return
    assert gitlab(line.encode()) == {"SF_ACCESS_TOKEN": text}


@pytest.mark.parametrize("before", [b"", b"A=" + b"x" * 5000])
def test_a_dotenv_file_is_smaller_than_gitlabs_limit(before: bytes, tmp_path: Path) -> None:
    path = tmp_path / "salesforce.env"
    path.write_bytes(before)
    fitting = dotenv.line("T", "x" * (5119 - len(before) - len("T=\n") - bool(before)))
    dotenv.write(path, fitting)
    assert path.stat().st_size == 5119
    gitlab(path.read_bytes())


@pytest.mark.parametrize("before", [b"", b"A=" + b"x" * 5000 + b"\n"])
def test_a_dotenv_file_over_gitlabs_limit_is_not_written(before: bytes, tmp_path: Path) -> None:
    path = tmp_path / "salesforce.env"
    path.write_bytes(before)
    text = dotenv.line("T", "x" * (5120 - len(before) - len("T=\n")))
    with pytest.raises(InvalidInput, match=r"would have 5120 bytes, .* under 5120 bytes"):
        dotenv.write(path, text)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", HOSTILE)
def test_json_holds_any_text_under_the_names_of_the_outputs(name: str) -> None:
    read = json.loads(json_format.render(login(HOSTILE[name]), settings()))
    assert (read["access_token"], read["instance_url"], read["org_id"]) == (HOSTILE[name], URL, long_id(TOKEN[:15]))
    assert list(read) == [output.replace("-", "_") for output in login().outputs()]
