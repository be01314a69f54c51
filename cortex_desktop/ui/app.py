"""The running program: the window first, and after its first paint what fills it."""

from __future__ import annotations

import linecache
import logging
import os
import sys
import threading
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QLocale, QObject, Slot
from PySide6.QtWidgets import QApplication, QWidget

from .. import __version__
from ..system.instance import AlreadyRunning, Instance
from ..system.paths import data_dir, make_private, resources
from ..system.signals import Signals
from .kit.screen import screen_needed
from .kit.settings import Settings
from .shell.window import MainWindow

if TYPE_CHECKING:
    from ..composition import Stores
    from ..domain.errors import CortexError
    from ..system.crash import Crashes
    from .kit.clock import Clock
    from .kit.page import PageEntry

log = logging.getLogger(__name__)

GUI_SECONDS = 0.8
"""How long a command of another start waits for the GUI thread; less than the other start waits for an answer."""


class Program(QObject):
    """Everything of the running program but its window, which it fills. Made after the window's first paint.

    stores: where everything is kept; clock: the computer's unless given; data_removed: the person has had all keys
    removed, so that the program ends and its files go too.
    """

    def __init__(
        self, app: QApplication, window: MainWindow, settings: Settings, stores: Stores, clock: Clock | None = None
    ) -> None:
        from ..composition import compose
        from ..services.speech import Speech
        from ..system.hardening import keep_memory_out_of_dumps
        from ..system.screen_lock import ScreenLock
        from ..tasks.jobs import Jobs
        from .activity.entry import ActivityEntry
        from .apps.entry import AppsEntry
        from .kit.clipboard import SecretClipboard
        from .kit.clock import SystemClock
        from .kit.dialog_host import DialogHost
        from .kit.i18n import install_translations, long_time, translate_text
        from .kit.icons import app_icon
        from .kit.reveal import Reveal
        from .kit.theme import Theme
        from .kit.toasts import Toasts
        from .kit.tools import Tools
        from .kit.widgets import Look
        from .orgs.entry import OrgsEntry
        from .overview.entry import OverviewEntry
        from .requests.entry import RequestsEntry
        from .shell.console import Console
        from .shell.folder_watch import FolderWatch
        from .shell.idle import Idle
        from .shell.standing import StandingBanner
        from .shell.updates import Updates
        from .workspace import Workspace

        super().__init__()
        keep_memory_out_of_dumps()  # before the first key is in memory
        app.setWindowIcon(app_icon(resources()))
        install_translations(app, resources() / "translations")
        window.setLocale(QLocale())  # numbers as in the words around them; what is in the window follows
        self.window = window
        self.settings = settings
        self.stores = stores
        self.data_removed = False
        self.jobs = Jobs(self)
        clock = clock or SystemClock()
        self.services = compose(
            stores,
            speech=Speech(translate_text, long_time),
            recorded=partial(self.jobs.hand_over, self, self._recorded, None),
            not_recorded=partial(self.jobs.hand_over, self, self._not_recorded),
        )
        self.workspace = Workspace(
            self.jobs,
            self.services.apps,
            self.services.orgs,
            self.services.keychain,
            stores.damage,
            settings.text("org"),
            clock,
            window,
        )
        self.theme = Theme(app, resources() / "styles", settings.theme)
        look, body = Look(self.theme, resources(), clock), QWidget()
        workspace = self.workspace
        dialogs = DialogHost(look, window, body, lambda: workspace.org, workspace.waiting, workspace.stop_waiting)
        self.tools = Tools(
            look, settings, dialogs, Toasts(body, look), SecretClipboard(clock, window), Reveal(clock, window)
        )
        self.apps = AppsEntry(
            self.tools,
            workspace,
            self.services.apps,
            self.services.doctor,
            self.services.origins,
            self.services.requests,
        )
        self.orgs = OrgsEntry(self.tools, workspace, self.services.orgs)
        self.activity = ActivityEntry(self.tools, workspace, self.jobs, self.services.history)
        self.requests = RequestsEntry(
            self.tools, workspace, self.jobs, self.services.requests, self.services.stores.find_sandbox
        )
        self.overview = OverviewEntry(
            self.tools, workspace, self.jobs, self.services.history, self.services.health_reports
        )
        self.updates = Updates(self.jobs, self.tools, self.services.updates)
        self.console = Console(window, self.tools, workspace, self.updates, self.services.check_ca_file, self.pages())
        self.console.data_removed.connect(self._end_without_data)
        above = self.console.above_pages
        self.standing = StandingBanner(self.tools, workspace, self.services.apps, self.services.doctor, above)
        self.folder_watch = FolderWatch(workspace, stores.repository.look, clock, self.tools.toasts)
        stores.repository.watch(partial(self.jobs.hand_over, self, self._changed_outside))
        self.idle = Idle(settings, clock, window)
        self.idle.idle.connect(self.tools.put_keys_away)
        self.idle.idle.connect(self.requests.put_answers_away)
        self.idle.away.connect(self.tools.reveal.end)  # the clipboard is for where the person went
        app.applicationStateChanged.connect(self.requests.look_for_sandbox)
        self.screen_lock = ScreenLock(window)
        self.screen_lock.locked.connect(self.tools.put_keys_away)
        self.screen_lock.locked.connect(self.requests.put_answers_away)

    def pages(self) -> list[PageEntry]:
        """The pages, in the order of their sections from top to bottom. A new one gets its line here."""
        return [self.apps, self.orgs, self.requests, self.activity, self.overview]

    def start(self) -> None:
        """Begin to work: read what there is, look at the keychain, the log and for updates."""
        self.workspace.start()
        self.activity.reader.check()
        self.updates.look_if_due()
        self.requests.look_for_sandbox()
        self.idle.watch(self.window.windowHandle())
        self.screen_lock.watch(self.window.winId(), self._beside)

    def close(self) -> None:
        """Let no more results through, clear what is on screen and on the clipboard, and take the window down."""
        self.window.hide()  # making the last snapshot may take a moment
        self.jobs.close()
        self.activity.reader.close()
        self.requests.close()
        self.tools.clipboard.clear()
        self.screen_lock.close()
        self.stores.close()
        self.theme.setParent(None)
        shiboken6.delete(self.window)
        shiboken6.delete(self.theme)

    def _recorded(self, _: None) -> None:
        self.workspace.recorded.emit()

    def _changed_outside(self, set_aside: Path | None) -> None:
        self.folder_watch.found(set_aside.name if set_aside is not None else "")

    def _not_recorded(self, error: CortexError) -> None:
        self.workspace.failed.emit(error)

    @Slot()
    def _end_without_data(self) -> None:
        self.data_removed = True
        self.window.holds.clear()  # whoever would miss the program was named before
        self.window.close()

    def end_or_ask(self) -> None:
        """Close the window. If a page asks first, bring that question to the front."""
        if not self.window.close():
            self.window.come_up()

    def _beside(self, work: Callable[[], None], done: Callable[[None], None]) -> None:
        """Run what may wait for an answer on a lane where nothing else waits."""
        from ..tasks.lanes import Lane

        self.jobs.submit(Lane.NETWORK, work, self, done, _ignore)


