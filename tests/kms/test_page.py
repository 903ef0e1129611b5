"""The commands of docs/kms.md, run in turn, make a key that logs in and that the job can use for nothing else."""

import json
import os
import re
import shlex
import shutil
import ssl
import subprocess
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from pathlib import Path

import pytest
import trustme
from kms.aws import REGION, Aws, Sts, running_aws
from kms.harness import Job
from kms.issuer import DEFAULT_AUDIENCE, SUBJECT, Issuer
from kms.openbao import BAO, ROOT_TOKEN, OpenBao, running_openbao
from kms.web import serving
from support import unavailable

from sfjwt_action.onboarding.kms_setup import kms_setup

PAGE = (Path(__file__).parents[2] / "docs" / "kms.md").read_text(encoding="utf-8")
ACCOUNT = "123456789012"
GITHUB = "https://token.actions.githubusercontent.com"


def blocks(heading: str, language: str) -> list[str]:
    """Return the code blocks of a section, without their indentation."""
    (section,) = re.findall(rf"^## {heading}\n(.*?)(?=^## |\Z)", PAGE, re.MULTILINE | re.DOTALL)
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```", section, re.MULTILINE | re.DOTALL)
    return [re.sub(f"^{indentation}", "", text, flags=re.MULTILINE) for indentation, text in found]


@pytest.mark.parametrize("heading", ["AWS KMS", "Google Cloud KMS", "Azure Key Vault", "Vault and OpenBao"])
def test_the_commands_are_valid_shell(heading: str) -> None:
    commands = blocks(heading, "sh")
    assert len(commands) == 3
    for command in commands:
        subprocess.run(["bash", "-n", "-c", command], check=True)


def test_the_subject_is_found() -> None:
    """What the page and `sfjwt init` ask gh for is the subject that GitHub issues. jq reads gh's expressions."""
    if shutil.which("jq") is None:
        unavailable("there is no jq")
    repository = json.dumps({"id": 5678, "name": "deploy", "owner": {"login": "acme", "id": 1234}})
    gh = f'gh() {{ [ "$1 $3" = "api --jq" ] && jq -r "$4" <<<{shlex.quote(repository)}; }}'
    (documented,) = blocks("Find the subject of your jobs", "sh")
    (from_init,) = [command for command in kms_setup("openbao://ci").grants if command.startswith("SUBJECT=")]
    for command, subject in (
        (documented, SUBJECT.replace("ref:refs/heads/main", "environment:production")),
        (f"{from_init}; echo $SUBJECT", SUBJECT),
    ):
        done = subprocess.run(["bash", "-c", f"{gh}\n{command}"], capture_output=True, text=True, check=True)
        assert done.stdout == f"{subject}\n"


@pytest.fixture(scope="module")
def aws(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Aws]:
    with running_aws(ca, tmp_path_factory.mktemp("page")) as aws:
        yield aws


def call_aws(aws: Aws, command: str, files: dict[str, str]) -> str:
    """Send the request that a command of the AWS CLI sends: its flags are the parameters of the API."""
    _, service, operation, *flags = shlex.split(command)
    given = dict(zip(flags[::2], flags[1::2], strict=True))
    query, output = given.pop("--query", ""), given.pop("--output", "text")
    client, method = aws.client(service), operation.replace("-", "_")
    shape = client.meta.service_model.operation_model(client.meta.method_to_api_mapping[method]).input_shape
    names = {f"--{name.lower()}": name for name in shape.members}
    parameters: dict[str, object] = {}
    for flag, value in given.items():
        name = names[f"--{flag.replace('-', '')}"]
        text = files[value.removeprefix("file://")] if value.startswith("file://") else value
        parameters[name] = [text] if shape.members[name].type_name == "list" else text
    assert output == "text"
    answer = getattr(client, method)(**parameters)
    return str(reduce(getitem, query.split("."), answer)) if query else ""


def test_aws(aws: Aws, issuer: Issuer, trusted: ssl.SSLContext, job: Job) -> None:
    documented = blocks("AWS KMS", "json")
    trust, sign = (text.replace("ACCOUNT", ACCOUNT) for text in documented)
    arn = ""
    for command in "".join(blocks("AWS KMS", "sh")).replace("\\\n", " ").splitlines():
        # moto compares the actions of KMS with a policy, but not the resource.
        files = {"trust.json": trust, "sign.json": sign.replace("KEY_ARN", "*")}
        arn = call_aws(aws, command.replace("KEY_ARN", arn), files) or arn

    role = aws.client("iam").get_role(RoleName="salesforce-ci")["Role"]
    (provider,) = aws.client("iam").list_open_id_connect_providers()["OpenIDConnectProviderList"]
    (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert statement["Principal"] == {"Federated": provider["Arn"]}
    host = GITHUB.removeprefix("https://")
    bound = {f"{host}:aud": "sts.amazonaws.com", f"{host}:sub": "SUBJECT"}
    assert statement["Condition"] == {"StringEquals": bound}
    assert json.loads(sign)["Statement"][0]["Resource"] == "KEY_ARN"

    # moto checks signatures or grants roles for OIDC tokens. It checks here, and Sts assumes the role for a token.
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": "*"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    aws.client("iam").update_assume_role_policy(RoleName="salesforce-ci", PolicyDocument=policy)
    aws.make_key("another")
    keys = aws.public_key("salesforce-ci"), aws.public_key("another")
    aws.turn_checks_on()
    with serving(Sts(aws, issuer, [], role["Arn"]).respond, trusted) as sts_url:
        environ = {
            **issuer.environ,
            "AWS_REGION": REGION,
            "AWS_ROLE_ARN": role["Arn"],
            "AWS_ENDPOINT_URL_KMS": aws.url,
            "AWS_ENDPOINT_URL_STS": sts_url,
        }
        login = job.login("awskms:///alias/salesforce-ci", environ, *keys)
        assert login.exit_code == 0, login.err


@pytest.fixture(scope="module")
def bao(ca: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenBao]:
    directory = tmp_path_factory.mktemp("page")
    ca.cert_pem.write_to_path(directory / "issuer-ca.pem")
    with running_openbao(directory, directory / "issuer-ca.pem") as bao:
        for path in ("sys/mounts/transit", "sys/auth/jwt"):
            assert bao.call("DELETE", path).ok
        yield bao


def test_openbao(bao: OpenBao, issuer: Issuer, job: Job) -> None:
    commands = "".join(blocks("Vault and OpenBao", "sh"))
    for documented, here in (
        (GITHUB, issuer.url),
        ("bound_subject=SUBJECT", f"bound_subject={SUBJECT}"),
        ("bound_audiences=https://github.com/ACME", f"bound_audiences={DEFAULT_AUDIENCE}"),
    ):
        assert documented in commands
        commands = commands.replace(documented, here)
    server = {"BAO_ADDR": bao.url, "BAO_CACERT": str(bao.ca_file)}
    # Vault's command-line tool and OpenBao's have the same arguments.
    done = subprocess.run(
        ["bash", "-e", "-c", f'vault() {{ {shlex.quote(str(BAO))} "$@"; }}\n{commands}'],
        env=os.environ | server | {"BAO_TOKEN": ROOT_TOKEN},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    bao.make_key("another")
    keys = bao.public_key("salesforce-ci"), bao.public_key("another")
    environ = server | issuer.environ | {"BAO_JWT_ROLE": "salesforce-ci"}
    assert job.login("openbao://salesforce-ci", environ, *keys).exit_code == 0
    assert job.login("openbao://another", environ, *keys).exit_code == 2
