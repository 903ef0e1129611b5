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
    found = "Harness didn't set this variable."
    remedy = "Update the delegate or the runner. In a container that a step starts, pass it and mount its directory."

    def line(self, name: str, value: str) -> str:
        """Format a value, in base64 where a parser might misread it.

        Raises:
            InvalidInput: It is too long. Harness logs all of a file that it can't parse.
        """
        if not _PLAIN.fullmatch(value):
            value = f"{_BASE64}{base64.b64encode(value.encode()).decode()}"
        return require_line_length(name, f"{name}={value}\n")

    def publish(self, session: Session, settings: Settings) -> str:
        """Append the variables, and return how later steps read them. They need a feature flag.

        Raises:
            InvalidInput: A value or a file can't be written. All files are left as they were.
        """
        super().publish(session, settings)
        return (
            f"In later steps, use `<+steps.STEP.output.outputVariables.{TOKEN}>` with this step's identifier. If it is "
            "empty, ask Harness Support to set the feature flag CI_ENABLE_OUTPUT_SECRETS."
        )


make_publisher = Harness
make_reporter = UnmaskedConsole
