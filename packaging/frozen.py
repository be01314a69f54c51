"""Looks at the frozen program's folder before it is packed: what is missing, what came back, what is too large."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

import product
import prune
from product import PROGRAM, RESOURCES, ROOT

# Top-level modules of the archive that are not the standard library's. Another one is a surprise to look at first.
MODULES = frozenset(
    """
    _cffi_backend _distutils_hack backports cortex_desktop cryptography h11 httpcore2 httpx2 idna importlib_metadata
    jaraco jeepney keyring markupsafe more_itertools platformdirs PySide6 secretstorage shiboken6 tinydb truststore
    typing_extensions werkzeug win32ctypes zipp
    """.split()
)
# Libraries of Windows' Python, by the beginning of their name, and the file with their licence.
LIBRARIES = {
    "libcrypto": "openssl.txt",
    "libffi": "libffi.txt",
    "libssl": "openssl.txt",
    "msvcp140": "microsoft-runtime.txt",
    "python3": "python.txt",
    "vcruntime140": "microsoft-runtime.txt",
}
PYINSTALLER_OWN = re.compile(r"^(_?pyi|pyimod)")


def complaints(folder: Path) -> list[str]:
    """Everything that is not as it should be, a line each."""
    paths = [path.relative_to(folder).as_posix() for path in files(folder)]
    found = prune.what_came_back(paths)
    found += foreign_modules(folder)
    found += missing_licences(folder)
    found += wrong_versions(folder)
    found += missing_parts(paths)
    found += too_large(folder)
    return found


def files(folder: Path) -> Iterator[Path]:
    """All files, links among them."""
    return (path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink())


def size_mb(folder: Path) -> float:
    """What it takes on a disk, in MB of 10^6 bytes; links take nothing."""
    return sum(path.stat().st_size for path in files(folder) if not path.is_symlink()) / 1e6


def too_large(folder: Path) -> list[str]:
    """What is to say about its size: nothing within the budget."""
    size, most = size_mb(folder), prune.BUDGET_MB[prune.SYSTEM]
    return [f"it takes {size:.1f} MB, {most} MB at most are allowed"] if size > most else []


def foreign_modules(folder: Path) -> list[str]:
    """Modules in the archive that nobody expects."""
    from PyInstaller.archive.readers import CArchiveReader

    archive = CArchiveReader(str(folder / executable_name()))
    name = next(name for name in archive.toc if name.endswith(".pyz"))
    tops = {module.partition(".")[0] for module in archive.open_embedded_archive(name).toc}
    known = MODULES | sys.stdlib_module_names
    return [f"the module {top} is not expected" for top in sorted(tops - known) if not PYINSTALLER_OWN.match(top)]


def executable_name() -> str:
    return PROGRAM + (".exe" if prune.SYSTEM == "windows" else "")


def missing_licences(folder: Path) -> list[str]:
    """Parts without a licence text, and texts that are not there."""
    place = folder / "_internal" / "cortex_desktop" / "resources" / "licences"
    index = json.loads((RESOURCES / "licences" / "index.json").read_text("utf-8"))
    found = [f"the licence text {part['file']} is missing" for part in index if not (place / part["file"]).is_file()]
    named = {normal(part["version_of"]) for part in index if part["version_of"]}
    for info in folder.glob("_internal/*.dist-info"):
        distribution = normal(info.name.rpartition("-")[0].rpartition("-")[0] or info.name.partition("-")[0])
        if distribution not in named:
            found.append(f"resources/licences/index.json does not name {distribution}")
    for library in folder.glob("_internal/*.dll"):
        file = next((file for name, file in LIBRARIES.items() if library.name.lower().startswith(name)), None)
        if file not in {part["file"] for part in index}:
            found.append(f"no licence is known for {library.name}")
    return found


def normal(distribution: str) -> str:
    """A distribution's name as all its spellings agree on."""
    return re.sub(r"[-_.]+", "-", distribution).lower()


def wrong_versions(folder: Path) -> list[str]:
    """Places that name another version than the package's own."""
    version = product.version()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    said = subprocess.run([folder / executable_name(), "--version"], capture_output=True, text=True).stdout
    places = {
        "pyproject.toml": project,
        "the frozen program": said.strip().rpartition(" ")[2],
        "build.json": json.loads((folder / "_internal/cortex_desktop/resources/build.json").read_text("utf-8"))[
            "version"
        ],
    }
    return [f"{place} says version {other!r}, not {version}" for place, other in places.items() if other != version]


def missing_parts(paths: list[str]) -> list[str]:
    """Parts that are loaded by name, so that nobody notices at build time when they are gone."""
    wanted = {
        "linux": ("platforms/libqxcb.so", "platforms/libqwayland.so", "libqsvg.so"),
        "windows": ("platforms/qwindows.dll", "imageformats/qsvg.dll"),
        "macos": ("platforms/libqcocoa.dylib", "libqsvg.dylib"),
    }
    common = (
        "resources/translations/cortex_en.qm",
        "resources/styles/app.qss",
        "licences/lgpl-3.0.txt",
    )
    return [
        f"{part} is missing"
        for part in (*wanted[prune.SYSTEM], *common)
        if not any(path.endswith(part) for path in paths)
    ]


def unresolved_libraries(folder: Path) -> set[str]:
    """On Linux: names of the shared libraries that the program takes from the system."""
    there = {path.name for path in files(folder)}
    needed: set[str] = set()
    for path in files(folder):
        if not path.is_symlink() and (".so" in path.name or os.access(path, os.X_OK)):
            dump = subprocess.run(["objdump", "-p", path], capture_output=True, text=True).stdout
            needed |= set(re.findall(r"^\s*NEEDED\s+(\S+)$", dump, re.M))
    return needed - there
