"""What a person does on the Activity page: looking, going to an app, exporting."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QStandardPaths, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog

from ...domain.errors import CortexError
from ...domain.model import App
from ...services.history import Export
from ..kit.dialog_host import DialogHost
from ..kit.i18n import translate_text
from ..kit.toasts import TOAST_SECONDS, Toast, Toasts
from ..kit.waiting import BUSY_SECONDS
from ..kit.widgets import Look
from .controller import ActivityController
from .model import ActivityModel
from .page import ActivityPage

ENDINGS = ("html", "csv")


class ActivityPresenter(QObject):
    """Puts the page and its controller together.

    apps: those of the org, as they are when asked. app_asked(app id): show this app.
    """

    app_asked = Signal(str)

    def __init__(
        self,
        look: Look,
        controller: ActivityController,
        apps: Callable[[], Sequence[App]],
        dialogs: DialogHost,
        toasts: Toasts,
    ) -> None:
        super().__init__(toasts)
        self._controller = controller
        self._dialogs = dialogs
        self._toasts = toasts
        self._toast: Toast | None = None
        self._done = 0.0
        self.model = ActivityModel(self)
        self.page = page = ActivityPage(look, self.model, apps)
        controller.begun.connect(page.begin)
        controller.older.connect(page.add_older)
        controller.newer.connect(page.add_newer)
        controller.complete.connect(page.end)
        controller.fetched.connect(page.put)
        controller.failed.connect(page.fail)
        controller.broken.connect(page.show_breaks)
        controller.progressed.connect(self._progressed)
        controller.exported.connect(self._exported)
        controller.export_failed.connect(self._export_failed)
        page.listing_asked.connect(controller.list)
        page.retry_asked.connect(controller.list_again)
        page.export_asked.connect(self.ask_export)
        page.app_asked.connect(self.app_asked)
        self.model.wanted.connect(controller.fetch)
        page.show_breaks(controller.breaks)
        self._long = look.clock.timer(self)
        self._long.timeout.connect(self._show_progress)

    @Slot()
    def ask_export(self) -> None:
        """Ask where to, and export what is listed."""
        if not self._dialogs.free or self._controller.exporting or not self.model.rowCount():
            return
        window = self._dialogs.window
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
        self._dialogs.open(dialog)

    def _filter_selected(self, dialog: QFileDialog, chosen: str) -> None:
        dialog.setDefaultSuffix(ENDINGS[dialog.nameFilters().index(chosen)])

    @Slot(str)
    def export(self, name: str) -> None:
        """Export what is listed to this file; its ending says as what."""
        path = Path(name)
        kind = path.suffix.lower().removeprefix(".")
        self._done = 0.0
        self._long.start(BUSY_SECONDS)
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
        if self._toast is not None:
            self._toast.set_text(self._percent())

    @Slot()
    def _show_progress(self) -> None:
        """It takes long enough to say so."""
        if self._controller.exporting:
            self._toast = self._toasts.show(
                self.tr("Exporting activity…"),
                self._percent(),
                icon="loader-circle",
                tone="muted",
                action=self.tr("Cancel"),
                topic="export",
            )
            self._toast.acted.connect(self._controller.stop_export)
            self._toast.gone.connect(self._toast_gone)

    def _percent(self) -> str:
        return self.tr("{percent} % written").format(percent=int(self._done * 100))

    @Slot()
    def _toast_gone(self) -> None:
        self._toast = None

    @Slot(object)
    def _exported(self, export: Export) -> None:
        self._long.stop()
        toast = self._toasts.show(
            self.tr("Activity exported"),
            self.tr("%Ln entry(s) in {file}.", "", len(export.places)).format(file=export.path.name),
            action=self.tr("Open folder"),
            topic="export",
        )
        toast.acted.connect(partial(_open_folder, str(export.path.parent)))
        toast.count_down(TOAST_SECONDS)

    @Slot(object)
    def _export_failed(self, error: CortexError) -> None:
        self._long.stop()
        self._toasts.leave("export")
        text = f"{translate_text(error.message)} {translate_text(error.advice)}"
        self._toasts.show(translate_text(error.title), text, icon="circle-alert", tone="danger").count_down(20)


def _open_folder(folder: str) -> None:
    QDesktopServices.openUrl(QUrl.fromLocalFile(folder))
