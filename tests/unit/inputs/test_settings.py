import base64
import dataclasses
import io
import ssl
from pathlib import Path

import pytest
import trustme

from sfjwt_action.inputs.problems import InvalidInput, Problems
from sfjwt_action.inputs.settings import INPUTS, Settings, find_unknown_variables, read_settings

REQUIRED = {"SFJWT_CONSUMER_KEY": "3MVG9", "SFJWT_PRIVATE_KEY": "key", "SFJWT_USERNAME": "ci@acme.example"}


def read(environ: dict[str, str], flags: dict[str, str] | None = None) -> Settings:
    problems = Problems()
    settings = read_settings(flags or {}, REQUIRED | environ, problems)
    problems.raise_if_any()
    return settings


def refusals(environ: dict[str, str], flags: dict[str, str] | None = None) -> dict[str, str]:
    with pytest.raises(InvalidInput) as error:
        read(environ, flags)
    return {problem.input: f"{problem} {problem.hint}".rstrip() for problem in error.value.problems}


def test_defaults() -> None:
    settings = read({})
    assert settings.login_url == "https://login.salesforce.com"
    assert (settings.assertion_lifetime, settings.timeout, settings.retries) == (180, 30, 3)
    assert settings.mask_instance_url
    assert not settings.verify


def test_sources_have_a_fixed_order(tmp_path: Path) -> None:
    (tmp_path / "audience").write_text("from-file\n")
    sources = [
        ("PLUGIN_AUDIENCE", "from-plugin", "from-plugin"),
        ("SFJWT_AUDIENCE_FILE", str(tmp_path / "audience"), "from-file"),
        ("SFJWT_AUDIENCE", "from-sfjwt", "from-sfjwt"),
        ("INPUT_AUDIENCE", "from-input", "from-input"),
    ]
    environ = {"CI": "woodpecker"}
    for name, value, expected in sources:
        environ[name] = value
        assert read(environ).audience == expected
    assert read(environ, {"audience": "from-flag"}).audience == "from-flag"


@pytest.mark.parametrize("name", ["INPUT_LOGIN-URL", "INPUT_LOGIN_URL", "SFJWT_LOGIN_URL"])
def test_names_in_the_environment(name: str) -> None:
    assert read({name: "sandbox"}).login_url == "sandbox"


@pytest.mark.parametrize(("environ", "expected"), [({}, ""), ({"CI": "woodpecker"}, "x"), ({"DRONE": "true"}, "x")])
def test_plugin_variables_count_only_where_plugins_run(environ: dict[str, str], expected: str) -> None:
    assert read({"PLUGIN_AUDIENCE": "x", **environ}).audience == expected


def test_an_empty_value_is_no_value() -> None:
    assert read({"INPUT_TIMEOUT": " \n", "SFJWT_TIMEOUT": "5"}).timeout == 5


def test_white_space_around_a_value_is_dropped_except_in_a_passphrase() -> None:
    settings = read({"INPUT_AUDIENCE": " https://x \n", "INPUT_PRIVATE-KEY-PASSPHRASE": " pass phrase \n"})
    assert settings.audience == "https://x"
    assert settings.private_key_passphrase == " pass phrase "


def test_a_flag_reads_a_file_or_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "server.key").write_bytes(b"\xef\xbb\xbfkey from a file\r\n")
    assert read({}, {"private_key": str(tmp_path / "server.key")}).private_key == "key from a file"
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"key from standard input\n")))
    assert read({}, {"private_key": "-"}).private_key == "key from standard input"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_file_from_powershell_is_read_as_text(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "consumer-key").write_bytes("3MVG9\r\n".encode(encoding))
    file = str(tmp_path / "consumer-key")
    assert read({"SFJWT_CONSUMER_KEY": "", "SFJWT_CONSUMER_KEY_FILE": file}).consumer_key == "3MVG9"


def test_a_binary_file_is_read_as_its_base64(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"\x30\x82\xff\xfe")))
    assert read({}, {"private_key": "-"}).private_key == "MIL//g=="
    (tmp_path / "server.p12").write_bytes(b"\x30\x82\xff\xfe")
    assert (
        read({"SFJWT_PRIVATE_KEY": "", "SFJWT_PRIVATE_KEY_FILE": str(tmp_path / "server.p12")}).private_key
        == "MIL//g=="
    )


