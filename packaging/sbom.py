"""The bill of materials of a frozen program, as CycloneDX 1.6."""

from __future__ import annotations

import json
import platform
import ssl
import sys
from importlib import metadata
from pathlib import Path

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.contrib.this.builders import this_component
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output import make_outputter
from cyclonedx.schema import OutputFormat, SchemaVersion
from packageurl import PackageURL

import frozen
import product
import prune
from product import RESOURCES
from steps import checksum


def write(folder: Path, target: Path) -> int:
    """Write what the program in this folder is made of. Returns the number of components."""
    licences = LicenseFactory()
    program = Component(
        name=product.PROGRAM,
        version=product.version(),
        type=ComponentType.APPLICATION,
        licenses=[licences.make_from_string("MIT")],
        bom_ref="program",
    )
    bom = Bom()
    bom.metadata.component = program
    bom.metadata.tools.components.add(this_component())
    parts = [
        *distributions(folder, licences),
        Component(
            name="python",
            version=platform.python_version(),
            type=ComponentType.PLATFORM,
            licenses=[licences.make_from_string("Python-2.0")],
            bom_ref="python",
        ),
        Component(
            name="qt",
            version=qt_version(),
            type=ComponentType.FRAMEWORK,
            licenses=[licences.make_from_string("LGPL-3.0-only")],
            bom_ref="qt",
        ),
        Component(  # whose metadata is not in the folder
            name="shiboken6",
            version=metadata.version("shiboken6"),
            type=ComponentType.LIBRARY,
            purl=PackageURL("pypi", name="shiboken6", version=metadata.version("shiboken6")),
            licenses=[licences.make_from_string("LGPL-3.0-only")],
            bom_ref="pypi/shiboken6",
        ),
        *libraries(folder),
    ]
    if prune.SYSTEM != "linux":  # where it is the system's
        parts.append(
            Component(
                name="openssl",
                version=ssl.OPENSSL_VERSION.split()[1],
                type=ComponentType.LIBRARY,
                licenses=[licences.make_from_string("Apache-2.0")],
                bom_ref="openssl",
            )
        )
    for part in parts:
        bom.components.add(part)
    bom.register_dependency(program, parts)
    writer = make_outputter(bom, OutputFormat.JSON, SchemaVersion.V1_6)
    writer.output_to_file(str(target), indent=2)
    return len(parts)


def distributions(folder: Path, licences: LicenseFactory) -> list[Component]:
    """The Python packages whose metadata lies in the folder: those of the lock file that this system uses."""
    known = json.loads((RESOURCES / "licences" / "index.json").read_text("utf-8"))
    licence_of = {frozen.normal(part["version_of"]): part["licence"] for part in known if part["version_of"]}
    found = []
    for info in sorted(folder.glob("_internal/*.dist-info")):
        distribution = metadata.Distribution.at(info)
        name = frozen.normal(distribution.metadata["Name"])
        found.append(
            Component(
                name=name,
                version=distribution.version,
                type=ComponentType.LIBRARY,
                purl=PackageURL("pypi", name=name, version=distribution.version),
                licenses=[licences.make_from_string(licence_of[name])],
                bom_ref=f"pypi/{name}",
            )
        )
    return found


def libraries(folder: Path) -> list[Component]:
    """Every shared library and executable, with its SHA-256: what a scanner or a comparison looks for."""
    found = []
    for path in sorted(frozen.files(folder)):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink() or not is_binary(path):
            continue
        found.append(
            Component(
                name=name,
                type=ComponentType.FILE,
                hashes=[HashType(alg=HashAlgorithm.SHA_256, content=checksum(path))],
                bom_ref=f"file/{name}",
            )
        )
    return found


def is_binary(path: Path) -> bool:
    suffixes = {"linux": (), "windows": (".dll", ".pyd", ".exe"), "macos": (".dylib", ".so")}[prune.SYSTEM]
    if path.suffix in suffixes:
        return True
    with path.open("rb") as stream:
        return sys.platform != "win32" and stream.read(4) in (b"\x7fELF", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe")


def qt_version() -> str:
    from PySide6.QtCore import qVersion

    return qVersion()