def make_application() -> QApplication:
    """The QApplication, with our name. Ends the process with one line and status 1 where there is no screen."""
    QApplication.setApplicationName("Cortex Desktop")
    QApplication.setApplicationVersion(__version__)
    QApplication.setDesktopFileName("cortex-desktop")
    with screen_needed():
        return QApplication([*sys.argv[:1], *_theme_arguments()])


def _theme_arguments() -> list[str]:
    """What has Qt show the desktop's own file dialogs in the packaged program, which brings no GTK."""
    is_packaged = hasattr(sys, "frozen")
    if sys.platform == "linux" and is_packaged and "QT_QPA_PLATFORMTHEME" not in os.environ:
        from ..system.file_portal import has_file_portal

        if has_file_portal(os.environ):
            return ["-platformtheme", "xdgdesktopportal"]
    return []


def open_program(app: QApplication, folder: Path) -> Program:
    """The program on this data folder, with its window filled before it is shown. For checks and measurements."""
    from ..composition import Stores

    settings = Settings(folder)
    return Program(app, MainWindow(settings), settings, Stores.of(folder))


def run(data_folder: str | None) -> int:
    """Open the window and run until it is closed, or raise the window of the program that runs there already.

    Returns 0 if it did either, 1 if another process has the data folder and does not show its window.
    """
    folder = data_dir(data_folder)
    try:
        make_private(folder)
    except OSError as error:
        # The window opens all the same and says what is wrong, as storage fails on the same folder.
        print(f"cortex-desktop: {folder} cannot be used: {error.strerror}", file=sys.stderr)
    instance = Instance(folder)
    try:
        if not instance.acquire_or_raise():
            return 0
    except AlreadyRunning as error:
        print(f"cortex-desktop: {error}", file=sys.stderr)
        return 1
    app = make_application()
    sys.excepthook = _log_uncaught
    settings = Settings(folder)
    window = MainWindow(settings)
    # Qt by itself would stay for a dialog that opens between the window's closing and the end of the loop.
    window.closing.connect(app.exit)
    signals = Signals(window.close, app)
    programs: list[Program] = []  # none if the window was closed before its first paint
    ending = ExitStack()

    def fill() -> None:
        from ..composition import Stores

        program = Program(app, window, settings, Stores.of(folder))
        programs.append(program)
        # For the budget of memory (docs/budgets.md): PySide6 reads and keeps the source of each module that imports it.
        linecache.clearcache()
        ending.callback(_settle_in(program, instance).close)
        ending.callback(program.close)
        ending.callback(instance.stop_listening)
        program.start()

    window.painted.connect(fill)
    window.show()
    with ending:
        status = app.exec()
        signals.close()
    if any(program.data_removed for program in programs):
        from ..system.removal import remove_folder

        logging.shutdown()  # an open file cannot be removed on Windows
        return remove_folder(folder, instance.release)
    instance.release()
    return status


def _settle_in(program: Program, instance: Instance) -> Crashes:
    """Connect the program with the rest of the process: log, crash capture, later starts."""
    from ..system.crash import Crashes
    from ..system.log import start_logging
    from ..tasks.lanes import Lane

    start_logging(program.stores.folder)
    crashes = Crashes(program.stores.folder)
    crashes.install()
    crashes.reported.connect(program.console.status_messages.show_crash)
    program.workspace.submit(Lane.DISK, crashes.watch_faults, _ignore)
    instance.listen(
        {"raise": partial(_do, program, program.window.come_up), "quit": partial(_do, program, program.end_or_ask)}
    )
    return crashes


def _do(program: Program, action: Callable[[], object]) -> bool:
    """Run the action on the GUI thread. From another thread; returns False if it has not run within a moment."""
    done = threading.Event()

    def run_action(_: None) -> None:
        action()
        done.set()

    program.jobs.hand_over(program, run_action, None)
    return done.wait(GUI_SECONDS)


def _log_uncaught(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Keep a defect in the log, without what the variables held, and go on."""
    from ..domain.secret import redact

    log.critical("uncaught", exc_info=(kind, error, trace))
    print(redact(f"cortex-desktop: {kind.__name__}: {error}"), file=sys.stderr)


def _ignore(_: object) -> None:
    """Ignore the result."""
