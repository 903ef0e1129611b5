import io
import json
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import jwt
import pytest
from joserfc import jws
from joserfc.jwk import RSAKey
from key_material import KeyMaterial

from sfjwt_action import cli
from sfjwt_action.inputs.settings import INPUTS


@pytest.fixture
def environ(material: KeyMaterial) -> dict[str, str]:
    return {
        "SFJWT_CONSUMER_KEY": "3MVG9",
        "SFJWT_USERNAME": "ci@acme.example",
        "SFJWT_PRIVATE_KEY": material.text("pkcs8.pem"),
    }


def test_standard_output_is_only_the_assertion(
    environ: dict[str, str], material: KeyMaterial, capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["assertion", "--assertion-lifetime", "60"], environ) == 0
    printed = capfd.readouterr()
    assert printed.err == ""
    verified = jws.deserialize_compact(printed.out, RSAKey.import_key(material.text("public.pem")))
    assert verified.headers() == {"alg": "RS256", "typ": "JWT"}
    claims = json.loads(verified.payload)
    assert list(claims) == ["iss", "sub", "aud", "exp", "jti"]
    assert (claims["iss"], claims["sub"], claims["aud"]) == (
        "3MVG9",
        "ci@acme.example",
        "https://login.salesforce.com",
    )
    assert isinstance(claims["exp"], int)


def test_every_assertion_has_its_own_id(environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    ids = set()
    for _ in range(3):
        cli.run(["assertion"], environ)
        ids.add(jwt.decode(capfd.readouterr().out, options={"verify_signature": False})["jti"])
    assert len(ids) == 3


def test_no_assertion_is_printed_in_a_steps_log(
    environ: dict[str, str], material: KeyMaterial, capfd: pytest.CaptureFixture[str]
) -> None:
    step = environ | {"GITHUB_ACTIONS": "true", "INPUT_PRIVATE-KEY": material.text("pkcs8.pem")}
    assert cli.run(["assertion"], step) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    assert "args: `sfjwt assertion` prints a credential" in printed.err
    assert cli.run(["assertion", "--claims"], step) == 0


def test_claims_are_shown_without_the_signature(environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["assertion", "--claims", "--audience", "https://x.example"], environ) == 0
    shown = json.loads(capfd.readouterr().out)
    assert shown["header"] == {"alg": "RS256", "typ": "JWT"}
    assert shown["claims"]["aud"] == "https://x.example"


def test_an_assertion_with_bad_input_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["assertion"], {"GITHUB_OUTPUT": "/x"}) == 2
    printed = capfd.readouterr()
    assert printed.out == ""
    for name in ("consumer-key", "private-key", "username"):
        assert f"{name}: " in printed.err


def test_problems_with_settings_key_and_certificate_are_reported_together(
    environ: dict[str, str], material: KeyMaterial, capfd: pytest.CaptureFixture[str]
) -> None:
    environ |= {
        "SFJWT_PRIVATE_KEY": material.text("public.pem"),
        "SFJWT_CERTIFICATE": "server.crt",
        "SFJWT_LOGIN_URL": "acme.lightning.force.com",
        "SFJWT_CA_CERTIFICATES": "none",
        "SFJWT_RETRIES": "many",
    }
    assert cli.run(["login"], environ) == 2
    said = capfd.readouterr().err
    for name in ("private-key", "certificate", "login-url", "ca-certificates", "retries"):
        assert said.count(f"{name}: ") == 1


@pytest.mark.parametrize("odd", ["\udcff", "é"])
@pytest.mark.parametrize("name", ["private-key", "certificate", "ca-certificates"])
def test_non_ascii_in_a_pem_block_is_invalid_input(
    name: str, odd: str, environ: dict[str, str], material: KeyMaterial, capfd: pytest.CaptureFixture[str]
) -> None:
    pem = material.text("pkcs8.pem" if name == "private-key" else "server.crt")
    environ[f"SFJWT_{name.upper().replace('-', '_')}"] = pem[:200] + odd + pem[200:]
    assert cli.run(["assertion"], environ) == 2
    assert f"{name}: " in capfd.readouterr().err


def test_a_certificate_of_another_key_is_bad_input(
    environ: dict[str, str], material: KeyMaterial, capfd: pytest.CaptureFixture[str]
) -> None:
    environ |= {"SFJWT_PRIVATE_KEY": material.text("other.pem"), "SFJWT_CERTIFICATE": material.text("server.crt")}
    assert cli.run(["login"], environ) == 2
    said = capfd.readouterr().err
    assert material.fingerprint in said
    assert material.other_fingerprint in said


def test_a_runner_without_an_output_file_never_logs_in(
    environ: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["login"], environ | {"GITHUB_ACTIONS": "true"}) == 2
    assert "GITHUB_OUTPUT: " in capfd.readouterr().out


