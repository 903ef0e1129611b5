"""The local org's HTTP interface: which URL answers what, in Salesforce's shapes."""

import time
from collections.abc import Awaitable, Callable, Iterable
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from sfjwt_action.local_org import rest, soql
from sfjwt_action.local_org.authorization import Refusal, log_in
from sfjwt_action.local_org.metadata import rest as deploy_request
from sfjwt_action.local_org.metadata import soap
from sfjwt_action.local_org.metadata.org import Metadata, OrgMetadata
from sfjwt_action.local_org.metadata.org import Refusal as MetadataRefusal
from sfjwt_action.local_org.model import Host, HostKind, LocalSalesforce, Session


class _ResponseError(Exception):
    """A request fails, and this is the response that says so."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"HTTP {response.status_code}")
        self.response = response


def application(salesforce: LocalSalesforce, metadata: Metadata) -> ASGIApp:
    """Return the ASGI application that answers for these orgs.

    Args:
        salesforce: The orgs.
        metadata: What is deployed to them.
    """
    app = Starlette(
        routes=[
            _route("/services/oauth2/token", _token, "POST"),
            _route("/services/oauth2/revoke", _revoke, "POST"),
            _route("/services/oauth2/userinfo", _userinfo, "GET", "POST"),
            _route("/id/{org}/{user}", _identity, "GET"),
            _route("/.well-known/openid-configuration", _openid_configuration, "GET"),
            _route("/services/Soap/m/{version}", _metadata, "POST"),
            _route("/services/Soap/m/{version}/{org}", _metadata, "POST"),
            _route("/services/data/v{version}/metadata/deployRequest", _deploy_request, "POST"),
            _route("/services/data/v{version}/metadata/deployRequest/{id}", _deploy_status, "GET", "PATCH"),
            _route("/services/data", _versions, "GET"),
            _route("/services/data/v{version}", _resources, "GET"),
            _route("/services/data/v{version}/limits", _limits, "GET"),
            _route("/services/data/v{version}/query", _query, "GET"),
            _route("/services/data/v{version}/sobjects/{object}/{id}", _record, "GET"),
        ],
        exception_handlers={404: _not_found},
    )
    app.state.salesforce = salesforce
    app.state.metadata = metadata
    return _indifferent_to_slashes(app)


def _indifferent_to_slashes(app: ASGIApp) -> ASGIApp:
    """Take needless slashes out of paths: Salesforce does not mind `//services/data/`, and the sf CLI sends it."""

    async def tidied(scope: Scope, receive: Receive, send: Send) -> None:
        path = "/" + "/".join(filter(None, scope["path"].split("/")))
        await app(dict(scope, path=path), receive, send)

    return tidied


def _route(path: str, endpoint: Callable[[Request], Awaitable[Response]], *methods: str) -> Route:
    async def answer(request: Request) -> Response:
        try:
            return await endpoint(request)
        except _ResponseError as error:
            return error.response

    return Route(path, answer, methods=methods)


async def _token(request: Request) -> Response:
    if faults := _salesforce(request).faults:
        fault = faults.pop(0)
        return Response(fault.body, fault.status, dict(fault.headers))
    host, form = _host(request), await _form(request)
    try:
        response = log_in(_salesforce(request), host, form, time.time())
    except Refusal as refusal:
        raise _oauth_error(refusal.error, refusal.description) from refusal
    return JSONResponse(response, headers={"Cache-Control": "no-cache, no-store"})


async def _revoke(request: Request) -> Response:
    form = await _form(request)
    if _salesforce(request).sessions.pop(form.get("token", ""), None) is None:
        raise _oauth_error("invalid_token", "invalid token")
    return Response()


async def _userinfo(request: Request) -> Response:
    host = _host(request)
    return JSONResponse(rest.userinfo(host, _identity_session(request, host)))


async def _identity(request: Request) -> Response:
    host = _host(request)
    session = _identity_session(request, host)
    if request.path_params != {"org": session.org.id, "user": session.user.id}:
        raise _identity_error("Wrong_Org")
    return JSONResponse(rest.identity(host, session))


async def _openid_configuration(request: Request) -> Response:
    return JSONResponse(rest.openid_configuration(_host(request)))


async def _versions(request: Request) -> Response:
    _host(request)
    return JSONResponse(rest.versions())


async def _resources(request: Request) -> Response:
    session = _rest_session(request)
    return JSONResponse(rest.resources(request.path_params["version"], _host(request), session))


async def _limits(request: Request) -> Response:
    _rest_session(request)
    return JSONResponse(rest.LIMITS)


async def _query(request: Request) -> Response:
    tables = rest.tables(_rest_session(request).org)
    try:
        selection = soql.select(soql.parse(request.query_params.get("q", "")), tables)
    except soql.QueryError as error:
        raise _rest_error(400, error.error_code, error.message) from error
    if request.query_params.get("columns") == "true":
        return JSONResponse(rest.columns(selection, tables[selection.object_name][0]))
    records = [_sobject(request, selection.object_name, record, selection.fields) for record in selection.records]
    return JSONResponse({"totalSize": len(records), "done": True, "records": records})


async def _record(request: Request) -> Response:
    session = _rest_session(request)
    name, record_id = request.path_params["object"], request.path_params["id"]
    for record in rest.tables(session.org).get(name, []):
        if record["Id"] == record_id:
            return JSONResponse(_sobject(request, name, record, record))
    raise HTTPException(404)


async def _metadata(request: Request) -> Response:
    _host(request)
    try:
        soap.require_version(request.path_params["version"], rest.API_VERSIONS)
        sessions = _salesforce(request).sessions
        metadata: Metadata = request.app.state.metadata
        envelope = soap.answer(await request.body(), sessions.get, lambda session: metadata.of(session.org))
    except soap.SoapFault as error:
        return Response(soap.fault(error), 500, media_type="text/xml")
    return Response(envelope, media_type="text/xml")


async def _deploy_request(request: Request) -> Response:
    """Accept a deploy: a multipart form of JSON and a zip, or JSON alone with the id of a validation."""
    session = _rest_session(request)
    metadata = _metadata_of(request, session)
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            validated = deploy_request.read_json(await request.body()).get("validatedDeployRequestId")
            deployment = metadata.quick_deploy(str(validated), session.user)
        else:
            options, content = await _deploy_form(request)
            deployment = metadata.deploy(
                content, deploy_request.options(deploy_request.read_json(options)), session.user
            )
    except MetadataRefusal as refusal:
        raise _rest_error(400, refusal.code, refusal.message) from refusal
    return JSONResponse(deploy_request.response(deployment), 201)


async def _deploy_form(request: Request) -> tuple[bytes, bytes]:
    """Return the JSON and the zip of a multipart form, whatever its fields are called."""
    found = {"json": b"", "zip": b""}
    async with request.form() as form:
        for name, value in form.multi_items():
            content = value.encode() if isinstance(value, str) else await value.read()
            found["json" if content.lstrip()[:1] == b"{" or name == "json" else "zip"] = content
    return found["json"], found["zip"]


async def _deploy_status(request: Request) -> Response:
    """Return the status of a deploy, or cancel it."""
    metadata = _metadata_of(request, _rest_session(request))
    try:
        if request.method == "PATCH":
            deployment = metadata.cancel(request.path_params["id"])
            return JSONResponse(deploy_request.response(deployment), 202)
        deployment = metadata.check(request.path_params["id"])
    except MetadataRefusal as refusal:
        raise _rest_error(404, refusal.code, refusal.message) from refusal
    details = request.query_params.get("includeDetails") == "true"
    return JSONResponse(deploy_request.response(deployment, include_details=details))


def _metadata_of(request: Request, session: Session) -> OrgMetadata:
    metadata: Metadata = request.app.state.metadata
    return metadata.of(session.org)


def _sobject(request: Request, name: str, record: soql.Record, fields: Iterable[str]) -> dict[str, object]:
    url = f"/services/data/v{request.path_params['version']}/sobjects/{name}/{record['Id']}"
    return {"attributes": {"type": name, "url": url}} | {field: record[field] for field in fields}


def _salesforce(request: Request) -> LocalSalesforce:
    salesforce: LocalSalesforce = request.app.state.salesforce
    return salesforce


def _host(request: Request) -> Host:
    if org := _salesforce(request).renamed(request.headers.get("host", "")):
        raise _ResponseError(RedirectResponse(f"{org.my_domain_url}{request.url.path}", 301))
    host = _salesforce(request).host(request.headers.get("host", ""))
    if host is None:
        raise _ResponseError(PlainTextResponse("No org of this local org has that host name.\n", 421))
    return host


async def _form(request: Request) -> dict[str, str]:
    """Return the fields of a form; a body of any other type has none, as for Salesforce."""
    if request.headers.get("content-type", "").partition(";")[0] != "application/x-www-form-urlencoded":
        return {}
    return dict(parse_qsl((await request.body()).decode(errors="replace")))


def _session(request: Request) -> Session | None:
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return _salesforce(request).sessions.get(token) if scheme in {"Bearer", "OAuth"} else None


def _rest_session(request: Request) -> Session:
    """Return whose token a REST request carries. It counts on the org's own host only."""
    host, session = _host(request), _session(request)
    if session is None or host.kind is HostKind.GENERIC or session.org not in host.orgs:
        raise _rest_error(401, "INVALID_SESSION_ID", "Session expired or invalid")
    if not {"api", "full"} & set(session.scopes):
        raise _rest_error(401, "INVALID_SESSION_ID", "This session is not valid for use with the REST API")
    if not session.org.has_api:
        raise _rest_error(403, "API_DISABLED_FOR_ORG", "The REST API is not enabled for this Organization.")
    if request.path_params["version"] not in rest.API_VERSIONS:
        raise HTTPException(404)
    return session


def _identity_session(request: Request, host: Host) -> Session:
    """Return whose token an identity request carries. The login host of the org's kind answers too."""
    if "authorization" not in request.headers:
        raise _identity_error("Missing_OAuth_Token")
    session = _session(request)
    if session is None or session.org not in host.orgs:
        raise _identity_error("Bad_OAuth_Token")
    return session


def _oauth_error(error: str, description: str) -> _ResponseError:
    return _ResponseError(JSONResponse({"error": error, "error_description": description}, 400))


def _identity_error(word: str) -> _ResponseError:
    return _ResponseError(PlainTextResponse(word, 403))


def _rest_error(status: int, error_code: str, message: str) -> _ResponseError:
    return _ResponseError(JSONResponse([{"message": message, "errorCode": error_code}], status))


async def _not_found(_request: Request, _error: Exception) -> Response:
    return _rest_error(404, "NOT_FOUND", "The requested resource does not exist").response
