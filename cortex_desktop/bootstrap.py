"""Composition root: the only place that knows every part.

What the first window does not need is loaded after its first paint: what fills it, and then, off the GUI thread,
TinyDB and the keychain's libraries.
"""

from __future__ import annotations

import logging
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import shiboken6
from PySide6.QtCore import QObject, QTimer, Signal, Slot
from PySide6.QtWidgets import QApplication

from . import __version__
from .system.instance import Instance
from .system.paths import data_dir, make_private, resources
from .system.signals import Signals
from .ui.kit.settings import Settings
from .ui.shell.window import MainWindow

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from .storage.repository import TinyRepository
    from .system.crash import Crashes
    from .system.screen_lock import ScreenLock
    from .tasks.runner import Runner
    from .ui.activity.controller import ActivityController
    from .ui.apps.controller import AppsController
    from .ui.kit.theme import Theme
    from .ui.kit.widgets import Look
    from .ui.orgs.controller import OrgsController
    from .ui.shell.console import Console
    from .ui.shell.idle import Idle
    from .ui.shell.updates import Updates
    from .vault.deadline import DeadlineVault

log = logging.getLogger(__name__)

AN_HOUR_MS = 3_600_000
"""How often is looked for keys whose time is up."""


class Stores(NamedTuple):
    """The two stores, open for use. Made off the GUI thread."""

    repository: TinyRepository
    vault: DeadlineVault


class Damage(NamedTuple):
    """What was wrong with the database when it was opened; see `storage.Recovery`."""

    found: bool
    set_aside: str = ""
    restored_from: datetime | None = None
    apps: int | None = None
    unreadable: int = 0
    changed_outside: bool = False


