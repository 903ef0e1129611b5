"""Harness CI: the files of a step's output variables, one of them for secrets.

Source: harness/lite-engine.
"""

from __future__ import annotations

import base64
import re

from sfjwt_action.ci.handover import Files

_PLAIN = re.compile(r"[\w.!:/@+-]+", re.ASCII)


class Harness(Files):
    """Publishes in `$HARNESS_OUTPUT_SECRET_FILE`, whose values Harness masks."""

    variable = "HARNESS_OUTPUT_SECRET_FILE"
    plain_variable = "HARNESS_OUTPUT_FILE"
    unmasked = ""
    found = "Harness has set no such file."
    remedy = "Harness sets it for steps whose output variables are secret. Update the delegate, or use --export shell."

    def line(self, name: str, value: str) -> str:
        """Write a value, as base64 where a parser might read it otherwise: Harness logs a file that does not parse."""
        if not _PLAIN.fullmatch(value):
            value = f"__B64__{base64.b64encode(value.encode()).decode()}"
        return f"{name}={value}\n"


publisher = Harness
