"""A Salesforce authorization server on this machine, for demos and tests.

It verifies assertions for real and refuses them in Salesforce's own words. Nothing here is in the image: the
extra `local-org` brings what it needs.
"""

from sfjwt_action.local_org.errors import LocalOrgError
from sfjwt_action.local_org.server import serve

__all__ = ["LocalOrgError", "serve"]
