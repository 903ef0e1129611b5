"""GitLab CI/CD: a dotenv report, which later jobs read as variables.

GitLab only reads `::add-mask::` with an experimental setting of the runner. Otherwise the command itself shows the
secret in the log. So nothing is masked. Source: docs.gitlab.com, `artifacts:reports:dotenv` and `artifacts:access`.
"""

from __future__ import annotations

from sfjwt_action.ci.console import ExportFileConsole


class GitLab(ExportFileConsole):
    """Publishes in the file that `artifacts:reports:dotenv` names."""

    export_format = "dotenv"
    masking_warning = (
        "GitLab doesn't mask values that a job creates. Don't print the token. If a dotenv report passes it to later "
        "jobs, people can download it: set `access: none` and a short `expire_in` for the artifacts."
    )
    found = "GitLab reads a login from a file of the job."
    remedy = (
        "Use `--export-file salesforce.env` and name the file under `artifacts: reports: dotenv:`, or use "
        "`--export shell` in the job."
    )


make_publisher = GitLab
