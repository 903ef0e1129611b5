"""What all HTTP endpoints of the local org share: the session of a request, and Salesforce's errors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from sfjwt_action.local_org import rest
from sfjwt_action.local_org.model import Host, HostKind, LocalSalesforce, Session

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request


class ResponseError(Exception):
    """A request fails with this response."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response


class SalesforceJson(JSONResponse):
    """JSON with the charset that Salesforce names."""

    media_type = "application/json;charset=UTF-8"


def route(path: str, endpoint: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
    """Return a route whose endpoint may raise a ResponseError."""

    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except ResponseError as error:
            return error.response

    return Route(path, answer, methods=methods)


def salesforce(request: Request) -> LocalSalesforce:
    """Return the orgs."""
    found: LocalSalesforce = request.app.state.salesforce
    return found


def find_host(request: Request) -> Host:
    """Return the host that a request was sent to.

    Raises:
        ResponseError: No org has that name, or had it before.
    """
    if org := salesforce(request).renamed(request.headers.get("host", "")):
        raise ResponseError(RedirectResponse(f"{org.my_domain_url}{request.url.path}", 301))
    host = salesforce(request).host(request.headers.get("host", ""))
    if host is None:
        raise ResponseError(PlainTextResponse("The local org has no org with that host name.\n", 421))
    return host


async def read_parameters(request: Request) -> dict[str, str]:
    """Return the parameters of a POST: from its form and from its query string, which Salesforce also accepts."""
    found = dict(request.query_params)
    if request.headers.get("content-type", "").partition(";")[0] == "application/x-www-form-urlencoded":
        found |= parse_qsl((await request.body()).decode(errors="replace"))
    return found


def read_json(content: bytes) -> object:
    """Parse a request's JSON.

    Raises:
        ResponseError: The content isn't JSON, or has what a response can't repeat: NaN, half of a surrogate pair.
    """
    try:
        found: object = json.loads(content)
        json.dumps(found, ensure_ascii=False, allow_nan=False).encode()
    except (RecursionError, ValueError) as error:
        raise rest_error(400, "JSON_PARSER_ERROR", f"The local org can't read the JSON: {error}") from error
    return found


def read_object(content: bytes) -> dict[str, object]:
    """Parse a request's JSON, which has to be an object.

    Raises:
        ResponseError: The content isn't a JSON object.
    """
    found = read_json(content)
    if not isinstance(found, dict):
        raise rest_error(400, "JSON_PARSER_ERROR", "The local org can't read the JSON: it isn't an object")
    return found


def bearer(request: Request) -> str:
    """Return the access token in a request's header."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token if scheme in {"Bearer", "OAuth"} else ""


def rest_session(request: Request) -> Session:
    """Return the session of a REST request. Its token is only valid on the org's own host.

    Raises:
        ResponseError: The token isn't valid here, or the version isn't known.
    """
    host, session = find_host(request), salesforce(request).sessions.get(bearer(request))
    if session is None or host.kind is HostKind.GENERIC or session.org not in host.orgs:
        raise rest_error(401, "INVALID_SESSION_ID", "Session expired or invalid")
    if not {"api", "full"} & set(session.scopes):
        raise rest_error(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API")
    if not session.org.has_api:
        raise rest_error(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
    if request.path_params["version"] not in rest.API_VERSIONS:
        raise missing(request)
    salesforce(request).api_requests += 1
    return session


def answer(request: Request, content: object, status: int = 200) -> Response:
    """Return the answer to a REST request, with the count of requests that Salesforce adds."""
    used = salesforce(request).api_requests
    return SalesforceJson(content, status, {"Sforce-Limit-Info": f"api-usage={used}/{rest.API_REQUESTS_A_DAY}"})


def rest_error(status: int, error_code: str, message: str, **more: object) -> ResponseError:
    """Return an error of the REST API."""
    return ResponseError(SalesforceJson([{"message": message, "errorCode": error_code, **more}], status))


def missing(request: Request) -> ResponseError:
    """Return the error for an unknown URL. It names the local org, because Salesforce may have the URL.

    Salesforce's own words follow, because the sf CLI looks for them.
    """
    message = f"The local org has no {request.url.path}. The requested resource does not exist"
    return rest_error(404, "NOT_FOUND", message)
