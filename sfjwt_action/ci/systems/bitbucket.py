"""Bitbucket Pipelines: a shell file, for the rest of the step.

Output variables are no way for a secret: every later step prints their values as it is set up, and nothing masks them.
Source: atlassian.com/blog/bitbucket, "Easily share data between steps in Bitbucket Pipelines".
"""

from __future__ import annotations

from sfjwt_action.ci.console import ExportFileConsole


class Bitbucket(ExportFileConsole):
    """Publishes in a file that the step's script sources."""

    export_format = "shell"
    masking_warning = (
        "Bitbucket masks no value that a step makes. Print it nowhere, and keep it in this step: output variables are "
        "printed, and artifacts can be downloaded."
    )
    found = "Bitbucket has no way to hand a secret to later steps: it prints output variables in their logs."
    remedy = (
        "Log in in the step that needs it: give `--export-file PATH`, and source that file; or use `--export shell`."
    )


make_publisher = Bitbucket
