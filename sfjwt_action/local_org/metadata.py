"""The Metadata API, as far as a deploy needs it: SOAP, at `/services/Soap/m/NN.0`.

Shapes: Metadata API Developer Guide, “deploy()” and “checkDeployStatus()”.
"""

import base64
import binascii
import io
import re
import secrets
import zipfile
import zlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import (
    Element,
    ParseError,
    SubElement,
    fromstring,
    register_namespace,
    tostring,
)

from sfjwt_action.local_org.model import Session, id_18

METADATA = "http://soap.sforce.com/2006/04/metadata"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"

# Clients look for the names as Salesforce writes them: prefixed in the envelope, bare in its content.
register_namespace("soapenv", ENVELOPE)
register_namespace("", METADATA)

_APEX_CLASS = re.compile(r"(^|/)classes/(?P<name>\w+)\.cls$")


class SoapFault(Exception):
    """A request is answered with a fault.

    Args:
        code: Salesforce's, such as `sf:INVALID_SESSION_ID`.
        message: What is wrong.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message


@dataclass
class Deployment:
    """A deploy that was asked for.

    Attributes:
        id: 18 characters.
        content: The zip that arrived.
        check_only: It is a validation: nothing is to be saved.
        checks: How often its status was asked for. It is done at the second time.
    """

    id: str
    content: bytes
    check_only: bool
    checks: int = 0

    @property
    def done(self) -> bool:
        """Whether it has ended."""
        return self.checks > 1

    def classes(self) -> list["ApexClass"]:
        """The Apex classes in the zip."""
        with zipfile.ZipFile(io.BytesIO(self.content)) as archive:
            names = [(name, match["name"]) for name in archive.namelist() if (match := _APEX_CLASS.search(name))]
            return [
                ApexClass(name, full_name, archive.read(name).decode(errors="replace")) for name, full_name in names
            ]


@dataclass
class Deployments:
    """What was deployed, by id.

    Attributes:
        directory: Where to keep the zips that arrive, for who wants to look into them; None to keep none.
    """

    directory: Path | None = None
    by_id: dict[str, Deployment] = field(default_factory=dict)

    def add(self, deployment: Deployment) -> None:
        """Keep a deployment.

        Raises:
            OSError: The directory cannot be written.
        """
        self.by_id[deployment.id] = deployment
        if self.directory:
            self.directory.mkdir(exist_ok=True)
            (self.directory / f"{deployment.id}.zip").write_bytes(deployment.content)


@dataclass(frozen=True)
class ApexClass:
    """A class as it arrived."""

    file_name: str
    full_name: str
    body: str

    @property
    def problem(self) -> str:
        """What a compiler would say of it, as far as braces go; empty if nothing."""
        if self.body.count("{") > self.body.count("}"):
            return "Missing '}' at '<EOF>'"
        if self.body.count("{") < self.body.count("}"):
            return "Extra '}', at end of file"
        return ""


def answer(request: bytes, session_of: Callable[[str], Session | None], deployments: Deployments) -> bytes:
    """Answer a SOAP request.

    Args:
        request: The envelope that arrived.
        session_of: Finds whose access token it carries.
        deployments: What was deployed before; `deploy` adds to it.

    Raises:
        SoapFault: It cannot be done.
    """
    try:
        envelope = fromstring(request)  # noqa: S314 -- only this machine's own clients send it
    except ParseError as error:
        raise SoapFault("soapenv:Client", str(error)) from error
    session = session_of(envelope.findtext(f".//{{{METADATA}}}sessionId", ""))
    if session is None or not {"api", "full"} & set(session.scopes):
        raise SoapFault("sf:INVALID_SESSION_ID", "INVALID_SESSION_ID: Invalid Session ID found in SessionHeader")
    body = envelope.find(f"{{{ENVELOPE}}}Body")
    operation = next(iter(body), None) if body is not None else None
    name = operation.tag.rpartition("}")[2] if operation is not None else ""
    if operation is None or name not in _OPERATIONS:
        raise SoapFault("soapenv:Client", f"No operation available for request {name}")
    return _envelope(f"{name}Response", {"result": _OPERATIONS[name](operation, session, deployments)})


def fault(error: SoapFault) -> bytes:
    """The envelope that says what went wrong."""
    return _envelope(f"{{{ENVELOPE}}}Fault", {"faultcode": error.code, "faultstring": error.message})


def _deploy(operation: Element, _: Session, deployments: Deployments) -> dict[str, object]:
    try:
        content = base64.b64decode(_text(operation, "ZipFile"), validate=True)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            damaged = archive.testzip()
    # Of what a damaged, an encrypted and an unusually compressed zip raise.
    except (binascii.Error, zipfile.BadZipFile, RuntimeError, ValueError, EOFError, OSError, zlib.error) as error:
        raise SoapFault("sf:INVALID_PARAMETER", "INVALID_PARAMETER: ZipFile is not a zip in base64") from error
    if damaged:
        raise SoapFault("sf:INVALID_PARAMETER", f"INVALID_PARAMETER: ZipFile has a damaged file: {damaged}")
    deployment = Deployment(
        id=id_18(f"0Af{secrets.token_hex(6)}"),
        content=content,
        check_only=_text(operation, "DeployOptions", "checkOnly") == "true",
    )
    deployments.add(deployment)
    return {"done": False, "id": deployment.id, "state": "Queued"}


def _check_deploy_status(operation: Element, session: Session, deployments: Deployments) -> dict[str, object]:
    deployment = deployments.by_id.get(_text(operation, "asyncProcessId"))
    if deployment is None:
        raise SoapFault("sf:INVALID_ID_FIELD", "INVALID_ID_FIELD: no deployment has this id")
    deployment.checks += 1
    return _status(deployment, session, now=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.000Z}")


_OPERATIONS: Mapping[str, Callable[[Element, Session, Deployments], dict[str, object]]] = {
    "deploy": _deploy,
    "checkDeployStatus": _check_deploy_status,
}


def _status(deployment: Deployment, session: Session, now: str) -> dict[str, object]:
    classes = deployment.classes()
    failed = [apex for apex in classes if apex.problem]
    ended = "Failed" if failed else "Succeeded"
    return {
        "checkOnly": deployment.check_only,
        "createdBy": session.user.id[:15],
        "createdByName": session.user.name,
        "createdDate": now,
        "details": _details(classes, now) if deployment.done else {},
        "done": deployment.done,
        "id": deployment.id,
        "ignoreWarnings": False,
        "lastModifiedDate": now,
        "numberComponentErrors": len(failed) if deployment.done else 0,
        "numberComponentsDeployed": len(classes) - len(failed) if deployment.done else 0,
        "numberComponentsTotal": len(classes),
        "numberTestErrors": 0,
        "numberTestsCompleted": 0,
        "numberTestsTotal": 0,
        "rollbackOnError": True,
        "runTestsEnabled": False,
        "startDate": now,
        "status": ended if deployment.done else "InProgress",
        "success": deployment.done and not failed,
        **({"completedDate": now} if deployment.done else {}),
    }


def _details(classes: list[ApexClass], now: str) -> dict[str, object]:
    return {
        "componentFailures": [
            _component(apex, now)
            | {"success": False, "problem": apex.problem, "problemType": "Error"}
            | {"lineNumber": apex.body.count("\n") + 1, "columnNumber": 1}
            for apex in classes
            if apex.problem
        ],
        "componentSuccesses": [_component(apex, now) | {"success": True} for apex in classes if not apex.problem],
        "runTestResult": {"numFailures": 0, "numTestsRun": 0, "totalTime": 0.0},
    }


def _component(apex: ApexClass, now: str) -> dict[str, object]:
    return {
        "changed": not apex.problem,
        "componentType": "ApexClass",
        "created": not apex.problem,
        "createdDate": now,
        "deleted": False,
        "fileName": apex.file_name,
        "fullName": apex.full_name,
        "id": id_18(f"01p{apex.full_name[:12]:0>12}"),
    }


def _text(operation: Element, *path: str) -> str:
    return operation.findtext("/".join(f"{{{METADATA}}}{name}" for name in path), "").strip()


def _envelope(name: str, content: Mapping[str, object]) -> bytes:
    envelope = Element(f"{{{ENVELOPE}}}Envelope")
    body = SubElement(envelope, f"{{{ENVELOPE}}}Body")
    qualified = name if name.startswith("{") else f"{{{METADATA}}}{name}"
    _fill(SubElement(body, qualified), content, METADATA if qualified != name else "")
    return bytes(tostring(envelope, encoding="utf-8", xml_declaration=True))


def _fill(parent: Element, content: Mapping[str, object], namespace: str) -> None:
    """Add children to an element: one for each value, of which a list has several."""
    for name, value in content.items():
        for item in value if isinstance(value, list) else [value]:
            child = SubElement(parent, f"{{{namespace}}}{name}" if namespace else name)
            if isinstance(item, Mapping):
                _fill(child, item, namespace)
            else:
                child.text = str(item).lower() if isinstance(item, bool) else str(item)
