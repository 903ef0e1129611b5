import json
import re
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from container.engine import ROOT, build, compressed_size, docker
from support import LocalOrg

import sfjwt_action

pytestmark = pytest.mark.container

MOST_BYTES = 20_000_000
SBOM = ROOT / "tools" / "sbom.py"
OPENSSL_OF_CRYPTOGRAPHY = """
    export PYTHONPATH=/usr/lib/python3/dist-packages
    python3 -Sc 'from cryptography.hazmat.backends.openssl import backend; print(backend.openssl_version_text())'
"""


def in_shell(image: str, script: str, *flags: str) -> str:
    run = docker("run", "--rm", *flags, "--entrypoint", "sh", image, "-ec", script)
    assert run.returncode == 0, run.stderr
    return run.stdout


def files_of(image: str) -> list[str]:
    return in_shell(image, "find / -xdev").splitlines()


@pytest.fixture(scope="module")
def files(image: str) -> list[str]:
    return files_of(image)


def test_python_packages_are_on_record(files: list[str]) -> None:
    recorded = re.findall(r"/dist-packages/(\w+)-[\d.]+\.dist-info/METADATA$", "\n".join(files), re.MULTILINE)
    locked = re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert {"pyjwt", "requests", "cryptography", "actions-toolkit"} < set(locked)
    installed = {*locked, "sfjwt_action"} - {"certifi"}  # image/certifi.py instead
    assert sorted(recorded) == sorted(name.replace("-", "_") for name in installed)


def test_debian_packages_are_on_record_with_their_licenses(image: str) -> None:
    script = """
        cd /var/lib/dpkg/status.d
        for name in *; do
            grep -q "^Package: $name$" "$name" && grep -q ^Version: "$name"
            test -s "/usr/share/doc/$name/copyright"
            echo "$name"
        done
    """
    recorded = in_shell(image, script).split()
    assert {"busybox", "ca-certificates", "libc6", "libssl3t64", "python3.13-minimal"} < set(recorded)


def test_its_bill_of_materials_lists_both_and_what_is_compiled_in(image: str, tmp_path: Path) -> None:
    container = docker("create", image).stdout.strip()
    archive = str(tmp_path / "image.tar")
    docker("export", "--output", archive, container)
    docker("rm", container)
    listed = subprocess.run([sys.executable, SBOM, archive, archive], capture_output=True, check=True).stdout
    components = json.loads(listed)["components"]
    assert len({component["bom-ref"] for component in components}) == len(components)
    by_purl = {component["purl"].partition("@")[0]: component for component in components}
    assert by_purl["pkg:pypi/requests"]["version"].startswith("2.")
    assert by_purl["pkg:deb/debian/libssl3t64"]["version"].startswith("3.")
    assert by_purl["pkg:pypi/sfjwt-action"]["version"] == sfjwt_action.__version__
    # The wheel of cryptography contains its own OpenSSL, and Rust crates.
    assert by_purl["pkg:generic/openssl"]["version"] == in_shell(image, OPENSSL_OF_CRYPTOGRAPHY).split()[1]
    assert "pkg:cargo/pyo3" in by_purl


def test_its_only_trust_roots_are_those_of_debian(image: str, files: list[str]) -> None:
    roots = "import requests.utils; print(requests.utils.DEFAULT_CA_BUNDLE_PATH)"
    assert docker("run", "--rm", "--entrypoint=python3", image, "-c", roots).stdout == "/etc/ssl/certs\n"
    assert [name for name in files if name.endswith(("cacert.pem", "cert.pem"))] == []


def test_a_bundle_of_the_host_for_curl_does_not_matter(image: str, local_org: LocalOrg) -> None:
    run = docker("run", "--rm", "--network=host", "--env=CURL_CA_BUNDLE=/nowhere", *settings_of(local_org), image)
    assert run.returncode == 0, run.stderr


def test_it_contains_only_what_a_login_needs(files: list[str]) -> None:
    tops = {name.partition("/dist-packages/")[2].split("/")[0].split("-")[0] for name in files}
    assert tops.isdisjoint({"charset_normalizer", "flit_core", "github", "pip", "setuptools", "starlette", "tests"})
    assert [
        name for name in files if re.search(r"local_org|/python3.13/(test|idlelib|ensurepip)(/|$)|/include/|\.a$", name)
    ] == []


def test_no_library_is_missing(image: str) -> None:
    """Checked with the dynamic linker, for every library and program."""
    script = """
        for library in $(find / -xdev -name '*.so*' -type f) /usr/bin/python3 /usr/bin/busybox; do
            /usr/lib/*-linux-*/ld-linux-*.so.* --list "$library" || echo "$library: cannot be loaded"
        done
    """
    said = in_shell(image, script)
    assert "libssl.so.3 => /" in said
    assert [line for line in said.splitlines() if "not found" in line or "cannot" in line] == []


def test_it_is_small(image: str) -> None:
    assert compressed_size(image) <= MOST_BYTES


def test_the_same_parts_make_the_same_layers(image: str) -> None:
    again = build("sfjwt-action:again", ROOT, "--no-cache")
    layers = "--format={{json .RootFS.Layers}}"
    first, second = (docker("image", "inspect", layers, name).stdout for name in (image, again))
    docker("image", "rm", "--force", again)
    assert len(json.loads(first)) == 3
    assert first == second


