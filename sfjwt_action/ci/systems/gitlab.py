"""GitLab CI/CD: a dotenv report, which later jobs read as variables.

GitLab reads `::add-mask::` only behind an experimental setting of the runner's. Elsewhere it *is* the secret,
in the log. So nothing is masked. Source: docs.gitlab.com, `artifacts:reports:dotenv` and `artifacts:access`.
"""

from __future__ import annotations

from sfjwt_action.ci.console import ExportFileConsole


class GitLab(ExportFileConsole):
    """Publishes in the file that `artifacts:reports:dotenv` names."""

    export_format = "dotenv"
    masking_warning = (
        "GitLab masks no value that a job makes. Print it nowhere. If a dotenv report hands it to later jobs, people "
        "can download it: give its artifacts `access: none` and a short `expire_in`."
    )
    found = "GitLab takes a login from a file of the job's."
    remedy = (
        "Give `--export-file salesforce.env`, and name that file under `artifacts: reports: dotenv:`; or use "
        "`--export shell` within the job."
    )


make_publisher = GitLab
