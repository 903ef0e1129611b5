r"""Vela: the files of a build's dynamic environment, one of them masked.

Both are named in every step. Their directory exists only if the worker has an image for its outputs container.

Source: go-vela.github.io/docs, "Outputs"; go-vela/worker, executor/linux/outputs.go, which reads them with
hashicorp/go-envparse: a `#` starts a comment, and double quotes allow the escapes `\\`, `\"`, `\n` and `\t`.
One line that doesn't parse drops the whole file silently.
"""

from __future__ import annotations

import re

from sfjwt_action.ci.console import UnmaskedConsole
from sfjwt_action.ci.env_file import EnvFilePublisher, require_line_length
from sfjwt_action.ci.variables import not_exportable

_PLAIN = re.compile(r"[\w.!:/@+-]+", re.ASCII)
_CONTROL = re.compile(r"[\0-\x1f]")
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n", "\t": r"\t"})


class Vela(EnvFilePublisher):
    """Publishes in `$VELA_MASKED_OUTPUTS`, whose values Vela masks in later steps."""

    variable = "VELA_MASKED_OUTPUTS"
    unmasked_variable = "VELA_OUTPUTS"
    masking_warning = ""
    found = "Vela didn't set this variable."
    remedy = (
        "Outputs need Vela's Docker runtime, and an image that the worker's administrator sets "
        "(VELA_EXECUTOR_OUTPUTS_IMAGE). Otherwise use `--export shell --export-file PATH`."
    )

    def line(self, name: str, value: str) -> str:
        """Format a value, in double quotes where a parser might misread it.

        Raises:
            InvalidInput: Vela's format can't hold it.
        """
        if not _PLAIN.fullmatch(value):
            value = f'"{value.translate(_ESCAPES)}"'
        if _CONTROL.search(value):
            raise not_exportable(name, "The value has control characters, which Vela doesn't accept.")
        return require_line_length(name, f"{name}={value}\n")


make_publisher = Vela
make_reporter = UnmaskedConsole
