"""Whether the system asks for less motion: what the desktop's portal answers, and when it answers nothing."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

jeepney = pytest.importorskip("jeepney")

from jeepney import HeaderFields, new_error, new_method_return  # noqa: E402
from jeepney.io import blocking  # noqa: E402

from cortex_desktop.system import motion  # noqa: E402

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="each system has its own question")

ask = motion.wants_less_motion
"""Before the test's own answer is put in its place."""


class Bus:
    """Stands in for a connection to the session's bus, where the portal answers with `body`; None: with an error."""

    body: object = None
    asked: tuple[str, ...] = ()

    def __enter__(self) -> Bus:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def send_and_get_reply(self, message: jeepney.Message, timeout: float) -> jeepney.Message:
        assert timeout <= 5
        Bus.asked = (message.header.fields[HeaderFields.member], *message.body)
        if isinstance(Bus.body, Exception):
            raise Bus.body
        if Bus.body is None:
            return new_error(message, "org.freedesktop.portal.Error.NotFound")
        return new_method_return(message, "v", (Bus.body,))


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Bus]]:
    def open_bus(_: str) -> Bus:
        return Bus()

    monkeypatch.setattr(blocking, "open_dbus_connection", open_bus)
    return Bus


@pytest.mark.parametrize(
    ("body", "less"),
    [
        (("v", ("b", False)), True),
        (("v", ("b", True)), False),
        (("b", False), True),
        (("s", "no boolean"), False),
        (None, False),
        (TimeoutError(), False),
        (ConnectionError(), False),
    ],
)
def test_the_portals_answer(bus: type[Bus], body: object, less: bool) -> None:
    bus.body = body
    assert ask() is less
    assert bus.asked == ("Read", "org.gnome.desktop.interface", "enable-animations")


def test_without_a_bus_things_move(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nowhere/at/all")
    assert ask() is False