class Program(QObject):
    """The running program: one window on one data folder.

    app: the QApplication; folder: the data folder, which exists if it could be made. What stands below `window` is
    there once `furnish` has run: after the first paint, or when a test asks for it.

    furnished: the window is filled. data_removed: the person has had all keys removed; once the program has ended,
    its files go too.
    """

    furnished = Signal()

    theme: Theme
    look: Look
    runner: Runner
    controller: AppsController
    activity: ActivityController
    orgs: OrgsController
    console: Console
    updates: Updates

    def __init__(self, app: QApplication, folder: Path) -> None:
        super().__init__()
        self._app = app
        self._is_furnished = False
        self.data_removed = False
        self.folder = folder
        self.stores: Stores | None = None
        self._screen_lock: ScreenLock | None = None
        self._idle: Idle | None = None
        self.settings = Settings(folder)
        self.window = MainWindow(self.settings)

    def show(self) -> None:
        """Show the window; everything else follows its first paint."""
        self.window.painted.connect(self._after_first_paint)
        self.window.show()

    @Slot()
    def furnish(self) -> None:
        """Fill the window, if that is not done yet."""
        if self._is_furnished:
            return
        self._is_furnished = True
        from .tasks.runner import Runner
        from .ui.activity.controller import ActivityController
        from .ui.apps.controller import AppsController
        from .ui.kit.i18n import install_translations
        from .ui.kit.icons import app_icon
        from .ui.kit.theme import Theme
        from .ui.kit.widgets import Look
        from .ui.orgs.controller import OrgsController
        from .ui.shell.console import Console
        from .ui.shell.updates import Updates

        self._app.setWindowIcon(app_icon(resources()))
        install_translations(self._app, resources() / "translations")
        self.theme = Theme(self._app, resources() / "styles", self.settings.theme)
        self.look = Look(self.theme, resources())
        self.runner = Runner(self)
        self.controller = AppsController(self.runner, self)
        self.activity = ActivityController(self.runner, self)
        self.orgs = OrgsController(self.runner, self.controller, self)
        self.console = Console(self.window, self.look, self.controller, self.orgs, self.activity, self.settings)
        self.updates = Updates(self.runner, self.settings, self.look, self.console.dialogs, self.console.toasts)
        self.console.commands.check_updates.triggered.connect(self.updates.ask)
        self.console.data_removed.connect(self._end_without_data)
        self.furnished.emit()

    def close(self) -> None:
        """Let no more results through, clear what is on screen and on the clipboard, and take the window down."""
        self.window.hide()  # making the last snapshot may take a moment
        if self._is_furnished:
            self.runner.close()
            self.activity.close()
            self.console.clipboard.clear()
            self.theme.setParent(None)
        if self._screen_lock is not None:
            self._screen_lock.close()
        if self.stores is not None:
            self.stores.vault.close()
            self.stores.repository.close()
        shiboken6.delete(self.window)
        if self._is_furnished:
            shiboken6.delete(self.theme)

    @Slot()
    def _end_without_data(self) -> None:
        self.data_removed = True
        self.window.close()

    @Slot()
    def _after_first_paint(self) -> None:
        from .tasks.runner import Lane

        self.furnish()
        self.runner.submit(Lane.DISK, self._open_stores, self, self._attach, self.console.status_messages.show_error)

    def _open_stores(self) -> Stores:
        from .system.hardening import keep_memory_out_of_dumps

        keep_memory_out_of_dumps()  # before the first key is in memory
        return self._make_stores()

    def _make_stores(self) -> Stores:
        from .storage.repository import TinyRepository
        from .vault.opening import open_vault

        return Stores(TinyRepository(self.folder), open_vault())

    def _attach(self, stores: Stores) -> None:
        from .services.activity import Recorder
        from .services.apps.services import AppServices
        from .services.apps.two_stores import TwoStores
        from .services.doctor import Doctor
        from .services.history import History
        from .services.keychain import KeychainService
        from .services.orgs import OrgService
        from .services.speech import Speech
        from .storage.activity import ActivityFile
        from .storage.new_file import Exports
        from .system.identity import user_and_computer
        from .tasks.runner import Lane
        from .ui.kit.i18n import long_time, say

        self.stores = stores
        log = ActivityFile(self.folder)
        recorder = Recorder(
            stores.repository,
            log,
            user_and_computer,
            partial(self.runner.hand_over, self, self.console.status_messages.show_error),
            recorded=partial(self.runner.hand_over, self, self.activity.grow, None),
        )
        apps = AppServices.build(TwoStores(stores.repository, stores.vault, recorder))
        orgs = OrgService(stores.repository, recorder=recorder)
        self.orgs.attach(orgs)
        self.controller.attach(apps, orgs, KeychainService(stores.vault), Doctor(apps))
        history = History(log, Exports(self.folder), recorder, Speech(say, long_time))
        self.activity.attach(history)  # it checks the log, after the load that is on the same lane
        # Runs after the load that `attach` has put on the same lane.
        self.runner.submit(
            Lane.DISK,
            partial(_damage, stores.repository),
            self,
            self._show_damage,
            self.console.status_messages.show_error,
        )
        self._watch_over_keys()
        # A program that runs for weeks lets old keys go in time, too.
        hourly = QTimer(self.window)
        hourly.timeout.connect(self.controller.recover)
        hourly.start(AN_HOUR_MS)
        self.updates.look_if_due()

    def _watch_over_keys(self) -> None:
        """Have them put away when nobody is in front of the screen."""
        from .system.screen_lock import ScreenLock

        self.console.reveal.changed.connect(self._watch_for_idle)
        self.console.clipboard.ticked.connect(self._watch_for_idle)
        self._screen_lock = ScreenLock(self.window)
        self._screen_lock.locked.connect(self.console.put_keys_away)
        self._screen_lock.watch(self.window.winId(), self._beside)

    @Slot()
    def _watch_for_idle(self) -> None:
        if self._idle is None:
            from .ui.shell.idle import Idle

            self._idle = Idle(self.settings, self.window)
            self._idle.idle.connect(self.console.put_keys_away)
            self._idle.away.connect(self.console.reveal.end)  # the clipboard is for where the person went
            self._idle.watch(self.window.windowHandle())

    def _beside(self, work: Callable[[], None], done: Callable[[None], None]) -> None:
        """Run what may wait for an answer on a lane where nothing else waits."""
        from .tasks.runner import Lane

        self.runner.submit(Lane.NETWORK, work, self, done, _nothing)

    def _show_damage(self, damage: Damage) -> None:
        if damage.found:
            self.console.status_messages.show_damage(
                damage.set_aside, damage.restored_from, damage.apps, damage.unreadable
            )
        elif damage.changed_outside:
            self.console.status_messages.show_changed_outside()


def make_application() -> QApplication:
    """The QApplication, with our name."""
    QApplication.setApplicationName("Cortex Desktop")
    QApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName("cortex-desktop")
    return QApplication(sys.argv[:1])


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
    sys.excepthook = _log_uncaught
    program = Program(app, folder)
    crashes: list[Crashes] = []
    program.furnished.connect(partial(_settle_in, program, instance, crashes))
    # Qt by itself would stay for a dialog that opens between the window's closing and the end of the loop.
    program.window.closing.connect(app.exit)
    signals = Signals(program.window.close, app)
    program.show()
    status = app.exec()
    signals.close()
    program.close()
    instance.release()
    for capture in crashes:
        capture.close()
    if program.data_removed:
        return _remove_files(folder)
    return status


