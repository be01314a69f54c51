"""What an administrator and a person do with the Windows installers, one thing after the other.

On Windows itself (try_out.py) and under Wine (wine_bench.py): the same steps, on another machine.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Protocol

import product
from product import NAME, PROGRAM, ROOT
from steps import fail, step

UNINSTALL_KEY = r"Software\Microsoft\Windows\CurrentVersion\Uninstall\CortexDesktop"


class Machine(Protocol):
    """Where the steps are done.

    c: drive C; local: the user's AppData\\Local; python: a Python for Windows with the program's dependencies;
    places, hives: where to look for what is left behind.
    """

    c: Path
    local: Path
    python: Path
    places: list[Path]
    hives: list[str]

    def start(self, *command: str | Path) -> subprocess.Popen[str]:
        """Start a program."""

    def status(self, *command: str | Path, seconds: float = 300) -> tuple[int, str]:
        """Run a program to its end: its exit status, and what it printed."""

    def run(self, *command: str | Path, seconds: float = 300) -> str:
        """Run a program; end when it fails. What it printed."""

    def named(self, place: Path) -> str:
        """A place as Windows names it."""

    def credentials(self) -> str:
        """The Credential Manager's list, if it can be had."""

    def picture(self, file: Path) -> bool:
        """Save what is on the screen. False where that cannot be done."""

    def small_drive(self) -> str:
        """A drive with a few MB, like "S:", or "" where there is none."""


