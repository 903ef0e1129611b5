"""The APIs of an org once a client is logged in: REST, Tooling, Metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, ParamSpec, TypeVar

from starlette.responses import JSONResponse, Response

from sfjwt_action.local_org import rest
from sfjwt_action.local_org.apex import runs, tooling
from sfjwt_action.local_org.data import query, records, soql, tables
from sfjwt_action.local_org.metadata import rest as deploy_request
from sfjwt_action.local_org.metadata import soap, xml
from sfjwt_action.local_org.metadata.deploy import run_test_result
from sfjwt_action.local_org.metadata.org import Refusal
from sfjwt_action.local_org.web import (
    answer,
    find_host,
    missing,
    read_json,
    read_object,
    rest_error,
    rest_session,
    route,
    salesforce,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from starlette.requests import Request
    from starlette.routing import Route

    from sfjwt_action.local_org.contents import Contents, OrgContents
    from sfjwt_action.local_org.model import Session

P = ParamSpec("P")
T = TypeVar("T")

_NO_STREAMING = "The local org has no streaming events."


def routes() -> list[Route]:
    """Return the routes of the APIs."""
    data = "/services/data/v{version}"
    return [
        route("/services/data", _versions, "GET"),
        route(data, _resources, "GET"),
        route(f"{data}/limits", _limits, "GET"),
        route(f"{data}/query", _query, "GET"),
        route(f"{data}/queryAll", _query, "GET"),
        route(f"{data}/sobjects", _objects, "GET"),
        route(f"{data}/sobjects/{{object}}", _object, "GET", "POST"),
        route(f"{data}/sobjects/{{object}}/describe", _describe, "GET"),
        route(f"{data}/sobjects/{{object}}/{{id}}", _record, "GET", "PATCH", "DELETE"),
        route(f"{data}/sobjects/{{object}}/{{field}}/{{value}}", _by_external_id, "GET", "PATCH"),
        route(f"{data}/tooling/query", _tooling_query, "GET"),
        route(f"{data}/tooling/runTestsAsynchronous", _start_tests, "POST"),
        route(f"{data}/tooling/runTestsSynchronous", _run_tests, "POST"),
        route(f"{data}/metadata/deployRequest", _deploy_request, "POST"),
        route(f"{data}/metadata/deployRequest/{{id}}", _deploy_status, "GET", "PATCH"),
        route("/services/Soap/m/{version}", _metadata, "POST"),
        route("/services/Soap/m/{version}/{org}", _metadata, "POST"),
        route("/services/Soap/{api}/{version:path}", _other_soap, "POST"),
        route("/cometd/{version}", _cometd, "POST"),
        route("/cometd/{version}/{rest:path}", _cometd, "POST"),
    ]


async def _versions(request: Request) -> Response:
    find_host(request)
    return answer(request, rest.versions())


async def _resources(request: Request) -> Response:
    session = rest_session(request)
    return answer(request, rest.resources(request.path_params["version"], find_host(request), session))


async def _limits(request: Request) -> Response:
    rest_session(request)
    return answer(request, rest.limits(salesforce(request).api_requests))


async def _query(request: Request) -> Response:
    session = rest_session(request)
    contents = _contents(request, session)
    return _select(request, tables.data_tables(session.org, contents.metadata.store, contents.records))


async def _tooling_query(request: Request) -> Response:
    contents = _contents(request, rest_session(request))
    apex = {table.name: table for table in tables.apex_tables(contents.metadata.store)}
    return _select(request, {**apex, **contents.test_runs.tables})


def _select(request: Request, found: Mapping[str, query.Table]) -> Response:
    try:
        selection = query.select(soql.parse(request.query_params.get("q", "")), found)
    except soql.QueryError as error:
        raise rest_error(400, error.error_code, error.message) from error
    if request.query_params.get("columns") == "true":
        return answer(request, query.columns(selection))
    return answer(request, query.answer(selection, _objects_url(request)))


async def _objects(request: Request) -> Response:
    kinds = records.object_types(_contents(request, rest_session(request)).metadata.store)
    described = [records.describe_global(kind, _objects_url(request)) for kind in kinds.values()]
    return answer(request, {"encoding": "UTF-8", "maxBatchSize": 200, "sobjects": described})


async def _object(request: Request) -> Response:
    session = rest_session(request)
    contents, kind = _kind(request, session)
    if request.method == "GET":
        described = records.describe_global(kind, _objects_url(request))
        return answer(request, {"objectDescribe": described, "recentItems": []})
    record_id = _changed(contents.records.create, kind, read_object(await request.body()), session.user)
    return answer(request, {"id": record_id, "success": True, "errors": []}, 201)


async def _describe(request: Request) -> Response:
    _, kind = _kind(request, rest_session(request))
    return answer(request, records.describe(kind, _objects_url(request)))


async def _record(request: Request) -> Response:
    session = rest_session(request)
    record_id = request.path_params["id"]
    if request.method == "GET":
        return _read_record(request, session, record_id)
    contents, kind = _kind(request, session)
    if request.method == "DELETE":
        _changed(contents.records.delete, kind, record_id)
    else:
        _changed(contents.records.update, kind, record_id, read_object(await request.body()), session.user)
    return Response(status_code=204)


def _read_record(request: Request, session: Session, record_id: str) -> Response:
    contents = _contents(request, session)
    found = tables.data_tables(session.org, contents.metadata.store, contents.records)
    table = found.get(request.path_params["object"])
    for record in table.records if table else ():
        if table and str(record["Id"]).startswith(record_id) and len(record_id) in {15, 18}:
            wanted: Iterable[str] = table.fields
            if given := request.query_params.get("fields"):
                wanted = [name for name in table.fields if name in given.split(",")]
            return answer(request, query.nested(table, record, wanted, _objects_url(request)))
    raise missing(request)


async def _by_external_id(request: Request) -> Response:
    """Read or upsert a record by the value of a field."""
    session = rest_session(request)
    contents, kind = _kind(request, session)
    field, value = request.path_params["field"], request.path_params["value"]
    record = _changed(contents.records.find_by, kind, field, value)
    if request.method == "GET":
        if record is None:
            raise missing(request)
        return _read_record(request, session, str(record["Id"]))
    values = read_object(await request.body())
    if record is None:
        record_id = _changed(contents.records.create, kind, {**values, field: value}, session.user)
        return answer(request, {"id": record_id, "success": True, "errors": [], "created": True}, 201)
    _changed(contents.records.update, kind, str(record["Id"]), values, session.user)
    return answer(request, {"id": record["Id"], "success": True, "errors": [], "created": False})


def _changed(change: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    try:
        return change(*arguments, **named)
    except records.RecordError as error:
        raise rest_error(error.status, error.error_code, error.message, fields=list(error.fields)) from error


def _kind(request: Request, session: Session) -> tuple[OrgContents, records.ObjectType]:
    contents = _contents(request, session)
    kind = records.object_types(contents.metadata.store).get(request.path_params["object"])
    if kind is None:
        raise missing(request)
    return contents, kind


async def _start_tests(request: Request) -> Response:
    session = rest_session(request)
    contents = _contents(request, session)
    given, metadata = read_object(await request.body()), contents.metadata
    try:
        return answer(request, contents.test_runs.start(given, metadata.store, metadata.assumption, session.user))
    except runs.TestsError as error:
        raise rest_error(400, "INVALID_INPUT", str(error)) from error


async def _run_tests(request: Request) -> Response:
    metadata = _contents(request, rest_session(request)).metadata
    try:
        run = tooling.run_tests(read_object(await request.body()), metadata.store, metadata.assumption)
    except runs.TestsError as error:
        raise rest_error(400, "INVALID_INPUT", str(error)) from error
    return answer(request, {"apexLogId": None, **run_test_result(run)})


async def _deploy_request(request: Request) -> Response:
    """Accept a deploy: a multipart form of JSON and a zip, or JSON alone with the id of a validation."""
    session = rest_session(request)
    metadata = _contents(request, session).metadata
    try:
        if request.headers.get("content-type", "").startswith("application/json"):
            validated = (read_object(await request.body())).get("validatedDeployRequestId")
            deployment = metadata.quick_deploy(str(validated), session.user)
        else:
            options, content = await _deploy_form(request)
            given = deploy_request.options(read_object(options))
            deployment = metadata.deploy(content, given, session.user)
    except Refusal as refusal:
        raise rest_error(400, refusal.code, refusal.message) from refusal
    return answer(request, deploy_request.response(deployment), 201)


async def _deploy_form(request: Request) -> tuple[bytes, bytes]:
    """Return the JSON and the zip of a multipart form. Clients name its fields as they like."""
    found = {"json": b"", "zip": b""}
    async with request.form() as form:
        for value in form.values():
            content = value.encode() if isinstance(value, str) else await value.read()
            found["json" if content.lstrip().startswith(b"{") else "zip"] = content
    return found["json"], found["zip"]


async def _deploy_status(request: Request) -> Response:
    """Return the status of a deploy, or cancel it."""
    session = rest_session(request)
    metadata = salesforce_contents(request).of(session.org).metadata
    try:
        if request.method == "PATCH":
            deployment = metadata.cancel(request.path_params["id"])
            return answer(request, deploy_request.response(deployment), 202)
        deployment = metadata.check(request.path_params["id"])
    except Refusal as refusal:
        raise rest_error(404, refusal.code, refusal.message) from refusal
    details = request.query_params.get("includeDetails") == "true"
    return answer(request, deploy_request.response(deployment, include_details=details))


async def _metadata(request: Request) -> Response:
    find_host(request)
    contents = salesforce_contents(request)
    try:
        soap.require_version(request.path_params["version"], rest.API_VERSIONS)
        sessions = salesforce(request).sessions
        envelope = soap.answer(await request.body(), sessions.get, lambda session: contents.of(session.org).metadata)
    except soap.SoapFault as error:
        return Response(soap.fault(error), 500, media_type="text/xml")
    return Response(envelope, media_type="text/xml")


async def _other_soap(request: Request) -> Response:
    """Refuse the Partner, Enterprise, Apex and Tooling APIs."""
    find_host(request)
    try:
        _, operation = soap.read(await request.body())
        raise soap.refusal(f"{xml.local_name(operation)} at {request.url.path}")
    except soap.SoapFault as error:
        return Response(soap.fault(error), 500, media_type="text/xml")


async def _cometd(request: Request) -> Response:
    """Answer the Streaming API: a client can connect, as `sf apex get test` does first, but not subscribe."""
    find_host(request)
    messages = read_json(await request.body())
    given = messages if isinstance(messages, list) else [messages]
    return JSONResponse([_cometd_answer(message) for message in given if isinstance(message, dict)])


def _cometd_answer(message: Mapping[str, object]) -> dict[str, object]:
    """Answer one message (Bayeux protocol 1.0, 5)."""
    channel = message.get("channel")
    answered = {"channel": channel, "id": message.get("id"), "clientId": message.get("clientId") or "localorg"}
    if channel == "/meta/handshake":
        return answered | {"successful": True, "version": "1.0", "supportedConnectionTypes": ["long-polling"]}
    if channel == "/meta/disconnect":
        return answered | {"successful": True}
    return answered | {"successful": False, "error": _NO_STREAMING, "advice": {"reconnect": "none"}}


def _objects_url(request: Request) -> str:
    return f"/services/data/v{request.path_params['version']}/sobjects"


def salesforce_contents(request: Request) -> Contents:
    """Return what all orgs have."""
    found: Contents = request.app.state.contents
    return found


def _contents(request: Request, session: Session) -> OrgContents:
    """Return what an org has, once the deploys that wait have run."""
    contents = salesforce_contents(request).of(session.org)
    contents.metadata.settle()
    return contents
