"""Real Secret Services for tests: private ones that can be locked, stopped, killed and started again.

Nothing here reaches the keychain of the person who runs the tests: each has a bus and folders of its own.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

HERE = sys.platform == "linux" and all(map(shutil.which, ("dbus-daemon", "gnome-keyring-daemon")))
needs_daemons = pytest.mark.skipif(not HERE, reason="needs dbus-daemon and gnome-keyring-daemon")
# Set by dev.py: the session's keychain is made for the tests, and is nobody's.
needs_private_session = pytest.mark.skipif(
    os.environ.get("CORTEX_DESKTOP_PRIVATE_SESSION") != "1",
    reason="would use your own keychain; dev.py test gives a private one",
)

_SERVICE = "org.freedesktop.secrets"
# Without service folders: nothing is ever started by the bus itself.
_BUS = """<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>session</type><listen>unix:path={path}</listen>
<policy context="default"><allow send_destination="*"/><allow receive_sender="*"/><allow own="*"/></policy>
</busconfig>"""


class PrivateBus:
    """A session bus with nothing on it. `address` is for DBUS_SESSION_BUS_ADDRESS."""

    def __init__(self, folder: Path) -> None:
        self.address = f"unix:path={folder}/bus"
        config = folder / "bus.conf"
        config.write_text(_BUS.format(path=folder / "bus"))
        self._process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={config}", "--nofork", "--nopidfile", "--print-address"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with self._process.stdout as told:
            told.readline()  # it answers from now on

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()


class PrivateKeyring:
    """A GNOME Keyring on a bus of its own, unlocked; without a default collection if it has no password."""

    def __init__(self, folder: Path, bus: PrivateBus, password: str) -> None:
        for name in ("run", "data"):
            (folder / name).mkdir(mode=0o700)
        self._folder = folder
        self._bus = bus
        self._password = password
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        folder = self._folder
        env = {
            **{name: value for name, value in os.environ.items() if name != "DISPLAY"},
            "DBUS_SESSION_BUS_ADDRESS": self._bus.address,
            "XDG_RUNTIME_DIR": f"{folder}/run",
            "XDG_DATA_HOME": f"{folder}/data",
        }
        self._process = subprocess.Popen(
            [
                "gnome-keyring-daemon",
                "--foreground",
                "--unlock",
                "--components=secrets",
                f"--control-directory={folder}/run/keyring",
            ],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with self._process.stdin as stdin:
            stdin.write(self._password.encode())
        self._wait_for_service()

    def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def save(self, place: Path) -> None:
        """Copy what it holds to a new folder."""
        shutil.copytree(self._folder / "data", place)

    def put_back(self, saved: Path) -> None:
        """Start it anew with what it held when that was saved."""
        self.stop()
        shutil.rmtree(self._folder / "data")
        shutil.copytree(saved, self._folder / "data")
        self.start()

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Have this process use it inside."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DBUS_SESSION_BUS_ADDRESS", self._bus.address)
            yield

    def pause(self) -> None:
        """Freeze it: it stays on the bus and answers nothing."""
        self._process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._process.send_signal(signal.SIGCONT)

    def lock(self) -> None:
        import secretstorage

        with closing(secretstorage.dbus_init()) as connection:
            secretstorage.Collection(connection).lock()

    def unlock(self) -> None:
        """With its password and without a prompt, through an interface that GNOME Keyring has for PAM."""
        import secretstorage
        from secretstorage.util import DBusAddressWrapper, format_secret, open_session

        with closing(secretstorage.dbus_init()) as connection:
            path = "/org/freedesktop/secrets"
            internal = "org.gnome.keyring.InternalUnsupportedGuiltRiddenInterface"
            password = format_secret(open_session(connection), self._password.encode(), "text/plain")
            internal_service = DBusAddressWrapper(path, internal, connection)
            internal_service.call("UnlockWithMasterPassword", "o(oayays)", f"{path}/collection/login", password)

    def _wait_for_service(self) -> None:
        from jeepney.bus_messages import message_bus
        from jeepney.io.blocking import Proxy, open_dbus_connection

        end = time.monotonic() + 10
        with open_dbus_connection(self._bus.address) as connection:
            while not Proxy(message_bus, connection).NameHasOwner(_SERVICE)[0]:
                assert time.monotonic() < end, "gnome-keyring-daemon did not come up"
                time.sleep(0.01)


class SilentPrompter:
    """Stands where GNOME's password dialog would: takes each prompt and never answers it.

    asked: which of its methods were called.
    """

    def __init__(self) -> None:
        from jeepney.bus_messages import message_bus
        from jeepney.io.blocking import Proxy, open_dbus_connection

        self.asked: list[str] = []
        self._ended = threading.Event()
        self._connection = open_dbus_connection()
        Proxy(message_bus, self._connection).RequestName("org.gnome.keyring.SystemPrompter")
        self._thread = threading.Thread(target=self._run, name="prompter")
        self._thread.start()

    def close(self) -> None:
        self._ended.set()
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        from jeepney import HeaderFields, MessageType, new_method_return

        while not self._ended.is_set():
            try:
                message = self._connection.receive(timeout=0.02)
            except TimeoutError:
                continue
            if message.header.message_type is MessageType.method_call:
                self.asked.append(message.header.fields[HeaderFields.member])
                self._connection.send(new_method_return(message))
                if self.asked[-1] == "BeginPrompting":
                    self._be_ready(message.body[0], message.header.fields[HeaderFields.sender])

    def _be_ready(self, path: str, client: str) -> None:
        from jeepney import DBusAddress, MessageFlag, new_method_call

        callback = DBusAddress(path, client, "org.gnome.keyring.internal.Prompter.Callback")
        ready = new_method_call(callback, "PromptReady", "sa{sv}s", ("", {}, ""))
        ready.header.flags = MessageFlag.no_reply_expected
        self._connection.send(ready)


@contextmanager
def private_bus() -> Iterator[PrivateBus]:
    """A bus without a keychain, which this process uses inside."""
    with _folder() as folder, pytest.MonkeyPatch.context() as patch:
        bus = PrivateBus(folder)
        patch.setenv("DBUS_SESSION_BUS_ADDRESS", bus.address)
        try:
            yield bus
        finally:
            bus.stop()


@contextmanager
def private_keyring(password: str = "private") -> Iterator[PrivateKeyring]:
    """A keychain of its own, which this process uses inside."""
    with private_bus() as bus, _folder() as folder:
        keyring = PrivateKeyring(folder, bus, password)
        try:
            keyring.start()
            yield keyring
        finally:
            keyring.stop()


@contextmanager
def _folder() -> Iterator[Path]:
    # Not pytest's tmp_path: the path of a socket may have 107 characters only.
    folder = Path(tempfile.mkdtemp(prefix="cortex-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
