"""What a person does with orgs, and what becomes of it."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QObject, Slot

from ...domain.model import Org
from ...services.orgs import Content
from ..apps.keys import short
from ..kit.dialog_host import DialogHost
from ..kit.i18n import environment_of
from ..kit.toasts import TOAST_SECONDS, Toasts
from ..kit.widgets import Look
from .controller import OrgsController
from .page import OrganizationPage


class OrgsPresenter(QObject):
    """Turns what a person asks of orgs into dialogs and work for the controller, and tells the outcome."""

    def __init__(self, look: Look, controller: OrgsController, dialogs: DialogHost, toasts: Toasts) -> None:
        super().__init__(dialogs)
        self._look = look
        self._controller = controller
        self._dialogs = dialogs
        self._toasts = toasts

    def serve(self, page: OrganizationPage) -> None:
        """Do what is asked on this page."""
        page.add_asked.connect(self.ask_add)
        page.remove_asked.connect(self.ask_remove)
        page.removed_asked.connect(self.show_removed)
        page.entered.connect(self._controller.apps.enter)
        page.save_asked.connect(lambda org: self._controller.change(org, page.saved, page.not_saved))

    @Slot()
    def ask_add(self) -> None:
        """Open the dialog that adds an org."""
        if not self._dialogs.free or self._controller.apps.org is None:
            return
        from .dialogs import AddOrgDialog

        dialog = AddOrgDialog(self._look, self._controller.apps.orgs, self._dialogs.window)

        def added(org: Org) -> None:
            dialog.accept()
            title = self.tr("“{org}” added").format(org=short(org.name))
            self._show_toast(title, self.tr("It is the current organization now."), "check", "success")

        dialog.submitted.connect(lambda org: self._controller.add(org, added, dialog.fail))
        self._dialogs.open(dialog)

    @Slot(object)
    def ask_remove(self, org: Org) -> None:
        """Remove an org, after a question that says what goes with it."""
        self._controller.look_into(org, partial(self._ask_remove, org))

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
        question.confirmed.connect(partial(self._controller.remove, org, self._removed))
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
                "and cannot be brought back. Nothing is changed in Cortex itself."
            )
        )
        return " ".join(parts)

    def _removed(self, org: Org) -> None:
        toast = self._toasts.show(
            self.tr("“{org}” removed").format(org=short(org.name)),
            self.tr("It can be restored for 30 days from the Organization page."),
            icon="trash-2",
            tone="muted",
            action=self.tr("Undo"),
        )
        toast.acted.connect(partial(self._controller.restore, org))
        toast.count_down(TOAST_SECONDS)

    @Slot()
    def show_removed(self) -> None:
        """Open the list of orgs that can be restored."""
        self._controller.find_removed(self._show_removed)

    def _show_removed(self, orgs: list[Org]) -> None:
        if not self._dialogs.free:
            return
        from .dialogs import RemovedOrgsDialog

        dialog = RemovedOrgsDialog(self._look, orgs, self._dialogs.window)
        dialog.restore_asked.connect(self._controller.restore)
        dialog.purge_asked.connect(self._ask_purge)
        self._dialogs.open(dialog)

    @Slot(object)
    def _ask_purge(self, org: Org) -> None:
        from ..kit.dialog import Question

        question = Question(
            self._look,
            self.tr("Delete {org} for good?").format(org=short(org.name)),
            self.tr("All its apps go, and their keys leave the keychain at once. They cannot be brought back."),
            self.tr("Delete for good"),
            self._dialogs.window,
        )
        question.about_org = False
        question.confirmed.connect(partial(self._controller.purge, org))
        self._dialogs.open(question)

    def _show_toast(self, title: str, text: str, icon: str, tone: str) -> None:
        self._toasts.show(title, text, icon=icon, tone=tone).count_down(TOAST_SECONDS)
