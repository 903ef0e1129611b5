"""The wheel and the source distribution that `pipx install` gets."""

import email
import subprocess
import sys
import sysconfig
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from sfjwt_action import __version__

ROOT = Path(__file__).parents[2]
BUILD = "import sys; from flit_core import buildapi; print(getattr(buildapi, sys.argv[1])(sys.argv[2]))"


def build(kind: str, directory: Path) -> Path:
    built = subprocess.run(
        [sys.executable, "-c", BUILD, f"build_{kind}", str(directory)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    return directory / built.stdout.split()[-1]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", tmp_path_factory.mktemp("wheel"))


def test_the_wheel_has_the_code_and_no_tests(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    code = {path.relative_to(ROOT).as_posix() for path in (ROOT / "sfjwt_action").rglob("*.py")}
    assert code <= set(names)
    assert {name.partition("/")[0] for name in names} == {"sfjwt_action", f"sfjwt_action-{__version__}.dist-info"}


def test_the_metadata_is_complete(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        text = archive.read(f"sfjwt_action-{__version__}.dist-info/METADATA").decode()
    metadata = email.message_from_string(text)
    assert (metadata["Version"], metadata["Requires-Python"]) == (__version__, ">=3.11")
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "<h1>Authenticate CI to Salesforce" in MarkdownIt().render(str(metadata.get_payload()))


def test_the_source_distribution_builds_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    source = build("sdist", tmp_path)
    with tarfile.open(source) as archive:
        archive.extractall(tmp_path / "source", filter="data")
    (unpacked,) = (tmp_path / "source").iterdir()
    again = subprocess.run(
        [sys.executable, "-c", BUILD, "build_wheel", str(tmp_path)],
        cwd=unpacked,
        capture_output=True,
        text=True,
        check=True,
    )
    with zipfile.ZipFile(tmp_path / again.stdout.split()[-1]) as mine, zipfile.ZipFile(wheel) as theirs:
        assert set(mine.namelist()) == set(theirs.namelist())


def test_an_installed_wheel_runs(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path / "venv", with_pip=False)
    python = tmp_path / "venv" / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--no-deps", "--no-index", "--quiet"]
    subprocess.run([*pip, str(wheel)], check=True, capture_output=True)
    # Its dependencies come from this environment, after the wheel.
    environ = {"PATH": "/usr/bin:/bin", "PYTHONPATH": sysconfig.get_path("purelib")}
    for arguments in (["--version"], ["explain", "invalid assertion"], ["init", "--help"]):
        done = subprocess.run(
            [str(tmp_path / "venv" / "bin" / "sfjwt"), *arguments],
            env=environ,
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
    assert (
        str(tmp_path)
        in subprocess.run(
            [str(python), "-c", "import sfjwt_action; print(sfjwt_action.__file__)"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    )
