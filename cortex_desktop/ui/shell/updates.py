"""Check for updates: when a person asks, or once a day if they switched that on. Never downloads anything."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from ... import __version__
from ...domain.errors import CortexError, UpdateError, UpdateProblem
from ...tasks.runner import Lane, Runner
from ..kit.dialog_host import Sheets
from ..kit.settings import Settings
from ..kit.toasts import Notices
from ..kit.widgets import Look

if TYPE_CHECKING:
    from PySide6.QtNetwork import QNetworkProxy, QSslConfiguration

    from ...system.updates import Release, UpdateCheck
    from .updates_dialog import UpdatesDialog

DAY = 86_400
NOTICE_SECONDS = 30


class Updates(QObject):
    """Asks the feed, and tells what it said: in the dialog when a person asked, else in a notice if it is news."""

    def __init__(self, runner: Runner, settings: Settings, look: Look, sheets: Sheets, notices: Notices) -> None:
        super().__init__(sheets)
        self._runner = runner
        self._settings = settings
        self._look = look
        self._sheets = sheets
        self._notices = notices
        self._check: UpdateCheck | None = None
        self._dialog: UpdatesDialog | None = None
        self.tls: QSslConfiguration | None = None

    @Slot()
    def ask(self) -> None:
        """Open the dialog, and begin."""
        if not self._sheets.free:
            return
        from .updates_dialog import UpdatesDialog

        self._dialog = UpdatesDialog(self._look, self._sheets.window)
        self._dialog.finished.connect(self._dialog_gone)
        self._dialog.again.clicked.connect(self._begin)
        self._sheets.open(self._dialog)
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
            self._tell_failed(UpdateError(UpdateProblem.NO_FEED))
            return
        self._runner.submit(Lane.NETWORK, partial(_prepare, feed), self, partial(self._start, feed), self._tell_failed)

    def _default_feed(self) -> str:
        from ...system.feed import default_feed

        return default_feed(self._look.resources)

    def _start(self, feed: str, proxies: list[QNetworkProxy]) -> None:
        from ...system.updates import UpdateCheck

        self._end()
        self._check = UpdateCheck(feed, self, self.tls)
        self._check.found.connect(self._tell)
        self._check.failed.connect(self._tell_failed)
        self._check.start(proxies)

    def _end(self) -> None:
        if self._check is not None:
            self._check.deleteLater()
            self._check = None

    @Slot(object)
    def _tell(self, release: Release) -> None:
        self._end()
        self._settings.updates_checked = int(time.time())
        newer = release.newer_than(__version__)
        if self._dialog is not None:
            self._dialog.show_release(release, newer)
        elif newer:
            title = self.tr("Version {version} is available").format(version=release.version)
            notice = self._notices.show(
                title, self.tr("You have {version}.").format(version=__version__), action=self.tr("Open page")
            )
            notice.acted.connect(partial(open_page, release.page))
            notice.count_down(NOTICE_SECONDS)

    @Slot(object)
    def _tell_failed(self, error: CortexError) -> None:
        self._end()
        if self._dialog is not None:  # who did not ask is not bothered
            self._dialog.show_failure(error)

    @Slot()
    def _dialog_gone(self) -> None:
        self._dialog = None


def _prepare(feed: str) -> list[QNetworkProxy]:
    """Off the GUI thread: load the network module, look at the address, and find out about proxies."""
    from ...system.updates import is_safe, proxies_for

    if not is_safe(feed):
        raise UpdateError(UpdateProblem.NOT_HTTPS)
    return proxies_for(feed)


def open_page(page: str) -> None:
    """In the person's browser."""
    from PySide6.QtCore import QUrl
    from PySide6.QtGui import QDesktopServices

    QDesktopServices.openUrl(QUrl(page))
