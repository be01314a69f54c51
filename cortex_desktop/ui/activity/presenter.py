"""What a person does on the Activity page: looking, going to an app, exporting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, QTimer, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from ...domain.errors import CortexError
from ...domain.model import App
from ...services.history import Export
from ..kit.dialog_host import Sheets
from ..kit.i18n import say
from ..kit.toasts import NOTICE_SECONDS, Notice, Notices
from ..kit.waiting import BUSY_MS
from ..kit.widgets import Look
from .controller import ActivityController
from .model import ActivityModel
from .page import ActivityPage

ENDINGS = ("html", "csv")


class ActivityDesk(QObject):
    """Puts the page and its controller together.

    apps: those of the org, as they are when asked. app_asked(app id): show this app.
    """

    app_asked = Signal(str)

    def __init__(
        self,
        look: Look,
        controller: ActivityController,
        apps: Callable[[], Sequence[App]],
        sheets: Sheets,
        notices: Notices,
    ) -> None:
        super().__init__(notices)
        self._controller = controller
        self._sheets = sheets
        self._notices = notices
        self._notice: Notice | None = None
        self._done = 0.0
        self.model = ActivityModel(self)
        self.page = page = ActivityPage(look, self.model, apps)
        controller.begun.connect(page.begin)
        controller.older.connect(page.add_older)
        controller.newer.connect(page.add_newer)
        controller.complete.connect(page.end)
        controller.fetched.connect(page.put)
        controller.failed.connect(page.fail)
        controller.broken.connect(page.tell_broken)
        controller.progressed.connect(self._progressed)
        controller.exported.connect(self._exported)
        controller.export_failed.connect(self._export_failed)
        page.listing_asked.connect(controller.list)
        page.retry_asked.connect(controller.list_again)
        page.export_asked.connect(self.ask_export)
        page.app_asked.connect(self.app_asked)
        self.model.wanted.connect(controller.fetch)
        page.tell_broken(controller.breaks)
        self._long = QTimer(self)
        self._long.setSingleShot(True)
        self._long.setInterval(BUSY_MS)
        self._long.timeout.connect(self._tell_progress)

    @Slot()
    def ask_export(self) -> None:
        """Ask where to, and export what is listed."""
        if not self._sheets.free or self._controller.exporting or not self.model.rowCount():
            return
        window = self._sheets.window
        dialog = QFileDialog(window, self.tr("Export activity"))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setNameFilters([self.tr("Report to read and print (*.html)"), self.tr("Table for spreadsheets (*.csv)")])
        dialog.setDefaultSuffix(ENDINGS[0])
        places = QStandardPaths.StandardLocation
        folders = [QStandardPaths.writableLocation(place) for place in (places.DocumentsLocation, places.HomeLocation)]
        dialog.setDirectory(next((folder for folder in folders if Path(folder).is_dir()), folders[-1]))
        dialog.selectFile(f"activity-{datetime.now().astimezone():%Y-%m-%d}")
        dialog.filterSelected.connect(partial(self._filter_selected, dialog))
        dialog.fileSelected.connect(self.export)
        dialog.finished.connect(dialog.deleteLater)
        self._sheets.open(dialog)

    def _filter_selected(self, dialog: QFileDialog, chosen: str) -> None:
        dialog.setDefaultSuffix(ENDINGS[dialog.nameFilters().index(chosen)])

    @Slot(str)
    def export(self, name: str) -> None:
        """Export what is listed to this file; its ending says as what."""
        path = Path(name)
        kind = path.suffix.lower().removeprefix(".")
        self._done = 0.0
        self._long.start()
        self._controller.export(
            Export(
                places=self.model.places(),
                path=path,
                format=kind if kind in ENDINGS else ENDINGS[0],
                title=self.page.title(),
                filter=self.page.filter_words(),
            )
        )

    @Slot(float)
    def _progressed(self, done: float) -> None:
        self._done = done
        if self._notice is not None:
            self._notice.say(self._percent())

    @Slot()
    def _tell_progress(self) -> None:
        """It takes long enough to say so."""
        if self._controller.exporting:
            self._notice = self._notices.show(
                self.tr("Exporting activity…"),
                self._percent(),
                icon="loader-circle",
                tone="muted",
                action=self.tr("Cancel"),
                topic="export",
            )
            self._notice.acted.connect(self._controller.stop_export)
            self._notice.gone.connect(self._notice_gone)

    def _percent(self) -> str:
        return self.tr("{percent} % written").format(percent=int(self._done * 100))

    @Slot()
    def _notice_gone(self) -> None:
        self._notice = None

    @Slot(object)
    def _exported(self, export: Export) -> None:
        self._long.stop()
        notice = self._notices.show(
            self.tr("Activity exported"),
            self.tr("%Ln entry(s) in {file}.", "", len(export.places)).format(file=export.path.name),
            action=self.tr("Open folder"),
            topic="export",
        )
        notice.acted.connect(partial(_open_folder, str(export.path.parent)))
        notice.count_down(NOTICE_SECONDS)

    @Slot(object)
    def _export_failed(self, error: CortexError) -> None:
        self._long.stop()
        self._notices.leave("export")
        text = f"{say(error.message)} {say(error.advice)}"
        self._notices.show(say(error.title), text, icon="circle-alert", tone="danger").count_down(20)


def _open_folder(folder: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(folder))
