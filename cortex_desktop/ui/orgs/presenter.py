"""Turns what a person does with orgs into service calls, and shows the outcome."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from PySide6.QtCore import QObject, Slot

from ...domain.errors import CortexError, VaultError
from ...domain.model import Org
from ...services.orgs import Content, OrgService
from ..kit.i18n import environment_of, short
from ..kit.toasts import TOAST_SECONDS
from ..kit.tools import Tools
from ..workspace import Workspace
from .page import OrganizationPage


class OrgsPresenter(QObject):
    """Turns what a person asks of orgs into dialogs and service calls, and shows the outcome."""

    def __init__(self, tools: Tools, workspace: Workspace, orgs: OrgService) -> None:
        super().__init__(tools.dialogs)
        self._look = tools.look
        self._dialogs = tools.dialogs
        self._toasts = tools.toasts
        self._workspace = workspace
        self._service = orgs

    def make_page(self) -> OrganizationPage:
        """A page that this presenter serves."""
        page = OrganizationPage(self._look, self._workspace)
        page.add_asked.connect(self.ask_add)
        page.remove_asked.connect(self.ask_remove)
        page.removed_asked.connect(self.show_removed)
        page.entered.connect(self._workspace.enter)
        page.save_asked.connect(
            lambda org: self._change(partial(self._service.change, org), page.saved, page.not_saved)
        )
        return page

    @Slot()
    def ask_add(self) -> None:
        """Open the dialog that adds an org."""
        if not self._dialogs.free or self._workspace.org is None:
            return
        from .dialogs import AddOrgDialog

        dialog = AddOrgDialog(self._look, self._workspace.orgs, self._dialogs.window)

        def added(org: Org) -> None:
            self._workspace.enter(org.id)
            dialog.accept()
            title = self.tr("“{org}” added").format(org=short(org.name))
            self._show_toast(title, self.tr("It is the current organization now."), "check", "success")

        dialog.submitted.connect(lambda org: self._change(partial(self._service.add, org), added, dialog.fail))
        self._dialogs.open(dialog)

    @Slot(Org)
    def ask_remove(self, org: Org) -> None:
        """Remove an org, after a question that says what is removed with it."""
        self._workspace.on_disk(partial(self._service.content, org.id), partial(self._ask_remove, org))

    def _ask_remove(self, org: Org, content: Content) -> None:
        if not self._dialogs.free:
            return
        from ..kit.dialog import Question

        place = self.tr("{org} ({environment}, {endpoint}/{code})").format(
            org=org.name, environment=environment_of(org), endpoint=org.endpoint, code=org.code
        )
        question = Question(
            self._look,
            self.tr("Remove {org}?").format(org=short(org.name)),
            f"{place}\n\n{self._what_goes(content)}",
            self.tr("Remove organization"),
            self._dialogs.window,
            typed="" if content.empty else org.code,
        )
        remove = partial(self._service.remove, org.id)
        question.confirmed.connect(lambda: self._change(remove, self._removed, self._workspace.failed.emit))
        self._dialogs.open(question)

    def _what_goes(self, content: Content) -> str:
        if content.empty:
            return self.tr("It holds no apps. For 30 days you can restore it from the Organization page.")
        parts = []
        if content.apps:
            parts.append(self.tr("%Ln app(s) are deleted with it.", "", content.apps))
        if content.deleted:
            parts.append(self.tr("%Ln app(s) deleted before can no longer be restored alone.", "", content.deleted))
        parts.append(
            self.tr(
                "For 30 days you can restore all of it from the Organization page. Then the keys leave the keychain "
                "and cannot be brought back. Nothing changes in Cortex: it still accepts keys that it made."
            )
        )
        return " ".join(parts)

    def _removed(self, org: Org) -> None:
        self._show_removal(self.tr("“{org}” removed"), org)

    def _show_removal(self, title: str, org: Org) -> None:
        toast = self._toasts.show(
            title.format(org=short(org.name)),
            self.tr("It can be restored for 30 days from the Organization page."),
            icon="trash-2",
            tone="muted",
            action=self.tr("Undo"),
        )
        toast.acted.connect(partial(self._restore, org))
        toast.count_down(TOAST_SECONDS)

    @Slot()
    def show_removed(self) -> None:
        """Open the list of orgs that can be restored."""
        self._workspace.on_disk(self._service.removed, self._show_removed)

    def _show_removed(self, orgs: list[Org]) -> None:
        if not self._dialogs.free:
            return
        from .dialogs import RemovedOrgsDialog

        dialog = RemovedOrgsDialog(self._look, orgs, self._dialogs.window)
        dialog.restore_asked.connect(self._restore)
        dialog.purge_asked.connect(self._ask_purge)
        self._dialogs.open(dialog)

    @Slot(Org)
    def _ask_purge(self, org: Org) -> None:
        from ..kit.dialog import Question

        question = Question(
            self._look,
            self.tr("Delete {org} for good?").format(org=short(org.name)),
            self.tr(
                "All its apps are deleted, and their keys leave the keychain at once. They cannot be brought back. "
                "Nothing changes in Cortex: it still accepts keys that it made."
            ),
            self.tr("Delete for good"),
            self._dialogs.window,
        )
        question.about_org = False
        purge = partial(self._service.purge, org.id)
        question.confirmed.connect(lambda: self._workspace.on_disk(purge, self._purging))
        self._dialogs.open(question)

    @Slot(Org)
    def _restore(self, org: Org) -> None:
        """Bring a removed org back, and enter it. Where the keychain refuses, Undo is offered again."""

        def failed(error: CortexError) -> None:
            if isinstance(error, VaultError):
                self._show_removal(self.tr("“{org}” is still removed"), org)
            self._workspace.failed.emit(error)

        self._workspace.on_unlocked(partial(self._service.restore, org.id), self._restored, failed)

    def _restored(self, org: Org) -> None:
        self._workspace.wish(org.id)

    def _purging(self, _: Org) -> None:
        self._workspace.recover()  # which removes its apps, secrets first

    def _change(
        self, work: Callable[[], Org], done: Callable[[Org], object], failed: Callable[[CortexError], object]
    ) -> None:
        """Do it, and list the orgs anew."""

        def changed(outcome: tuple[Org, list[Org]]) -> None:
            org, now = outcome
            self._workspace.set_orgs(now)
            done(org)

        self._workspace.on_disk(lambda: (work(), self._service.orgs()), changed, failed)

    def _show_toast(self, title: str, text: str, icon: str, tone: str) -> None:
        self._toasts.show(title, text, icon=icon, tone=tone).count_down(TOAST_SECONDS)
