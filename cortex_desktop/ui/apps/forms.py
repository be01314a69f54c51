"""The dialogs that make an app, change it, copy it, or take in a key that exists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot

from ...domain.model import App, AppDetails, AppState, Org
from ...domain.rules import LABEL_LENGTH
from ...domain.secret import Secret
from ...services.apps.create import Created
from ...services.periods import SECRET_KEPT
from ..kit.dialog_host import DialogHost
from ..kit.i18n import place_of
from ..kit.toasts import TOAST_SECONDS, Toasts
from ..kit.widgets import Look
from .controller import AppsController
from .keys import KeyPresenter, short
from .page import AppsPage

if TYPE_CHECKING:
    from .details import DetailsPanel


class AppForms(QObject):
    """Opens the dialogs, has the controller do what they ask for, and shows the outcome."""

    def __init__(
        self,
        look: Look,
        controller: AppsController,
        page: AppsPage,
        dialogs: DialogHost,
        toasts: Toasts,
        keys: KeyPresenter,
    ) -> None:
        super().__init__(page)
        self._look = look
        self._controller = controller
        self._page = page
        self._dialogs = dialogs
        self._toasts = toasts
        self._keys = keys
        page.new_asked.connect(self.ask_new_app)
        page.details_made.connect(self._listen_to)

    @Slot(object)
    def _listen_to(self, details: DetailsPanel) -> None:
        details.edit_asked.connect(self.ask_edit)

    @Slot()
    def ask_new_app(self) -> None:
        """Open the Create App dialog."""
        self._ask_create()

    @Slot()
    def ask_duplicate(self) -> None:
        """Open the Create App dialog with the current app's settings."""
        app = self._page.current()
        if app is not None:
            self._ask_create(app)

    @Slot()
    def ask_edit(self) -> None:
        """Open the Edit App dialog for the current app."""
        app, org = self._page.current(), self._org()
        if app is None or org is None or app.state is not AppState.ACTIVE:
            return
        from .edit_dialog import EditAppDialog

        place = f"{short(app.label)} · {place_of(org)}"
        dialog = EditAppDialog(self._look, self._page.model, place, app, self._dialogs.window)

        def edited(after: App) -> None:
            dialog.accept()
            self._page.select(after.id)
            self._show_edited(app, after)

        dialog.submitted.connect(lambda details: self._controller.edit(app, details, edited, dialog.fail))
        self._dialogs.open_waiting(dialog)

    @Slot()
    def ask_import_key(self) -> None:
        """Open the Add existing key dialog."""
        org = self._org()
        if org is None:
            return
        from .import_key_dialog import ImportKeyDialog

        dialog = ImportKeyDialog(self._look, self._page.model, place_of(org), self._dialogs.window)

        def imported(made: Created) -> None:
            self._dialogs.close(dialog, partial(self._show_new, made, self._keys.show_imported))

        def submit(details: AppDetails, key: Secret, secret: Secret | None) -> None:
            self._controller.import_key(details, key, secret, imported, dialog.fail)

        dialog.submitted.connect(submit)
        self._dialogs.open_waiting(dialog)

    def _ask_create(self, like: App | None = None) -> None:
        org = self._org()
        if org is None:
            return
        from .create_dialog import CreateAppDialog

        proposed = None if like is None else self._copy_of(like)
        dialog = CreateAppDialog(self._look, self._page.model, place_of(org), self._dialogs.window, proposed)

        def submit(label: str, sessions: bool, csrf: bool) -> None:
            details = replace(proposed or AppDetails(label), label=label, sessions=sessions, csrf=csrf)
            self._controller.add(details, like, created, dialog.fail)

        def created(made: Created) -> None:
            self._dialogs.close(dialog, partial(self._show_new, made, self._keys.welcome))

        dialog.submitted.connect(submit)
        self._dialogs.open_waiting(dialog)

    def _show_new(self, made: Created, tell: Callable[[Created], None]) -> None:
        self._controller.list_new(made.app)
        self._page.select(made.app.id)
        self._page.table.setFocus()
        tell(made)

    def _copy_of(self, app: App) -> AppDetails:
        """The details of a copy: a label that is free, and no date that is past already."""
        number = 1
        while True:
            ending = self.tr(" copy") if number == 1 else self.tr(" copy {number}").format(number=number)
            label = app.label[: LABEL_LENGTH - len(ending)].rstrip() + ending
            if not self._page.model.has_label(label):
                break
            number += 1
        today = date.today()  # noqa: DTZ011 (where the person is)
        expires, review = (day if day is not None and day >= today else None for day in (app.expires, app.review))
        return replace(app.details, label=label, expires=expires, review=review)

    def _show_edited(self, before: App, after: App) -> None:
        if after == before:
            return
        text = ""
        if after.sessions and not before.sessions:
            text = self.tr(
                "Its API secret stays in the keychain for %n day(s), in case you switch Sessions off again.",
                "",
                SECRET_KEPT.days,
            )
        elif before.sessions and not after.sessions:
            text = self.tr("Its API secret is in the keychain now. Copy it from the details.")
        title = self.tr("“{label}” saved").format(label=short(after.label))
        toast = self._toasts.show(title, text, icon="check", tone="success", action=self.tr("Undo"), topic="edited")
        toast.acted.connect(lambda: self._controller.edit(after, before.details))
        toast.count_down(TOAST_SECONDS if not text else 2 * TOAST_SECONDS)

    def _org(self) -> Org | None:
        """The org at hand, unless another dialog is open."""
        return self._controller.org if self._dialogs.free else None
