"""The Activity page as the window knows it. The log is checked even if the page is never opened."""

from __future__ import annotations

from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Slot

from ...domain.activity import Break
from ...domain.model import App
from ...services.history import History
from ...tasks.jobs import Jobs
from ..kit.actions import Action, Menu
from ..kit.i18n import translate_text
from ..kit.page import Page, PageEntry, Section
from ..kit.tools import Tools
from ..workspace import Workspace
from .reader import ActivityReader

if TYPE_CHECKING:
    from .presenter import ActivityPresenter


class ActivityEntry(PageEntry):
    """The Activity page: what was done to which app, when and by whom."""

    def __init__(self, tools: Tools, workspace: Workspace, jobs: Jobs, history: History) -> None:
        title = QCoreApplication.translate("ActivityEntry", "Activity")
        super().__init__("activity", "history", title, Section.DEVELOPER, "Ctrl+3")
        self._tools = tools
        self._workspace = workspace
        self._jobs = jobs
        self._history = history
        self.reader = ActivityReader(jobs, history, self)
        self.reader.broken.connect(self._show_breaks)
        workspace.recorded.connect(self.reader.grow)
        workspace.activity_asked.connect(self.show_activity_of)
        workspace.copies_asked.connect(self.show_copies)

    @cached_property
    def presenter(self) -> ActivityPresenter:
        """The page's presenter, made when first asked for."""
        from .presenter import ActivityPresenter

        return ActivityPresenter(self._tools, self._workspace, self.reader, self._jobs, self._history)

    def make(self) -> Page:
        """The page."""
        return self.presenter.page

    def actions(self) -> list[Action]:
        """What can be done with the log."""
        return [
            Action(
                "export_activity",
                "external-link",
                self.tr("Export activity…"),
                self.export,
                at={Menu.FILE: 203},
                enabled=lambda: self._workspace.org is not None,
            )
        ]

    def export(self) -> None:
        """Open the page, and ask where to export it to once everything is listed."""
        self.open()
        self.presenter.ask_export()

    @Slot(App)
    def show_activity_of(self, app: App) -> None:
        """Open the page, and list what was done to this app."""
        self.open()
        self.presenter.page.show_only(app.id, app.label)

    @Slot(object, object)
    def show_copies(self, first: date, last: date) -> None:
        """Open the page, and list which keys were copied from this day to that."""
        self.open()
        self.presenter.page.show_copies(first, last)

    @Slot(object)
    def _show_breaks(self, breaks: list[Break]) -> None:
        """Say that the log was changed, once for each harm: it stays harmed for ever."""
        settings = self._tools.settings
        harm = f"{len(breaks)} {breaks[-1].harm.value} {breaks[-1].first} {breaks[-1].line}" if breaks else ""
        if not breaks or settings.text("activity_harm") == harm:
            return
        settings.set_text("activity_harm", harm)
        if self.in_front:
            return  # the page says so
        toast = self._tools.toasts.show(
            self.tr("The activity log was changed outside Cortex Desktop"),
            translate_text(breaks[0].text),
            icon="triangle-alert",
            tone="danger",
            action=self.tr("Show activity"),
        )
        toast.acted.connect(self.open)
