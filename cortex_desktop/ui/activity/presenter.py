"""What a person does on the Activity page: looking, going to an app, exporting."""

from __future__ import annotations

from datetime import datetime
from functools import partial

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QFileDialog

from ...domain.errors import CortexError
from ...domain.model import App, Org
from ...services.history import Export
from ..kit.desktop import open_folder
from ..kit.file_dialog import save_dialog, with_ending
from ..kit.i18n import translate_text
from ..kit.toasts import TOAST_SECONDS, Toast
from ..kit.tools import Tools
from ..kit.waiting import BUSY_SECONDS
from ..workspace import Workspace
from .model import ActivityModel
from .page import ActivityPage
from .reader import ActivityReader

ENDINGS = ("html", "csv")


class ActivityPresenter(QObject):
    """Has the reader read what a person asks for on the page, and shows it there."""

    def __init__(self, tools: Tools, workspace: Workspace, reader: ActivityReader) -> None:
        super().__init__(tools.toasts)
        self._look = tools.look
        self._workspace = workspace
        self._reader = reader
        self._dialogs = tools.dialogs
        self._toasts = tools.toasts
        self._toast: Toast | None = None  # while an export takes long
        self._export_wanted = False  # as soon as all is listed
        self._ending = ENDINGS[0]  # of a file whose name has none that is known
        self._done = 0.0
        self.model = ActivityModel(self)
        self.page = page = ActivityPage(tools.look, self.model, self._apps)
        reader.begun.connect(page.begin)
        reader.older.connect(page.add_older)
        reader.newer.connect(page.add_newer)
        reader.complete.connect(page.end)
        reader.fetched.connect(page.put)
        reader.failed.connect(page.fail)
        reader.broken.connect(page.show_breaks)
        reader.progressed.connect(self._progressed)
        reader.exported.connect(self._exported)
        reader.export_failed.connect(self._export_failed)
        page.listing_asked.connect(reader.list)
        page.retry_asked.connect(reader.list_again)
        page.export_asked.connect(self.ask_export)
        page.app_asked.connect(workspace.app_asked)
        self.model.wanted.connect(reader.fetch)
        reader.complete.connect(self._listed)
        reader.failed.connect(self._not_listed)
        workspace.orgs_changed.connect(self._show_org)
        page.show_breaks(reader.breaks)
        self._long = tools.look.clock.timer(self)
        self._long.timeout.connect(self._show_progress)
        self._show_org()

    def _apps(self) -> list[App]:
        return [listed.app for listed in self._workspace.current_apps()]

    @Slot()
    def _show_org(self) -> None:
        org: Org | None = self._workspace.org
        if org is not None:
            self.page.set_org(org)

    @Slot()
    def ask_export(self) -> None:
        """Ask where to, and export what is listed, once all of it is listed."""
        self._export_wanted = self._reader.listing
        if self._export_wanted or not self._dialogs.free or self._reader.exporting or not self.model.rowCount():
            return
        name = f"activity-{datetime.now().astimezone():%Y-%m-%d}"
        dialog = save_dialog(self._look, self.tr("Export activity"), name, self._dialogs.window)
        dialog.setNameFilters([self.tr("Report to read and print (*.html)"), self.tr("Table for spreadsheets (*.csv)")])
        self._ending = ENDINGS[0]
        dialog.setDefaultSuffix(self._ending)
        dialog.filterSelected.connect(partial(self._filter_selected, dialog))
        dialog.fileSelected.connect(self.export)
        self._dialogs.open(dialog)

    @Slot()
    def _listed(self) -> None:
        if self._export_wanted:
            self.ask_export()

    @Slot()
    def _not_listed(self) -> None:
        self._export_wanted = False

    def _filter_selected(self, dialog: QFileDialog, chosen: str) -> None:
        self._ending = ENDINGS[dialog.nameFilters().index(chosen)]
        dialog.setDefaultSuffix(self._ending)

    @Slot(str)
    def export(self, name: str) -> None:
        """Export what is listed to this file. Its ending says as what; one that says nothing gets another behind it."""
        path = with_ending(name, ENDINGS, self._ending)
        self._done = 0.0
        self._long.start(BUSY_SECONDS)
        self._reader.export(
            Export(
                places=self.model.places(),
                path=path,
                format=path.suffix.lower().removeprefix("."),
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
        if self._reader.exporting:
            self._toast = self._toasts.show(
                self.tr("Exporting activity…"),
                self._percent(),
                icon="loader-circle",
                tone="muted",
                action=self.tr("Cancel"),
                topic="export",
            )
            self._toast.acted.connect(self._reader.stop_export)
            self._toast.gone.connect(self._toast_gone)

    def _percent(self) -> str:
        return self.tr("{percent} % written").format(percent=int(self._done * 100))

    @Slot()
    def _toast_gone(self) -> None:
        self._toast = None

    @Slot(Export)
    def _exported(self, export: Export) -> None:
        self._long.stop()
        toast = self._toasts.show(
            self.tr("Activity exported"),
            self.tr("%Ln entry(s) in {file}.", "", len(export.places)).format(file=export.path.name),
            action=self.tr("Open folder"),
            topic="export",
        )
        toast.acted.connect(partial(open_folder, str(export.path.parent)))
        toast.count_down(TOAST_SECONDS)

    @Slot(CortexError)
    def _export_failed(self, error: CortexError) -> None:
        self._long.stop()
        self._toasts.leave("export")
        text = f"{translate_text(error.message)} {translate_text(error.advice)}"
        self._toasts.show(translate_text(error.title), text, icon="circle-alert", tone="danger").count_down(20)
