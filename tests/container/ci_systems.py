"""CI systems, as far as they run the examples: each function runs a pipeline's steps as its system does.

Each function's docstring describes what the system does to a step. A failed step ends the pipeline.
"""

import base64
import json
import os
import re
import shlex
import shutil
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from container.engine import TIMEOUT
from pipelines import EXAMPLES, IMAGE, documents, scripts
from support import LocalOrg
from unit.ci.azure_agent import AzureAgent
from unit.ci.buildkite_agent import buildkite_agent

SALESFORCE_USER = "ci@acme.example"
SF = """\
#!/bin/sh
printf '%s\\n' "$SF_ACCESS_TOKEN" > {kept}/token
printf '%s\\n' "$SF_INSTANCE_URL" > {kept}/instance-url
printf 'sf %s\\n' "$*" | sed "s|$SF_INSTANCE_URL|\\$SF_INSTANCE_URL|" >> {kept}/commands
"""
CF_EXPORT = """\
#!/bin/sh
for name; do [ "$name" = --mask ] || env | sed -n "s/^$name=//p" > "/kept/exported-$name"; done
printf '%s\\n' "$*" > /kept/cf_export
"""


class StepFailed(Exception):
    """A step's exit code was not 0."""


class Machine:
    """A machine that runs steps, directly or in containers, with the local org in place of Salesforce.

    A stand-in for the sf CLI stores what it gets in `kept`, which no log shows.
    """

    def __init__(self, directory: Path, image: str, other_image: str, org: LocalOrg, proxy: str, username: str) -> None:
        self.directory = directory
        self.log = ""
        self.kept = directory / "kept"
        self._image = image
        self._other_image = other_image
        self._username = username
        key = Path(org.environ["SFJWT_PRIVATE_KEY_FILE"]).read_bytes()
        self.secrets = {
            "CONSUMER_KEY": org.environ["SFJWT_CONSUMER_KEY"],
            "PRIVATE_KEY": base64.b64encode(key).decode(),
        }
        self._to_the_org = [
            *("--network=host", f"--volume={self.kept}:/kept", f"--env=HTTPS_PROXY={proxy}"),
            f"--env=SFJWT_CA_CERTIFICATES={(org.directory / 'ca.pem').read_text()}",
        ]
        for folder in ("bin", "in-containers", "kept", "workspace"):
            (directory / folder).mkdir()
        self.kept.chmod(0o777)
        self._program("bin", "npm", "#!/bin/sh\n")
        self._program("bin", "sf", SF.format(kept=shlex.quote(str(self.kept))))
        # Steps start the image themselves. This only adds how the container reaches the local org.
        docker = f'#!/bin/sh\nshift\nexec {shutil.which("docker")} run {shlex.join(self._to_the_org)} "$@"\n'
        self._program("bin", "docker", docker)
        self._program("in-containers", "sf", SF.format(kept="/kept"))
        self._program("in-containers", "cf_export", CF_EXPORT)

    @property
    def settings(self) -> dict[str, str]:
        """The variables that the examples expect."""
        secrets = {f"SFJWT_{name}": value for name, value in self.secrets.items()}
        return secrets | {"SFJWT_USERNAME": self._username}

    def pipeline(self, name: str) -> Any:  # noqa: ANN401 -- YAML is of any type
        """Read an example, with the name of this run's image and this run's user."""
        text = json.dumps(documents(EXAMPLES / name)[-1])
        return json.loads(self.here(text))

    def scripts(self, name: str) -> list[str]:
        """Read the shell scripts of an example."""
        return [self.here(script.text) for script in scripts(EXAMPLES / name)]

    def shell(self, shell: str, script: str, environ: Mapping[str, str], *, reads_stdout: bool = False) -> str:
        """Run a script on this machine.

        Args:
            shell: The shell and its options.
            script: The script.
            environ: What the system sets.
            reads_stdout: The system reads standard output, and doesn't log it.
        """
        file = self.directory / "script.sh"
        file.write_text(script)
        path = f"{self.directory / 'bin'}:{os.environ['PATH']}"
        command = [*shlex.split(shell), str(file)]
        return self._run(command, {"PATH": path, "HOME": str(self.directory), **environ}, reads_stdout=reads_stdout)

    def container(self, image: str, arguments: Sequence[str], environ: Mapping[str, str], *options: str) -> str:
        """Run a step's container."""
        programs = (self.directory / "in-containers").iterdir()
        command = [
            *("docker", "run", "--rm", *self._to_the_org, *options),
            *(f"--volume={program}:/usr/local/bin/{program.name}:ro" for program in programs),
            *(f"--env={name}={value}" for name, value in environ.items()),
            image if image == self._image else self._other_image,
        ]
        return self._run([*command, *arguments], os.environ, reads_stdout=False)

    def folder(self, name: str) -> Path:
        """Create a volume that any user can write."""
        folder = self.directory / name
        folder.mkdir()
        folder.chmod(0o777)
        return folder

    def here(self, text: str) -> str:
        """Replace the image's name and the user by this run's."""
        return text.replace(IMAGE, self._image).replace(SALESFORCE_USER, self._username)

    def _run(self, command: Sequence[str], environ: Mapping[str, str], *, reads_stdout: bool) -> str:
        done = subprocess.run(
            command,
            cwd=self.directory / "workspace",
            env=environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )
        self.log += done.stderr if reads_stdout else done.stdout + done.stderr
        if done.returncode:
            raise StepFailed(done.returncode)
        return done.stdout

    def _program(self, folder: str, name: str, script: str) -> None:
        file = self.directory / folder / name
        file.write_text(script)
        file.chmod(0o755)


