"""Recently deleted in the sidebar."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QCoreApplication, QObject, Slot

from ...domain.errors import CortexError
from ...domain.model import App
from ...services.apps.listing import AppListing
from ..kit.page import Aside
from ..workspace import Workspace


class DeletedAside(Aside):
    """Counts the current org's apps that can be restored."""

    def __init__(self, workspace: Workspace, listing: AppListing, parent: QObject) -> None:
        super().__init__("trash-2", QCoreApplication.translate("DeletedAside", "Recently deleted"), parent)
        self._workspace = workspace
        self._listing = listing
        self._is_counting = self._again = False
        for changed in (workspace.loaded, workspace.orgs_changed, workspace.recorded):
            changed.connect(self._count)

    @Slot()
    def _count(self) -> None:
        """Count anew. Asked often; while one count is under way, one more waits."""
        org = self._workspace.org
        self._again = self._is_counting
        if org is None or self._is_counting:
            return
        self._is_counting = True
        self._workspace.on_disk(partial(self._listing.deleted, org.id), self._show, self._refused)

    def _show(self, deleted: list[App]) -> None:
        self._is_counting = False
        self.counted.emit(len(deleted))
        if self._again:
            self._count()

    def _refused(self, _: CortexError) -> None:
        self._is_counting = False  # what cannot be read is said by whoever needs it
