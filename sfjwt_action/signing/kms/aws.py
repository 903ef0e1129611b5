"""Keys in AWS KMS.

API: https://docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html and
https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html. Variables are those of the AWS
SDKs: https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
"""

from __future__ import annotations

import base64
import re
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from cryptography.hazmat.primitives.serialization import load_der_public_key
from requests_aws4auth import AWS4Auth

from sfjwt_action.inputs.problems import InvalidValue
from sfjwt_action.signing.kms.client import Client, json_bytes, json_object, require_https
from sfjwt_action.signing.kms.key import MAKE_A_KEY, load_public_key
from sfjwt_action.signing.kms.lease import Lease
from sfjwt_action.signing.kms.oidc import ADD_PERMISSION, can_request_token, read_token, request_token

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    from sfjwt_action.signing.kms.client import Context

_URI = re.compile(
    # A host has a dot or a port, so that `awskms://alias/NAME`, which lacks a slash, isn't mistaken for one.
    r"awskms://(?P<host>[\w-]+(\.[\w-]+)+(:[0-9]+)?|[\w-]+:[0-9]+)?/"
    r"(?P<key>(arn:aws[\w-]*:kms:(?P<region>[a-z0-9-]+):[0-9]{12}:(key|alias)/[\w/-]+)|alias/[\w/-]+|[\w-]+)",
    re.ASCII,
)
# China and the European Sovereign Cloud. For other partitions, people set AWS_ENDPOINT_URL.
_DOMAINS = {"cn": "amazonaws.com.cn", "eusc": "amazonaws.eu"}
_REGION = re.compile("[a-z]{2,4}(-[a-z]+){1,3}-[0-9]{1,2}")
_ROLE = re.compile(r"arn:aws[\w-]*:iam::[0-9]{12}:role/[\w+=,.@/-]+", re.ASCII)
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_AUDIENCE = "sts.amazonaws.com"
_ALGORITHM = "RSASSA_PKCS1_V1_5_SHA_256"
_CREDENTIAL = re.compile(r"<(?P<name>AccessKeyId|SecretAccessKey|SessionToken)>(?P<value>[\w/+=]+)</", re.ASCII)
_ERROR = re.compile(r"<(?P<name>Code|Message)>(?P<value>[^<]*)</")
_DURATION_SECONDS = "900"
"""How long the role's credentials are valid: as short as STS allows."""


