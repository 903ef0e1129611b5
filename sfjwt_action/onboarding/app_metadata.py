"""The app, and a permission set for its user, as metadata that `sf project deploy start` deploys.

Types, fields, suffixes and folders: Metadata API Developer Guide. Names: an org itself calls the policies of an app
`NAME_defaultPolicy`, so files of that name change those, and add none.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sfjwt_action.onboarding.questions import Answers

API_VERSION = "66.0"
"""Of the Metadata API; in it, a certificate enables the JWT bearer flow (since 60.0)."""

SOURCE = "force-app"
"""The directory of the sf CLI project that holds all metadata."""

GLOBAL_OAUTH_SUFFIX = ".ecaGlblOauth-meta.xml"
"""Suffix of the file that must not be committed: once retrieved from an org, it contains the consumer key."""

CONNECTED_APP_SUFFIX = ".connectedApp-meta.xml"

# The sf CLI's own, for `sf org login web`. The JWT bearer flow doesn't use it, but Salesforce requires a value.
_CALLBACK_URL = "http://localhost:1717/OauthRedirect"
_FOLDER = f"{SOURCE}/main/default"
_NAMESPACE = "http://soap.sforce.com/2006/04/metadata"


def project_files(answers: Answers, certificate_pem: str) -> dict[str, str]:
    """Write the project of the sf CLI: its description, the app with all its parts, and the permission set.

    Args:
        answers: The user's answers.
        certificate_pem: The certificate, in PEM.

    Returns:
        The files' contents, by their paths in the project.
    """
    app = _connected_app if answers.connected_app else _external_client_app
    return {
        "sfdx-project.json": _project(),
        **app(answers, certificate_pem),
        f"{_FOLDER}/permissionsets/{answers.api_name}.permissionset-meta.xml": _permission_set(answers),
    }


def _project() -> str:
    project = {"packageDirectories": [{"path": SOURCE, "default": True}], "sourceApiVersion": API_VERSION}
    return json.dumps(project, indent=2) + "\n"


def _external_client_app(answers: Answers, certificate_pem: str) -> dict[str, str]:
    """Write an External Client App: the app, its OAuth settings, and the policies of the org that it is in.

    It has no consumer key, because Salesforce creates it. An administrator reads it in Setup.
    """
    name = answers.api_name
    of_app = {"externalClientApplication": name}
    return {
        f"{_FOLDER}/externalClientApps/{name}.eca-meta.xml": _xml(
            "ExternalClientApplication",
            {
                "contactEmail": answers.email,
                "description": "Logs CI jobs in by the OAuth 2.0 JWT bearer flow",
                "distributionState": "Local",
                "isProtected": False,
                "label": answers.label,
            },
        ),
        f"{_FOLDER}/extlClntAppOauthSettings/{name}.ecaOauth-meta.xml": _xml(
            "ExtlClntAppOauthSettings",
            {"commaSeparatedOauthScopes": "Api, Web, RefreshToken", **of_app, "label": answers.label},
        ),
        f"{_FOLDER}/extlClntAppGlobalOauthSets/{name}{GLOBAL_OAUTH_SUFFIX}": _xml(
            "ExtlClntAppGlobalOauthSettings",
            {
                "callbackUrl": _CALLBACK_URL,
                "certificate": certificate_pem,
                **of_app,
                "isConsumerSecretOptional": False,
                "isIntrospectAllTokens": False,
                "isPkceRequired": True,
                "isSecretRequiredForRefreshToken": True,
                "label": answers.label,
                "shouldRotateConsumerKey": False,
                "shouldRotateConsumerSecret": False,
            },
        ),
        f"{_FOLDER}/extlClntAppOauthPolicies/{name}_defaultPolicy.ecaOauthPlcy-meta.xml": _xml(
            "ExtlClntAppOauthConfigurablePolicies",
            {
                "commaSeparatedPermissionSet": name,
                **of_app,
                "ipRelaxationPolicyType": "Enforce",
                "label": answers.label,
                "permittedUsersPolicyType": "AdminApprovedPreAuthorized",
                "refreshTokenPolicyType": "SpecificLifetime",
                "refreshTokenValidityPeriod": "90",
                "refreshTokenValidityUnit": "Days",
            },
        ),
        f"{_FOLDER}/extlClntAppPolicies/{name}_defaultPolicy.ecaPlcy-meta.xml": _xml(
            "ExtlClntAppConfigurablePolicies",
            {**of_app, "isEnabled": True, "isOauthPluginEnabled": True, "label": answers.label},
        ),
    }


def _connected_app(answers: Answers, certificate_pem: str) -> dict[str, str]:
    name = answers.api_name
    return {
        f"{_FOLDER}/connectedApps/{name}{CONNECTED_APP_SUFFIX}": _xml(
            "ConnectedApp",
            {
                "contactEmail": answers.email,
                "description": "Logs CI jobs in by the OAuth 2.0 JWT bearer flow",
                "label": answers.label,
                "oauthConfig": {
                    "callbackUrl": _CALLBACK_URL,
                    "certificate": certificate_pem,
                    "isAdminApproved": True,
                    "isConsumerSecretOptional": False,
                    "isIntrospectAllTokens": False,
                    "isPkceRequired": True,
                    "isSecretRequiredForRefreshToken": True,
                    "scopes": ("Api", "Web", "RefreshToken"),
                },
                "oauthPolicy": {"ipRelaxation": "ENFORCE", "refreshTokenPolicy": "specific_lifetime:90:DAYS"},
                "permissionSetName": (name,),
            },
        )
    }


def _permission_set(answers: Answers) -> str:
    return _xml(
        "PermissionSet",
        {
            "description": f"Pre-authorizes users for the app {answers.label}, and allows API access",
            "hasActivationRequired": False,
            "label": answers.label,
            "userPermissions": {"enabled": True, "name": "ApiEnabled"},
        },
    )


def _xml(kind: str, fields: Mapping[str, object]) -> str:
    body = "".join(_element(name, value, "    ") for name, value in fields.items())
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<{kind} xmlns="{_NAMESPACE}">\n{body}</{kind}>\n'


def _element(name: str, value: object, indent: str) -> str:
    match value:
        case tuple():
            return "".join(_element(name, item, indent) for item in value)
        case dict():
            inner = "".join(_element(key, item, f"{indent}    ") for key, item in value.items())
            return f"{indent}<{name}>\n{inner}{indent}</{name}>\n"
        case bool():
            return _element(name, str(value).lower(), indent)
    return f"{indent}<{name}>{escape(str(value))}</{name}>\n"
