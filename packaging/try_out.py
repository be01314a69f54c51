"""Installs what was built on this computer, uses it, upgrades it, and removes it again. `dev.py try-out` runs it.

    python packaging/try_out.py [FOLDER] [--here]       FOLDER: with the packages, dist unless told

For a machine that is thrown away afterwards, as those of CI are: it installs for all users, and on Windows and macOS
it uses the real keychain. --here says that this one may be used.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from pathlib import Path

import product
import prune
from product import NAME, PROGRAM, ROOT
from steps import fail, output_of, run, step


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="?", default=ROOT / "dist")
    parser.add_argument("--here", action="store_true", help="this computer may be used for it")
    options = parser.parse_args()
    if not (options.here or os.environ.get("CI")):
        fail("this would install Cortex Desktop for all users of this computer; say --here if it may")
    {"linux": on_linux, "windows": on_windows, "macos": on_macos}[prune.SYSTEM](options.folder.absolute())
    print("All is well: installed, used, upgraded, removed, and nothing left behind.")
    return 0


def on_linux(folder: Path) -> None:
    """The .deb with apt, over itself, and out; the archive's install.sh is tried by tests/packaged."""
    deb = one(folder, "*.deb")
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    apt = [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", "-y"]
    for action in ("install", "install --reinstall"):
        step(f"apt-get {action}")
        run([*apt, *action.split(), deb], quiet=True)
        run([f"/usr/bin/{PROGRAM}", "--self-check"])
    step("apt-get purge")
    installed = [Path(line) for line in output_of(["dpkg", "-L", PROGRAM]).splitlines()]
    run([*apt, "purge", PROGRAM], quiet=True)
    left = [str(path) for path in installed if path.exists() and (path.is_file() or PROGRAM in path.name)]
    if left:
        fail("left behind: " + ", ".join(left))


def on_macos(folder: Path) -> None:
    """Out of the image into Applications, twice, and into the bin."""
    image, app = one(folder, "*.dmg"), Path("/Applications") / f"{NAME}.app"
    program = app / "Contents" / "MacOS" / PROGRAM
    for action in ("install", "upgrade"):
        step(action)
        run(["hdiutil", "attach", image, "-nobrowse", "-readonly", "-mountpoint", "/tmp/cortex-desktop"], quiet=True)  # noqa: S108
        try:
            run([program, "--quit"]) if app.exists() else None
            shutil.rmtree(app, ignore_errors=True)
            run(["ditto", f"/tmp/cortex-desktop/{app.name}", app])  # noqa: S108
        finally:
            run(["hdiutil", "detach", "/tmp/cortex-desktop", "-force"], quiet=True)  # noqa: S108
        run([program, "--self-check"])
        run(["codesign", "--verify", "--deep", "--strict", app])
    step("remove")
    run([program, "--remove-all-data", "--yes"])
    shutil.rmtree(app)
    if (Path.home() / "Library/Application Support" / NAME).exists():
        fail("the data folder is left behind")


def on_windows(folder: Path) -> None:
    """Everything that windows_drive.py knows."""
    import windows_package
    from windows_drive import Drive

    frozen = ROOT / "build" / "package" / "frozen" / PROGRAM
    old = ROOT / "build" / "old"
    old.mkdir(parents=True, exist_ok=True)
    older = [
        windows_package.make_setup(frozen, old, "0.0.9", quick=True),
        windows_package.make_msi(frozen, old, "0.0.9"),
    ]
    packages = [one(folder, "*-setup.exe"), one(folder, "*.msi")]
    Drive(Windows(), packages, older, ROOT / "build" / "pictures").all(1)


class Windows:
    """This computer, for `windows_drive.Drive`."""

    def __init__(self) -> None:
        self.c = Path("C:/")
        self.local = Path(os.environ["LOCALAPPDATA"])
        self.python = Path(sys.executable)
        menus = [Path(os.environ[name], r"Microsoft\Windows\Start Menu") for name in ("APPDATA", "ProgramData")]
        self.places = [self.local / NAME, self.local / "Programs", self.c / "Program Files" / NAME, *menus]
        uninstall = r"Software\Microsoft\Windows\CurrentVersion\Uninstall"
        self.hives = [rf"HKCU\{uninstall}", rf"HKLM\{uninstall}"]

    def start(self, *command: str | Path) -> subprocess.Popen[str]:
        """Start a program."""
        return subprocess.Popen(
            [str(word) for word in command], cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def status(self, *command: str | Path, seconds: float = 300) -> tuple[int, str]:
        """Run a program to its end: its exit status, and what it printed."""
        done = subprocess.run(
            [str(word) for word in command],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
        )
        return done.returncode, done.stdout

    def run(self, *command: str | Path, seconds: float = 300) -> str:
        """Run a program; end when it fails. What it printed."""
        status, output = self.status(*command, seconds=seconds)
        if status:
            fail(f"{' '.join(map(str, command))} ended with status {status}:\n{output}")
        return output

    def named(self, place: Path) -> str:
        """A place as Windows names it."""
        return str(place)

    def credentials(self) -> str:
        """What the Credential Manager holds."""
        return self.run("cmdkey", "/list")

    def picture(self, file: Path) -> bool:
        """The self-check's own pictures do here."""
        return False

    def small_drive(self) -> str:
        """None."""
        return ""


def one(folder: Path, pattern: str) -> Path:
    """The one package of this kind."""
    found = list(folder.glob(pattern))
    if len(found) != 1:
        fail(f"there are {len(found)} files like {pattern} in {folder}; run dev.py package first")
    return found[0]


if __name__ == "__main__":
    print(f"Cortex Desktop {product.version()}")
    sys.exit(main())