def test_misspelled_names_cause_a_warning(environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    cli.run(["assertion"], environ | {"SFJWT_LOGINURL": "sandbox"})
    assert "Did you mean SFJWT_LOGIN_URL?" in capfd.readouterr().err


def test_a_revocation_does_not_mention_a_login(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(""))
    assert cli.run(["revoke"], {}) == 2
    shown = capfd.readouterr().err
    assert shown.startswith("Salesforce logout: invalid input\nNothing was revoked.\n")
    assert "SF_ACCESS_TOKEN: " in shown


def test_nothing_to_revoke(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["revoke", "--from-state"], {}) == 0
    assert "Nothing to revoke" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["login", "--client-id", "3MVG9SECRET"], "unknown flag --client-id. Did you mean --consumer-key?"),
        (["login", "--jwt-key-file", "k"], "unknown flag --jwt-key-file. Did you mean --private-key-file?"),
        (["login", "--private-key", "-----BEGIN"], "Did you mean --private-key-file?"),
        (["login", "--consumer-kye=3MVG9SECRET"], "unknown flag --consumer-kye. Did you mean --consumer-key?"),
        (["login", "--frobnicate"], "unknown flag --frobnicate."),
        (["login", "3MVG9SECRET"], "unexpected argument"),
        (["login", "--MIIESECRETBEGIN"], "unexpected argument"),
        (["assertion", "--claims=SECRET"], "argument --claims: missing or invalid value."),
        (["login", "-p", "3MVG9SECRET"], "unexpected argument"),
        (
            ["login", "--export", "3MVG9'SECRET"],
            "argument --export: missing or invalid value (choose from",
        ),
        (["3MVG9'SECRET\nSECRET"], "argument COMMAND: missing or invalid value (choose from"),
        (
            ["local-org", "--port", "SECRET", "--dir", "x"],
            "argument --port: missing or invalid value.\n",
        ),
    ],
)
def test_arguments_are_never_repeated(arguments: list[str], expected: str, capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        cli.run(arguments, {})
    assert end.value.code == 2
    said = capfd.readouterr().err
    assert expected in said
    assert re.search(r"Try `sfjwt( login| local-org| assertion)? --help`", said)
    assert "BEGIN" not in said
    assert "SECRET" not in said


@pytest.mark.parametrize(("flags", "says"), [(["--verify"], ""), (["--verify", "maybe"], "`true` or `false`")])
def test_a_boolean_flag_without_a_value_is_true(
    flags: list[str], says: str, environ: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["assertion", *flags], environ) == (2 if says else 0)
    assert says in capfd.readouterr().err


def test_no_flag_takes_a_secret(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.run(["login", "--help"], {})
    shown = capfd.readouterr().out
    assert "--private-key-file PATH" in shown
    assert all(declared.flag in shown for declared in INPUTS)


def test_a_bug_is_reported_without_its_message(
    environ: dict[str, str], capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken_clock() -> float:
        raise RuntimeError("the secret")

    with monkeypatch.context() as broken:
        # Not patched in the module itself, because threads of other tests' servers read it.
        broken.setattr("sfjwt_action.login.time", SimpleNamespace(time=broken_clock))
        assert cli.run(["assertion"], environ) == 1
    said = capfd.readouterr().err
    assert "RuntimeError" in said
    assert "test_cli.py" in said
    assert "the secret" not in said


def test_the_local_org_cannot_use_its_directory(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "file").touch()
    assert cli.run(["local-org", "--port", "0", "--dir", str(tmp_path / "file")], {}) == 2
    assert str(tmp_path / "file") in capfd.readouterr().err


@pytest.mark.parametrize(
    ("words", "found"),
    [
        (["user hasn't approved this consumer"], "#user-has-not-approved-this-consumer"),
        (["user", "hasn't", "approved"], "#user-has-not-approved-this-consumer"),  # part of Salesforce's words
        (["Salesforce doesn't accept the user"], "#authentication-failure"),  # the title of a report
        (["invalid_grant"], "inactive user"),  # the words of several
        (["AWS: ThrottlingException"], "#aws-throttled"),  # a key service's, as a heading has them
    ],
)
def test_words_are_explained_without_a_login(words: list[str], found: str, capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", *words], {}) == 0
    printed = capfd.readouterr().out
    assert found in printed
    assert "{" not in printed


def test_words_that_no_entry_has(capfd: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["explain", "Can't resolve the host"], {}) == 2
    assert cli.run(["explain", " "], {}) == 2
    assert "sfjwt doctor" in capfd.readouterr().err


def test_the_words_of_a_key_management_service_are_explained(capfd: pytest.CaptureFixture[str]) -> None:
    line = "kms-key: Key 1 of 2: AWS KMS responded with HTTP 400, “DisabledException: x is disabled.” The key is …"
    assert cli.run(["explain", line], {}) == 0
    printed = capfd.readouterr().out
    assert "#aws-key-not-usable" in printed
    assert "Salesforce" not in printed


def test_the_local_org_needs_its_extra(tmp_path: Path) -> None:
    code = "import sys; sys.modules['trustme'] = None; from sfjwt_action.cli import main; sys.exit(main(sys.argv[1:]))"
    command = [sys.executable, "-c", code, "local-org", "--dir", str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "sfjwt-action[local-org]" in ended.stderr


def test_the_demo_shows_a_whole_job() -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "sfjwt_action", "demo"], capture_output=True, text=True, check=False, timeout=60
    )
    assert ended.returncode == 0, ended.stderr
    assert "access-token  ***" in ended.stdout
    assert "HTTP 200" in ended.stdout
    assert "00D5g00000FaXv7!" not in ended.stdout
    assert "::" not in ended.stdout
