"""Everything that the documents mention exists: tables, links, commands, flags, variables, names in workflows."""

import re
import subprocess
import sys
import textwrap
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from sfjwt_action.ci.detection import EXPORTS, detect_publisher
from sfjwt_action.inputs.settings import INPUTS

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
README = ROOT / "README.md"
DOCUMENTS = [
    README,
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / "CHANGELOG.md",
    ROOT / "examples" / "README.md",
    ROOT / "tests" / "README.md",
    *sorted((ROOT / "docs").rglob("*.md")),
]
ACTION = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))
OURS = "OWNER/sfjwt-action@v1"
COMPOSITE = "OWNER/sfjwt-action/composite@v1"
SF = "OWNER/sfjwt-action/sf@v1"
SF_INPUTS = {"alias", "set-default", "set-default-dev-hub", "sf-cli-version"}

FENCE = re.compile(r"^ *```(?P<language>\w*)\n(?P<code>.*?)^ *```$", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
CONTINUED = re.compile(r"(?:\\|(?<=\|))\n")
SFJWT = re.compile(r"(?<![\w-])sfjwt(?:-action(?::\d+)?)? +(?P<command>[a-z][a-z-]*)(?P<arguments>[^|;&\n]*)")
FLAG = re.compile(r"(?<!\S)--[a-z][a-z-]*")
VARIABLE = re.compile(r"\bSFJWT_(?!TESTS_)([A-Z_]*[A-Z])\b")

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))


def test_tables_are_those_of_action_yml() -> None:
    check = _run(sys.executable, str(ROOT / "tools" / "readme_tables.py"), "--check")
    assert check.returncode == 0, check.stderr


