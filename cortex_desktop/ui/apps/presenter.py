"""What a person does on the Apps page, and what becomes of it."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from ...domain.model import App, AppState
from ...domain.secret import SecretKind
from ...services.apps.create import Created
from ...services.bulk import Delete, Disable, Rotate
from ...services.periods import ROLLED_BACK_KEPT
from ...services.snippets import Snippet
from ..kit.dialog_host import DialogHost
from ..kit.i18n import place_of
from ..kit.reveal import Reveal
from ..kit.toasts import TOAST_SECONDS, Toasts
from ..kit.widgets import Look
from .bulk_presenter import BulkPresenter
from .controller import AppsController
from .keys import KeyPresenter, short
from .model import AppsModel, Row, Status
from .page import AppsPage
from .shelf import Shelf, Shelved

if TYPE_CHECKING:
    from .deleted_dialog import DeletedDialog
    from .details import DetailsPanel


class AppsPresenter(QObject):
    """Turns what a person asks of apps into dialogs and work for the controller, and shows the outcome on the page.

    changed: other apps, or another current one; counted(int): so many apps there are.
    """

    changed = Signal()
    counted = Signal(int)

    def __init__(
        self,
        look: Look,
        controller: AppsController,
        model: AppsModel,
        page: AppsPage,
        dialogs: DialogHost,
        toasts: Toasts,
        reveal: Reveal,
        keys: KeyPresenter,
    ) -> None:
        super().__init__(page)
        self._look = look
        self._controller = controller
        self.model = model
        self.page = page
        self._dialogs = dialogs
        self._toasts = toasts
        self._reveal = reveal
        self._keys = keys
        self.bulk = BulkPresenter(look, controller, page.bulk, dialogs)
        self._shelf = Shelf(model)
        controller.loaded.connect(self._loaded)
        controller.entered.connect(self._entered)
        controller.changed.connect(self._app_changed)
        controller.removed.connect(self._app_removed)
        controller.missing.connect(model.mark_missing)
        page.selected.connect(self.changed)
        page.retry_asked.connect(controller.reload)
        page.table.painter.reveal_asked.connect(self._reveal_of)
        page.table.painter.copy_asked.connect(self._copy_of)
        page.details_made.connect(self._listen_to)
        reveal.changed.connect(self._reveal_changed)
        self.bulk.put.connect(self._apps_changed)
        self.bulk.taken.connect(self._apps_removed)
        self.bulk.changed.connect(self._bulk_changed)

    @Slot(object)
    def _listen_to(self, details: DetailsPanel) -> None:
        details.reveal_asked.connect(self.reveal_or_hide)
        details.copy_asked.connect(self.copy)
        details.snippet_asked.connect(self.copy_as)
        details.enable_asked.connect(self.enable_or_disable)
        details.delete_asked.connect(self.ask_delete)
        details.rotate_asked.connect(self.ask_rotate)
        details.roll_back_asked.connect(self._roll_back)
        details.drop_kept_asked.connect(self._drop_kept)
        details.many.rotate_asked.connect(self.ask_rotate)
        details.many.enable_asked.connect(self.enable_several)
        details.many.disable_asked.connect(self.disable_several)
        details.many.delete_asked.connect(self.ask_delete)

    # What a person does

    @Slot(object)
    def copy(self, kind: SecretKind) -> None:
        """Copy the current app's key or secret."""
        app = self.page.current()
        if app is not None:
            self._keys.copy(app, kind)

    @Slot(object)
    def copy_as(self, snippet: Snippet) -> None:
        """Copy the current app's key with what it takes to use it."""
        app, org = self.page.current(), self._controller.org
        if app is not None and org is not None:
            self._keys.copy_as(snippet, app, org)

    @Slot(object)
    def reveal_or_hide(self, kind: SecretKind = SecretKind.API_KEY) -> None:
        """Show the current app's key or secret for a while, or hide it."""
        app = self.page.current()
        if app is not None:
            self._keys.reveal_or_hide(app, kind)

    @Slot()
    def enable_or_disable(self) -> None:
        """Turn the current app off, or on again. Several: all off, or when all are, on again."""
        app, several = self.page.current(), self.page.several()
        if app is not None and app.state is AppState.ACTIVE:
            if app.enabled:
                self._dialogs.ask_in_production(Disable, [app], partial(self._controller.set_enabled, app, False))
            else:
                self._controller.set_enabled(app, True)
        elif several:
            self.bulk.set_enabled(several, not any(each.enabled for each in several))

    @Slot()
    def enable_several(self) -> None:
        """Enable all the selected apps."""
        self.bulk.set_enabled(self.page.several(), True)

    @Slot()
    def disable_several(self) -> None:
        """Disable all the selected apps."""
        self.bulk.set_enabled(self.page.several(), False)

    @Slot()
    def ask_rotate(self) -> None:
        """Open the Rotate API key dialog for the selected app, or apps."""
        if several := self.page.several():
            self.bulk.ask_rotate(several)
            return
        app = self.page.current()
        if app is not None and app.state is AppState.ACTIVE:
            self._dialogs.ask_in_production(Rotate, [app], partial(self._ask_rotate, app))

    def _ask_rotate(self, app: App) -> None:
        org = self._controller.org
        if org is None or not self._dialogs.free:
            return
        from .rotate_dialog import RotateDialog

        place = f"{short(app.label)} · {place_of(org)}"
        dialog = RotateDialog(self._look, place, self._dialogs.window)

        def rotated(made: Created) -> None:
            dialog.accept()
            self.model.mark_whole(app.id)
            self.model.put(made.app)
            self._keys.show_rotated(made)

        dialog.submitted.connect(lambda keep: self._controller.rotate(app, keep, rotated, dialog.fail))
        self._dialogs.open_waiting(dialog)

    @Slot(int)
    def _roll_back(self, number: int) -> None:
        app = self.page.current()
        if app is not None:
            self._reveal.end()
            self._controller.roll_back(app, number, ROLLED_BACK_KEPT)

    @Slot(int)
    def _drop_kept(self, number: int) -> None:
        app = self.page.current()
        if app is None or not self._dialogs.free:
            return
        from ..kit.dialog import Question

        question = Question(
            self._look,
            self.tr("Remove the earlier key?"),
            self.tr("It leaves the keychain at once and cannot be brought back. The present key is not affected."),
            self.tr("Remove"),
            self._dialogs.window,
        )
        question.confirmed.connect(partial(self._controller.drop_kept, app, number))
        self._dialogs.open(question)

    @Slot()
    def ask_delete(self) -> None:
        """Delete the selected app, or apps, after a question."""
        if several := self.page.several():
            self.bulk.ask_delete(several)
            return
        app = self.page.current()
        if app is not None:
            self._dialogs.ask_in_production(Delete, [app], partial(self._ask_delete, app))

    def _ask_delete(self, app: App) -> None:
        if not self._dialogs.free:
            return
        from ..kit.dialog import Question

        question = Question(
            self._look,
            self.tr("Delete “{label}”?").format(label=short(app.label)),
            self.tr(
                "For 30 days you can restore it from Recently deleted. Then its API key leaves the keychain and cannot "
                "be brought back. Nothing is changed in Cortex itself."
            ),
            self.tr("Delete"),
            self._dialogs.window,
        )
        question.confirmed.connect(partial(self._controller.delete, app, self._deleted))
        self._dialogs.open(question)

    @Slot()
    def check_keychain(self) -> None:
        """Open the doctor and let it look at every app of every org."""
        if not self._dialogs.free:
            return
        from .doctor_dialog import DoctorDialog

        orgs = {org.id: org.name for org in self._controller.orgs}
        dialog = DoctorDialog(
            self._look, list(self._shelf.all_apps()), orgs, self._controller.keychain_name, self._dialogs.window
        )
        dialog.check_asked.connect(lambda app_id: self._controller.check(app_id, dialog.checked, dialog.fail))
        dialog.repair_asked.connect(lambda found: self._controller.repair(found, dialog.repaired, dialog.fail))
        dialog.finished.connect(self._controller.reload)
        self._dialogs.open(dialog)
        dialog.start()

    @Slot()
    def show_deleted(self) -> None:
        """Open Recently deleted."""
        if self._dialogs.free:
            self._controller.find_deleted(self._show_deleted)

    # What happened

    def _show_deleted(self, apps: list[App]) -> None:
        from .deleted_dialog import DeletedDialog

        if self._dialogs.free:
            dialog = DeletedDialog(self._look, apps, self._dialogs.window)
            dialog.restore_asked.connect(partial(self._restore, dialog))
            dialog.purge_asked.connect(self._controller.purge)
            self._dialogs.open(dialog)

    def _restore(self, dialog: DeletedDialog, apps: list[App]) -> None:
        if len(apps) > 1 and not self.bulk.running:
            dialog.accept()  # how far it is shows on the page
            self.bulk.restore(apps)
        else:
            for app in apps:
                self._controller.restore(app)

    def find(self, app_id: str) -> App | None:
        """The app, of whatever org."""
        return next((app for app in self._shelf.all_apps() if app.id == app_id), None)

    def count_of(self, org_id: str) -> int:
        """How many apps the org has."""
        return self._shelf.count(org_id)

    def count_words(self, org_id: str) -> str:
        """The same in words."""
        return self.tr("%Ln app(s)", "", self.count_of(org_id))

    @Slot(object)
    def _loaded(self, apps: dict[str, Shelved]) -> None:
        org = self._controller.org
        if org is not None:
            with self.page.one_change():
                self._shelf.load(apps, org.id)
                self._show_shelf()

    @Slot()
    def _entered(self) -> None:
        """Another org is the current one: what was on screen was about the one before."""
        org = self._controller.org
        if org is not None:
            self._reveal.end()
            self.page.forget_search()
            with self.page.one_change():
                self._shelf.enter(org.id)
                self._show_shelf()

    def _show_shelf(self) -> None:
        self.page.loaded()
        self.counted.emit(self.model.total)
        if not self.page.selection.count and self.model.rowCount():
            self.page.selection.choose_row(0)
            if self._dialogs.window.focusWidget() in (None, self.page):
                self.page.table.setFocus()

    @Slot(object)
    def _app_changed(self, app: App) -> None:
        self._shelf.put([Row(app)])
        self.page.loaded()
        self.counted.emit(self.model.total)
        self.changed.emit()

    @Slot(str)
    def _app_removed(self, app_id: str) -> None:
        self._apps_removed({app_id})

    @Slot(set)
    def _apps_removed(self, app_ids: set[str]) -> None:
        if self._reveal.app_id in app_ids:
            self._reveal.end()
        first = next(iter(self.model.rows_of(app_ids)), 0)
        self._shelf.remove(app_ids)
        self.page.loaded()
        self.counted.emit(self.model.total)
        if self.model.rowCount() and not self.page.selection.count:
            # The neighbour takes its place, so that the keyboard does not get lost.
            self.page.selection.choose_row(min(first, self.model.rowCount() - 1))
        self.changed.emit()

    @Slot(object)
    def _apps_changed(self, rows: list[Row]) -> None:
        """Many at once."""
        for row in rows:
            known = self.model.find(row.app.id)
            if known is not None and known.version != row.app.version:
                if row.app.id == self._reveal.app_id:
                    self._reveal.end()  # what is readable is not the key any more
                if self.model.status(known) is Status.KEY_MISSING:
                    self.model.mark_whole(row.app.id)  # this version was read back
        self._shelf.put(rows)
        self.page.loaded()
        self.counted.emit(self.model.total)
        self.changed.emit()

    @Slot()
    def _bulk_changed(self) -> None:
        self.page.set_busy(self.bulk.running)
        self.changed.emit()

    def _deleted(self, app: App) -> None:
        toast = self._toasts.show(
            self.tr("“{label}” deleted").format(label=short(app.label)),
            self.tr("It can be restored for 30 days from Recently deleted."),
            icon="trash-2",
            tone="muted",
            action=self.tr("Undo"),
        )
        self._controller.entered.connect(toast.leave)
        toast.acted.connect(partial(self._controller.restore, app))
        toast.count_down(TOAST_SECONDS)

    @Slot(str)
    def _copy_of(self, app_id: str) -> None:
        app = self.model.find(app_id)
        if app is not None:
            self._keys.copy(app, SecretKind.API_KEY)

    @Slot(str)
    def _reveal_of(self, app_id: str) -> None:
        app = self.model.find(app_id)
        if app is not None:
            self._keys.reveal_or_hide(app)

    @Slot()
    def _reveal_changed(self) -> None:
        self.model.mark_revealed(self._reveal.app_id)
        self.page.table.viewport().update()
        self.changed.emit()
