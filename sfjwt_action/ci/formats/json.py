"""One JSON object, with the names of the outputs in snake case."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from sfjwt_action.ci.files import replace_export

if TYPE_CHECKING:
    from sfjwt_action.inputs.settings import Settings
    from sfjwt_action.salesforce.session import Session

write = replace_export


def render(session: Session, _settings: Settings) -> str:
    """Format a login, with an empty text for values that Salesforce didn't send."""
    return json.dumps({name.replace("-", "_"): value for name, value in session.outputs().items()}) + "\n"
