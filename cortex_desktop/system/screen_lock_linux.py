"""Messages on the buses of Linux desktops about a locked screen and sleep.

Through jeepney, which speaks to the keychain as well, so that one library speaks D-Bus.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress

from jeepney import MatchRule, Message, MessageType
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.low_level import HeaderFields
from PySide6.QtCore import QObject, QSocketNotifier, Slot

SCREEN_SAVERS = (
    "org.freedesktop.ScreenSaver",
    "org.gnome.ScreenSaver",
    "org.cinnamon.ScreenSaver",
    "org.mate.ScreenSaver",
    "org.xfce.ScreenSaver",
)
NOTICES = {
    "SESSION": [(interface, "ActiveChanged") for interface in SCREEN_SAVERS],
    "SYSTEM": [("org.freedesktop.login1.Session", "Lock"), ("org.freedesktop.login1.Manager", "PrepareForSleep")],
}
"""By bus: interface and signal. What carries a boolean means it only when that is true."""


class LinuxEars(QObject):
    """Calls `locked` on the GUI thread. `open` reaches the buses, off the GUI thread; then `listen` hears them."""

    def __init__(self, locked: Callable[[], None], parent: QObject) -> None:
        super().__init__(parent)
        self._locked = locked
        self._guard = threading.Lock()
        self._open = True
        self._connections: list[DBusConnection] = []
        self._ears: list[_Ear] = []

    def open(self) -> None:
        """Connect to the buses that are there, and ask them for the notices."""
        for bus, notices in NOTICES.items():
            with suppress(Exception):  # no bus, a stale address, one of a foreign kind: an error class for each
                connection = open_dbus_connection(bus)
                with self._guard:
                    if not self._open:
                        connection.close()
                        return
                    self._connections.append(connection)
                for interface, member in notices:
                    connection.send(message_bus.AddMatch(MatchRule(type="signal", interface=interface, member=member)))

    def listen(self, _: None = None) -> None:
        """Hear what the buses say from now on, and what they said since `open`."""
        self._ears = [_Ear(connection, self._locked, self) for connection in self._connections]

    def close(self) -> None:
        """Hear no more."""
        for ear in self._ears:
            ear.setEnabled(False)
        with self._guard:
            self._open = False
            for connection in self._connections:
                connection.close()


class _Ear(QSocketNotifier):
    """Reads what one bus says, when it does."""

    def __init__(self, connection: DBusConnection, locked: Callable[[], None], parent: QObject) -> None:
        super().__init__(connection.sock.fileno(), QSocketNotifier.Type.Read, parent)
        self._connection = connection
        self._locked = locked
        self.activated.connect(self._hear)

    @Slot()
    def _hear(self) -> None:
        try:
            while True:
                if _means_locked(self._connection.receive(timeout=0)):
                    self._locked()
        except TimeoutError:
            return  # that was all
        except OSError:  # the bus has gone
            self.setEnabled(False)


def _means_locked(message: Message) -> bool:
    header = message.header
    if header.message_type is not MessageType.signal:
        return False
    said = (header.fields.get(HeaderFields.interface), header.fields.get(HeaderFields.member))
    known = any(said in notices for notices in NOTICES.values())
    return known and message.body in ((), (True,))
