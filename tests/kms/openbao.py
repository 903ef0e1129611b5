"""OpenBao's own server, in development mode with TLS."""

import base64
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import requests
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from kms.web import free_port

BAO = Path(sys.executable).with_name("bao")
START_SECONDS = 20
ROOT_TOKEN = "root-of-the-test-server"


@dataclass(frozen=True)
class OpenBao:
    url: str
    ca_file: Path
    unseal_key: str = ""

    def call(self, method: str, path: str, body: object = None, *, token: str = ROOT_TOKEN) -> requests.Response:
        return requests.request(
            method,
            f"{self.url}/v1/{path}",
            json=body,
            headers={"X-Vault-Token": token},
            verify=str(self.ca_file),
            timeout=START_SECONDS,
        )

    def write(self, path: str, **body: object) -> None:
        response = self.call("POST", path, body)
        assert response.ok, response.text

    def make_key(self, name: str, kind: str = "rsa-2048") -> None:
        self.write(f"transit/keys/{name}", type=kind)

    def public_key(self, name: str, version: int = 1) -> RSAPublicKey:
        data = self.call("GET", f"transit/keys/{name}").json()["data"]
        key = load_pem_public_key(data["keys"][str(version)]["public_key"].encode())
        assert isinstance(key, RSAPublicKey)
        return key

    def make_token(self, policy: str) -> str:
        token = self.call("POST", "auth/token/create", {"policies": [policy], "ttl": "1h"}).json()
        return str(token["auth"]["client_token"])

    def allow(self, policy: str, *rules: tuple[str, str]) -> None:
        """Write a policy of paths and capabilities."""
        text = "\n".join(f'path "{path}" {{ capabilities = ["{capability}"] }}' for path, capability in rules)
        self.write(f"sys/policies/acl/{policy}", policy=base64.b64encode(text.encode()).decode())


@contextmanager
def running_openbao(directory: Path, trusted_ca: Path | None = None) -> Iterator[OpenBao]:
    """Run it, with a CA whose servers it trusts, such as the issuer of OIDC tokens."""
    port = free_port()
    command = [
        *(str(BAO), "server", "-dev", f"-dev-root-token-id={ROOT_TOKEN}", f"-dev-listen-address=127.0.0.1:{port}"),
        *("-dev-tls", f"-dev-tls-cert-dir={directory}", "-dev-no-store-token"),
    ]
    log = directory / "server.log"
    environ = os.environ | ({"SSL_CERT_FILE": str(trusted_ca)} if trusted_ca else {})
    with (
        log.open("w") as stream,
        subprocess.Popen(command, env=environ, stdout=stream, stderr=subprocess.STDOUT) as process,
    ):
        try:
            openbao = OpenBao(f"https://127.0.0.1:{port}", directory / "vault-ca.pem")
            _await_start(openbao, process, log)
            unseal_key = next(line for line in log.read_text().splitlines() if line.startswith("Unseal Key:"))
            openbao = OpenBao(openbao.url, openbao.ca_file, unseal_key.split(": ")[1].strip())
            openbao.write("sys/mounts/transit", type="transit")
            openbao.write("sys/auth/jwt", type="jwt")
            yield openbao
        finally:
            process.terminate()


def _await_start(openbao: OpenBao, process: subprocess.Popen[bytes], log: Path) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end:
        assert process.poll() is None, log.read_text()
        try:
            if "Unseal Key:" in log.read_text() and openbao.call("GET", "sys/health").ok:
                return
        except (requests.ConnectionError, OSError):
            pass
        time.sleep(0.05)
    raise AssertionError(log.read_text())
