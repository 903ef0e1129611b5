"""Harness CI: the files of a step's output variables, one of them for secrets.

Source: harness/lite-engine, `fetchExportedVarsFromEnvFile` in pipeline/runtime/common.go; harness/godotenv.
"""

from __future__ import annotations

import base64
import re
from typing import TYPE_CHECKING

from sfjwt_action.ci.console import UnmaskedConsole
from sfjwt_action.ci.env_file import EnvFilePublisher, require_line_length
from sfjwt_action.ci.variables import TOKEN

if TYPE_CHECKING:
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.salesforce.session import Session

_BASE64 = "__B64__"
_PLAIN = re.compile(rf"(?!{_BASE64})[\w.!:/@+-]+", re.ASCII)


class Harness(EnvFilePublisher):
    """Publishes in `$HARNESS_OUTPUT_SECRET_FILE`, whose values Harness masks once the step has succeeded."""

    variable = "HARNESS_OUTPUT_SECRET_FILE"
    unmasked_variable = "HARNESS_OUTPUT_FILE"
    masking_warning = ""
    found = "Harness has set no such file."
    remedy = "Update the delegate or the runner; in a container that a step starts, pass it on and mount its directory."

    def line(self, name: str, value: str) -> str:
        """Write a value, as base64 where a parser might read it otherwise.

        Raises:
            InvalidInput: It is too long. Harness logs a file that it cannot parse, whole.
        """
        if not _PLAIN.fullmatch(value):
            value = f"{_BASE64}{base64.b64encode(value.encode()).decode()}"
        return require_line_length(name, f"{name}={value}\n")

    def publish(self, session: Session, settings: Settings) -> str:
        """Append the variables, and tell how later steps have them: without a feature flag, they have none.

        Raises:
            InvalidInput: A value or a file cannot be written; all files are left as they were.
        """
        super().publish(session, settings)
        return (
            f"For later steps: `<+steps.STEP.output.outputVariables.{TOKEN}>`, and so on, with this step's identifier. "
            "If it is empty there, Harness Support has to set the feature flag CI_ENABLE_OUTPUT_SECRETS."
        )


make_publisher = Harness
make_reporter = UnmaskedConsole