def test_it_has_a_shell_and_its_commands(image: str) -> None:
    """Runners that start a job's steps in the image need these programs."""
    assert in_shell(
        image, "cat /etc/os-release | grep ^ID=; env true; tail -n 1 /etc/group; command -v sfjwt; command -v sleep"
    ) == ("ID=debian\nnogroup:x:65534:\n/usr/local/bin/sfjwt\n/usr/bin/sleep\n")
    assert (
        in_shell(image, "sfjwt --version; stat -c %a /tmp; id -un") == f"sfjwt {sfjwt_action.__version__}\n1777\nroot\n"
    )


def test_prints_its_version(image: str) -> None:
    assert docker("run", "--rm", image, "--version").stdout == f"sfjwt {sfjwt_action.__version__}\n"


def test_without_inputs_it_reports_what_is_missing(image: str) -> None:
    run = docker("run", "--rm", image)
    assert run.returncode == 2
    assert run.stdout == ""
    for name in ("consumer-key", "private-key", "username"):
        assert f"{name}: " in run.stderr


def settings_of(org: LocalOrg, **changes: str) -> list[str]:
    """Arguments of `docker run` that set the inputs of a login to the org."""
    environ = [f"--env={name}={value}" for name, value in (org.environ | changes).items()]
    return [f"--volume={org.directory}:{org.directory}:ro", *environ]


def test_its_arguments_are_a_command(image: str, local_org: LocalOrg) -> None:
    run = docker("run", "--rm", *settings_of(local_org), image, "assertion")
    assert run.returncode == 0, run.stderr
    assert re.fullmatch(r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+", run.stdout)


FILES = ("SFJWT_PRIVATE_KEY_FILE", "SFJWT_CA_CERTIFICATES_FILE")
HARDENED = (
    *("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--user=31337:31337"),
    *("--pids-limit=1", "--memory=64m", "--network=host"),
)


def test_logs_in_as_any_user_without_capabilities(image: str, local_org: LocalOrg) -> None:
    """Any user, no capabilities, no writable file system, and only one process are enough."""
    contents = {name.removesuffix("_FILE"): Path(local_org.environ[name]).read_text() for name in FILES}
    settings = settings_of(local_org, **contents, **dict.fromkeys(FILES, ""), SFJWT_VERIFY="true")
    run = docker("run", "--rm", *HARDENED, *settings, image, "login")
    assert run.returncode == 0, run.stderr
    assert "API version: " in run.stderr


def test_a_missing_network_is_reported(image: str, local_org: LocalOrg) -> None:
    settings = settings_of(local_org, SFJWT_LOGIN_URL="production", SFJWT_RETRIES="0")
    run = docker("run", "--rm", "--network=none", *settings, image)
    assert run.returncode == 4
    assert "login.salesforce.com couldn't be resolved" in run.stderr


def test_leaves_nothing_behind(image: str, local_org: LocalOrg) -> None:
    container = docker("create", "--network=host", *settings_of(local_org), image, "login").stdout.strip()
    docker("start", "--attach", container)
    changed = docker("diff", container).stdout.split()
    docker("rm", container)
    # The mount point of the settings.
    path = str(local_org.directory)
    assert [name for name in changed[1::2] if not f"{path}/".startswith(f"{name}/")] == []


# Prints, at the end of a login, the modules that are seldom used whose deferral saved nothing.
IMPORTED = """
import json, os, sys
leave = os._exit
def report(exit_code):
    from sfjwt_action.imports import SELDOM_USED
    states = {name: type(sys.modules.get(name)).__name__ for name in SELDOM_USED}
    print(json.dumps({name: state for name, state in states.items() if state != "_Deferred"}), flush=True)
    leave(exit_code)
os._exit = report
exec(open("/sfjwt/entrypoint.py").read())
"""


def test_a_login_runs_nothing_that_is_seldom_used(image: str, local_org: LocalOrg) -> None:
    """One that a new version of a library runs, or imports no more, isn't worth its line in `SELDOM_USED` anymore."""
    github = ("--env=GITHUB_ACTIONS=true", "--env=GITHUB_OUTPUT=/output")
    flags = ("--rm", "--network=host", "--entrypoint=python3", *github, *settings_of(local_org))
    run = docker("run", *flags, image, "-IS", "-c", IMPORTED)
    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout.splitlines()[-1]) == {}


def test_sigterm_ends_a_login_at_once(image: str, local_org: LocalOrg) -> None:
    """In a container, the login is process 1, for which the kernel ignores SIGTERM by default."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent.settimeout(30)
        login_url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        settings = settings_of(local_org, SFJWT_LOGIN_URL=login_url)
        container = docker("run", "--detach", "--network=host", *settings, image).stdout.strip()
        silent.accept()[0].close()
        sent = time.monotonic()
        docker("stop", "--time=20", container)
        took = time.monotonic() - sent
    exit_code = docker("inspect", "--format={{.State.ExitCode}}", container).stdout.strip()
    docker("rm", container)
    assert exit_code == "143"
    assert took < 5
