#!/usr/bin/env python3
"""Lists what an image is made of, as CycloneDX: `tools/sbom.py ARCHIVE... > sbom.cdx.json`.

An archive is what `docker export CONTAINER` writes, one for each platform. Read is what scanners read: the records of
Debian's packages and of Python's, and the lists that wheels bring of what was compiled into them, such as OpenSSL
(PEP 770). The same image gives the same list.
"""

import json
import re
import sys
import tarfile
from collections.abc import Iterator
from email.parser import HeaderParser
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

_DEBIAN = re.compile(r"(\./)?var/lib/dpkg/status\.d/[^/]+")
_PYTHON = re.compile(r"(\./)?usr/lib/python3/dist-packages/[^/]+\.dist-info/METADATA")
_COMPILED_IN = re.compile(r"(\./)?usr/lib/python3/dist-packages/[^/]+\.dist-info/sboms/[^/]+\.json")


def main(archives: list[str]) -> int | str:
    """Read the archives of an image's file systems, and write the list of their packages to standard output.

    Args:
        archives: Their paths, one for each platform.

    Returns:
        What `sys.exit` takes: 0, or what is wrong.
    """
    if not archives:
        return __doc__
    packages: set[PackageURL] = set()
    for archive in archives:
        found = set(packages_in(Path(archive)))
        if not found:
            return f"{archive} has no record of a package. Check that it is the image's file system."
        packages |= found
    sys.stdout.write(cyclonedx(sorted(packages, key=PackageURL.to_string)) + "\n")
    return 0


def packages_in(archive: Path) -> Iterator[PackageURL]:
    """Find the packages that are on record in a tar archive of a file system."""
    with tarfile.open(archive) as members:
        for member in members:
            for name, read in _RECORDS.items():
                if name.fullmatch(member.name) and (file := members.extractfile(member)):
                    yield from read(file.read().decode())


def _debian(record: str) -> Iterator[PackageURL]:
    fields = HeaderParser().parsestr(record)
    qualifiers = {"arch": fields["Architecture"], "distro": "debian-13"}
    yield PackageURL("deb", "debian", fields["Package"], fields["Version"], qualifiers)


def _python(record: str) -> Iterator[PackageURL]:
    fields = HeaderParser().parsestr(record)
    yield PackageURL("pypi", None, fields["Name"], fields["Version"])


def _compiled_in(record: str) -> Iterator[PackageURL]:
    return (PackageURL.from_string(component["purl"]) for component in json.loads(record)["components"])


_RECORDS = {_DEBIAN: _debian, _PYTHON: _python, _COMPILED_IN: _compiled_in}


def cyclonedx(packages: list[PackageURL]) -> str:
    """Write packages as a CycloneDX document, which says no time and has an id that follows from its content."""
    bom = Bom(
        components=[
            Component(type=ComponentType.LIBRARY, name=url.name, version=url.version, purl=url, bom_ref=url.to_string())
            for url in packages
        ],
        serial_number=uuid5(NAMESPACE_URL, "\n".join(url.to_string() for url in packages)),
    )
    bom.metadata.timestamp = None  # type: ignore[assignment]
    return JsonV1Dot6(bom).output_as_string(indent=2)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
