"""Packages to deploy, and a client of the Metadata API that sends exactly what a test sets."""

import base64
import io
import time
import zipfile
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element

import requests
from defusedxml.ElementTree import fromstring
from local_org.client import Client

ENVELOPE = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="http://soap.sforce.com/2006/04/metadata">'
    "<e:Header><SessionHeader><sessionId>{token}</sessionId></SessionHeader></e:Header>"
    "<e:Body>{body}</e:Body></e:Envelope>"
)
NAMESPACE = 'xmlns="http://soap.sforce.com/2006/04/metadata"'
HELLO = "public class Hello {\n  public static String greet() { return 'hi'; }\n}\n"
HELLO_TEST = """@IsTest
private class HelloTest {
  @TestSetup static void prepare() {}
  @IsTest(SeeAllData=false) static void greets() { System.assertEquals('hi', Hello.greet()); }
  static testMethod void greetsAgain() { String json = '{ "@IsTest": "void no() {" '; }
  // @IsTest static void commentedOut() {}
  static void helper() {}
}
"""


def class_files(name: str, body: str) -> dict[str, str]:
    meta = f"<ApexClass {NAMESPACE}><apiVersion>66.0</apiVersion><status>Active</status></ApexClass>"
    return {f"classes/{name}.cls": body, f"classes/{name}.cls-meta.xml": meta}


def manifest(**members: list[str]) -> str:
    types = "".join(
        f"<types>{''.join(f'<members>{name}</members>' for name in names)}<name>{type_name}</name></types>"
        for type_name, names in members.items()
    )
    return f'<?xml version="1.0" encoding="UTF-8"?><Package {NAMESPACE}>{types}<version>66.0</version></Package>'


def zipped(files: dict[str, str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


@dataclass
class MetadataClient:
    """One session with the Metadata API."""

    client: Client
    token: str = field(default="")

    def __post_init__(self) -> None:
        self.token = self.token or self.client.log_in()["access_token"]

    def post(self, body: str, version: str = "66.0") -> requests.Response:
        url = f"{self.client.org.url}/services/Soap/m/{version}"
        return self.client.http.post(url, data=ENVELOPE.format(token=self.token, body=body).encode(), timeout=10)

    def call(self, body: str) -> list[Element]:
        """The `result` elements of a call that succeeds."""
        response = self.post(body)
        assert response.status_code == 200, response.text
        return [element for element in fromstring(response.content).iter() if local(element) == "result"]

    def fault(self, body: str) -> tuple[str, str]:
        """The code and the message of a rejected call."""
        response = self.post(body)
        assert response.status_code == 500
        assert response.headers["Content-Type"].startswith("text/xml")
        root = fromstring(response.content)
        found = {local(element): element.text or "" for element in root.iter()}
        return found["faultcode"], found["faultstring"]

    def start(self, content: bytes, options: str = "") -> str:
        encoded = base64.b64encode(content).decode()
        (result,) = self.call(f"<deploy><ZipFile>{encoded}</ZipFile><DeployOptions>{options}</DeployOptions></deploy>")
        return text(result, "id")

    def check(self, deploy_id: str) -> dict[str, Any]:
        (result,) = self.call(
            f"<checkDeployStatus><asyncProcessId>{deploy_id}</asyncProcessId>"
            "<includeDetails>true</includeDetails></checkDeployStatus>"
        )
        found: dict[str, Any] = plain(result)
        return found

    def deploy(self, files: dict[str, str], options: str = "<rollbackOnError>true</rollbackOnError>") -> "Result":
        deploy_id = self.start(zipped(files), options)
        until = time.monotonic() + 5
        while (result := self.check(deploy_id))["done"] != "true":
            assert time.monotonic() < until
        return Result(result)

    def list(self, type_name: str) -> list[str]:
        found = self.call(f"<listMetadata><queries><type>{type_name}</type></queries></listMetadata>")
        return [text(element, "fullName") for element in found]


@dataclass(frozen=True)
class Result:
    """A DeployResult."""

    fields: dict[str, Any]

    @property
    def status(self) -> str:
        return str(self.fields["status"])

    @property
    def effects(self) -> dict[tuple[str, str], str]:
        """What happened to each component."""
        return {
            (item["componentType"], item["fullName"]): next(
                (effect for effect in ("created", "deleted", "changed") if item[effect] == "true"), "unchanged"
            )
            for item in self._details("componentSuccesses")
        }

    @property
    def problems(self) -> list[tuple[str, str]]:
        return [(item["fileName"], item["problem"]) for item in self._details("componentFailures")]

    @property
    def warnings(self) -> list[str]:
        return [item["problem"] for item in self._details("componentSuccesses") if "problem" in item]

    @property
    def failed_tests(self) -> dict[str, str]:
        return {item["methodName"]: item["message"] for item in self._tests("failures")}

    @property
    def passed_tests(self) -> list[str]:
        return [item["methodName"] for item in self._tests("successes")]

    def _details(self, name: str) -> list[dict[str, str]]:
        return as_list(self.fields["details"].get(name))

    def _tests(self, name: str) -> list[dict[str, str]]:
        return as_list(self.fields["details"]["runTestResult"].get(name))


def as_list(value: Any) -> list[dict[str, str]]:  # noqa: ANN401 - an element that may occur once or more often
    return value if isinstance(value, list) else [value] if value else []


def local(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def text(element: Element, name: str) -> str:
    return next((child.text or "" for child in element if local(child) == name), "")


def plain(element: Element) -> Any:  # noqa: ANN401 - nested values
    """An element as nested values, with a list where a name occurs more than once."""
    if not len(element):
        return element.text or ""
    found: dict[str, Any] = {}
    for child in element:
        name, value = local(child), plain(child)
        if name not in found:
            found[name] = value
        elif isinstance(found[name], list):
            found[name].append(value)
        else:
            found[name] = [found[name], value]
    return found
