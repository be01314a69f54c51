"""The Overview page as the window knows it. Nothing else of it is loaded before it is opened."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from ...services.history import History
from ...tasks.jobs import Jobs
from ..kit.actions import Action, Menu
from ..kit.page import Page, PageEntry, Section
from ..kit.tools import Tools
from ..workspace import Workspace

if TYPE_CHECKING:
    from ...services.health_report import HealthReports
    from .presenter import OverviewPresenter


class OverviewEntry(PageEntry):
    """The health of the current org's keys."""

    def __init__(
        self, tools: Tools, workspace: Workspace, jobs: Jobs, history: History, reports: Callable[[], HealthReports]
    ) -> None:
        """reports: called when the page is made."""
        title = QCoreApplication.translate("OverviewEntry", "Overview")
        super().__init__("overview", "chart-no-axes-column", title, Section.TOP, "Ctrl+5")
        self._tools = tools
        self._workspace = workspace
        self._jobs = jobs
        self._history = history
        self._reports = reports

    @cached_property
    def presenter(self) -> OverviewPresenter:
        """The page's presenter, made when first asked for."""
        from .presenter import OverviewPresenter

        return OverviewPresenter(self._tools, self._workspace, self._jobs, self._history, self._reports())

    def make(self) -> Page:
        """The page."""
        return self.presenter.page

    def actions(self) -> list[Action]:
        """What can be done with the figures."""
        return [
            Action(
                "save_report",
                "external-link",
                self.tr("Save report…"),
                self.save_report,
                at={Menu.FILE: 204},
                tip=self.tr("Save report on the keys’ health…"),
                enabled=lambda: self._workspace.org is not None,
            )
        ]

    def set_in_front(self, in_front: bool) -> None:
        super().set_in_front(in_front)
        if self.is_made:
            self.presenter.set_in_front(in_front)

    def save_report(self) -> None:
        """Open the page, and ask where to save its report."""
        self.open()
        self.presenter.ask_report()
