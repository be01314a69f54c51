"""Speaks AT-SPI as a screen reader does: finds a program's accessible tree on the bus, reads it and acts on it."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from jeepney import DBusAddress, MessageType, Properties, new_method_call
from jeepney.io.blocking import DBusConnection, open_dbus_connection

SECONDS = 20
HERE = bool(shutil.which("dbus-daemon")) and Path("/usr/share/dbus-1/services/org.a11y.Bus.service").exists()
_ROOT = ("org.a11y.atspi.Registry", "/org/a11y/atspi/accessible/root")


class Gone(Exception):
    """The thing asked is no longer there."""


class Reader:
    """A connection to the accessibility bus of this session."""

    def __init__(self) -> None:
        with open_dbus_connection() as session:
            asked = new_method_call(DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Bus"), "GetAddress")
            address = session.send_and_get_reply(asked, timeout=SECONDS).body[0]
        self._bus: DBusConnection = open_dbus_connection(address)

    def close(self) -> None:
        self._bus.close()

    def program(self, pid: int) -> Thing:
        """The tree of the program with this process id, once it has a window."""
        return self.wait(lambda: next((t for t in self._programs() if self._pid(t) == pid and t.children()), None))

    def wait(self, find: Callable[[], object]):
        """What `find` gives, once it gives something."""
        end = time.monotonic() + SECONDS
        while True:
            try:
                if found := find():
                    return found
            except Gone:
                pass
            assert time.monotonic() < end, "did not come up in the accessible tree"
            time.sleep(0.02)  # there is no event to wait for: each look is a question to the other program

    def call(self, thing: Thing, interface: str, method: str, signature: str = "", *values: object) -> tuple:
        address = DBusAddress(thing.path, thing.owner, f"org.a11y.atspi.{interface}")
        return self._ask(new_method_call(address, method, signature or None, values))

    def get(self, thing: Thing, interface: str, name: str) -> object:
        address = DBusAddress(thing.path, thing.owner, f"org.a11y.atspi.{interface}")
        return self._ask(Properties(address).get(name))[0][1]

    def _ask(self, message) -> tuple:
        reply = self._bus.send_and_get_reply(message, timeout=SECONDS)
        if reply.header.message_type is MessageType.error:
            raise Gone(str(reply.body))
        return reply.body

    def _programs(self) -> list[Thing]:
        return Thing(self, *_ROOT).children()

    def _pid(self, thing: Thing) -> int:
        bus = DBusAddress("/org/freedesktop/DBus", "org.freedesktop.DBus", "org.freedesktop.DBus")
        try:
            return self._ask(new_method_call(bus, "GetConnectionUnixProcessID", "s", (thing.owner,)))[0]
        except Gone:
            return 0


class Thing:
    """One node of an accessible tree."""

    def __init__(self, reader: Reader, owner: str, path: str) -> None:
        self._reader = reader
        self.owner = owner
        self.path = path

    def children(self) -> list[Thing]:
        pairs = self._reader.call(self, "Accessible", "GetChildren")[0]
        return [Thing(self._reader, owner, path) for owner, path in pairs if not path.endswith("/null")]

    @property
    def name(self) -> str:
        return str(self._reader.get(self, "Accessible", "Name"))

    @property
    def description(self) -> str:
        return str(self._reader.get(self, "Accessible", "Description"))

    @property
    def role(self) -> str:
        return self._reader.call(self, "Accessible", "GetRoleName")[0]

    @property
    def states(self) -> int:
        low, high = self._reader.call(self, "Accessible", "GetState")[0]
        return low | high << 32

    # The numbers are those of AtspiStateType.

    @property
    def showing(self) -> bool:
        return bool(self.states >> 25 & 1)

    @property
    def checked(self) -> bool:
        return bool(self.states >> 4 & 1)

    @property
    def enabled(self) -> bool:
        return bool(self.states >> 8 & 1)

    @property
    def selected(self) -> bool:
        return bool(self.states >> 23 & 1)

    @property
    def text(self) -> str:
        """Its content, where it is a text."""
        return str(self._reader.call(self, "Text", "GetText", "ii", 0, -1)[0])

    def write(self, text: str) -> None:
        """Put a text into a field, as dictation does."""
        assert self._reader.call(self, "EditableText", "SetTextContents", "s", text)[0]

    def act(self, name: str = "Press") -> None:
        """Do what the thing offers under this name."""
        names = [action[0] for action in self._reader.call(self, "Action", "GetActions")[0]]
        assert name in names, f"“{self.name}” offers {names}"
        assert self._reader.call(self, "Action", "DoAction", "i", names.index(name))[0]

    def walk(self) -> Iterator[Thing]:
        """This thing and everything in it."""
        yield self
        try:
            children = self.children()
        except Gone:
            return
        for child in children:
            yield from child.walk()

    def find(self, name: str, role: str = "") -> Thing:
        """What has this name, and this role if given, on the screen; waits for it."""
        return self._reader.wait(lambda: next(self._matches(name, role), None))

    def has(self, name: str, role: str = "") -> bool:
        """Whether such a thing is on the screen now."""
        return any(True for _ in self._matches(name, role))

    def words(self) -> str:
        """All names, descriptions and contents in it."""
        found = []
        for thing in self.walk():
            for ask in (lambda t: t.name, lambda t: t.description, lambda t: t.text):
                try:
                    found.append(ask(thing))
                except Gone:
                    continue  # not all have all of them
        return "\n".join(found)

    def _matches(self, name: str, role: str) -> Iterator[Thing]:
        for thing in self.walk():
            try:
                if thing.name == name and role in ("", thing.role) and thing.showing:
                    yield thing
            except Gone:
                continue
