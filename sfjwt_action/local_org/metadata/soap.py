"""The Metadata API's SOAP interface, at `/services/Soap/m/NN.0`: envelopes, operations and faults."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree.ElementTree import Element, SubElement

from sfjwt_action.local_org.metadata import archive, manifest, retrieve, types, xml
from sfjwt_action.local_org.metadata.deploy import Options
from sfjwt_action.local_org.metadata.org import OrgMetadata, Refusal
from sfjwt_action.local_org.metadata.store import new_id

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping

    from sfjwt_action.local_org.model import Session, User

_OTHER_OPERATIONS = {
    "checkStatus",
    "createMetadata",
    "deleteMetadata",
    "describeValueType",
    "readMetadata",
    "renameMetadata",
    "updateMetadata",
    "upsertMetadata",
}


class SoapFault(Exception):
    """A request is answered with a fault. SOAP 1.1, 6.2, has it sent with HTTP 500.

    Attributes:
        code: Salesforce's, such as `sf:INVALID_SESSION_ID`.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


def answer(
    request: bytes, session_of: Callable[[str], Session | None], metadata_of: Callable[[Session], OrgMetadata]
) -> bytes:
    """Answer a request to the Metadata API.

    Args:
        request: The envelope that arrived.
        session_of: Finds whose access token it carries.
        metadata_of: Finds the metadata of a session's org.

    Raises:
        SoapFault: The request can't be read or done, or its session isn't valid.
        OSError: What it changes can't be kept.
    """
    token, operation = read(request)
    session = session_of(token)
    if session is None or not {"api", "full"} & set(session.scopes):
        raise SoapFault("sf:INVALID_SESSION_ID", "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader")
    name = xml.local_name(operation)
    if name not in _OPERATIONS:
        raise _no_operation(name)
    try:
        result = _OPERATIONS[name](operation, metadata_of(session), session.user)
    except Refusal as refusal:
        raise SoapFault(f"sf:{refusal.code}", f"{refusal.code}: {refusal.message}") from refusal
    return _envelope(f"{name}Response", {"result": result})


def read(request: bytes) -> tuple[str, Element]:
    """Return the access token and the operation in an envelope.

    Raises:
        SoapFault: The request isn't an envelope with an operation.
    """
    try:
        envelope = xml.parse(request)
    except xml.XmlError as error:
        raise SoapFault("soapenv:Client", f"{error} (line {error.line}, column {error.column})") from error
    body = next(iter(xml.children(envelope, "Body")), None)
    operation = next(iter(body), None) if body is not None else None
    if operation is None:
        raise SoapFault("soapenv:Client", "No operation available for request")
    return xml.text(envelope, "Header", "SessionHeader", "sessionId"), operation


def require_version(version: str, known: Container[str]) -> None:
    """Refuse a version that the API doesn't have.

    Raises:
        SoapFault: The version isn't known.
    """
    if version not in known:
        raise SoapFault("sf:UNSUPPORTED_API_VERSION", "UNSUPPORTED_API_VERSION: Invalid Api version specified on URL")


def fault(error: SoapFault) -> bytes:
    """Return the envelope of a fault."""
    return _envelope(f"{{{xml.SOAP}}}Fault", {"faultcode": error.code, "faultstring": error.message})


def refusal(what: str) -> SoapFault:
    """Return the fault for something that Salesforce has and the local org doesn't have."""
    return SoapFault("sf:UNKNOWN_EXCEPTION", f"The local org has no {what}.")


def _no_operation(name: str) -> SoapFault:
    if name in _OTHER_OPERATIONS:
        return refusal(f"{name} in its Metadata API")
    return SoapFault("soapenv:Client", f"No operation available for request {{{xml.METADATA}}}{name}")


def _deploy(operation: Element, metadata: OrgMetadata, user: User) -> dict[str, object]:
    try:
        content = archive.decode(xml.text(operation, "ZipFile"))
    except archive.ArchiveError as error:
        raise Refusal("INVALID_PARAMETER", f"The local org can't read ZipFile: {error}.") from error
    options = next(iter(xml.children(operation, "DeployOptions")), Element("DeployOptions"))
    if xml.text(options, "performRetrieve") == "true":
        raise Refusal("INVALID_PARAMETER", "The local org doesn't know the option performRetrieve.")
    deployment = metadata.deploy(content, _options(options), user)
    return {"done": False, "id": deployment.id, "state": "Queued"}


