"""Build, check and prove what people install. `dev.py package` runs it.

    python packaging/build.py [--output FOLDER] [--no-archives]

Freezes the program with PyInstaller, checks the folder, packs it for this system, unpacks that again and runs
tests/packaged on it, and writes checksums and a bill of materials beside the packages. The steps are the same on
Linux, Windows and macOS; what differs is in linux_package.py, windows_package.py and macos_package.py.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple

import frozen
import product
import prune
import sbom
from product import PROGRAM, ROOT
from steps import checksum, fail, run, step

WORK = ROOT / "build" / "package"


class Packer(NamedTuple):
    """What a system's module offers.

    pack(folder, output): make the packages; their files. unpack(packages, into): install or unpack each of them in
    a place of its own without touching the system; the programs' executables. needs: names of tools, with how to
    get each.
    """

    needs: dict[str, str]
    pack: Callable[[Path, Path], list[Path]]
    unpack: Callable[[list[Path], Path], list[Path]]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="where packages go (dist unless told)")
    parser.add_argument("--no-archives", action="store_true", help="freeze, check and prove only: quick, for CI")
    parser.add_argument("--only-freeze", action="store_true", help="no more than the folder, for the Wine bench")
    options = parser.parse_args()
    if options.only_freeze:
        write_materials(checked(freeze(clean())), WORK / "frozen")
        return 0
    packer = Packer(*(getattr(packer_module(), name) for name in Packer._fields))
    missing = {} if options.no_archives else {tool: how for tool, how in packer.needs.items() if not shutil.which(tool)}
    if missing:
        fail("not found: " + "; ".join(f"{tool} ({how})" for tool, how in missing.items()))
    folder = checked(freeze(clean()))
    if options.no_archives:
        return prove([folder / executable_name()])
    output: Path = options.output.absolute()
    shutil.rmtree(output, ignore_errors=True)
    output.mkdir(parents=True)
    write_materials(folder, output)
    step("pack")
    packages = packer.pack(folder, output)
    for package in packages:
        check_packed_size(package)
    status = prove(packer.unpack(packages, WORK / "unpacked"))
    if status == 0:
        write_checksums(output)
        print(f"All is well. The packages are in {output}.")
    return status


def packer_module() -> object:
    """This system's module."""
    return importlib.import_module(f"{prune.SYSTEM}_package")


def executable_name() -> str:
    """The program that prints, inside the folder."""
    return PROGRAM + (".exe" if sys.platform == "win32" else "")


def clean() -> Path:
    """An empty folder to work in."""
    step("clean")
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    return WORK


def freeze(work: Path) -> Path:
    """Run PyInstaller; the program's folder."""
    step("freeze")
    notes = work / "build.json"
    notes.write_text(product.build_notes(), encoding="utf-8")
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--clean", "--log-level", "WARN"]
    places = ["--distpath", str(work / "frozen"), "--workpath", str(work / "work")]
    env = {**os.environ, "CORTEX_DESKTOP_BUILD_NOTES": str(notes), "PYTHONHASHSEED": "1"}
    run([*command, *places, str(ROOT / "packaging" / "cortex-desktop.spec")], env)
    folder = work / "frozen" / PROGRAM
    if prune.SYSTEM == "linux":
        # Symbols of the Python that builds, up to 17 MB and 5 MB. The wheels' libraries stay as they came.
        for library in (*folder.glob("_internal/libpython*"), *folder.glob("_internal/python3*/lib-dynload/*.so")):
            run(["strip", "--strip-unneeded", str(library)])
    return folder


def checked(folder: Path) -> Path:
    """The same folder; ends the build when it is not fit to ship."""
    step("check the folder")
    complaints = frozen.complaints(folder)
    if complaints:
        fail("\n  ".join(["the frozen program is not fit to ship:", *complaints]))
    print(f"{frozen.size_mb(folder):.1f} MB of at most {prune.BUDGET_MB[prune.SYSTEM]} MB")
    return folder


def write_materials(folder: Path, output: Path) -> None:
    """Write the bill of materials."""
    step("bill of materials")
    materials = output / f"{PROGRAM}-{product.version()}-{prune.SYSTEM}-{product.architecture()}.cdx.json"
    print(f"{sbom.write(folder, materials)} components in {materials.name}")


def prove(programs: Sequence[Path]) -> int:
    """Run tests/packaged on each of these executables; pytest's exit status, or 1 when a self-check fails."""
    for number, program in enumerate(programs):
        step(f"prove {program.relative_to(WORK)}")
        if number:  # the same folder, packed differently: only check that it works there
            if subprocess.run([program, "--self-check"]).returncode:
                return 1
        else:
            tests = [sys.executable, "-m", "pytest", "tests/packaged", "-q", f"--packaged={program}"]
            status = subprocess.run(tests, cwd=ROOT).returncode
            if status:
                return status
    return 0


def check_packed_size(package: Path) -> None:
    """Say how large it is; end when it is too large."""
    size, most = package.stat().st_size / 1e6, prune.PACKED_BUDGET_MB[package.suffix]
    print(f"{package.name}: {size:.1f} MB of at most {most} MB")
    if size > most:
        fail(f"{package.name} takes {size:.1f} MB, {most} MB at most are allowed")


def write_checksums(output: Path) -> None:
    """SHA256SUMS of all files there, as sha256sum reads it."""
    lines = [f"{checksum(file)}  {file.name}\n" for file in sorted(output.iterdir()) if file.name != "SHA256SUMS"]
    (output / "SHA256SUMS").write_text("".join(lines), encoding="utf-8", newline="\n")


if __name__ == "__main__":
    sys.exit(main())
