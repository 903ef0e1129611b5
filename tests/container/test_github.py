from pathlib import Path

import pytest
from container.engine import assert_no_secret_in, limits_status
from container.runner import ACTION, Runner
from support import LocalOrg

pytestmark = pytest.mark.container


@pytest.fixture
def runner(image: str, tmp_path: Path) -> Runner:
    return Runner(image, tmp_path)


@pytest.fixture(scope="module")
def inputs(local_org: LocalOrg) -> dict[str, str]:
    return {
        "consumer-key": local_org.environ["SFJWT_CONSUMER_KEY"],
        "private-key": Path(local_org.environ["SFJWT_PRIVATE_KEY_FILE"]).read_text(),
        "username": local_org.environ["SFJWT_USERNAME"],
        "login-url": local_org.url,
        "ca-certificates": Path(local_org.environ["SFJWT_CA_CERTIFICATES_FILE"]).read_text(),
    }


def test_the_step_passes_its_login_to_later_steps(runner: Runner, inputs: dict[str, str], local_org: LocalOrg) -> None:
    main = runner.main(inputs)
    assert main.exit_code == 0, main.log
    outputs = main.records("GITHUB_OUTPUT")
    assert outputs["instance-url"] == local_org.url
    assert outputs["username"] == inputs["username"]
    assert outputs.keys() == ACTION["outputs"].keys() - {
        "api-version",
        "expires-at",
    }  # without `verify`, and for an opaque token


def test_the_token_is_only_in_its_mask_and_its_output(
    runner: Runner, inputs: dict[str, str], local_org: LocalOrg
) -> None:
    main = runner.main(inputs)
    token = main.records("GITHUB_OUTPUT")["access-token"]
    mask = f"::add-mask::{token}\n"
    assert mask in main.log
    assert_no_secret_in(main.log.replace(mask, ""), local_org, token)
    others = "".join(text for name, text in main.files.items() if name != "GITHUB_OUTPUT")
    assert_no_secret_in(others, local_org, token)


def test_the_post_step_runs_in_its_own_container(runner: Runner, inputs: dict[str, str]) -> None:
    post = runner.post(runner.main(inputs))
    assert post.exit_code == 0
    assert post.log.startswith("Nothing to revoke")


def test_the_post_step_revokes_the_token(runner: Runner, inputs: dict[str, str], local_org: LocalOrg) -> None:
    main = runner.main(inputs | {"revoke-token": "true"})
    token = main.records("GITHUB_OUTPUT")["access-token"]
    assert limits_status(local_org, token) == 200
    post = runner.post(main)
    assert (post.exit_code, post.log.splitlines()[-1]) == (0, "The access token was revoked.")
    assert_no_secret_in(post.log, local_org, token)
    assert limits_status(local_org, token) == 401


def test_a_rejected_login_publishes_nothing(runner: Runner, inputs: dict[str, str], local_org: LocalOrg) -> None:
    main = runner.main(inputs | {"username": "nobody@acme.example"})
    assert main.exit_code == 3
    assert "::error title=Salesforce login%3A " in main.log
    assert "`nobody@acme.example`" in main.files["GITHUB_STEP_SUMMARY"]
    assert {text for name, text in main.files.items() if name != "GITHUB_STEP_SUMMARY"} == {""}
    assert_no_secret_in(main.log, local_org)


@pytest.mark.parametrize("environ", [{}, {"PYTHONPATH": "/github/workspace"}], ids=["as it is", "PYTHONPATH"])
def test_no_code_of_the_workspace_runs(runner: Runner, inputs: dict[str, str], environ: dict[str, str]) -> None:
    for module in ("json", "requests", "sfjwt_action", "sitecustomize"):
        (runner.workspace / f"{module}.py").write_text("raise SystemExit('code of the workspace')")
    main = runner.main(inputs, environ)
    assert main.exit_code == 0, main.log