def test_a_file_that_is_empty_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty.key").touch()
    said = refusals({}, {"private_key": str(tmp_path / "empty.key")})["private-key"]
    assert f"--private-key-file names the file {tmp_path / 'empty.key'}, which is empty" in said


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    missing = str(tmp_path / "server.key")
    said = refusals({"SFJWT_PRIVATE_KEY": "", "SFJWT_PRIVATE_KEY_FILE": missing})
    assert said["private-key"].startswith(f"private-key: SFJWT_PRIVATE_KEY_FILE names the file {missing}")
    assert "No such file" in refusals({}, {"certificate": missing})["certificate"]


@pytest.mark.parametrize("text", ["true", "True", "TRUE"])
def test_yes(text: str) -> None:
    assert read({"SFJWT_MASK_INSTANCE_URL": text}).mask_instance_url


@pytest.mark.parametrize("text", ["false", "False", "FALSE"])
def test_no(text: str) -> None:
    assert not read({"SFJWT_MASK_INSTANCE_URL": text}).mask_instance_url


@pytest.mark.parametrize("text", ["yes", "1", "on", "tRUE", "y"])
def test_an_invalid_boolean(text: str) -> None:
    said = refusals({"SFJWT_MASK_INSTANCE_URL": text})["mask-instance-url"]
    assert said.startswith("mask-instance-url: ")
    assert said.endswith("`true` or `false`.")


@pytest.mark.parametrize("text", ["29", "301", "-60", "60.5", "1e2", "³⁰", "9" * 5000, "60 s"])
def test_numbers_out_of_range(text: str) -> None:
    said = refusals({"SFJWT_ASSERTION_LIFETIME": text})["assertion-lifetime"]
    assert said.endswith("seconds from 30 to 300.")
    assert len(said) < 200


@pytest.mark.parametrize("name", ["SFJWT_USERNAME", "SFJWT_CONSUMER_KEY", "SFJWT_AUDIENCE"])
def test_more_than_one_word(name: str) -> None:
    (said,) = refusals({name: "ci@acme.example\nMIIE"}).values()
    assert "white space or line breaks" in said
    assert "MIIE" not in said


@pytest.mark.parametrize("name", ["SFJWT_USERNAME", "SFJWT_CONSUMER_KEY", "SFJWT_AUDIENCE"])
def test_a_pem_block_in_the_wrong_input_names_the_right_one(name: str) -> None:
    (said,) = refusals({name: "-----BEGIN KEY-----\nMIIE"}).values()
    assert "PEM block" in said
    assert "MIIE" not in said


@pytest.mark.parametrize("text", ["ci", "hunter2", "ci@acme", "a@acme.example,b@acme.example"])
def test_an_invalid_username_is_not_quoted(text: str) -> None:
    said = refusals({"SFJWT_USERNAME": text})["username"]
    assert f"text of {len(text)} characters" in said
    assert ("no @" in said) == ("@" not in text)
    assert text not in said.removesuffix("ci@acme.example.").removeprefix("username: ")


@pytest.mark.parametrize("name", ["SFJWT_USERNAME", "SFJWT_CONSUMER_KEY", "SFJWT_AUDIENCE"])
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('"3MVG9x@y.example"', "quotes"),
        ("'3MVG9x@y.example'", "quotes"),
        ("$3MVG9x.y", "`$`"),
        ("$ci@acme.example", "`$`"),
    ],
)
def test_quotes_and_white_space_around_a_value_are_named(name: str, text: str, found: str) -> None:
    (said,) = refusals({name: text}).values()
    assert found in said
    assert text.strip("$\"'") not in said


def test_ca_certificates_may_be_in_der(ca: trustme.CA) -> None:
    pem = ca.cert_pem.bytes().decode()
    der = base64.b64encode(ssl.PEM_cert_to_DER_cert(pem)).decode()
    assert read({"SFJWT_CA_CERTIFICATES": der}).ca_certificates.split() == pem.split()


def test_check_characters_of_an_org_id_are_checked() -> None:
    said = refusals({"SFJWT_ALLOWED_ORG_IDS": "00D5g00000FaXv7AAA"})["allowed-org-ids"]
    assert "“00D5g00000FaXv7AAA”" in said
    assert "check" in said


def test_a_username_as_consumer_key() -> None:
    assert "@" in refusals({"SFJWT_CONSUMER_KEY": "ci@acme.example"})["consumer-key"]