def azure(machine: Machine) -> None:
    """The agent reads logging commands from the output, and masks secrets from then on."""
    variables = {f"SFJWT_{name}": value for name, value in machine.secrets.items()}
    agent = AzureAgent(variables=variables | {"SFJWT_USERNAME": machine.settings["SFJWT_USERNAME"]})
    for step in machine.pipeline("azure/azure-pipelines.yml")["steps"]:
        environ = {name: _azure_expanded(value, agent.variables) for name, value in step.get("env", {}).items()}
        agent.step, machine.log = step.get("name", ""), ""
        try:
            machine.shell("bash --noprofile --norc", step["script"], {"TF_BUILD": "True", **environ})
        finally:
            machine.log = "\n".join(agent.read(machine.log).log)


def _azure_expanded(value: str, variables: Mapping[str, str]) -> str:
    return re.sub(r"\$\(([\w.]+)\)", lambda name: variables.get(name[1], name[0]), value)


def bitbucket(machine: Machine) -> None:
    """All lines of a script run in one shell, which ends at the first failure."""
    (step,) = machine.pipeline("bitbucket/bitbucket-pipelines.yml")["pipelines"]["branches"]["main"]
    environ = {"BITBUCKET_BUILD_NUMBER": "1", **machine.settings}
    machine.shell("bash -e", "\n".join(step["step"]["script"]), environ)


def buildkite(machine: Machine) -> None:
    """The agent listens on a socket, and redacts the values that it gets from the job's log."""
    (step,) = machine.pipeline("buildkite/pipeline.yml")["steps"]
    (script,) = machine.scripts("buildkite/deploy.sh")
    assert step["secrets"] == {f"SFJWT_{name}": f"SF_{name}" for name in machine.secrets}
    # A socket's path can only have about 100 characters, and pytest's folders have long names.
    with TemporaryDirectory() as folder, buildkite_agent(Path(folder)) as agent:
        machine.shell("bash", script, {**step["env"], **machine.settings, **agent.environ})
    assert (machine.kept / "token").read_text().strip() in agent.redactions


def circleci(machine: Machine) -> None:
    """Every step is a new bash, which reads BASH_ENV first."""
    config = machine.pipeline("circleci/config.yml")
    (machine.directory / "bash-env").touch()
    context = {"CIRCLECI": "true", "BASH_ENV": str(machine.directory / "bash-env"), **machine.settings}
    for step in config["jobs"]["deploy"]["steps"]:
        if step == "checkout":
            continue
        ((name, value),) = step.items()
        used = config["commands"].get(name)
        for run in [each["run"] for each in used["steps"]] if used else [value]:
            run = {"command": run} if isinstance(run, str) else run  # noqa: PLW2901 -- its short form
            environ = {key: _circleci_expanded(text, value) for key, text in run.get("environment", {}).items()}
            machine.shell("bash -eo pipefail", run["command"], context | environ)


def _circleci_expanded(text: str, parameters: Mapping[str, str]) -> str:
    return re.sub(r"<< parameters\.([\w-]+) >>", lambda name: parameters[name[1]], text)


def cloud_build(machine: Machine) -> None:
    """Every step is a container. Volumes with the same name are shared. Secrets come by name."""
    build = machine.pipeline("cloudbuild/cloudbuild.yaml")
    assert {secret["env"] for secret in build["availableSecrets"]["secretManager"]} <= machine.settings.keys()
    volume = machine.folder("volume")
    for step in build["steps"]:
        environ = dict(pair.split("=", 1) for pair in step.get("env", []))
        environ |= {name: machine.settings[name] for name in step.get("secretEnv", [])}
        options = [f"--volume={volume}:{mounted['path']}" for mounted in step["volumes"]]
        arguments = step.get("args", [])
        if "script" in step:
            options, arguments = _script_in_container(machine, step["script"], options)
        machine.container(step["name"], arguments, environ, *options)


