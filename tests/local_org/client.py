"""A client that sends exactly what a test sets, valid or not."""

import json
import time
import uuid
from dataclasses import dataclass, field
from pathlib import Path

import jwt
import requests
from support import LocalOrg

GRANT_TYPE = "urn:ietf:params:oauth:grant-type:jwt-bearer"


@dataclass
class Client:
    """Talks to one local org, under any of its hosts' names."""

    org: LocalOrg
    http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self) -> None:
        self.http.trust_env = False  # no proxy or CA of this machine's
        self.http.verify = self.org.environ["SFJWT_CA_CERTIFICATES_FILE"]

    @property
    def private_key(self) -> str:
        return Path(self.org.environ["SFJWT_PRIVATE_KEY_FILE"]).read_text()

    def claims(self, **changes: object) -> dict[str, object]:
        """Valid claims. A change to None removes a claim."""
        claims: dict[str, object] = {
            "iss": self.org.environ["SFJWT_CONSUMER_KEY"],
            "sub": self.org.environ["SFJWT_USERNAME"],
            "aud": self.org.url,
            "exp": int(time.time()) + 180,
            "jti": str(uuid.uuid4()),
        }
        return {name: value for name, value in (claims | changes).items() if value is not None}

    def assertion(self, **changes: object) -> str:
        # As bytes, because jwt.encode rejects claims of a wrong type.
        claims = json.dumps(self.claims(**changes)).encode()
        return jwt.PyJWS().encode(claims, self.private_key, "RS256")

    def post(self, path: str, form: dict[str, str], host: str | None = None) -> requests.Response:
        headers = {"Host": host} if host else {}
        return self.http.post(f"{self.org.url}{path}", form, headers=headers, timeout=10)

    def ask_for_token(self, host: str | None = None, **changes: object) -> requests.Response:
        form = {"grant_type": GRANT_TYPE, "assertion": self.assertion(**changes)}
        return self.post("/services/oauth2/token", form, host)

    def log_in(self, host: str | None = None, **changes: object) -> dict[str, str]:
        response = self.ask_for_token(host, **changes)
        assert response.status_code == 200, response.text
        answer: dict[str, str] = response.json()
        return answer

    def get(self, path: str, token: str = "", host: str | None = None) -> requests.Response:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        headers |= {"Host": host} if host else {}
        return self.http.get(f"{self.org.url}{path}", headers=headers, timeout=10)


def refusal(response: requests.Response) -> tuple[str, str]:
    """The code and description of an OAuth error, from a response that is one in all respects."""
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/json;charset=UTF-8"
    answer = response.json()
    assert set(answer) == {"error", "error_description"}
    return answer["error"], answer["error_description"]
