"""CircleCI: a shell file that bash reads before every later step of the job.

Source: circleci.com/docs, "Set an environment variable", `BASH_ENV`; bash(1), INVOCATION.
"""

from __future__ import annotations

from sfjwt_action.ci.env_file import EnvFilePublisher
from sfjwt_action.ci.formats import shell


class CircleCI(EnvFilePublisher):
    """Publishes in `$BASH_ENV`, for the later steps of this job that bash runs."""

    variable = "BASH_ENV"
    masking_warning = (
        "CircleCI doesn't mask values that a job creates. Don't print the token, and use it in this job only: other "
        "people can read workspaces, caches and artifacts."
    )
    found = "CircleCI didn't set this variable."
    remedy = "In a container that a step starts, pass BASH_ENV and mount its file, or use `--export shell`."

    def line(self, name: str, value: str) -> str:
        """Write a value for bash."""
        return shell.line(name, value)


make_publisher = CircleCI
