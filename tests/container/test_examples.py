"""Every example logs in and passes the login to the sf CLI."""

import json
import re
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from container.ci_systems import SALESFORCE_USER, SYSTEMS, Machine, StepFailed
from container.engine import assert_no_secret_in, limits_status
from local_org.connect_proxy import ConnectProxy, running_connect_proxy
from local_org.test_deploy import token_parts
from pipelines import EXAMPLES, IMAGE, ROOT
from support import LocalOrg, running_local_org

pytestmark = pytest.mark.container

each_system = pytest.mark.parametrize("run", SYSTEMS, ids=lambda run: run.__name__)


@pytest.fixture(scope="module")
def proxy(local_org: LocalOrg) -> Iterator[ConnectProxy]:
    with running_connect_proxy(local_org.port) as proxy:
        yield proxy


@each_system
def test_the_sf_cli_gets_the_login(
    run: Callable[[Machine], None],
    image: str,
    runner_image: str,
    local_org: LocalOrg,
    proxy: ConnectProxy,
    tmp_path: Path,
) -> None:
    machine = Machine(tmp_path, image, runner_image, local_org, proxy.url, SALESFORCE_USER)
    try:
        run(machine)
    except StepFailed:
        pytest.fail(machine.log)
    assert (machine.kept / "commands").read_text().splitlines() == [
        "sf org login access-token --instance-url $SF_INSTANCE_URL --no-prompt --set-default --alias ci",
        "sf project deploy start --source-dir force-app",
    ]
    token = (machine.kept / "token").read_text().strip()
    assert (machine.kept / "instance-url").read_text() == "https://acme.my.salesforce.com\n"
    assert limits_status(local_org, token) == 200
    assert "Logged in to Salesforce" in machine.log
    assert token_parts(token, machine.log) == []
    assert_no_secret_in(machine.log, local_org, token, *machine.secrets.values())


@each_system
def test_nothing_is_deployed_after_a_rejected_login(
    run: Callable[[Machine], None],
    image: str,
    runner_image: str,
    local_org: LocalOrg,
    proxy: ConnectProxy,
    tmp_path: Path,
) -> None:
    machine = Machine(tmp_path, image, runner_image, local_org, proxy.url, "nobody@acme.example")
    with pytest.raises(StepFailed):
        run(machine)
    assert "invalid_grant: authentication failure" in machine.log
    assert not (machine.kept / "commands").exists()
    assert_no_secret_in(machine.log, local_org, *machine.secrets.values())


def test_every_example_is_run() -> None:
    folders = {folder.name for folder in EXAMPLES.iterdir() if folder.is_dir()}
    assert folders - {"github", "gitlab", "postman"} == {run.__name__.replace("_", "") for run in SYSTEMS}


def test_the_recipe_for_any_machine(
    image: str, runner_image: str, local_org: LocalOrg, proxy: ConnectProxy, tmp_path: Path
) -> None:
    """The shell scripts of docs/other-ci.md, in the page's order. The script for a local org has its own test."""
    machine = Machine(tmp_path, image, runner_image, local_org, proxy.url, SALESFORCE_USER)
    page = (ROOT / "docs" / "other-ci.md").read_text()
    sf_login, log_in, _against_a_local_org, revoke, least = [
        machine.here(block) for block in re.findall(r"^```sh\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    ]
    settings = {**machine.settings, "SFJWT_LOGIN_URL": "acme.my.salesforce.com"}
    with pytest.raises(StepFailed, match="3"):
        machine.shell("sh", log_in + sf_login, settings | {"SFJWT_USERNAME": "nobody@acme.example"})
    machine.shell("sh", log_in + sf_login, settings)
    token = (machine.kept / "token").read_text().strip()
    assert limits_status(local_org, token) == 200
    instance_url = (machine.kept / "instance-url").read_text().strip()
    machine.shell("sh -e", revoke, {"SF_ACCESS_TOKEN": token, "SF_INSTANCE_URL": instance_url})
    assert limits_status(local_org, token) == 401
    login = json.loads(machine.shell("sh -e", least, settings, reads_stdout=True))
    assert limits_status(local_org, login["access_token"]) == 200
    machine.shell("sh -xe", f"set +x\n{log_in}{sf_login}", settings)  # for Jenkins, whose shell logs everything else
    another = (machine.kept / "token").read_text().strip()
    assert limits_status(local_org, another) == 200
    assert_no_secret_in(machine.log, local_org, token, another, login["access_token"], *machine.secrets.values())


def test_the_recipe_against_a_local_org(image: str, tmp_path: Path) -> None:
    page = (ROOT / "docs" / "other-ci.md").read_text()
    (block,) = re.findall(r"^```sh\n(set -a; \. org/login.*?)^```", page, re.DOTALL | re.MULTILINE)
    # As in a shell in that directory, because `login.env` has absolute paths.
    with running_local_org(tmp_path / "org") as org:
        done = subprocess.run(
            ["sh", "-c", block.replace(IMAGE, image) + 'printf %s "$SF_ACCESS_TOKEN"'],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        assert limits_status(org, done.stdout) == 200
        assert_no_secret_in(done.stderr, org, done.stdout)


def test_readme_and_the_page_have_the_same_recipe() -> None:
    pages = [(ROOT / name).read_text() for name in ("README.md", "docs/other-ci.md")]
    readme, page = [re.findall(r"^(login=.*?\neval .*?)$", text, re.DOTALL | re.MULTILINE) for text in pages]
    # The page has another script, for the local org.
    assert readme == [recipe for recipe in page if "--network host" not in recipe] != []
