"""The local org's HTTP interface: login, and what all URLs share. The APIs are in apis.py."""

from __future__ import annotations

import secrets
import time
import traceback
from typing import TYPE_CHECKING

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.responses import PlainTextResponse, Response

from sfjwt_action.local_org import apis, rest
from sfjwt_action.local_org.authorization import Refusal, log_in
from sfjwt_action.local_org.metadata import soap
from sfjwt_action.local_org.model import Host, LocalSalesforce, Session, id_18
from sfjwt_action.local_org.web import (
    ResponseError,
    SalesforceJson,
    bearer,
    find_host,
    missing,
    read_parameters,
    rest_error,
    route,
    salesforce,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.types import ASGIApp, Receive, Scope, Send

    from sfjwt_action.local_org.contents import Contents


def application(orgs: LocalSalesforce, contents: Contents) -> ASGIApp:
    """Return the ASGI application that answers for these orgs.

    Args:
        orgs: The orgs.
        contents: What they have.
    """
    app = Starlette(
        routes=[
            route("/services/oauth2/token", _token, "POST"),
            route("/services/oauth2/revoke", _revoke, "GET", "POST"),
            route("/services/oauth2/userinfo", _userinfo, "GET", "POST"),
            route("/services/oauth2/singleaccess", _single_access, "GET", "POST"),
            route("/secur/frontdoor.jsp", _front_door, "GET"),
            route("/id/{org}/{user}", _identity, "GET"),
            route("/.well-known/openid-configuration", _openid_configuration, "GET"),
            *apis.routes(),
        ],
        exception_handlers={
            404: _not_found,
            405: _not_allowed,
            HTTPException: _unreadable,
            ClientDisconnect: _unheard,
            Exception: _failed,
        },
    )
    app.state.salesforce = orgs
    app.state.contents = contents
    return _indifferent_to_slashes(app)


def _indifferent_to_slashes(app: ASGIApp) -> ASGIApp:
    """Remove repeated slashes from paths: Salesforce accepts `//services/data/`, which the sf CLI sends."""

    async def tidied(scope: Scope, receive: Receive, send: Send) -> None:
        path = "/" + "/".join(filter(None, scope["path"].split("/")))
        await app(dict(scope, path=path), receive, send)

    return tidied


async def _token(request: Request) -> Response:
    if faults := salesforce(request).faults:
        fault = faults.pop(0)
        return Response(fault.body, fault.status, dict(fault.headers))
    host, form = find_host(request), await read_parameters(request)
    try:
        response = log_in(salesforce(request), host, form, time.time())
    except Refusal as refusal:
        raise _oauth_error(refusal.error, refusal.description) from refusal
    return SalesforceJson(response, headers={"Cache-Control": "no-cache, no-store"})


async def _revoke(request: Request) -> Response:
    parameters = await read_parameters(request)
    if salesforce(request).sessions.pop(parameters.get("token", ""), None) is None:
        raise _oauth_error("invalid_token", "invalid token")
    return Response()


async def _userinfo(request: Request) -> Response:
    host = find_host(request)
    token = bearer(request) or (await read_parameters(request)).get("access_token", "")
    return SalesforceJson(rest.userinfo(host, _identity_session(request, host, token)))


async def _identity(request: Request) -> Response:
    host = find_host(request)
    token = bearer(request) or request.query_params.get("oauth_token", "")
    session = _identity_session(request, host, token)
    asked = tuple(_id_18(request.path_params[name]) for name in ("org", "user"))
    if asked != (session.org.id, session.user.id):
        raise _identity_error("Wrong_Org")
    return SalesforceJson(rest.identity(host, session))


async def _single_access(request: Request) -> Response:
    """Return a URL that opens the org in a browser. The scope `web` is needed."""
    host, parameters = find_host(request), await read_parameters(request)
    token = bearer(request) or parameters.get("access_token", "")
    session = _identity_session(request, host, token)
    if not {"web", "full"} & set(session.scopes):
        raise _identity_error("Missing_Scope")
    path = parameters.get("redirect_uri", "").lstrip("/")
    base = host.instance_url(session.org)
    url = f"{base}/secur/frontdoor.jsp?otp={secrets.token_urlsafe(24)}&startURL=/{path}"
    return SalesforceJson({"frontdoor_uri": url})


async def _front_door(request: Request) -> Response:
    find_host(request)
    return PlainTextResponse("The local org has no pages: it serves the APIs only.\n", 404)


async def _openid_configuration(request: Request) -> Response:
    return SalesforceJson(rest.openid_configuration(find_host(request)))


def _id_18(given: str) -> str:
    """Return an ID in its long form."""
    return given if len(given) != len("00Dxx0000000000") else id_18(given)


def _identity_session(request: Request, host: Host, token: str) -> Session:
    """Return whose token an identity request carries. The login host of the org's kind answers too."""
    if not token and "authorization" not in request.headers:
        raise _identity_error("Missing_OAuth_Token")
    session = salesforce(request).sessions.get(token)
    if session is None or session.org not in host.orgs:
        raise _identity_error("Bad_OAuth_Token")
    return session


def _oauth_error(error: str, description: str) -> ResponseError:
    return ResponseError(SalesforceJson({"error": error, "error_description": description}, 400))


def _identity_error(word: str) -> ResponseError:
    return ResponseError(PlainTextResponse(word, 403))


async def _not_found(request: Request, _error: Exception) -> Response:
    return missing(request).response


async def _not_allowed(request: Request, _error: Exception) -> Response:
    message = f"The local org has no {request.method} at {request.url.path}"
    return rest_error(405, "METHOD_NOT_ALLOWED", message).response


async def _unreadable(_request: Request, error: Exception) -> Response:
    """Answer what Starlette can't read: a form."""
    message = f"The local org can't read the request: {getattr(error, 'detail', '')}"
    return rest_error(400, "INVALID_PARAMETER", message).response


async def _unheard(_request: Request, _error: Exception) -> Response:
    """Answer a client that has gone, so that its leaving isn't a failure."""
    return Response(status_code=400)


async def _failed(request: Request, error: Exception) -> Response:
    """Answer what nobody expected in the shape of the API that was called, and show where it happened."""
    traceback.print_exception(error)
    message = f"The local org failed: {type(error).__name__}. This is a bug. Its standard error shows where."
    path = request.url.path
    if path.startswith("/services/Soap/"):
        return Response(soap.fault(soap.SoapFault("sf:UNKNOWN_EXCEPTION", message)), 500, media_type="text/xml")
    if path.startswith("/services/oauth2/"):
        return SalesforceJson({"error": "unknown_error", "error_description": message}, 500)
    return rest_error(500, "UNKNOWN_EXCEPTION", message).response