def _script_in_container(machine: Machine, script: str, options: list[str]) -> tuple[list[str], list[str]]:
    file = machine.directory / "step.sh"
    file.write_text(script)
    file.chmod(0o755)
    return [*options, f"--volume={file}:/step.sh:ro", "--entrypoint=/step.sh"], []


def codebuild(machine: Machine) -> None:
    """All commands run in one shell, and a phase ends at the first failure."""
    build = machine.pipeline("codebuild/buildspec.yml")
    environ = build["env"]["variables"] | {name: machine.settings[name] for name in build["env"]["secrets-manager"]}
    machine.shell(
        "sh -e", "\n".join(command for phase in build["phases"].values() for command in phase["commands"]), environ
    )


def codefresh(machine: Machine) -> None:
    """Every step has `cf_export`, and later steps get what it exported."""
    steps = machine.pipeline("codefresh/codefresh.yml")["steps"]
    exported: dict[str, str] = {}
    for name in ("login", "deploy"):
        step = steps[name]
        environ = dict(pair.split("=", 1) for pair in step.get("environment", []))
        environ = {"CF_BUILD_ID": "1", **machine.settings, **environ, **exported}
        script = "\n".join(["set -e", *step["commands"]])
        machine.container(step["image"], ["-c", script], environ, "--entrypoint=sh")
        exported = {
            file.name.removeprefix("exported-"): file.read_text().strip() for file in machine.kept.glob("exported-*")
        }
    assert "--mask" in (machine.kept / "cf_export").read_text().split()


def concourse(machine: Machine) -> None:
    """A task's outputs are folders next to its inputs. `((.:name))` is replaced by what `load_var` read."""
    _, login, _, deploy = machine.pipeline("concourse/pipeline.yml")["jobs"][0]["plan"]
    outputs = machine.folder("outputs")
    (outputs / "login").mkdir()
    task = login["config"]
    environ = {
        name: machine.secrets[value.strip("()").partition(".")[2].replace("-", "_").upper()] if "((" in value else value
        for name, value in task["params"].items()
    }
    options = ["--workdir=/build", f"--volume={outputs}:/build", f"--entrypoint={task['run']['path']}"]
    image = f"{task['image_resource']['source']['repository']}:{task['image_resource']['source']['tag']}"
    machine.container(machine.here(image), task["run"]["args"], environ, *options)
    loaded = json.loads((outputs / "login" / "salesforce.json").read_text())
    task = deploy["config"]
    environ = {name: loaded[value.strip("()").rpartition(".")[2]] for name, value in task["params"].items()}
    machine.container("another", task["run"]["args"], environ, f"--entrypoint={task['run']['path']}")


def drone(machine: Machine) -> None:
    """A step with settings is a plugin, which gets them as PLUGIN_…. A temporary volume belongs to the pipeline."""
    volume = machine.folder("volume")
    for step in machine.pipeline("drone/.drone.yml")["steps"]:
        options = [f"--volume={volume}:{mounted['path']}" for mounted in step["volumes"]]
        _plugin_or_commands(machine, step, {"CI": "true", "DRONE": "true"}, *options)


def woodpecker(machine: Machine) -> None:
    """Like Drone, of which it is a fork. All steps share the volume /woodpecker, which contains the checkout."""
    volume = machine.folder("volume")
    options = [f"--volume={volume}:/woodpecker", "--workdir=/woodpecker/src/git.acme.example/acme/salesforce"]
    for step in machine.pipeline("woodpecker/.woodpecker.yaml")["steps"]:
        _plugin_or_commands(machine, step, {"CI": "woodpecker"}, *options)


def _plugin_or_commands(machine: Machine, step: Mapping[str, Any], environ: Mapping[str, str], *options: str) -> None:
    if "commands" in step:
        script = "\n".join(step["commands"])
        machine.container(step["image"], ["-ec", script], environ, "--entrypoint=sh", *options)
        return
    settings = {
        f"PLUGIN_{name.upper()}": machine.secrets[value["from_secret"].removeprefix("sf_").upper()]
        if isinstance(value, dict)
        else value
        for name, value in step["settings"].items()
    }
    machine.container(step["image"], [], {**environ, **settings}, *options)


