"""GitLab CI/CD: a dotenv report, which later jobs read as variables.

GitLab reads `::add-mask::` only behind an experimental setting of the runner's. Elsewhere it *is* the secret,
in the log. So nothing is masked.
"""

from __future__ import annotations

from sfjwt_action.ci import dotenv
from sfjwt_action.ci.handover import Files


class GitLab(Files):
    """Publishes in the file that `artifacts:reports:dotenv` names."""

    unmasked = (
        "GitLab masks no value that a job makes. Print it nowhere. A dotenv report holds it: give the artifact "
        "`access: none` and a short `expire_in`."
    )
    found = "GitLab takes a login from a file of the job's."
    remedy = "Give `--export-file salesforce.env`, and name that file under `artifacts: reports: dotenv:`."

    def line(self, name: str, value: str) -> str:
        """Write a value by GitLab's rules."""
        return dotenv.line(name, value)


publisher = GitLab