@each_document
def test_links_exist(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for link in LINK.findall(FENCE.sub("", text)):
        path, _, anchor = link.partition("#")
        if "://" in path:
            continue
        target = document.parent / path if path else document
        assert target.exists(), f"{document.name} links to {link}"
        if anchor:
            assert anchor in _anchors(target), f"{document.name} links to {link}"


@each_document
def test_make_targets_exist(document: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    mentioned = {target for code in _code(document) for target in re.findall(r"(?<![\w-])make ([a-z]+)", code)}
    assert mentioned <= targets


@each_document
def test_commands_and_their_flags_exist(document: Path) -> None:
    for code in _code(document):
        for mention in SFJWT.finditer(code):
            missing = set(FLAG.findall(mention["arguments"])) - flags_of(mention["command"])
            assert not missing, f"{document.name}: {mention[0]}"


@each_document
def test_flags_mentioned_in_text_exist(document: Path) -> None:
    known = set().union(*map(flags_of, ("login", "assertion", "doctor", "init", "inspect", "local-org")))
    spans = SPAN.findall(FENCE.sub("", document.read_text(encoding="utf-8")))
    # Documents write flags of other programs with the program's name.
    assert {flag[0] for span in spans if (flag := FLAG.match(span))} <= known


@each_document
def test_variables_are_those_of_inputs(document: Path) -> None:
    known = {declared.attribute.upper() for declared in INPUTS} | {"EXPORT"}
    mentioned = VARIABLE.findall(document.read_text(encoding="utf-8"))
    assert {name.removesuffix("_FILE") for name in mentioned} <= known


def test_steps_use_inputs_and_outputs_that_exist() -> None:
    steps = [step for block in _yaml_blocks() for step in _steps(block)]
    ours = [step for step in steps if str(step.get("uses", "")).startswith(OURS.partition("@")[0])]
    assert ours
    required = {declared.name for declared in INPUTS if declared.required}
    for step in ours:
        # The runner accepts `args` for every container action.
        extra = {OURS: {"args"}, COMPOSITE: set(), SF: SF_INPUTS}[step["uses"]]
        known = ACTION["inputs"].keys() | extra
        assert required <= step["with"].keys() <= known
    outputs = re.findall(r"steps\.\w+\.outputs\.([\w-]+)", README.read_text(encoding="utf-8"))
    assert {"access-token", "instance-url"} <= set(outputs) <= ACTION["outputs"].keys()


def test_outputs_reach_scripts_through_env_only() -> None:
    for block in _yaml_blocks():
        for step in _steps(block):
            assert "${{" not in step.get("run", "")


def test_workflows_are_valid_and_safe(tmp_path: Path) -> None:
    workflows = [block for block in _yaml_blocks() if "jobs:" in block]
    assert workflows
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    for number, workflow in enumerate(workflows):
        file = folder / f"readme-{number}.yml"
        # Only the reader knows OWNER, and so the commit. No other finding is ignored.
        file.write_text(workflow.replace(OURS, f"{OURS.partition('@')[0]}@{'0' * 40}"), encoding="utf-8")
        schema = _run(str(BIN / "check-jsonschema"), "--builtin-schema", "vendor.github-workflows", str(file))
        assert schema.returncode == 0, schema.stdout
        zizmor = _run(str(BIN / "zizmor"), "--offline", "--quiet", str(file))
        assert zizmor.returncode == 0, zizmor.stdout + zizmor.stderr


def test_workflows_request_no_write_permission() -> None:
    for block in _yaml_blocks():
        if "jobs:" in block:
            # zizmor reports this for single jobs only with --pedantic.
            assert set(yaml.safe_load(block)["permissions"].values()) <= {"read"}


def test_the_page_on_other_ci_systems_matches_the_code() -> None:
    page = (ROOT / "docs" / "other-ci.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| ([^|]*) \| [^|]* \| (yes|no) \|$", page, re.MULTILINE)
    formats = {"auto", "dotenv", "json", "powershell", "shell"}
    assert {name for name, _, _ in rows} == set(EXPORTS) - formats
    for name, variables, masked in rows:
        for variable in SPAN.findall(variables):
            publisher = detect_publisher({variable: "value"})
            assert type(publisher).__module__ == f"sfjwt_action.ci.systems.{name}"
            assert masked == ("no" if getattr(publisher, "masking_warning", "") else "yes")


def test_demo_prints_what_readme_shows() -> None:
    shown = next(code for _, code in _fences(README) if code.startswith("$ make demo"))
    demo = _run(sys.executable, "-m", "sfjwt_action", "demo")
    assert demo.returncode == 0, demo.stderr
    printed = iter([_without_chance(line) for line in demo.stdout.splitlines()])
    for line in shown.splitlines()[1:]:
        if line.strip(" │") != "…":
            assert _without_chance(line) in printed, f"“{line}” is not in the demo's output, or not in this order"


def _run(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def _fences(document: Path) -> Iterator[tuple[str, str]]:
    for fence in FENCE.finditer(document.read_text(encoding="utf-8")):
        yield fence["language"], fence["code"]


def _code(document: Path) -> Iterator[str]:
    """Yield the document's code, from fences and from the text, with continued lines joined."""
    for language, code in _fences(document):
        if language != "mermaid":
            yield CONTINUED.sub(" ", code)
    yield from SPAN.findall(FENCE.sub("", document.read_text(encoding="utf-8")))


def _yaml_blocks() -> list[str]:
    return [textwrap.dedent(code) for language, code in _fences(README) if language == "yaml"]


def _steps(block: str) -> list[dict[str, Any]]:
    document = yaml.safe_load(block)
    if isinstance(document, list):
        return document
    jobs = document.get("jobs", {"job": document})  # a workflow, or the content of a job
    return [step for job in jobs.values() for step in job["steps"]]


@cache
def flags_of(command: str) -> set[str]:
    """Return the flags of an sfjwt command."""
    shown = _run(sys.executable, "-m", "sfjwt_action", command, "--help")
    assert shown.returncode == 0, f"there is no command {command}: {shown.stderr}"
    return set(re.findall(r"--[a-z][a-z-]*", shown.stdout))


def _anchors(document: Path) -> set[str]:
    """Return a document's anchors, and the anchors that GitHub gives its headings."""
    text = FENCE.sub("", document.read_text(encoding="utf-8"))
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    given = {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}
    return given | set(re.findall(r'<a id="([^"]+)"></a>', text))


def _without_chance(line: str) -> str:
    """Remove what differs between runs."""
    return re.sub(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{64}|\d+(\.\d+)?", "N", line)