@pytest.mark.parametrize("name", ["SFJWT_USERNAME", "SFJWT_CONSUMER_KEY", "SFJWT_AUDIENCE"])
@pytest.mark.parametrize("text", ["$(SFJWT_USERNAME)", "$(salesforce.consumer-key)", "${{ secrets.X }}", "$X", "%X%"])
def test_an_unexpanded_variable(name: str, text: str) -> None:
    (said,) = refusals({name: text}).values()
    assert "variable's name" in said


@pytest.mark.parametrize("name", ["SFJWT_USERNAME", "SFJWT_CONSUMER_KEY", "SFJWT_AUDIENCE"])
def test_a_key_in_the_wrong_input_is_neither_shown_nor_sent(name: str) -> None:
    (said,) = refusals({name: "LS0tLS1CRUdJTi" * 150}).values()
    assert "2100 characters" in said
    assert "LS0t" not in said


def test_all_problems_are_reported_together() -> None:
    said = refusals(
        {"SFJWT_USERNAME": "", "SFJWT_TIMEOUT": "0", "SFJWT_RETRIES": "many", "INPUT_MASK_INSTANCE_URL": "?"}
    )
    assert list(said) == ["username", "mask-instance-url", "timeout", "retries"]


def test_a_missing_required_value() -> None:
    said = refusals({"SFJWT_PRIVATE_KEY": ""})["private-key"]
    assert "--private-key-file" in said
    assert "`--env`" in said
    assert "SFJWT_PRIVATE_KEY_FILE" in said


def test_an_empty_secret_on_github_is_explained() -> None:
    said = refusals({"SFJWT_CONSUMER_KEY": "", "GITHUB_ACTIONS": "true"})["consumer-key"]
    for cause in ("fork", "Dependabot", "environment:", "secrets: inherit", "secret or variable"):
        assert cause in said


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("", ()),
        ("00D5g00000FaXv7", ("00D5g00000FaXv7EAF",)),
        ("00D5g00000FaXv7EAF", ("00D5g00000FaXv7EAF",)),
        ("00D5g00000FaXv7EAF, 00D9O00000Bt3Lm\n00D3d00000Gv0Ct", 3),
    ],
)
def test_org_ids(text: str, ids: object) -> None:
    found = read({"SFJWT_ALLOWED_ORG_IDS": text}).allowed_org_ids
    assert found == ids or len(found) == ids
    assert all(len(org_id) == 18 for org_id in found)


@pytest.mark.parametrize(
    "text", ["00D5g00000FaXv7EAA", "0055g000008Kq2VAAS", "00D5g00000FaXv", "acme", "00D5g00000FaXv7EAF;"]
)
def test_an_invalid_org_id(text: str) -> None:
    said = refusals({"SFJWT_ALLOWED_ORG_IDS": text})["allowed-org-ids"]
    assert "Company Information" in said
    assert (text in said) == (text in {"00D5g00000FaXv7EAA", "00D5g00000FaXv"})


def test_secrets_are_not_in_repr() -> None:
    settings = read({"SFJWT_PRIVATE_KEY": "the-key", "SFJWT_PRIVATE_KEY_PASSPHRASE": "the-passphrase"})
    assert "the-key" not in repr(settings)
    assert "the-passphrase" not in repr(settings)
    assert "3MVG9" not in repr(settings)
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.username = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("INPUT_CONSUMERKEY", "`consumer-key`"),
        ("INPUT_LOGIN-URI", "`login-url`"),
        ("SFJWT_PRIVATEKEY_FILE", "SFJWT_PRIVATE_KEY_FILE"),
        ("SFJWT_USER_NAME", "SFJWT_USERNAME"),
        ("INPUT_INSTANCE-URL", "`login-url`"),
        ("SFJWT_CLIENT_ID", "SFJWT_CONSUMER_KEY"),
        ("SFJWT_USER", "SFJWT_USERNAME"),
    ],
)
def test_a_misspelled_name_is_reported(name: str, near: str) -> None:
    (said,) = find_unknown_variables({name: "x"})
    assert name in said
    assert said.endswith(f" Did you mean {near}?")


def test_other_names_are_ignored() -> None:
    known = {f"INPUT_{declared.name.upper()}": "x" for declared in INPUTS}
    assert find_unknown_variables(known | {"INPUT_TOKEN": "x", "INPUT_ARGS": "x", "SFJWT_TESTS_REQUIRE_ALL": "1"}) == []
