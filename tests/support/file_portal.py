"""Stands in for the portal of a desktop that shows file dialogs, and for the person who answers them."""

from __future__ import annotations

import threading
from pathlib import Path
from types import TracebackType

from jeepney import DBusAddress, HeaderFields, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import Proxy, open_dbus_connection

NAME = "org.freedesktop.portal.Desktop"
CHOOSER = "org.freedesktop.portal.FileChooser"
REQUEST = "/org/freedesktop/portal/desktop/request/1/1"


def install(share: Path, desktop: str) -> None:
    """Put into a folder as /usr/share what says that this desktop has such a portal."""
    service = share / "dbus-1" / "services" / f"{NAME}.service"
    portal = share / "xdg-desktop-portal" / "portals" / "test.portal"
    for file, text in (
        (service, f"[D-BUS Service]\nName={NAME}\nExec=/bin/false\n"),
        (portal, f"[portal]\nInterfaces=org.freedesktop.impl.portal.FileChooser;\nUseIn={desktop};\n"),
    ):
        file.parent.mkdir(parents=True)
        file.write_text(text)


class FilePortal:
    """The portal on this session's bus, while in a `with`. Each dialog is answered with `chosen`.

    asked: the title of each dialog.
    """

    def __init__(self, chosen: Path) -> None:
        self.asked: list[str] = []
        self._chosen = chosen
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._bus = open_dbus_connection()

    def __enter__(self) -> FilePortal:
        Proxy(message_bus, self._bus).RequestName(NAME)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._bus.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                message = self._bus.receive(timeout=0.1)
            except TimeoutError:
                if self.asked:  # again and again: who asks listens only once it knows where
                    self._answer()
                continue
            if message.header.message_type is not MessageType.method_call:
                continue
            fields = message.header.fields
            match fields.get(HeaderFields.interface), fields[HeaderFields.member]:
                case "org.freedesktop.DBus.Properties", "Get" if message.body == (CHOOSER, "version"):
                    self._bus.send(new_method_return(message, "v", (("u", 4),)))
                case interface, "SaveFile" if interface == CHOOSER:
                    self.asked.append(message.body[1])
                    self._bus.send(new_method_return(message, "o", (REQUEST,)))
                case _:
                    self._bus.send(new_error(message, "org.freedesktop.DBus.Error.UnknownMethod"))

    def _answer(self) -> None:
        place = DBusAddress(REQUEST, interface="org.freedesktop.portal.Request")
        self._bus.send(new_signal(place, "Response", "ua{sv}", (0, {"uris": ("as", [self._chosen.as_uri()])})))
