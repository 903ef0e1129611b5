"""Bitbucket Pipelines: the file of a step's output variables.

Source: support.atlassian.com, "Variable sharing".
"""

from __future__ import annotations

from sfjwt_action.ci.handover import Files


class Bitbucket(Files):
    """Publishes in `$BITBUCKET_PIPELINES_VARIABLES_PATH`, for the later steps of the pipeline."""

    variable = "BITBUCKET_PIPELINES_VARIABLES_PATH"
    unmasked = (
        "Bitbucket masks no value that a step makes. Print it nowhere, and hand it on only to steps that need it: "
        "`output-variables` go to every later step."
    )
    found = "Bitbucket has set no such file."
    remedy = "In a container that a step starts, pass the variable on and mount its file; or use `--export shell`."


publisher = Bitbucket
