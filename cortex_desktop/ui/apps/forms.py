"""The dialogs that make an app, change it, copy it, or import an existing key."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from ...domain.errors import CortexError, NotFinished, SecretMissing
from ...domain.model import App, AppDetails, AppState, Org
from ...domain.rules import LABEL_LENGTH
from ...domain.secret import Secret
from ...services.apps.create import Created
from ...services.apps.services import AppServices
from ...services.periods import SECRET_KEPT
from ...tasks.lanes import Lane
from ..kit.i18n import place_of, short
from ..kit.toasts import TOAST_SECONDS
from ..kit.tools import Tools
from ..workspace import Workspace
from .keys import KeyPresenter
from .page import AppsPage

if TYPE_CHECKING:
    from .details import DetailsPanel


class AppForms(QObject):
    """Opens the dialogs, has done what they ask for, and shows the outcome."""

    def __init__(
        self, tools: Tools, workspace: Workspace, apps: AppServices, page: AppsPage, keys: KeyPresenter
    ) -> None:
        super().__init__(page)
        self._look = tools.look
        self._dialogs = tools.dialogs
        self._toasts = tools.toasts
        self._workspace = workspace
        self._services = apps
        self._page = page
        self._keys = keys
        page.new_asked.connect(self.ask_new_app)
        page.details_made.connect(self._listen_to)

    @Slot(QWidget)
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

        dialog.submitted.connect(lambda details: self._edit(app, details, edited, dialog.fail))
        self._dialogs.open_waiting(dialog)

    @Slot()
    def ask_import_key(self) -> None:
        """Open the Add existing key dialog."""
        org = self._org()
        if org is None:
            return
        from .import_key_dialog import ImportKeyDialog

        read = partial(self._workspace.submit, Lane.SCAN)
        dialog = ImportKeyDialog(self._look, self._page.model, place_of(org), self._dialogs.window, read)

        def imported(made: Created) -> None:
            self._dialogs.close(dialog, partial(self._show_new, made, self._keys.show_imported))

        def submit(details: AppDetails, key: Secret, secret: Secret | None) -> None:
            work = partial(self._services.creation.import_key, org.id, details, key, secret)
            self._store(work, imported, dialog.fail)

        self._keys.watch(dialog)
        dialog.submitted.connect(submit)
        self._dialogs.open_waiting(dialog)

    def _ask_create(self, like: App | None = None) -> None:
        org = self._org()
        if org is None:
            return
        from .create_dialog import CreateAppDialog

        proposed = None if like is None else self._copy_of(like)
        dialog = CreateAppDialog(self._look, self._page.model, place_of(org), self._dialogs.window, proposed)

        def submit(details: AppDetails) -> None:
            self._store(partial(self._services.creation.create, org.id, details, like), created, dialog.fail)

        def created(made: Created) -> None:
            self._dialogs.close(dialog, partial(self._show_new, made, self._keys.welcome))

        dialog.submitted.connect(submit)
        self._dialogs.open_waiting(dialog)

    def _store(
        self, work: Callable[[], Created], done: Callable[[Created], None], failed: Callable[[CortexError], None]
    ) -> None:
        """Have an app added, as one job on the vault lane."""

        def refused(error: CortexError) -> None:
            if isinstance(error, NotFinished):
                self._workspace.reload()  # its row is there, marked as unfinished
            failed(error)

        self._workspace.on_vault(work, done, refused)

    def _edit(
        self,
        app: App,
        details: AppDetails,
        done: Callable[[App], None],
        failed: Callable[[CortexError], None],
    ) -> None:
        def edited(after: App) -> None:
            self._workspace.put(after)
            done(after)

        def refused(error: CortexError) -> None:
            if isinstance(error, SecretMissing):
                self._page.model.mark_missing(app.id)
            failed(error)

        needs_keychain = details.sessions != app.sessions
        run = self._workspace.on_vault if needs_keychain else self._workspace.on_disk
        run(partial(self._services.editing.edit, app.id, details), edited, refused)

    def _show_new(self, made: Created, tell: Callable[[Created], None]) -> None:
        self._workspace.put(made.app)
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
        failed = self._workspace.failed.emit
        toast.acted.connect(lambda: self._edit(after, before.details, lambda _: None, failed))
        toast.count_down(TOAST_SECONDS if not text else 2 * TOAST_SECONDS)

    def _org(self) -> Org | None:
        """The org at hand, unless another dialog is open."""
        return self._workspace.org if self._dialogs.free else None
