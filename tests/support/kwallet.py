"""A stand-in for KWallet on a real bus: a process of its name that answers as a Secret Service, over a file.

It is no KWallet: it shows what a Secret Service looks like that dies, and comes back as if it held nothing.
Run as a program it takes the bus's address and the file of its items; without the file it holds nothing.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "org.freedesktop.secrets"
_SIGNATURES = {
    "OpenSession": "vo",
    "Get": "v",
    "SearchItems": "ao",
    "CreateItem": "oo",
    "GetSecret": "(oayays)",
    "Delete": "o",
}


class KWallet:
    """The process. crash: kill it; start(empty=True): have it come back as if it held nothing."""

    def __init__(self, address: str, folder: Path) -> None:
        self._address = address
        self._file = folder / "items.json"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, *, empty: bool = False) -> None:
        file = self._file.with_name("nothing.json") if empty else self._file
        command = [sys.executable, "-m", "tests.support.kwallet", self._address, str(file)]
        self._process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE)
        assert self._process.stdout is not None
        assert self._process.stdout.readline() == b"ready\n"

    def crash(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None


@contextmanager
def kwallet(address: str, folder: Path) -> Iterator[KWallet]:
    """A stand-in on this bus, running, with nothing in it."""
    service = KWallet(address, folder)
    service.start()
    try:
        yield service
    finally:
        service.crash()


def _serve(address: str, file: Path) -> None:
    from jeepney import HeaderFields, MessageType, new_error, new_method_return
    from jeepney.bus_messages import message_bus
    from jeepney.io.blocking import Proxy, open_dbus_connection

    from tests.support.secret_service import FakeSecretService

    service = FakeSecretService()
    if file.exists():
        kept = json.loads(file.read_text())
        service.items = {path: (names, label, secret.encode()) for path, (names, label, secret) in kept.items()}
        service.made = len(service.items)
    Path("/proc/self/comm").write_text("kwalletd5")
    with open_dbus_connection(address) as connection:
        Proxy(message_bus, connection).RequestName(NAME)
        print("ready", flush=True)
        while True:
            message = connection.receive()
            if message.header.message_type is not MessageType.method_call:
                continue
            fields = message.header.fields
            member, path = fields[HeaderFields.member], fields[HeaderFields.path]
            try:
                body = getattr(service, f"_{member}")(path, *message.body)
            except Exception as error:
                connection.send(new_error(message, getattr(error, "name", "org.freedesktop.DBus.Error.Failed")))
                continue
            kept = {
                path: (names, label, bytes(secret).decode()) for path, (names, label, secret) in service.items.items()
            }
            file.write_text(json.dumps(kept))
            connection.send(new_method_return(message, _SIGNATURES[member], body))


if __name__ == "__main__":
    _serve(sys.argv[1], Path(sys.argv[2]))