def harness(machine: Machine) -> None:
    """A step's command runs in its shell. Later steps get the file of secret outputs.

    Source: harness/lite-engine, `executeRunStep`.
    """
    engine = machine.folder("engine")
    outputs: dict[str, str] = {}
    for each in machine.pipeline("harness/pipeline.yaml")["pipeline"]["stages"][0]["stage"]["spec"]["execution"][
        "steps"
    ]:
        step = each["step"]
        environ = {}
        for name, value in step["spec"]["envVariables"].items():
            secret = re.fullmatch(r'<\+secrets\.getValue\("sf_(\w+)"\)>', value)
            output = re.fullmatch(r"<\+steps\.login\.output\.outputVariables\.(\w+)>", value)
            environ[name] = machine.secrets[secret[1].upper()] if secret else outputs[output[1]] if output else value
        file = f"{step['identifier']}-output-secrets.env"
        environ |= {"HARNESS_BUILD_ID": "1", "HARNESS_OUTPUT_SECRET_FILE": f"/tmp/engine/{file}"}
        options = [f"--volume={engine}:/tmp/engine", "--entrypoint=sh"]
        machine.container(step["spec"]["image"], ["-c", step["spec"]["command"]], environ, *options)
        if (engine / file).exists():
            outputs = dict(line.split("=", 1) for line in (engine / file).read_text().splitlines())
            outputs = {name: _harness_decoded(value) for name, value in outputs.items()}


def _harness_decoded(value: str) -> str:
    _, is_encoded, encoded = value.rpartition("__B64__")
    return base64.b64decode(encoded).decode() if is_encoded else value


def jenkins(machine: Machine) -> None:
    """Steps run with `sh -xe`, which logs every command, but not the output that `returnStdout` returns."""
    login, deploy = machine.scripts("jenkins/Jenkinsfile")
    environ = {"JENKINS_URL": "https://jenkins.acme.example/", "SFJWT_LOGIN_URL": "acme.my.salesforce.com"}
    printed = machine.shell("sh -xe", login, {**environ, **machine.settings}, reads_stdout=True)
    salesforce = json.loads(printed)
    environ = {"SF_ACCESS_TOKEN": salesforce["access_token"], "SF_INSTANCE_URL": salesforce["instance_url"]}
    machine.shell("sh -xe", deploy, environ)


def tekton(machine: Machine) -> None:
    """Steps are containers of one pod. This cluster doesn't allow root."""
    task = machine.pipeline("tekton/salesforce-deploy.yaml")["spec"]
    parameters = {"params.username": machine.settings["SFJWT_USERNAME"], "params.login-url": "acme.my.salesforce.com"}
    memory = machine.folder("memory")
    for step in task["steps"]:
        environ = {}
        for variable in step.get("env", []):
            secret = variable.get("valueFrom", {}).get("secretKeyRef", {}).get("key", "").replace("-", "_").upper()
            name = variable.get("value", "").strip("$()")
            environ[variable["name"]] = machine.secrets[secret] if secret else parameters[name]
        options = ["--user=12345:12345", *(f"--volume={memory}:{mount['mountPath']}" for mount in step["volumeMounts"])]
        arguments = step.get("args", [])
        if "script" in step:
            options, arguments = _script_in_container(machine, step["script"], options)
        else:
            options.append(f"--entrypoint={step['command'][0]}")
        machine.container(step["image"], arguments, environ, *options)


def vela(machine: Machine) -> None:
    """A step's commands come in base64 to the image's shell. Later steps get the masked outputs.

    Source: go-vela/server, compiler/native/script.go and environment.go.
    """
    outputs = machine.folder("outputs")
    exported: dict[str, str] = {}
    for step in machine.pipeline("vela/.vela.yml")["steps"]:
        environ = {"VELA": "true", "VELA_MASKED_OUTPUTS": "/vela/outputs/masked.env", **step.get("environment", {})}
        for secret in step.get("secrets", []):
            environ[secret["target"].upper()] = machine.secrets[secret["source"].removeprefix("sf_").upper()]
        script = "\n".join(step["commands"])
        environ |= {**exported, "VELA_BUILD_SCRIPT": base64.b64encode(script.encode()).decode()}
        arguments = ["-c", "echo $VELA_BUILD_SCRIPT | base64 -d | /bin/sh -e"]
        machine.container(
            step["image"], arguments, environ, f"--volume={outputs}:/vela/outputs", "--entrypoint=/bin/sh"
        )
        written = (outputs / "masked.env").read_text().splitlines()
        exported = dict(line.split("=", 1) for line in written)


SYSTEMS: list[Callable[[Machine], None]] = [
    azure,
    bitbucket,
    buildkite,
    circleci,
    cloud_build,
    codebuild,
    codefresh,
    concourse,
    drone,
    harness,
    jenkins,
    tekton,
    vela,
    woodpecker,
]
"""All systems except GitHub and GitLab, whose examples run on third-party runners."""
