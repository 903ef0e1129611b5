"""AWS by moto's server, with its checks of signatures and IAM policies enabled.

moto's STS accepts every web identity token, so an endpoint here verifies the token first.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import requests
import trustme
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key
from kms.issuer import Issuer
from kms.web import Answer, Request, free_port

REGION = "eu-west-1"
ROLE = "arn:aws:iam::123456789012:role/ci"
START_SECONDS = 20
_MOTO = Path(sys.executable).with_name("moto_server")


@dataclass
class Aws:
    url: str
    ca_file: Path
    access_key: str = "setup"
    secret: str = "setup"

    def client(self, service: str) -> Any:  # noqa: ANN401 -- boto3 makes its classes at run time
        return boto3.client(
            service,
            region_name=REGION,
            endpoint_url=self.url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret,
            verify=str(self.ca_file),
        )

    def make_key(self, alias: str, *, spec: str = "RSA_2048", usage: str = "SIGN_VERIFY") -> str:
        kms = self.client("kms")
        arn = str(kms.create_key(KeyUsage=usage, KeySpec=spec)["KeyMetadata"]["Arn"])
        kms.create_alias(AliasName=f"alias/{alias}", TargetKeyId=arn)
        return arn

    def public_key(self, alias: str) -> RSAPublicKey:
        key = load_der_public_key(self.client("kms").get_public_key(KeyId=f"alias/{alias}")["PublicKey"])
        assert isinstance(key, RSAPublicKey)
        return key

    def make_user(self, name: str, *actions: str) -> dict[str, str]:
        """Create a user with permissions, and return the variables of its access key."""
        iam = self.client("iam")
        iam.create_user(UserName=name)
        iam.put_user_policy(UserName=name, PolicyName="kms", PolicyDocument=_policy(*actions))
        key = iam.create_access_key(UserName=name)["AccessKey"]
        return {"AWS_ACCESS_KEY_ID": key["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"]}

    def turn_checks_on(self) -> None:
        """Check every request's signature and permission from now on, and continue as an administrator."""
        administrator = self.make_user("administrator", "*")
        self.client("iam").create_role(RoleName="ci", AssumeRolePolicyDocument=_policy("sts:AssumeRole"))
        self.client("iam").put_role_policy(
            RoleName="ci", PolicyName="kms", PolicyDocument=_policy("kms:Sign", "kms:GetPublicKey")
        )
        requests.post(f"{self.url}/moto-api/reset-auth", data=b"0", verify=str(self.ca_file), timeout=START_SECONDS)
        self.access_key, self.secret = administrator.values()


@dataclass
class Sts:
    """AssumeRoleWithWebIdentity for one role, which trusts the issuer's tokens."""

    aws: Aws
    issuer: Issuer
    granted: list[str]
    role: str = ROLE

    def respond(self, request: Request) -> object:
        form = request.form
        assert (form["Action"], form["Version"]) == ("AssumeRoleWithWebIdentity", "2011-06-15")
        if not form["RoleArn"].startswith("arn:aws:iam::"):
            raise Answer(400, _error("ValidationError", "Request ARN is invalid"))
        trusted = form["RoleArn"] == self.role and self.issuer.verify(form["WebIdentityToken"], "sts.amazonaws.com")
        if not trusted:
            raise Answer(403, _error("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity"))
        credentials = self.aws.client("sts").assume_role(RoleArn=self.role, RoleSessionName=form["RoleSessionName"])
        found = {name: str(value) for name, value in credentials["Credentials"].items()}
        self.granted += [found["SecretAccessKey"], found["SessionToken"]]
        inner = "".join(f"<{name}>{value}</{name}>" for name, value in found.items())
        return (
            f"<AssumeRoleWithWebIdentityResponse><Credentials>{inner}</Credentials></AssumeRoleWithWebIdentityResponse>"
        )


def _policy(*actions: str) -> str:
    statement = {"Effect": "Allow", "Action": list(actions), "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _error(code: str, message: str) -> str:
    return f"<ErrorResponse><Error><Code>{code}</Code><Message>{message}</Message></Error></ErrorResponse>"


@contextmanager
def running_aws(ca: trustme.CA, directory: Path) -> Iterator[Aws]:
    certificate = ca.issue_cert("localhost", "127.0.0.1")
    certificate.private_key_pem.write_to_path(directory / "server.key")
    certificate.cert_chain_pems[0].write_to_path(directory / "server.crt")
    ca.cert_pem.write_to_path(directory / "ca.pem")
    port = free_port()
    command = [
        *(str(_MOTO), "--host", "127.0.0.1", "--port", str(port)),
        *("--ssl-cert", str(directory / "server.crt"), "--ssl-key", str(directory / "server.key")),
    ]
    aws = Aws(f"https://localhost:{port}", directory / "ca.pem")
    log = directory / "server.log"
    with log.open("w") as stream, subprocess.Popen(command, stdout=stream, stderr=subprocess.STDOUT) as process:
        try:
            _await_start(aws, process, log)
            yield aws
        finally:
            process.terminate()


def _await_start(aws: Aws, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if requests.get(f"{aws.url}/moto-api/data.json", verify=str(aws.ca_file), timeout=START_SECONDS).ok:
                return
        except requests.ConnectionError:
            time.sleep(0.05)
    raise AssertionError(log.read_text())
