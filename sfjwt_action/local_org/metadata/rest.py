"""The Metadata API's REST interface: deploys, at `/services/data/vNN.0/metadata/deployRequest`.

Source: Metadata API Developer Guide, “Deploying and Retrieving Metadata with the Zip File”, REST resources.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sfjwt_action.local_org.metadata.deploy import Options
from sfjwt_action.local_org.metadata.org import Refusal

if TYPE_CHECKING:
    from sfjwt_action.local_org.metadata.deploy import Deployment


def options(request: dict[str, object]) -> Options:
    """Read `deployOptions`.

    Raises:
        Refusal: The request has none, or an option that isn't known here.
    """
    given = request.get("deployOptions")
    if not isinstance(given, dict):
        raise Refusal("INVALID_PARAMETER", "deployOptions is missing")
    if given.get("performRetrieve"):
        raise Refusal("INVALID_PARAMETER", "The local org doesn't know the option performRetrieve.")
    tests = given.get("runTests")
    return Options(
        check_only=given.get("checkOnly") is True,
        ignore_warnings=given.get("ignoreWarnings") is True,
        rollback_on_error=given.get("rollbackOnError") is True,
        test_level=str(given.get("testLevel") or ""),
        run_tests=tuple(map(str, tests)) if isinstance(tests, list) else (),
    )


def response(deployment: Deployment, *, include_details: bool = True) -> dict[str, object]:
    """Return what a request about a deploy is answered with."""
    result = deployment.result()
    if not include_details:
        result["details"] = None
    return {
        "id": deployment.id,
        "deployOptions": {
            "checkOnly": deployment.options.check_only,
            "ignoreWarnings": deployment.options.ignore_warnings,
            "rollbackOnError": deployment.options.rollback_on_error,
            "runTests": list(deployment.options.run_tests),
            "singlePackage": True,
            "testLevel": deployment.options.test_level or None,
        },
        "deployResult": result,
    }
