"""The Organization page as the window knows it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication

from ...services.orgs import OrgService
from ..kit.actions import Action, Menu
from ..kit.page import Page, PageEntry, Section
from ..kit.tools import Tools
from ..workspace import Workspace

if TYPE_CHECKING:
    from .presenter import OrgsPresenter


class OrgsEntry(PageEntry):
    """Which orgs there are, and their details."""

    def __init__(self, tools: Tools, workspace: Workspace, orgs: OrgService) -> None:
        title = QCoreApplication.translate("OrgsEntry", "Organization")
        super().__init__("organization", "building-2", title, Section.SETTINGS, "Ctrl+2")
        self._tools = tools
        self._workspace = workspace
        self._service = orgs

    @cached_property
    def presenter(self) -> OrgsPresenter:
        """What serves the page, made when first asked for; orgs can be added without the page."""
        from .presenter import OrgsPresenter

        return OrgsPresenter(self._tools, self._workspace, self._service)

    def make(self) -> Page:
        """The page."""
        return self.presenter.make_page()

    def actions(self) -> list[Action]:
        """What can be done with orgs."""
        text = self.tr("Add organization…")
        return [Action("add_org", "plus", text, lambda: self.presenter.ask_add(), at={Menu.FILE: 201})]
