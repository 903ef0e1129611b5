"""How CI systems read the files of an exported login, according to their sources."""

import base64
import re


def godotenv_v2(text: str) -> dict[str, str]:
    """Harness' old godotenv: one value per line, without comments and quotes, with variables expanded."""
    read: dict[str, str] = {}
    for line in text.split("\n"):
        assert len(line.encode()) < 64 * 1024, "bufio.Scanner: token too long"
        if not line.strip() or line.strip().startswith("#"):
            continue
        assert "#" not in line, "godotenv counts quotes to tell comments: what it finds is a matter of luck"
        name, equals, value = line.partition("=")
        assert equals, "can't separate key from value"
        assert ":" not in name
        value = value.strip(" ")
        if len(value) > 1:
            if quoted := re.fullmatch(r"'(.*)'", value):
                read[name.strip()] = quoted[1]
                continue
            if quoted := re.fullmatch(r'"(.*)"', value):
                value = re.sub(r"\\([^$])", r"\1", quoted[1].replace(r"\n", "\n").replace(r"\r", "\r"))
            value = _expanded(value, read)
        read[name.strip()] = value
    return read


def godotenv_v3(text: str) -> dict[str, str]:
    """Harness' current godotenv: statements, with values that can be quoted over several lines."""
    read: dict[str, str] = {}
    rest = text.replace("\r\n", "\n").lstrip()
    while rest:
        if rest.startswith("#"):
            rest = rest.partition("\n")[2].lstrip()
            continue
        name, rest = re.split("[=:]", rest, maxsplit=1)
        assert re.fullmatch(r"[\w./-]+", name), f"unexpected character in variable name near {name!r}"
        rest = rest.lstrip("\t\v\f\r \x85\xa0")
        if rest[:1] in {"'", '"'}:
            quoted = re.match(rf"{rest[0]}(.*?)(?<!\\){rest[0]}", rest, re.DOTALL)
            assert quoted, "unterminated quoted value"
            value, rest = quoted[1], rest[quoted.end() :]
            if quoted[0].startswith('"'):
                value = _expanded(value.replace(r"\n", "\n").replace(r"\"", '"'), read)
        else:
            value, *after = re.split("[\n\r]", rest, maxsplit=1)
            rest = "".join(after)
            value = _expanded(re.split(r"(?<=\s)#", value, maxsplit=1)[0].strip("\t\v\f\r \x85\xa0"), read)
        read[name] = value
        rest = rest.lstrip()
    return read


def harness(values: dict[str, str]) -> dict[str, str]:
    """How lite-engine decodes what godotenv read."""
    mark = "__B64__"
    return {
        name: base64.b64decode(value.removeprefix(mark), validate=True).decode() if value.startswith(mark) else value
        for name, value in values.items()
    }


def _expanded(value: str, read: dict[str, str]) -> str:
    def expand(match: re.Match[str]) -> str:
        if match[1] or match[3]:
            return match[0][1:]
        return read.get(match[4], "") if match[4] else match[0]

    return re.sub(r"(\\)?(\$)(\()?\{?([A-Z0-9_]+)?\}?", expand, value)


def envparse(text: str) -> dict[str, str]:
    """Vela's go-envparse: one value per line, read character by character."""
    read = {}
    for line in text.split("\n"):
        assert len(line.encode()) < 64 * 1024, "bufio.Scanner: token too long"
        if not line.removesuffix("\r"):
            continue
        name, equals, value = line.partition("=")
        assert equals, "missing ="
        assert re.fullmatch("[A-Za-z_].*", name.strip().removeprefix("export "))
        read[name.strip().removeprefix("export ")] = _envparsed(_trimmed(value))
    return read


def _trimmed(value: str) -> str:
    return value.strip("\t\n\v\f\r \x85\xa0")  # bytes.TrimSpace, which also removes Unicode's spaces


def _envparsed(value: str) -> str:
    characters, quote = iter(value), ""
    parsed = ""
    for character in characters:
        assert ord(character) >= 32, "invalid value character"
        if not quote and character in {"'", '"'}:
            quote = character
        elif character == quote:
            quote = ""
        elif not quote and character == "#":
            return parsed.rstrip(" \t")
        elif quote == '"' and character == "\\":
            parsed += {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}[next(characters)]
        else:
            parsed += character
    assert not quote, f"unmatched {quote}"
    return parsed


def gitlab(content: bytes) -> dict[str, str]:
    """What later jobs get from a dotenv report: `ParseDotenvArtifactService`, and then variable expansion."""
    assert len(content) < 5120, "Dotenv Artifact Too Big"
    read = {}
    for line in content.decode().split("\n")[:-1]:
        match = re.fullmatch("(.*?)=(.*)", line, re.DOTALL)
        assert match, "Invalid Format"
        name, value = (part.strip("\0\t\n\v\f\r ") for part in match.groups())
        # Neither GitLab nor its runner has variables with these names.
        read[name] = re.sub(r"\$\w+|\$\{\w*\}|\$[*#$@!?-]|%[A-Za-z_]\w*%", "", value)
    assert len(read) <= 20, "Dotenv files cannot have more than 20 variables"
    return read


def powershell(content: bytes, encoding: str = "ascii") -> dict[str, str]:
    """The values of PowerShell's `$env:` after a script of assignments of concatenated literals.

    Source: PowerShell/PowerShell, `Tokenizer.ScanStringLiteral` and `CharExtensions.IsSingleQuote`.
    """
    text = content.decode(encoding)
    read = {}
    for line in text.removesuffix("\n").split("\n"):
        statement = re.fullmatch(r"\$env:(\w+) = (.*)", line, re.DOTALL)
        assert statement, line
        assert not statement[2].startswith("[char]"), "a sum of characters is a number"
        read[statement[1]] = _powershell_sum(statement[2])
    return read


QUOTES = "'\u2018\u2019\u201a\u201b"
POWERSHELL_TERM = re.compile(rf"[{QUOTES}]((?:[^{QUOTES}]|[{QUOTES}]{{2}})*)[{QUOTES}]|\[char\]0x([0-9a-f]{{4}})")


def _powershell_sum(rest: str) -> str:
    """Add a string and the strings and characters after it."""
    units = b""
    while True:
        term = POWERSHELL_TERM.match(rest)
        assert term, rest
        if term[2]:
            units += bytes.fromhex(term[2])
        else:
            units += re.sub(rf"[{QUOTES}]([{QUOTES}])", r"\1", term[1]).encode("utf-16-be")
        rest = rest[term.end() :]
        if not rest:
            return units.decode("utf-16-be")
        assert rest.startswith(" + "), rest
        rest = rest.removeprefix(" + ")


def env_file(text: str) -> dict[str, str]:
    """What `docker run --env-file` reads from a dotenv file."""
    lines = (line.lstrip() for line in text.splitlines())
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))
