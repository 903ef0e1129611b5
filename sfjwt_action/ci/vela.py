"""Vela: the files of a build's dynamic environment, one of them masked.

Source: go-vela.github.io/docs, "Outputs".
"""

from __future__ import annotations

from sfjwt_action.ci.handover import Files


class Vela(Files):
    """Publishes in `$VELA_MASKED_OUTPUTS`, whose values Vela masks in later steps."""

    variable = "VELA_MASKED_OUTPUTS"
    plain_variable = "VELA_OUTPUTS"
    unmasked = ""
    found = "Vela has set no such file."
    remedy = "Outputs need Vela's Docker runtime. Elsewhere, use `--export shell --export-file PATH`."


publisher = Vela
