"""Check for updates: when a person asks, or once a day if they switched that on. Never downloads anything."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from ... import __version__
from ...domain.errors import CortexError, UpdateError, UpdateProblem
from ...tasks.jobs import Jobs
from ...tasks.lanes import Lane
from ..kit.desktop import open_web_page
from ..kit.tools import Tools

if TYPE_CHECKING:
    from ...services.updates import Release, UpdateCheck
    from ...tasks.lanes import Job
    from .updates_dialog import UpdatesDialog

DAY = 86_400
TOAST_SECONDS = 30


class Updates(QObject):
    """Asks the feed, and shows the answer: in the dialog when a person asked, else a newer version in a toast.

    build: builds the check, on the network lane, since that loads the HTTP library.
    """

    def __init__(self, jobs: Jobs, tools: Tools, build: Callable[[], UpdateCheck]) -> None:
        super().__init__(tools.dialogs)
        self._jobs = jobs
        self._settings = tools.settings
        self._look = tools.look
        self._dialogs = tools.dialogs
        self._toasts = tools.toasts
        self._build = build
        self._job: Job[Release] | None = None
        self._dialog: UpdatesDialog | None = None

    @Slot()
    def ask(self) -> None:
        """Open the dialog, and begin."""
        if not self._dialogs.free:
            return
        from .updates_dialog import UpdatesDialog

        self._dialog = UpdatesDialog(self._look, self._dialogs.window)
        self._dialog.finished.connect(self._dialog_gone)
        self._dialog.again.clicked.connect(self._begin)
        self._dialogs.open(self._dialog)
        self._begin()

    @Slot()
    def look_if_due(self) -> None:
        """Begin, if the person switched it on and the last time was a day ago."""
        if self._settings.check_updates and time.time() - self._settings.updates_checked > DAY:
            self._begin()

    @Slot()
    def _begin(self) -> None:
        feed = self._settings.feed or self._default_feed()
        if self._dialog is not None:
            self._dialog.show_busy()
        if not feed:
            self._show_failed(UpdateError(UpdateProblem.NO_FEED))
            return
        if self._job is not None:
            self._job.cancel()
        build, network = self._build, self._settings.network()

        def look() -> Release:
            check = build()
            check.use(*network)
            return check.newest(feed)

        self._job = self._jobs.submit(Lane.NETWORK, look, self, self._show_release, self._show_failed)

    def _default_feed(self) -> str:
        from ...system.feed import default_feed

        return default_feed(self._look.resources)

    def _show_release(self, release: Release) -> None:
        self._settings.updates_checked = int(time.time())
        newer = release.newer_than(__version__)
        if self._dialog is not None:
            self._dialog.show_release(release, newer)
        elif newer:
            title = self.tr("Version {version} is available").format(version=release.version)
            toast = self._toasts.show(
                title, self.tr("You have {version}.").format(version=__version__), action=self.tr("Open page")
            )
            toast.acted.connect(partial(open_web_page, release.page))
            toast.count_down(TOAST_SECONDS)

    def _show_failed(self, error: CortexError) -> None:
        if self._dialog is not None:  # who did not ask is not bothered
            self._dialog.show_failure(error)

    @Slot()
    def _dialog_gone(self) -> None:
        self._dialog = None
