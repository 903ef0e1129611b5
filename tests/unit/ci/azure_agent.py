"""Azure's agent, by its source: `Command.TryParse`, `WorkerCommandManager` and `TaskCommandExtension`."""

import unicodedata
from dataclasses import dataclass, field

PREFIX = "##vso["
UNESCAPES = (("%3B", ";"), ("%0D", "\r"), ("%0A", "\n"), ("%5D", "]"), ("%AZP25", "%"))


@dataclass
class AzureAgent:
    """The agent's view of a step's output.

    Attributes:
        step: The step's name.
        log: What people see.
        variables: What later steps can refer to.
        secret: Which of them are secret.
        issues: Errors and warnings of the run.
    """

    step: str = "salesforce"
    log: list[str] = field(default_factory=list)
    variables: dict[str, str] = field(default_factory=dict)
    secret: set[str] = field(default_factory=set)
    issues: list[tuple[str, str]] = field(default_factory=list)
    _masks: list[str] = field(default_factory=list)

    def read(self, output: str) -> "AzureAgent":
        # .NET splits a stream at these characters only.
        for line in output.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
            self._line(line)
        return self

    def _line(self, line: str) -> None:
        command = parse(line)
        if command is None:
            assert "##vso" not in visible(line), "the agent warns of it"
            self._show(line)
            return
        name, properties, data = command
        {
            "task.setsecret": self._set_secret,
            "task.setvariable": self._set_variable,
            "task.logissue": self._log_issue,
            "task.debug": self._debug,
        }[name](properties, data)
        if name != "task.debug":
            self._show(f"Processed: {line}")

    def _set_secret(self, _properties: dict[str, str], data: str) -> None:
        self._mask(data)

    def _set_variable(self, properties: dict[str, str], data: str) -> None:
        name = properties["variable"]
        is_secret = properties.get("issecret") == "true"
        if is_secret:
            assert "\n" not in data, "the agent refuses it, and prints the command"
            self._mask(data)
        if properties.get("isoutput") == "true":
            name = f"{self.step}.{name}"
        self.variables[name] = data
        if is_secret:
            self.secret.add(name)

    def _log_issue(self, properties: dict[str, str], data: str) -> None:
        self.issues.append((properties["type"], data))
        self._show(f"##[{properties['type']}]{data}")

    def _debug(self, _properties: dict[str, str], data: str) -> None:
        self._show(f"##[debug]{data}")

    def _mask(self, secret: str) -> None:
        # The log also shows commands, as they are in the output.
        for replaced, by in (("", ""), *((to, of) for of, to in reversed(UNESCAPES))):
            secret = secret.replace(replaced, by) if replaced else secret
            self._masks.append(secret)

    def _show(self, line: str) -> None:
        for mask in sorted(filter(None, self._masks), key=len, reverse=True):
            line = line.replace(mask, "***")
        self.log.append(line)


def parse(line: str) -> tuple[str, dict[str, str], str] | None:
    """Read a command, which can be anywhere in a line."""
    line = line if PREFIX in line else visible(line)
    start = line.find(PREFIX)
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    head, data = line[start + len(PREFIX) : end], line[end + 1 :]
    name, _, properties = head.partition(" ")
    if len(list(filter(None, name.split(".")))) != 2:
        return None
    pairs = (pair.split("=", 1) for pair in properties.split(";") if "=" in pair)
    return name, {key: unescaped(value) for key, value in pairs if value}, unescaped(data)


def unescaped(text: str) -> str:
    for escape, character in UNESCAPES:
        text = text.replace(escape, character)
    return text


def visible(line: str) -> str:
    """Compare like .NET with a culture's rules, which ignore characters without width or meaning."""
    return "".join(character for character in line if unicodedata.category(character) not in {"Cc", "Cf"})
