"""Bitbucket Pipelines: a shell file for the rest of the step.

Output variables don't suit a secret: every later step prints their values, and nothing masks them.
Source: atlassian.com/blog/bitbucket, "Easily share data between steps in Bitbucket Pipelines".
"""

from __future__ import annotations

from sfjwt_action.ci.console import ExportFileConsole


class Bitbucket(ExportFileConsole):
    """Publishes in a file that the step's script sources."""

    export_format = "shell"
    masking_warning = (
        "Bitbucket doesn't mask values that a step creates. Don't print the token, and use it in this step only: "
        "Bitbucket prints output variables, and artifacts can be downloaded."
    )
    found = "Bitbucket can't pass a secret to later steps, because it prints output variables in their logs."
    remedy = (
        "Log in in the step that needs the token: use `--export-file PATH` and source the file, or `--export shell`."
    )


make_publisher = Bitbucket
