"""A Salesforce authorization server on this machine, for demos and tests.

It verifies assertions, and rejects them with Salesforce's own words. The image doesn't contain it. The extra
`local-org` installs its dependencies.
"""

from sfjwt_action.local_org.errors import LocalOrgError
from sfjwt_action.local_org.server import serve

__all__ = ["LocalOrgError", "serve"]
