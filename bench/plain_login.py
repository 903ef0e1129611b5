"""A login as it is often written into a pipeline: PyJWT, requests, and no more than they need."""

import os
import time
import uuid
from pathlib import Path

import jwt
import requests

login_url = os.environ["SFJWT_LOGIN_URL"]
claims = {
    "iss": os.environ["SFJWT_CONSUMER_KEY"],
    "sub": os.environ["SFJWT_USERNAME"],
    "aud": login_url,
    "exp": int(time.time()) + 180,
    "jti": str(uuid.uuid4()),
}
private_key = Path(os.environ["SFJWT_PRIVATE_KEY_FILE"]).read_text(encoding="ascii")
answer = requests.post(
    f"{login_url}/services/oauth2/token",
    data={
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "assertion": jwt.encode(claims, private_key, algorithm="RS256"),
    },
    verify=os.environ["SFJWT_CA_CERTIFICATES_FILE"],
    timeout=30,
)
answer.raise_for_status()
print(answer.json()["access_token"])
