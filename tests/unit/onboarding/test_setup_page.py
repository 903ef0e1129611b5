"""The commands of docs/setup.md work, against the local org with Salesforce's host names."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from local_org.connect_proxy import running_connect_proxy
from local_org.node_clients import NODE, SF, install
from support import running_local_org, unavailable

from sfjwt_action.local_org.acme import EXTERNAL_CLIENT_APP_CONSUMER_KEY

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "setup.md").read_text(encoding="utf-8")
BLOCK = re.compile(r"^```(?P<language>\w+)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
WHERE_THE_APP_GETS_ITS_CERTIFICATE = "### 2. Create the app"
PROGRAMS = ("openssl", "curl", "jq")
TIMEOUT = 300

Shell = Callable[[str], str]


def blocks(text: str, language: str) -> list[str]:
    return [block["code"] for block in BLOCK.finditer(text) if block["language"] == language]


def commands(text: str) -> str:
    """The page's commands, with the consumer key of the local org's app."""
    script = "\n".join(blocks(text, "sh"))
    return script.replace("CONSUMER_KEY=3MVG9…", f"CONSUMER_KEY={EXTERNAL_CLIENT_APP_CONSUMER_KEY}")


@contextmanager
def page_until_the_app(directory: Path) -> Iterator[tuple[dict[str, str], str]]:
    """Run step 1, start an org whose app has the certificate, and yield the environment and the other steps."""
    for program in PROGRAMS:
        if shutil.which(program) is None:
            unavailable(f"{program} is not installed")
    first, _, rest = PAGE.partition(WHERE_THE_APP_GETS_ITS_CERTIFICATE)
    environ = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": str(directory / "home")}
    environ |= {name: value for name, value in os.environ.items() if name.startswith("COVERAGE_")}
    run(commands(first), directory, environ)
    flags = ("--certificate", str(directory / "server.crt"))
    with running_local_org(directory / "org", flags=flags) as org, running_connect_proxy(org.port) as proxy:
        trusted = str(org.directory / "ca.pem")
        environ |= {"HTTPS_PROXY": proxy.url, "CURL_CA_BUNDLE": trusted, "SFJWT_CA_CERTIFICATES_FILE": trusted}
        variables = commands(first).partition("\n\n")[0]
        yield environ, f"{variables}\n{commands(rest)}"


def run(script: str, directory: Path, environ: dict[str, str]) -> str:
    done = subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=directory,
        env=environ,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout + done.stderr


def without_sf(script: str) -> str:
    return re.sub(r"^sf (?:.*\\\n)*.*\n", "", script, flags=re.MULTILINE)


def only_sf(script: str) -> str:
    assigned = re.findall(r"^[A-Z_]+=.*$", script, re.MULTILINE)
    return "\n".join([*assigned, *re.findall(r"^sf (?:.*\\\n)*.*\n", script, re.MULTILINE)])


def test_every_command_works(tmp_path: Path) -> None:
    with page_until_the_app(tmp_path) as (environ, rest):
        shown = run(without_sf(rest), tmp_path, environ)
    assert "DailyApiRequests" in shown  # step 8, by hand
    assert "Logged in to Salesforce" in shown  # step 8, with sfjwt
    assert re.search(r"ok +login ", shown)  # step 6
    assert "server-new.key" in shown  # step 10
    assert not list(tmp_path.glob("*.jwt"))
    assert not [path for path in tmp_path.iterdir() if path.is_file() and path.stat().st_mode & 0o077]


def test_the_certificate_belongs_to_the_key_as_the_page_shows(tmp_path: Path) -> None:
    with page_until_the_app(tmp_path):
        pass
    first, _, _ = PAGE.partition(WHERE_THE_APP_GETS_ITS_CERTIFICATE)
    (comparison,) = [block for block in blocks(first, "sh") if "dgst -sha256" in block]
    of_key, of_certificate = run(comparison, tmp_path, dict(os.environ)).splitlines()
    assert of_key == of_certificate


@pytest.mark.node
def test_the_sf_cli_logs_in(tmp_path: Path) -> None:
    install()
    sf = tmp_path / "bin" / "sf"
    sf.parent.mkdir()
    sf.write_text(f'#!/bin/sh\nexec "{NODE}" "{SF}" "$@"\n')
    sf.chmod(0o755)
    with page_until_the_app(tmp_path) as (environ, rest):
        environ |= {
            "PATH": f"{sf.parent}:{environ['PATH']}",
            "NODE_EXTRA_CA_CERTS": environ["CURL_CA_BUNDLE"],
            "SF_DISABLE_AUTOUPDATE": "true",
            "SF_DISABLE_DNS_CHECK": "true",
            "SF_DISABLE_TELEMETRY": "true",
        }
        shown = run(only_sf(rest), tmp_path, environ)
    assert "Successfully authorized ci@acme.example" in shown


def test_init_prints_what_the_page_shows(tmp_path: Path) -> None:
    (shown,) = [block for block in blocks(PAGE, "console") if block.startswith("$ sfjwt init")][:1]
    command, *lines = shown.splitlines()
    environ = dict(os.environ) | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    printed = iter(map(without_chance, run(command.removeprefix("$ "), tmp_path, environ).splitlines()))
    for line in lines:
        if line != "…":
            assert without_chance(line) in printed, f"“{line}” is not in the output, or not in this order"


def without_chance(line: str) -> str:
    return re.sub(r"[0-9a-f]{64}|\d{4}-\d\d-\d\d", "N", line)


def three_commands(document: str) -> list[str]:
    section = document.partition("### Try it on this machine")[2].partition("\n## ")[0]
    return [line.removeprefix("$ ") for block in blocks(section, "console") for line in block.splitlines()]


@pytest.mark.parametrize("document", ["docs/setup.md"])
def test_from_an_empty_directory_to_a_login_in_three_commands(tmp_path: Path, document: str) -> None:
    init, local_org, login = three_commands((ROOT / document).read_text(encoding="utf-8"))
    environ = dict(os.environ) | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    run(init, tmp_path, environ)
    # The port may be in use on this machine.
    command = ["sh", "-c", f"exec {local_org.replace('8443', '0')}"]
    with subprocess.Popen(command, cwd=tmp_path, env=environ, stdout=subprocess.PIPE, text=True) as org:
        assert org.stdout is not None
        try:
            assert org.stdout.readline().startswith("Local org ready")
            shown = run(login, tmp_path, environ)
        finally:
            org.terminate()
    assert "Logged in to Salesforce" in shown
    assert "Login URL: https://localhost:" in shown
