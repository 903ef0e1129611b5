"""What a pipeline does with sf-toolkit: log in, work on records, deploy the zip that is named. Prints what it saw."""

import json
import os
import ssl
import sys
from pathlib import Path

import httpx
from sf_toolkit.auth import lazy_login
from sf_toolkit.client import SalesforceClient
from sf_toolkit.data.fields import IdField, TextField
from sf_toolkit.data.query_builder import select
from sf_toolkit.data.sobject import SObject
from sf_toolkit.io import api


class Account(SObject):  # type: ignore[misc]
    Id = IdField()
    Name = TextField()
    Industry = TextField()


login = lazy_login(
    username=os.environ["SFJWT_USERNAME"],
    consumer_key=os.environ["SFJWT_CONSUMER_KEY"],
    private_key=Path(os.environ["SFJWT_PRIVATE_KEY_FILE"]).read_text(),
    domain="login",
)
trusted = ssl.create_default_context(cafile=os.environ["SFJWT_CA_CERTIFICATES_FILE"])
transport = httpx.HTTPTransport(verify=trusted, proxy=os.environ["HTTPS_PROXY"])
with SalesforceClient(login=login, transport=transport) as salesforce:
    account = Account(Name="Springs")
    api.save(account)
    account.Industry = "Steel"
    api.save(account)
    found = [record.Industry for record in select(Account).where(Name="Springs").execute()]
    api.delete(account)
    deployment = salesforce.metadata.deploy(Path(sys.argv[1]), checkOnly=True, testLevel="RunLocalTests")
    while not deployment.deployResult.done:
        deployment = deployment.current_status()
    result = deployment.deployResult
    failures = {failure["methodName"]: failure["message"] for failure in result.details.runTestResult.failures}
    seen = {
        "instance": str(salesforce.base_url),
        "found": found,
        "left": select(Account).where(Name="Springs").count(),
        "status": result.status,
        "created": sorted(component["fullName"] for component in result.details.componentSuccesses),
        "failures": failures,
    }
sys.stdout.write(json.dumps(seen))