class AwsKey:
    """A key in AWS KMS. It is a `KmsKey`.

    Args:
        uri: The key's URI.
        context: The environment, and what sends the requests.

    Raises:
        InvalidValue: The URI isn't one of a key in AWS KMS.
    """

    service = "AWS KMS"

    def __init__(self, uri: str, context: Context) -> None:
        match = _URI.fullmatch(uri)
        if not match:
            raise InvalidValue(
                "The awskms:// URI doesn't name one key.",
                "Write `awskms:///alias/NAME`, `awskms:///KEY-ID` or `awskms:///ARN`, with three slashes.",
            )
        self.name = uri
        self._key = match["key"]
        self._host_url = require_https(f"https://{match['host']}", "The host of the URI") if match["host"] else ""
        self._region_of_key = match["region"]
        self._context = context
        self._credentials = ("", "", "")
        self._lease: Lease[tuple[str, str, str]] = Lease()

    def authenticate(self) -> str:
        """Use the access key of the environment, or assume the role AWS_ROLE_ARN with an OIDC token."""
        environ = self._context.environ
        access_key, secret = environ.get("AWS_ACCESS_KEY_ID"), environ.get("AWS_SECRET_ACCESS_KEY")
        if access_key and secret:
            self._credentials = (access_key, secret, environ.get("AWS_SESSION_TOKEN", ""))
            return "The access key of the environment."
        role = environ.get("AWS_ROLE_ARN")
        if not role:
            raise InvalidValue(
                "No AWS credentials were found.",
                "Set AWS_ROLE_ARN to a role that trusts the job's OIDC token, and add `permissions: id-token: write` "
                "to the job. Or run aws-actions/configure-aws-credentials, which exports AWS_ACCESS_KEY_ID, before it.",
                'On your own machine, first run `eval "$(aws configure export-credentials --format env)"`.',
            )
        if not _ROLE.fullmatch(role):
            raise InvalidValue(
                "AWS_ROLE_ARN isn't the ARN of a role.",
                "Set it to an ARN such as `arn:aws:iam::123456789012:role/salesforce-ci`.",
            )
        self._credentials = self._lease.get(partial(self._assume, role))
        return "An OIDC token, as the role in AWS_ROLE_ARN."

    def public_key(self) -> RSAPublicKey:
        """Get the public half of the key."""
        answer = self._call("GetPublicKey", {"KeyId": self._key})
        description = f"The key {self._key} in AWS KMS"
        if answer.get("KeyUsage") != "SIGN_VERIFY":
            raise InvalidValue(f"{description} isn't for signing: its usage isn't SIGN_VERIFY.", MAKE_A_KEY)
        return load_public_key(load_der_public_key, self._decoded(answer, "PublicKey"), description)

    def sign(self, message: bytes) -> bytes:
        """Sign a message of at most 4096 bytes."""
        body = {
            "KeyId": self._key,
            "Message": base64.b64encode(message).decode(),
            "MessageType": "RAW",
            "SigningAlgorithm": _ALGORITHM,
        }
        return self._decoded(self._call("Sign", body), "Signature")

    @cached_property
    def _region(self) -> str:
        environ = self._context.environ
        region = self._region_of_key or environ.get("AWS_REGION") or environ.get("AWS_DEFAULT_REGION", "")
        if not _REGION.fullmatch(region):
            raise InvalidValue(
                "The key's region isn't known.", "Set AWS_REGION, such as `eu-west-1`, or use the key's ARN."
            )
        return region

    @property
    def _url(self) -> str:
        return self._host_url or self._endpoint("kms")

    def _endpoint(self, service: str) -> str:
        environ = self._context.environ
        for variable in (f"AWS_ENDPOINT_URL_{service.upper()}", "AWS_ENDPOINT_URL"):
            if url := environ.get(variable):
                return require_https(url, variable)
        domain = _DOMAINS.get(self._region.partition("-")[0], "amazonaws.com")
        return f"https://{service}.{self._region}.{domain}"

    def _call(self, action: str, body: Mapping[str, object]) -> Mapping[str, Any]:
        self.authenticate()
        access_key, secret, session_token = self._credentials
        return self._client(self.service).call_json(
            "POST",
            f"{self._url}/",
            headers={"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": f"TrentService.{action}"},
            data=json_bytes(body),
            auth=AWS4Auth(access_key, secret, self._region, "kms", session_token=session_token or None),
            secrets=tuple(filter(None, self._credentials)),
        )

    def _decoded(self, answer: Mapping[str, Any], field: str) -> bytes:
        try:
            return base64.b64decode(str(answer.get(field, "")), validate=True)
        except ValueError:  # also for characters that aren't ASCII
            raise self._client(self.service).unexpected(self._url) from None

    def _assume(self, role: str) -> tuple[str, str, str]:
        session_name = self._context.environ.get("AWS_ROLE_SESSION_NAME") or "sfjwt"
        if not _SESSION_NAME.fullmatch(session_name):
            raise InvalidValue("AWS_ROLE_SESSION_NAME isn't a name.", "Use 2 to 64 letters, digits and `+=,.@_-`.")
        client, url = self._client("AWS STS"), self._endpoint("sts")
        token = self._job_token()
        form = {
            "Action": "AssumeRoleWithWebIdentity",
            "Version": "2011-06-15",
            "RoleArn": role,
            "RoleSessionName": session_name,
            "WebIdentityToken": token,
            "DurationSeconds": _DURATION_SECONDS,
        }
        body = client.call("POST", f"{url}/", data=form, secrets=(token,)).body.decode(errors="replace")
        found = {match["name"]: match["value"] for match in _CREDENTIAL.finditer(body)}
        try:
            return found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"]
        except KeyError:
            raise client.unexpected(url) from None

    def _job_token(self) -> str:
        if path := self._context.environ.get("AWS_WEB_IDENTITY_TOKEN_FILE"):
            return read_token(path, "AWS_WEB_IDENTITY_TOKEN_FILE")
        if can_request_token(self._context.environ):
            return request_token(self._context, _AUDIENCE)
        raise InvalidValue(
            "AWS_ROLE_ARN is set, but the job has no OIDC token.",
            f"{ADD_PERMISSION} Elsewhere, set AWS_WEB_IDENTITY_TOKEN_FILE to a file that holds the token.",
        )

    def _client(self, service: str) -> Client:
        source = "the region in AWS_REGION or in the key's ARN, or AWS_ENDPOINT_URL if you set it"
        return Client(service, source, self._context, _parse_error)


def _parse_error(body: bytes) -> tuple[str, str]:
    """Return the code and message of an error of KMS, in JSON, or of STS, in XML."""
    error = json_object(body)
    if code := str(error.get("__type", "")).rpartition("#")[2]:
        return code, str(error.get("message") or error.get("Message") or "")
    found = {match["name"]: match["value"] for match in _ERROR.finditer(body.decode(errors="replace"))}
    return found.get("Code", ""), found.get("Message", "")