def quit_running(data_folder: str | None) -> int:
    """Have the program that is running with this data folder end. Returns 0 when none runs any more, else 1."""
    folder = data_dir(data_folder)
    if not folder.is_dir():
        return 0
    instance = Instance(folder)
    if not instance.acquire() and not instance.quit_first():
        print("cortex-desktop: it is running and did not close; please close it yourself", file=sys.stderr)
        return 1
    instance.release()
    return 0


def remove_all_data(data_folder: str | None, *, ask: bool) -> int:
    """Remove all keys from the keychain, then the data folder. Returns 0 when nothing is left, else 1.

    ask: have the person type a word first. The keys go first, since without the rows nobody could find them.
    """
    folder = data_dir(data_folder)
    if not folder.is_dir():
        print(f"There is nothing to remove: {folder} does not exist.")
        return 0
    if ask and not _agreed(folder):
        print("Nothing was removed.")
        return 1
    instance = Instance(folder)
    if not instance.acquire():
        print("cortex-desktop: it is running; close it first. Nothing was removed.", file=sys.stderr)
        return 1
    from .domain.errors import CortexError
    from .services.apps.services import AppServices
    from .services.apps.two_stores import TwoStores
    from .storage.repository import TinyRepository
    from .vault.opening import open_vault

    repository, vault = TinyRepository(folder), open_vault()
    try:
        number = AppServices.build(TwoStores(repository, vault)).deletion.remove_everything()
        unreadable = repository.unreadable
    except CortexError as error:
        print(f"cortex-desktop: {error} The data folder stays as long as keys may be left.", file=sys.stderr)
        return 1
    finally:
        vault.close()
        repository.close()
        instance.release()
    print(f"Removed {number} {'app' if number == 1 else 'apps'} and their keys.")
    if unreadable:
        print(f"{unreadable} rows of the database could not be read. Look in the keychain for cortex-desktop/.")
    return _remove_files(folder)


def _agreed(folder: Path) -> bool:
    print(f"This removes all apps, their keys from the keychain, and what the program keeps in {folder}.")
    try:
        return input('Type "remove" to confirm: ').strip().casefold() == "remove"
    except EOFError:
        return False


def _remove_files(folder: Path) -> int:
    from .system.removal import remove_files

    logging.shutdown()  # an open file cannot be removed on Windows
    stuck = remove_files(folder)
    for path in stuck:
        print(f"cortex-desktop: {path} could not be removed; please remove it yourself", file=sys.stderr)
    return 1 if stuck else 0


def _settle_in(program: Program, instance: Instance, crashes: list[Crashes]) -> None:
    """What a running program needs beside its window."""
    from .system.crash import Crashes
    from .system.log import start_logging
    from .tasks.runner import Lane

    start_logging(program.folder)
    capture = Crashes(program.folder)
    crashes.append(capture)
    capture.install()
    capture.reported.connect(program.console.status_messages.show_crash)
    program.runner.submit(
        Lane.DISK, capture.watch_faults, program, _nothing, program.console.status_messages.show_error
    )
    instance.raised.connect(program.window.come_up)
    instance.quit_asked.connect(program.window.close)
    instance.listen()


def self_check(report: str | None, screenshots: str | None) -> int:
    """Do the main job for real in a temporary data folder. Returns 0 when all is well, else 1."""
    from .self_check import check

    app = make_application()
    return check(lambda folder: Program(app, folder), report, screenshots)


def _raise_first(instance: Instance) -> int:
    if not instance.raise_first():
        print("cortex-desktop: already running with this data folder, but its window does not answer", file=sys.stderr)
    return 0


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: object) -> None:
    """A defect: keep it in the log, without what the variables held, and go on."""
    from .domain.secret import redact

    log.critical("uncaught", exc_info=(kind, error, trace))  # type: ignore[arg-type]
    print(redact(f"cortex-desktop: {kind.__name__}: {error}"), file=sys.stderr)


def _nothing(_: object) -> None:
    """For work whose success shows nowhere."""


def _damage(repository: TinyRepository) -> Damage:
    recovery, unreadable = repository.recovered, repository.unreadable
    if recovery is None:
        return Damage(unreadable > 0, unreadable=unreadable, changed_outside=repository.changed_outside)
    set_aside = recovery.set_aside.name if recovery.set_aside is not None else ""
    return Damage(True, set_aside, recovery.restored_from, recovery.apps, unreadable)