class Drive:
    """What an administrator and a person do with the installers, one after the other."""

    def __init__(self, machine: Machine, packages: list[Path], older: list[Path], pictures: Path) -> None:
        self.machine = machine
        self.setup, self.msi = packages
        self.old_setup, self.old_msi = older
        self.pictures = pictures
        self.local = machine.local
        self.place = self.local / "Programs" / NAME
        self.data = self.local / NAME

    def all(self, number: int) -> None:
        """Each step; ends the build when one goes wrong."""
        shutil.rmtree(self.pictures, ignore_errors=True)
        self.pictures.mkdir(parents=True)
        before = self.everything()
        for act in (
            self.install_older,
            self.make_an_app,
            self.refuse_beside_a_sandbox_in_a_terminal,
            self.upgrade_while_it_runs,
            self.refuse_to_go_back,
            self.self_check,
            self.speak_tls,
            self.uninstall_and_keep_the_data,
            self.elsewhere,
            self.without_room,
            self.msi_in_upgraded_and_out,
            self.uninstall_with_the_data,
        ):
            step(f"round {number}: {act.__name__.replace('_', ' ')}")
            began = time.monotonic()
            act()
            print(f"    {time.monotonic() - began:.1f} s", flush=True)
        left = self.everything() - before
        if left:
            fail("left behind:\n  " + "\n  ".join(sorted(left)))

    def install_older(self) -> None:
        self.machine.run(self.old_setup, "/S")
        self.expect(self.place.joinpath(f"{NAME}.exe").exists(), "the program is where programs of one user go")
        self.expect("0.0.9" in self.registered(), "Apps & features shows the version")

    def make_an_app(self) -> None:
        """As the program does it, with the Credential Manager; the program's own service, from source."""
        self.python(
            "from cortex_desktop.domain.model import AppDetails;"
            "from cortex_desktop.services.apps.services import AppServices;"
            "from cortex_desktop.services.apps.two_stores import TwoStores;"
            "apps = AppServices.build(TwoStores(r, v));"
            "print(apps.creation.create(r.orgs()[0].id, AppDetails('Kept')).key.reveal())"
        )
        self.expect((self.data / "apps.json").exists(), "the database is in the user's local folder")

    def refuse_beside_a_sandbox_in_a_terminal(self) -> None:
        with self.running(self.place / f"{PROGRAM}.exe", "sandbox"):
            lock = self.data / "sandbox.lock"
            self.wait(lambda: lock.exists() and lock.read_text("ascii"), "the sandbox answers")
            status, _ = self.machine.status(self.setup, "/S")
        self.expect(status == 2, f"an upgrade of files that are in use ends with status 2, not {status}")
        self.expect("0.0.9" in self.registered(), "the older version is still there")
        self.machine.run(self.place / f"{PROGRAM}.exe", "--version")

    def upgrade_while_it_runs(self) -> None:
        key = self.key()
        with self.running(self.place / f"{NAME}.exe") as program:
            self.wait((self.data / "cortex-desktop.log").exists, "it has started")
            time.sleep(6)
            picture = self.pictures / "main-window.png"
            if self.machine.picture(picture):
                print(f"    {picture.relative_to(ROOT)}")
            self.machine.run(self.setup, "/S")
            self.expect(program.wait(30) == 0, "the running program was asked to close, and did")
        self.expect(product.version() in self.registered(), "Apps & features shows the new version")
        self.expect(self.key() == key, "the key is still there, and the same")

    def refuse_to_go_back(self) -> None:
        status, _ = self.machine.status(self.old_setup, "/S")
        self.expect(status == 3, f"an older version over a newer one ends with status 3, not {status}")
        self.expect(product.version() in self.registered(), "the newer version stays")

    def self_check(self) -> None:
        output = self.machine.run(self.place / f"{PROGRAM}.exe", "--self-check")
        print(output.rstrip())
        self.expect("Credential Manager" in output, "it found the Credential Manager")
        said = self.machine.run(self.place / f"{PROGRAM}.exe", "--version")
        self.expect(product.version() in said, "it says its version")
        report = self.machine.c / "report.json"
        detached = 8  # DETACHED_PROCESS: without standard streams, as from the Start menu
        start = f"import subprocess, sys; sys.exit(subprocess.call(sys.argv[1:], creationflags={detached}))"
        window = self.machine.named(self.place / f"{NAME}.exe")
        ask = ("--self-check", "--report", self.machine.named(report))
        self.machine.run(self.machine.python, "-c", start, window, *ask)
        self.expect(json.loads(report.read_text("utf-8"))["ok"], "the window's own program passes too")
        report.unlink()

    def speak_tls(self) -> None:
        """With the check for updates: it trusts no stranger, and whom the person says."""
        sys.path.append(str(ROOT))
        try:
            from tests.support.certificates import server_side
        except ImportError:
            print("    skipped: making a certificate needs cryptography, which is installed on Linux only")
            return
        folder = self.machine.c / "tls"
        folder.mkdir()
        context, ca_file = server_side(folder)
        place = self.machine.named(folder / "data")
        for trusted in (False, True):
            (folder / "data").mkdir(exist_ok=True)
            with socket.create_server(("127.0.0.1", 0)) as server:
                server.settimeout(60)
                settings = f"feed=https://127.0.0.1:{server.getsockname()[1]}/release.json\n"
                if trusted:
                    settings += f"ca_file={self.machine.named(ca_file)}\n".replace("\\", "/")
                (folder / "data" / "settings.ini").write_text(f"[General]\ncheck_updates=true\n{settings}")
                with self.running(self.place / f"{NAME}.exe", "--data-dir", place) as program:
                    connection, _ = server.accept()
                    heard = b""
                    with connection, suppress(OSError), context.wrap_socket(connection, server_side=True) as tls:
                        heard = tls.recv(4)
                    self.machine.run(self.place / f"{PROGRAM}.exe", "--data-dir", place, "--quit")
                    self.expect(program.wait(30) == 0, "it closes")
            self.expect(heard == (b"GET " if trusted else b""), f"trusted: {trusted}, and it sent {heard!r}")
            self.machine.run(self.place / f"{PROGRAM}.exe", "--data-dir", place, "--remove-all-data", "--yes")
        shutil.rmtree(folder)

    def uninstall_and_keep_the_data(self) -> None:
        self.uninstall(self.place)
        self.expect(not self.place.exists(), "the program's folder is gone")
        self.expect(not self.registered(), "it is gone from Apps & features")
        self.expect(len(self.key()) == 22, "apps and keys are still there")

    def elsewhere(self) -> None:
        place = self.machine.c / "Programme für alle" / "Cortex 程序"
        self.expect(self.set_up_in(self.machine.named(place)) == 0, "it installs where it is told")
        self.machine.run(place / f"{PROGRAM}.exe", "--self-check")
        stranger = place / "holiday.jpg"
        stranger.write_text("not ours")
        self.uninstall(place)
        self.expect([path.name for path in place.iterdir()] == ["holiday.jpg"], "only what was installed is gone")
        shutil.rmtree(place.parent)

    def without_room(self) -> None:
        drive = self.machine.small_drive()
        if not drive:
            print("    skipped: a small disk cannot be made here")
            return
        status = self.set_up_in(f"{drive}\\{NAME}")
        self.expect(status == 6, f"without room it ends with status 6, not {status}")
        self.expect(not self.registered(), "nothing is left of the attempt")

    def msi_in_upgraded_and_out(self) -> None:
        place = self.machine.c / "Program Files" / NAME
        self.machine.run("msiexec", "/i", self.old_msi, "/qn")
        self.expect((place / f"{NAME}.exe").exists(), "the MSI installs for all users")
        self.machine.run("msiexec", "/i", self.msi, "/qn")
        self.machine.run(place / f"{PROGRAM}.exe", "--self-check")
        status, _ = self.machine.status("msiexec", "/i", self.old_msi, "/qn")
        self.expect(status != 0, "an older MSI over a newer one is refused")
        self.machine.run("msiexec", "/x", self.msi, "/qn")
        self.expect(not place.exists(), "the MSI takes everything out again")
        self.expect(len(self.key()) == 22, "apps and keys are still there")

    def uninstall_with_the_data(self) -> None:
        self.machine.run(self.setup, "/S")
        self.uninstall(self.place, "/REMOVEDATA")
        self.expect(not self.data.exists(), "the data folder is gone")
        # That no key is left either is seen in `all`: Wine keeps credentials in its registry.

    # what the steps use

    @contextmanager
    def running(self, *command: str | Path) -> Iterator[subprocess.Popen[str]]:
        """Start a program, which is ended at the end, also when a step goes wrong."""
        with self.machine.start(*command) as program:
            try:
                yield program
            finally:
                program.kill()

    def set_up_in(self, place: str) -> int:
        """Run setup with /D, which takes no quotes and which everybody but Windows itself would put into quotes."""
        start = "import subprocess, sys; sys.exit(subprocess.call(sys.argv[1]))"
        setup = self.machine.named(self.setup)
        return self.machine.status(self.machine.python, "-c", start, f'"{setup}" /S /D={place}')[0]

    def uninstall(self, place: Path, *options: str) -> None:
        """Run the uninstaller; it goes on in a copy of itself, so wait for what it does last."""
        self.machine.run(place / "uninstall.exe", "/S", *options)
        self.wait(lambda: not (place / "uninstall.exe").exists() and not self.registered(), "it has uninstalled")

    def registered(self) -> str:
        """The version in Apps & features, empty when it is not there."""
        query = ("reg", "query", f"HKCU\\{UNINSTALL_KEY}", "/v", "DisplayVersion")
        status, output = self.machine.status(*query)
        return output if status == 0 else ""

    def key(self) -> str:
        """The app's key as the Credential Manager has it."""
        return self.python(
            "from cortex_desktop.domain.secret import SecretKind;"
            "print(v.read(r.apps()[0].ref(SecretKind.API_KEY)).reveal())"
        )

    def python(self, code: str) -> str:
        """Run code with the data folder's database as `r` and the keychain as `v`; its last line."""
        begin = (
            "from pathlib import Path; from cortex_desktop.storage.repository import TinyRepository;"
            "from cortex_desktop.system.paths import data_dir; from cortex_desktop.vault.opening import open_vault;"
            "r = TinyRepository(data_dir()); v = open_vault();"
        )
        end = ";v.close(); r.close()"
        for _ in range(4):  # on a busy machine Wine's keychain may need longer than the program waits
            status, output = self.machine.status(self.machine.python, "-c", begin + code + end)
            if status == 0:
                return output.strip().splitlines()[-1]
            if "VaultTimeout" not in output:
                break
        fail(f"this code failed: {code}\n{output}")

    def everything(self) -> set[str]:
        """Every file and every registry key that has to do with us."""
        found = {str(path) for place in self.machine.places for path in place.rglob("*")}
        exported = ROOT / "build" / "export.reg"
        for hive in self.machine.hives:
            self.machine.run("reg", "export", hive, self.machine.named(exported), "/y")
            found |= {f"registry: {line}" for line in exported.read_text("utf-16").splitlines()}
            exported.unlink()
        found |= {f"credential: {line.strip()}" for line in self.machine.credentials().splitlines()}
        ours = {name for name in found if "cortex" in name.lower()}
        return {name for name in ours if not name.startswith(str(ROOT))}

    def wait(self, until: Callable[[], object], what: str, seconds: float = 60) -> None:
        end = time.monotonic() + seconds
        while not until():
            if time.monotonic() > end:
                fail(f"this did not become true: {what}")
            time.sleep(0.3)

    def expect(self, true: object, what: str) -> None:
        if not true:
            fail(f"this is not so: {what}")
