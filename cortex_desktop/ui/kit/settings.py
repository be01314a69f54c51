"""What the window remembers: appearance, time-outs, size and place, columns, sorting, the selected org."""

from __future__ import annotations

import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QByteArray, QSettings

if TYPE_CHECKING:
    from ...domain.request import Limits

THEMES = ("system", "light", "dark")
OPENS_ON = ("apps", "overview")
SECONDS = range(5, 601)
MINUTES = range(121)
CONNECT_SECONDS = range(1, 121)
READ_SECONDS = range(1, 601)
TOTAL_SECONDS = range(1, 3601)
LOGIN_PATH = "/accounts/login"


class Settings:
    """`settings.ini` in the data folder (0600). A value that makes no sense counts as absent. Never a key."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self._path = folder / "settings.ini"
        self._store = QSettings(str(self._path), QSettings.Format.IniFormat)
        self.refused: Callable[[], object] | None = None
        """Called when they cannot be saved, once."""

    @property
    def theme(self) -> str:
        """ "system", "light" or "dark"."""
        value = self._store.value("theme", "system")
        return value if value in THEMES else "system"

    @theme.setter
    def theme(self, value: str) -> None:
        self._put("theme", value)

    @property
    def opens_on(self) -> str:
        """The name of the page that is opened at the start."""
        value = self._store.value("opens_on", OPENS_ON[0])
        return value if value in OPENS_ON else OPENS_ON[0]

    @opens_on.setter
    def opens_on(self, value: str) -> None:
        self._put("opens_on", value)

    @property
    def clipboard_seconds(self) -> int:
        """How long a copied key stays on the clipboard, 5 to 600."""
        return self._seconds("clipboard_seconds")

    @clipboard_seconds.setter
    def clipboard_seconds(self, value: int) -> None:
        self._put("clipboard_seconds", value)

    @property
    def reveal_seconds(self) -> int:
        """How long a revealed key stays readable, 5 to 600."""
        return self._seconds("reveal_seconds")

    @reveal_seconds.setter
    def reveal_seconds(self, value: int) -> None:
        self._put("reveal_seconds", value)

    @property
    def idle_minutes(self) -> int:
        """After how long without a key or a pointer keys are put away, 1 to 120; 0 is never."""
        return self._number("idle_minutes", MINUTES, 5)

    @idle_minutes.setter
    def idle_minutes(self, value: int) -> None:
        self._put("idle_minutes", value)

    @property
    def check_updates(self) -> bool:
        """True if the program looks for updates once a day. Off unless switched on."""
        return self._store.value("check_updates") in (True, "true")

    @check_updates.setter
    def check_updates(self, value: bool) -> None:
        self._put("check_updates", value)

    @property
    def updates_checked(self) -> int:
        """When the feed last answered, in seconds since 1970; 0 for never."""
        return self._number("updates_checked", range(2**40), 0)

    @updates_checked.setter
    def updates_checked(self, value: int) -> None:
        self._put("updates_checked", value)

    @property
    def feed(self) -> str:
        """The release feed's address; "" for the one that the build was given."""
        return self.text("feed")

    @feed.setter
    def feed(self, value: str) -> None:
        self._put("feed", value)

    @property
    def connect_seconds(self) -> int:
        """How long a request may take to connect, 1 to 120."""
        return self._number("connect_seconds", CONNECT_SECONDS, 10)

    @connect_seconds.setter
    def connect_seconds(self, value: int) -> None:
        self._put("connect_seconds", value)

    @property
    def read_seconds(self) -> int:
        """How long a server may be silent before or within its answer, 1 to 600."""
        return self._number("read_seconds", READ_SECONDS, 30)

    @read_seconds.setter
    def read_seconds(self, value: int) -> None:
        self._put("read_seconds", value)

    @property
    def total_seconds(self) -> int:
        """How long a request may take in all, 1 to 3,600."""
        return self._number("total_seconds", TOTAL_SECONDS, 120)

    @total_seconds.setter
    def total_seconds(self, value: int) -> None:
        self._put("total_seconds", value)

    @property
    def ca_file(self) -> str:
        """The file of certificates to trust besides the system's; "" for none."""
        return self.text("ca_file")

    @ca_file.setter
    def ca_file(self, value: str) -> None:
        self._put("ca_file", value)

    @property
    def login_path(self) -> str:
        """Where people log in at an org's endpoint."""
        return self.text("login_path") or LOGIN_PATH

    @login_path.setter
    def login_path(self, value: str) -> None:
        self._put("login_path", value)

    def network(self) -> tuple[Limits, Path | None]:
        """What requests keep to: their limits, and the CA file."""
        from ...domain.request import Limits  # a start needs it not

        limits = Limits(self.connect_seconds, self.read_seconds, self.total_seconds)
        return limits, Path(self.ca_file) if self.ca_file else None

    def blob(self, name: str) -> QByteArray:
        """A remembered state of a window or a header, empty when there is none."""
        value = self._store.value(name)
        return value if isinstance(value, QByteArray) else QByteArray()

    def set_blob(self, name: str, value: QByteArray) -> None:
        """Remember such a state."""
        self._put(name, value)

    def text(self, name: str, default: str = "") -> str:
        """A remembered word."""
        value = self._store.value(name, default)
        return value if isinstance(value, str) else default

    def set_text(self, name: str, value: str) -> None:
        """Remember a word."""
        self._put(name, value)

    def save(self) -> None:
        """Write to disk now. Where the system refuses, `refused` is called, the first time only."""
        self._store.sync()
        if self._store.status() is QSettings.Status.NoError:
            with suppress(OSError):  # a file that is another user's may be written all the same
                if sys.platform != "win32":
                    self._path.chmod(0o600)
        elif self.refused is not None:
            said, self.refused = self.refused, None
            said()

    def _put(self, name: str, value: object) -> None:
        with suppress(OSError):  # Qt would make it for everybody to read, and writes it by itself before `save`
            if not self._path.exists():
                self._path.touch(mode=0o600)
        self._store.setValue(name, value)

    def _seconds(self, name: str) -> int:
        return self._number(name, SECONDS, 30)

    def _number(self, name: str, allowed: range, default: int) -> int:
        try:
            value = int(str(self._store.value(name, default)))
        except ValueError:
            return default
        return value if value in allowed else default