def _options(element: Element) -> Options:
    return Options(
        check_only=xml.text(element, "checkOnly") == "true",
        ignore_warnings=xml.text(element, "ignoreWarnings") == "true",
        rollback_on_error=xml.text(element, "rollbackOnError") == "true",
        test_level=xml.text(element, "testLevel"),
        run_tests=tuple((child.text or "").strip() for child in xml.children(element, "runTests")),
    )


def _deploy_recent_validation(operation: Element, metadata: OrgMetadata, user: User) -> str:
    return metadata.quick_deploy(xml.text(operation, "validationId"), user).id


def _check_deploy_status(operation: Element, metadata: OrgMetadata, _: User) -> dict[str, object]:
    result = metadata.check(xml.text(operation, "asyncProcessId")).result()
    if xml.text(operation, "includeDetails") == "false":
        del result["details"]
    return result


def _cancel_deploy(operation: Element, metadata: OrgMetadata, _: User) -> dict[str, object]:
    deploy_id = next(((child.text or "").strip() for child in operation), "")
    return {"done": True, "id": metadata.cancel(deploy_id).id}


def _retrieve(operation: Element, metadata: OrgMetadata, user: User) -> dict[str, object]:
    request = next(iter(operation), Element("retrieveRequest"))  # jsforce has another name for it
    for name in ("packageNames", "specificFiles"):
        if xml.text(request, name):
            raise Refusal("INVALID_PARAMETER", f"The local org doesn't know {name} in a retrieve.")
    package = manifest.read_element(next(iter(xml.children(request, "unpackaged")), Element("unpackaged")))
    if unknown := next((name.type for name in package.names if not types.is_known(name.type)), ""):
        raise Refusal("INVALID_TYPE", f"Unknown type name '{unknown}' specified in package.xml")
    metadata.settle()
    version = package.version or xml.text(request, "apiVersion")
    single = xml.text(request, "singlePackage") == "true"
    wanted = manifest.Manifest(package.names, version)
    retrieval = retrieve.retrieve(metadata.store, wanted, new_id("09S"), user, single_package=single)
    metadata.retrievals[retrieval.id] = retrieval
    return {"done": False, "id": retrieval.id, "state": "Queued"}


def _check_retrieve_status(operation: Element, metadata: OrgMetadata, _: User) -> dict[str, object]:
    retrieval = metadata.retrievals.get(xml.text(operation, "asyncProcessId"))
    if retrieval is None:
        raise Refusal("INVALID_ID_FIELD", "the local org has no retrieve with this id")
    return retrieval.result(include_zip=xml.text(operation, "includeZip") != "false")


def _list_metadata(operation: Element, metadata: OrgMetadata, user: User) -> list[dict[str, object]]:
    metadata.settle()
    found = []
    for query in xml.children(operation, "queries"):
        type_name = xml.text(query, "type")
        if not types.is_known(type_name):
            raise Refusal("INVALID_TYPE", f"Unknown type:{type_name}")
        found += retrieve.listing(metadata.store, type_name, xml.text(query, "folder"), user)
    return found


def _describe_metadata(_: Element, _metadata: OrgMetadata, _user: User) -> dict[str, object]:
    return retrieve.description()


_OPERATIONS: Mapping[str, Callable[[Element, OrgMetadata, User], object]] = {
    "cancelDeploy": _cancel_deploy,
    "checkDeployStatus": _check_deploy_status,
    "checkRetrieveStatus": _check_retrieve_status,
    "deploy": _deploy,
    "deployRecentValidation": _deploy_recent_validation,
    "describeMetadata": _describe_metadata,
    "listMetadata": _list_metadata,
    "retrieve": _retrieve,
}


def _envelope(name: str, content: Mapping[str, object]) -> bytes:
    envelope = Element(f"{{{xml.SOAP}}}Envelope")
    body = SubElement(envelope, f"{{{xml.SOAP}}}Body")
    is_fault = name.startswith("{")
    xml.fill(SubElement(body, name if is_fault else xml.tag(name)), content, "" if is_fault else xml.METADATA)
    return xml.serialize(envelope)
