#!/usr/bin/env python3
"""Lists what an image is made of, as CycloneDX: `docker export CONTAINER | tools/sbom.py > sbom.cdx.json`.

It reads what scanners read: the records of Debian's packages and of Python's. The same image gives the same list.
"""

import re
import sys
import tarfile
from collections.abc import Iterator
from email.message import Message
from email.parser import HeaderParser
from typing import IO
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

_DEBIAN = re.compile(r"(\./)?var/lib/dpkg/status\.d/[^/]+")
_PYTHON = re.compile(r"(\./)?usr/lib/python3/dist-packages/[^/]+\.dist-info/METADATA")


def main() -> int | str:
    """Read a file system's archive from standard input, and write the list of its packages to standard output.

    Returns:
        What `sys.exit` takes: 0, or what is wrong.
    """
    packages = sorted(packages_in(sys.stdin.buffer), key=PackageURL.to_string)
    if not packages:
        return "The archive holds no record of a package. Is it the file system of the image?"
    sys.stdout.write(cyclonedx(packages) + "\n")
    return 0


def packages_in(archive: IO[bytes]) -> Iterator[PackageURL]:
    """Find the packages that are on record in a tar archive of a file system."""
    with tarfile.open(fileobj=archive, mode="r|") as members:
        for member in members:
            is_debian = _DEBIAN.fullmatch(member.name)
            if (is_debian or _PYTHON.fullmatch(member.name)) and (file := members.extractfile(member)):
                fields = HeaderParser().parsestr(file.read().decode())
                yield _debian(fields) if is_debian else PackageURL("pypi", None, fields["Name"], fields["Version"])


def _debian(fields: Message) -> PackageURL:
    qualifiers = {"arch": fields["Architecture"], "distro": "debian-13"}
    return PackageURL("deb", "debian", fields["Package"], fields["Version"], qualifiers)


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
    sys.exit(main())
