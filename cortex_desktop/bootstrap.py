"""Composition root: the only place that knows every part.

What the first window does not need is loaded after its first paint, off the GUI thread: TinyDB, the keychain's
libraries, the network module that hears later starts.
"""

from __future__ import annotations

import logging
import sys
import time
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QApplication

from . import __version__
from .system.instance import Instance
from .system.log import redact, start_logging
from .system.paths import data_dir, make_private, resources
from .system.signals import Signals
from .tasks.runner import Lane, Runner
from .ui.about import app_icon
from .ui.apps.controller import AppsController
from .ui.i18n import install_translations
from .ui.main_window import MainWindow
from .ui.settings import Settings
from .ui.theme import Theme
from .ui.widgets import Look

if TYPE_CHECKING:
    from .storage.repository import TinyRepository
    from .vault.deadline import DeadlineVault

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Stores:
    """The two stores, open for use. Made off the GUI thread."""

    repository: TinyRepository
    vault: DeadlineVault


@dataclass(frozen=True)
class Damage:
    """What was wrong with the database when it was opened; see `storage.json_storage.Recovery`."""

    found: bool
    set_aside: str = ""
    restored_from: datetime | None = None
    apps: int | None = None
    unreadable: int = 0


class Program(QObject):
    """The running program: one window on one data folder.

    app: the QApplication; folder: the data folder, which exists if it could be made.
    """

    def __init__(self, app: QApplication, folder: Path) -> None:
        super().__init__()
        self.folder = folder
        self.stores: Stores | None = None
        self.settings = Settings(folder)
        install_translations(app, resources() / "translations")
        self.theme = Theme(app, resources() / "styles", self.settings.theme)
        self.look = Look(self.theme, resources())
        self.runner = Runner(self)
        self.controller = AppsController(self.runner, self)
        self.window = MainWindow(self.look, self.controller, self.settings)

    def show(self) -> None:
        """Show the window; everything else follows its first paint."""
        self.window.after_first_paint(self._open_stores)
        self.window.show()

    def close(self) -> None:
        """Let no more results through, clear what is on screen and on the clipboard, and take the window down."""
        self.runner.close()
        self.window.clipboard.clear()
        if self.stores is not None:
            self.stores.vault.close()
            self.stores.repository.close()
        self.theme.setParent(None)
        shiboken6.delete(self.window)
        shiboken6.delete(self.theme)

    def _open_stores(self) -> None:
        self.runner.submit(Lane.DISK, self._make_stores, self, self._attach, self.window.tell_error)

    def _make_stores(self) -> Stores:
        from .storage.repository import TinyRepository
        from .vault.opening import open_vault

        return Stores(TinyRepository(self.folder), open_vault())

    def _attach(self, stores: Stores) -> None:
        from .services.apps import AppService
        from .services.doctor import Doctor
        from .services.keychain import KeychainService

        self.stores = stores
        apps = AppService(stores.repository, stores.vault)
        doctor = Doctor(apps, stores.repository, stores.vault)
        self.controller.attach(apps, KeychainService(stores.vault), doctor)
        # Runs after the load that `attach` has put on the same lane.
        self.runner.submit(
            Lane.DISK, partial(_damage, stores.repository), self, self._tell_damage, self.window.tell_error
        )

    def _tell_damage(self, damage: Damage) -> None:
        if damage.found:
            self.window.tell_damage(damage.set_aside, damage.restored_from, damage.apps, damage.unreadable)


def make_application() -> QApplication:
    """The QApplication, named and with our icon."""
    QApplication.setApplicationName("Cortex Desktop")
    QApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName("cortex-desktop")
    app = QApplication(sys.argv[:1])
    app.setWindowIcon(app_icon(resources()))
    return app


def run(data_folder: str | None) -> int:
    """Open the window and run until it is closed. Returns 0; a second start raises the first window instead."""
    folder = data_dir(data_folder)
    app = make_application()
    try:
        make_private(folder)
    except OSError as error:
        # The window opens all the same and says what is wrong, as storage fails on the same folder.
        print(f"cortex-desktop: {folder} cannot be used: {error.strerror}", file=sys.stderr)
    instance = Instance(folder, app)
    if not instance.acquire():
        return _raise_first(instance)
    start_logging(folder)
    sys.excepthook = _log_uncaught
    program = Program(app, folder)
    signals = Signals(program.window.close, app)
    instance.raised.connect(program.window.come_up)
    program.controller.loaded.connect(instance.listen)
    program.controller.load_failed.connect(instance.listen)
    program.show()
    status = app.exec()
    signals.close()
    program.close()
    instance.release()
    return status


def self_check(report: str | None, screenshots: str | None) -> int:
    """Do the main job for real in a temporary data folder. Returns 0 when all is well, else 1."""
    from .system.self_check import check

    app = make_application()
    return check(lambda folder: Program(app, folder), report, screenshots)


def _raise_first(instance: Instance) -> int:
    # The first program hears others only a moment after its window is up.
    for _ in range(20):
        if instance.raise_first():
            return 0
        time.sleep(0.15)
    print(
        "cortex-desktop: already running with this data folder, but its window does not answer",
        file=sys.stderr,
    )
    return 0


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: object) -> None:
    """A defect: keep it in the log, without what the variables held, and go on."""
    log.critical("uncaught", exc_info=(kind, error, trace))  # type: ignore[arg-type]
    print(redact(f"cortex-desktop: {kind.__name__}: {error}"), file=sys.stderr)


def _damage(repository: TinyRepository) -> Damage:
    recovery, unreadable = repository.recovered, repository.unreadable
    if recovery is None:
        return Damage(unreadable > 0, unreadable=unreadable)
    set_aside = recovery.set_aside.name if recovery.set_aside is not None else ""
    return Damage(True, set_aside, recovery.restored_from, recovery.apps, unreadable)
