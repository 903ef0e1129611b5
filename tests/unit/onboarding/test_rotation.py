"""`sfjwt init --rotate`: no login fails at any step."""

import base64
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from xml.etree.ElementTree import parse

import pytest
from cryptography import x509
from support import running_local_org
from unit.onboarding.command import init, sfjwt, tree, unwrapped
from unit.onboarding.metadata_types import NAMESPACE

from sfjwt_action.cli import run
from sfjwt_action.signing.private_key import load_private_keys


def rotate(login: Path, *flags: str) -> str:
    done = sfjwt("init", "--rotate", login.name, *flags, cwd=login.parent)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def fingerprint(path: Path) -> str:
    (key,) = load_private_keys(path.read_text())
    return key.fingerprint


@contextmanager
def org_with(certificate: Path, directory: Path) -> Iterator[dict[str, str]]:
    """A local org whose apps have this certificate, and the inputs that log in to it except the private key."""
    with running_local_org(directory, flags=("--certificate", str(certificate))) as org:
        yield {name: value for name, value in org.environ.items() if name != "SFJWT_PRIVATE_KEY_FILE"}


def test_no_login_fails_at_any_step(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    login = init(tmp_path)
    before = tree(login)
    rotate(login)
    after = tree(login)
    assert {name for name in before if before[name] != after[name]} == {
        "force-app/main/default/extlClntAppGlobalOauthSets/CI_login.ecaGlblOauth-meta.xml"
    }
    new, old = login / "server-new.key", login / "server.key"
    both = new.read_text() + old.read_text()
    for certificate, secret, accepted in (
        ("server.crt", old.read_text(), old),
        ("server.crt", both, old),
        ("server-new.crt", both, new),
        ("server-new.crt", new.read_text(), new),
    ):
        with org_with(login / certificate, tmp_path / "org") as environ:
            assert run(["login"], environ | {"PATH": os.environ["PATH"], "SFJWT_PRIVATE_KEY": secret}) == 0
        assert fingerprint(accepted) in capfd.readouterr().err


def test_the_metadata_gets_the_new_certificate(tmp_path: Path) -> None:
    for flags, name in (
        ((), "CI_login.ecaGlblOauth-meta.xml"),
        (("--connected-app",), "CI_login.connectedApp-meta.xml"),
    ):
        login = init(tmp_path, "--force", *flags)
        shown = rotate(login, "--force")
        (file,) = login.rglob(name)
        certificate = parse(file).getroot().findtext(f".//{NAMESPACE}certificate")
        assert certificate == (login / "server-new.crt").read_text()
        assert f"--source-dir {file.relative_to(login)} --target-org admin" in shown


def test_the_rest_of_the_metadata_is_unchanged(tmp_path: Path) -> None:
    login = init(tmp_path)
    (file,) = login.rglob("*.ecaGlblOauth-meta.xml")
    before = file.read_bytes().replace(b"CI login", b"CI \xe9\r\n")
    file.write_bytes(before)
    rotate(login)
    old, new = ((login / name).read_bytes() for name in ("server.crt", "server-new.crt"))
    assert file.read_bytes() == before.replace(old, new) != before


def test_the_new_certificate_keeps_the_name_and_gets_its_own_expiry(tmp_path: Path) -> None:
    login = init(tmp_path, "--label", "Nightly")
    rotate(login, "--days", "30", "--key-size", "4096")
    certificate = x509.load_pem_x509_certificate((login / "server-new.crt").read_bytes())
    assert certificate.subject.rfc4514_string() == "CN=Nightly"
    assert (certificate.not_valid_after_utc - certificate.not_valid_before_utc).days == 30
    assert (login / "server-new.key").stat().st_mode & 0o777 == 0o600
    assert load_private_keys((login / "server-new.key").read_text())[0].public_key.key_size == 4096


def test_flags_that_a_rotation_ignores_are_rejected(tmp_path: Path) -> None:
    login = init(tmp_path)
    before = tree(login)
    done = sfjwt("init", "--rotate", "login", "--username", "x@acme.example", "--connected-app", cwd=tmp_path)
    assert done.returncode == 2
    assert re.findall(r"^--[a-z-]+(?=:)", done.stderr, re.MULTILINE) == ["--username", "--connected-app"]
    assert "--connected-app: " in unwrapped(done.stderr)
    assert tree(login) == before


def test_after_the_last_step_the_next_rotation_is_possible(tmp_path: Path) -> None:
    login = init(tmp_path)
    *_, last = rotate(login).splitlines()
    new = (login / "server-new.key").read_bytes()
    subprocess.run(["sh", "-euc", last], cwd=tmp_path, check=True)
    assert (login / "server.key").read_bytes() == new
    rotate(login)


def test_a_certificate_in_another_form_is_rotated_too(tmp_path: Path, made: Path) -> None:
    (tmp_path / "server.key").write_bytes((made / "server.key").read_bytes())
    (tmp_path / "server.crt").write_bytes(base64.b64encode((made / "server.crt").read_bytes()))
    done = sfjwt("init", "--rotate", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stderr


def test_keys_made_by_hand_are_rotated_too(tmp_path: Path, made: Path) -> None:
    for name in ("server.key", "server.crt"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    done = sfjwt("init", "--rotate", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Upload server-new.crt in Setup" in done.stdout
    assert "sf project deploy" not in done.stdout
    assert "cd ." not in done.stdout
    assert "`.`" not in (tmp_path / "ROTATION.md").read_text()
    assert set(tree(tmp_path)) == {"server.key", "server.crt", "server-new.key", "server-new.crt", "ROTATION.md"}


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (lambda login: (login / "server.key").unlink(), "login/server.key: No such file"),
        (lambda login: (login / "server.key").write_text("no key"), "isn't a private key"),
        (lambda login: (login / "server.crt").write_text("none"), "certificate in PEM"),
        (lambda login: (login / "server-new.key").write_text(""), "ROTATION.md"),
    ],
)
def test_a_directory_that_cannot_be_rotated_is_unchanged(tmp_path: Path, spoil: object, found: str) -> None:
    login = init(tmp_path)
    assert callable(spoil)
    spoil(login)
    before = tree(login)
    done = sfjwt("init", "--rotate", "login", cwd=tmp_path)
    assert done.returncode == 2
    assert "\n--rotate: " in done.stderr
    assert found in unwrapped(done.stderr)
    assert tree(login) == before


def test_a_second_rotation_points_to_the_first(tmp_path: Path) -> None:
    init(tmp_path)
    sfjwt("init", "--rotate", "login", cwd=tmp_path)
    done = sfjwt("init", "--rotate", "login", cwd=tmp_path)
    assert done.returncode == 2
    assert "ROTATION.md" in unwrapped(done.stderr)


def test_a_certificate_that_does_not_match_is_found(tmp_path: Path, made: Path) -> None:
    login = init(tmp_path)
    (login / "server.crt").write_bytes((made / "server.crt").read_bytes())
    done = sfjwt("init", "--rotate", "login", cwd=tmp_path)
    assert done.returncode == 2
    assert "SHA-256 fingerprint" in unwrapped(done.stderr)


def test_metadata_that_is_in_a_repository_stays_there(tmp_path: Path) -> None:
    login = init(tmp_path)
    for command in (["init", "--quiet"], ["add", "login/force-app"]):
        subprocess.run(["git", *command], cwd=tmp_path, check=True)
    rotate(login)
    assert (tmp_path / ".gitignore").read_text() == "/login/*.key\n"


def test_an_invalid_number_of_days_is_reported(tmp_path: Path) -> None:
    login = init(tmp_path)
    done = sfjwt("init", "--rotate", login.name, "--days", "-1", cwd=tmp_path)
    assert done.returncode == 2
    assert "\n--days: " in done.stderr
