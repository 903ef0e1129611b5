"""Commands whose standard output is their result report everything on standard error."""

import pytest
from unit.ci.logins import TOKEN, login, settings

from sfjwt_action.ci.detection import stderr_reporter
from sfjwt_action.report.story import Story

SYSTEMS: list[dict[str, str]] = [{}, {"GITHUB_ACTIONS": "true"}, {"TF_BUILD": "True"}, {"GITLAB_CI": "true"}]


@pytest.mark.parametrize("environ", SYSTEMS)
def test_each_report_arrives_and_none_on_standard_output(
    environ: dict[str, str], capfd: pytest.CaptureFixture[str]
) -> None:
    reporter = stderr_reporter(environ | {"RUNNER_DEBUG": "1"})
    reporter.debug("a detail")
    reporter.info("a step")
    reporter.warning("Clock", "a warning")
    reporter.succeed(Story("Logged in", "a success"))
    reporter.fail(Story("Not logged in", "a failure"))
    printed = capfd.readouterr()
    assert printed.out == ""
    assert [
        said for said in ("a detail", "a step", "a warning", "a success", "a failure") if said not in printed.err
    ] == []


@pytest.mark.parametrize("environ", [{"GITHUB_ACTIONS": "true"}, {"TF_BUILD": "True"}])
def test_masks_arrive_on_standard_error(environ: dict[str, str], capfd: pytest.CaptureFixture[str]) -> None:
    stderr_reporter(environ).mask(login(), settings())
    printed = capfd.readouterr()
    assert printed.out == ""
    assert TOKEN in printed.err
