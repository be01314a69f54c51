"""Turns what a person does on the Apps page into service calls, and shows the outcome."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtWidgets import QWidget

from ...domain.errors import AppGone, CortexError, VaultError
from ...domain.model import App, AppState, Origin
from ...domain.secret import Secret, SecretKind
from ...services.apps.create import Created
from ...services.apps.origins import KeyOrigins
from ...services.apps.recovery import NotRemoved
from ...services.apps.services import AppServices
from ...services.bulk import Delete, Rotate
from ...services.doctor import Doctor
from ...services.periods import ROLLED_BACK_KEPT
from ...services.snippets import Snippet
from ...tasks.lanes import Lane
from ..kit.desktop import open_web_page
from ..kit.i18n import place_of, short
from ..kit.toasts import TOAST_SECONDS
from ..kit.tools import Tools
from ..workspace import ListedApp, Workspace
from .banners import Banners
from .bulk_presenter import BulkPresenter
from .checks import KeychainChecks
from .cortex_check import CortexCheck
from .filters import SavedFilters
from .forms import AppForms
from .keys import KeyPresenter
from .model import AppColumn, AppsModel, Status
from .origins import OriginPresenter
from .page import AppsPage

if TYPE_CHECKING:
    from ...services.workbench import RequestServices
    from .deleted_dialog import DeletedDialog
    from .details import DetailsPanel


class AppsPresenter(QObject):
    """Turns what a person asks of apps into dialogs and service calls, and shows the outcome on the page.

    changed: actions may be enabled or not; counted(int): the number of the org's apps.
    """

    changed = Signal()
    counted = Signal(int)

    def __init__(
        self,
        tools: Tools,
        workspace: Workspace,
        apps: AppServices,
        doctor: Doctor,
        origins: KeyOrigins,
        requests: Callable[[], RequestServices],
    ) -> None:
        super().__init__(tools.dialogs)
        self._tools = tools
        self._look = tools.look
        self._dialogs = tools.dialogs
        self._reveal = tools.reveal
        self._workspace = workspace
        self._services = apps
        self.model = AppsModel(self)
        self.saved = SavedFilters(tools.settings)
        self.page = AppsPage(tools.look, self.model, tools.reveal, self.saved)
        self.keys = KeyPresenter(tools, workspace, apps, self.model)
        self.forms = AppForms(tools, workspace, apps, self.page, self.keys)
        self.bulk = BulkPresenter(tools, workspace, apps, self.page.bulk)
        self._cortex = CortexCheck(tools, workspace, apps.use, requests)
        self._origins = OriginPresenter(tools, workspace, origins)
        self.banners = Banners(workspace, self.page)
        self.checks = KeychainChecks(tools, workspace, apps, doctor, self.model, self.keys, self.page)
        self._connect()
        self.page.new.setEnabled(False)
        self.page.wait_for_load()  # before the sorting is restored, which has the page show its state
        self._restore()

    def _connect(self) -> None:
        workspace, page = self._workspace, self.page
        workspace.loaded.connect(self._loaded)
        workspace.entered.connect(self._entered)
        workspace.orgs_changed.connect(self._show_org)
        workspace.keychain_changed.connect(self._show_org)
        workspace.apps_put.connect(self._apps_put)
        workspace.apps_removed.connect(self._apps_removed)
        workspace.hour_passed.connect(self.model.turn_the_page)
        self.model.missing_changed.connect(self._share_missing)
        self.checks.changed.connect(self._findings_changed)
        page.selected.connect(self.changed)
        page.inset_changed.connect(self.changed)
        for moved in (page.selected, page.inset_changed):
            moved.connect(self._show_revealed)
        page.retry_asked.connect(workspace.reload)
        page.bar.save_asked.connect(self.ask_filter_name)
        page.bar.rename_asked.connect(self._ask_new_filter_name)
        page.bar.delete_asked.connect(self._delete_filter)
        page.table.painter.reveal_asked.connect(self._reveal_of)
        self.keys.copied.connect(page.show_copied)
        page.table.painter.copy_asked.connect(self._copy_of)
        page.details_made.connect(self._listen_to)
        page.selection_bar.rotate_asked.connect(self.ask_rotate)
        page.selection_bar.enable_asked.connect(self.enable_several)
        page.selection_bar.disable_asked.connect(self.disable_several)
        page.selection_bar.delete_asked.connect(self.ask_delete)
        self._reveal.changed.connect(self._reveal_changed)
        self.bulk.changed.connect(self._bulk_changed)

    @Slot(QWidget)
    def _listen_to(self, details: DetailsPanel) -> None:
        details.reveal_asked.connect(self.reveal_or_hide)
        details.copy_asked.connect(self.copy)
        details.snippet_asked.connect(self.copy_as)
        details.enable_asked.connect(self.enable_or_disable)
        details.try_asked.connect(self._workspace.try_asked)
        details.check_asked.connect(self.check_with_cortex)
        details.origin_said.connect(self.note_origin)
        details.rotate_asked.connect(self.ask_rotate)
        details.copy_kept_asked.connect(self._copy_kept)
        details.roll_back_asked.connect(self._roll_back)
        details.drop_kept_asked.connect(self._ask_drop_kept)
        details.type_asked.connect(self.ask_key)
        details.use_newer_asked.connect(self.use_newer)
        details.many.rotate_asked.connect(self.ask_rotate)
        details.many.enable_asked.connect(self.enable_several)
        details.many.disable_asked.connect(self.disable_several)
        details.many.delete_asked.connect(self.ask_delete)

    def _restore(self) -> None:
        settings = self._tools.settings
        self.page.restore_layout(settings.blob("columns"), settings.text("columns_shown"))
        column, _, order = settings.text("sort").partition(" ")
        if column not in AppColumn.__members__ or column == "MENU":
            column, order = "CREATED", "DESC"
        direction = Qt.SortOrder.DescendingOrder if order == "DESC" else Qt.SortOrder.AscendingOrder
        self.page.table.sort_by(AppColumn[column], direction)

    def remember(self) -> None:
        """Put columns and sorting into the settings."""
        settings = self._tools.settings
        column, order = self.page.table.sorted_by()
        header, shown = self.page.layout_state()
        settings.set_blob("columns", header)
        settings.set_text("columns_shown", shown)
        settings.set_text("sort", f"{column.name} {'DESC' if order is Qt.SortOrder.DescendingOrder else 'ASC'}")

    # What a person does

    @Slot(SecretKind)
    def copy(self, kind: SecretKind) -> None:
        """Copy the current app's key or secret."""
        app = self.page.current()
        if app is not None:
            self.keys.copy(app, kind)

    @Slot(Snippet)
    def copy_as(self, snippet: Snippet) -> None:
        """Copy the current app's key with what it takes to use it."""
        app, org = self.page.current(), self._workspace.org
        if app is not None and org is not None:
            self.keys.copy_as(snippet, app, org)

    @Slot(SecretKind)
    def reveal_or_hide(self, kind: SecretKind = SecretKind.API_KEY) -> None:
        """Show the current app's key or secret for a while, or hide it."""
        app = self.page.current()
        if app is not None:
            self.keys.reveal_or_hide(app, kind)

    @Slot()
    def enable_or_disable(self) -> None:
        """Turn the current app off, or on again. Several: all off, or when all are, on again."""
        app, several = self.page.current(), self.page.several()
        if app is not None and app.state is AppState.ACTIVE:
            if app.enabled:
                self._dialogs.ask_to_disable([app], partial(self.set_enabled, app, False))
            else:
                self.set_enabled(app, True)
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
            self._ask_rotate(app)

    def _ask_rotate(self, app: App) -> None:
        org = self._workspace.org
        if org is None or not self._dialogs.free:
            return
        from .rotate_dialog import RotateDialog

        place = f"{short(app.label)} · {place_of(org)}"
        words, in_doubt = self._dialogs.warned(Rotate, [app]), self._workspace.in_doubt
        window, is_cortex = self._dialogs.window, app.origin is Origin.CORTEX
        dialog = RotateDialog(self._look, place, window, words=words, from_cortex=is_cortex, in_doubt=in_doubt)

        def rotated(made: Created) -> None:
            dialog.accept()
            self.model.mark_whole(app.id)
            self._workspace.put(made.app)
            self.keys.show_rotated(made)
            self._workspace.recover()  # an old version that is not kept is due at once

        def submit(keep: timedelta) -> None:
            work = partial(self._services.rotation.rotate, app.id, keep)
            self._workspace.on_vault(work, rotated, dialog.fail)

        dialog.submitted.connect(submit)
        dialog.key_asked.connect(self.ask_use_key)
        self._dialogs.open_waiting(dialog)

    def _selected(self) -> list[App]:
        app = self.page.current()
        return list(self.page.several()) or ([app] if app is not None else [])

    @Slot()
    def check_with_cortex(self) -> None:
        """Ask Cortex whether it knows the keys of the selected app, or apps."""
        self._cortex.ask(self._selected())

    @Slot(Origin)
    def note_origin(self, origin: Origin) -> None:
        """Keep who made the keys of the selected app, or apps, where that is not known."""
        self._origins.note(self._selected(), origin)

    @Slot()
    def open_console(self) -> None:
        """Show the current org's apps in the web console."""
        org = self._workspace.org
        if org is not None and org.console:
            open_web_page(org.console)

    @Slot()
    def ask_use_key(self) -> None:
        """Open the dialog that gives the selected app a key from Cortex."""
        app, org = self.page.current(), self._workspace.org
        if app is None or org is None or app.state is not AppState.ACTIVE or not self._dialogs.free:
            return
        from .use_key_dialog import UseKeyDialog

        dialog = UseKeyDialog(self._look, app, f"{short(app.label)} · {place_of(org)}", self._dialogs.window)

        def used(made: Created) -> None:
            dialog.accept()
            self.model.mark_whole(app.id)
            self._workspace.put(made.app)
            toast = self._tools.toasts.show(
                self.tr("“{label}” uses the key from Cortex").format(label=short(app.label)),
                self.tr("The previous key is kept: you can roll back in the details."),
                action=self.tr("Undo"),
            )
            toast.acted.connect(partial(self._roll_back_to, app.id, made.app.kept[0].number))
            toast.count_down(TOAST_SECONDS)

        def submit(key: Secret, secret: Secret | None, keep: timedelta) -> None:
            work = partial(self._services.rotation.use_key, app.id, key, secret, keep)
            self._workspace.on_vault(work, used, dialog.fail)

        self.keys.watch(dialog)
        dialog.submitted.connect(submit)
        self._dialogs.open_waiting(dialog)

    @Slot(int)
    def _copy_kept(self, number: int) -> None:
        app = self.page.current()
        if app is not None:
            self.keys.copy_kept(app, number)

    @Slot(int)
    def _roll_back(self, number: int) -> None:
        app = self.page.current()
        if app is not None:
            self._roll_back_to(app.id, number)

    def _roll_back_to(self, app_id: str, number: int) -> None:
        self._reveal.end()
        work = partial(self._services.rotation.roll_back, app_id, number, ROLLED_BACK_KEPT)
        self._workspace.on_vault(work, self._workspace.put)

    @Slot(int)
    def _ask_drop_kept(self, number: int) -> None:
        app = self.page.current()
        if app is None or not self._dialogs.free:
            return
        from ..kit.dialog import Question

        question = Question(
            self._look,
            self.tr("Remove the earlier key?"),
            self.tr(
                "It leaves the keychain at once and cannot be brought back. The present key is not affected. "
                "Nothing changes in Cortex: it still accepts a key that it made."
            ),
            self.tr("Remove"),
            self._dialogs.window,
        )
        drop = partial(self._services.removal.drop_kept, app.id, number)
        question.confirmed.connect(lambda: self._workspace.on_vault(drop, self._workspace.put))
        self._dialogs.open(question)

    @Slot()
    def ask_delete(self) -> None:
        """Delete the selected app, or apps, after a question."""
        if several := self.page.several():
            self.bulk.ask_delete(several)
            return
        app = self.page.current()
        if app is not None:
            self._ask_delete(app)

    def _ask_delete(self, app: App) -> None:
        if not self._dialogs.free:
            return
        from ..kit.dialog import Question

        heading = self.tr("Delete “{label}”?").format(label=short(app.label))
        text = self.tr(
            "For 30 days you can restore it from Recently deleted. Then its API key leaves the keychain and cannot "
            "be brought back. Nothing changes in Cortex: it still accepts a key that it made."
        )
        words = self._dialogs.warned(Delete, [app])
        question = Question(
            self._look,
            heading if words is None else words.heading,
            text if words is None else f"{text} {words.sentence}",
            self.tr("Delete"),
            self._dialogs.window,
        )
        org = self._workspace.org
        question.add_link(self.tr("Open the apps in the web console"), org.console if org is not None else "")
        question.confirmed.connect(partial(self.delete, app, self._deleted))
        self._dialogs.open(question)

    def show_found(self, search: str) -> None:
        """List the apps that this search finds today."""
        self.model.turn_the_page()
        self.page.look_for(search)

    @Slot()
    def check_keychain(self) -> None:
        """Open the keychain check and let it look at every app of every org."""
        self.checks.open()

    @Slot()
    def ask_key(self) -> None:
        """Open Type the key again for the selected app."""
        app = self.page.current()
        if app is not None:
            self.checks.ask_key(app)

    @Slot()
    def use_newer(self) -> None:
        """Make the newer key that the keychain holds the selected app's."""
        app = self.page.current()
        if app is not None:
            self._reveal.end()
            self.checks.use_newer(app)

    @Slot()
    def _findings_changed(self) -> None:
        self.page.set_newer(self.checks.newer_of)

    @Slot()
    def show_deleted(self) -> None:
        """Open Recently deleted."""
        org = self._workspace.org
        if self._dialogs.free and org is not None:
            self._workspace.on_disk(partial(self._services.listing.deleted, org.id), self._show_deleted)

    def _show_deleted(self, apps: list[App]) -> None:
        from .deleted_dialog import DeletedDialog

        if self._dialogs.free:
            dialog = DeletedDialog(self._look, apps, self._dialogs.window)
            dialog.restore_asked.connect(partial(self._restore_deleted, dialog))
            dialog.purge_asked.connect(self.purge)
            self._dialogs.open(dialog)

    def _restore_deleted(self, dialog: DeletedDialog, apps: list[App]) -> None:
        if len(apps) > 1 and not self.bulk.running:
            dialog.accept()  # how far it is shows on the page
            self.bulk.restore(apps)
        else:
            for app in apps:
                self.restore(app, self._restored)

    @Slot(str)
    def ask_filter_name(self, text: str) -> None:
        """Ask for the name to keep this search under."""
        if self._dialogs.free:
            from .save_filter_dialog import SaveFilterDialog

            dialog = SaveFilterDialog(self._look, text, list(self.saved.all()), self._dialogs.window)
            dialog.saved.connect(lambda name: self._change_filters(partial(self.saved.save, name, text)))
            self._dialogs.open(dialog)

    @Slot(str)
    def _ask_new_filter_name(self, name: str) -> None:
        saved = self.saved.all()
        if self._dialogs.free and name in saved:
            from .save_filter_dialog import SaveFilterDialog

            dialog = SaveFilterDialog(self._look, saved.pop(name), list(saved), self._dialogs.window, name)
            dialog.saved.connect(lambda new: self._change_filters(partial(self.saved.rename, name, new)))
            self._dialogs.open(dialog)

    @Slot(str)
    def _delete_filter(self, name: str) -> None:
        kept = self.saved.all()[name]
        self._change_filters(partial(self.saved.remove, name))
        toast = self._tools.toasts.show(
            self.tr("Filter “{name}” deleted").format(name=short(name)),
            icon="trash-2",
            tone="muted",
            action=self.tr("Undo"),
        )
        self._workspace.entered.connect(toast.leave)
        toast.acted.connect(lambda: self._change_filters(partial(self.saved.save, name, kept)))
        toast.count_down(TOAST_SECONDS)

    def _change_filters(self, change: Callable[[], None]) -> None:
        change()
        self.page.bar.show_saving()

    # Service calls without a dialog

    def set_enabled(self, app: App, enabled: bool) -> None:
        """Enable or disable the app. Disabling one whose key is from Cortex says that it goes on doing so."""

        def done(changed: App) -> None:
            self._workspace.put(changed)
            if not enabled and changed.origin is Origin.CORTEX:
                self._show_disabled(changed)

        self._workspace.on_disk(partial(self._services.use.set_enabled, app.id, enabled), done)

    def _show_disabled(self, app: App) -> None:
        org = self._workspace.org
        can_open = org is not None and bool(org.console)
        toast = self._tools.toasts.show(
            self.tr("“{label}” is disabled here").format(label=short(app.label)),
            self.tr("Cortex still accepts a key that it made."),
            icon="info",
            tone="accent",
            action=self.tr("Web console") if can_open else "",
            topic="disabled",
        )
        toast.acted.connect(self.open_console)
        toast.count_down(TOAST_SECONDS)

    def delete(self, app: App, done: Callable[[App], object]) -> None:
        """Hide the app; `restore` brings it back, `purge` makes it final."""

        def deleted(gone: App) -> None:
            self._workspace.remove({gone.id})
            done(gone)

        self._workspace.on_disk(partial(self._services.deletion.delete, app.id), deleted)

    def restore(self, app: App, done: Callable[[App], object] | None = None) -> None:
        """Bring a deleted app back. done: called with it then; where that fails, Undo is offered again."""

        def restored(back: App) -> None:
            self._workspace.put(back)
            if done is not None:
                done(back)

        def failed(error: CortexError) -> None:
            if isinstance(error, VaultError):
                self._offer_restore(self.tr("“{label}” is still deleted"), app)
            self._workspace.failed.emit(error)

        self._workspace.on_unlocked(partial(self._services.deletion.restore, app.id), restored, failed)

    def purge(self, app: App) -> None:
        """Remove a deleted app's secrets for good. When the keychain cannot now, a recovery does."""

        def failed(error: CortexError) -> None:
            if isinstance(error, VaultError):  # the record of its removal is already saved
                self._workspace.recover_later()
                self._workspace.not_removed.emit((NotRemoved(app, error),))
            elif not isinstance(error, AppGone):
                self._workspace.failed.emit(error)

        self._workspace.submit(Lane.VAULT, partial(self._services.removal.purge, app.id), _ignore, failed)

    # What happened

    @Slot()
    def _show_org(self) -> None:
        org = self._workspace.org
        if org is not None:
            self.saved.enter(org.id)
            self.page.set_org(org, self._workspace.keychain_name)
            self.page.new.setEnabled(True)

    @Slot()
    def _loaded(self) -> None:
        with self.page.one_change():
            self._show_apps()

    @Slot()
    def _entered(self) -> None:
        """Another org is the current one: what was on screen was about the one before."""
        self._reveal.end()
        self.page.forget_search()
        with self.page.one_change():
            self._show_apps()

    def _show_apps(self) -> None:
        self.model.load(self._workspace.current_apps())
        self.page.loaded()
        self.counted.emit(self.model.total)
        if not self.page.selection.count and self.model.rowCount():
            self.page.selection.choose_row(0)
            if self._dialogs.window.focusWidget() in (None, self.page):
                self.page.table.setFocus()

    @Slot(object)
    def _apps_put(self, apps: list[ListedApp]) -> None:
        here = [listed for listed in apps if self._is_here(listed.app)]
        for listed in here:
            known = self.model.find(listed.app.id)
            if known is not None and known.version != listed.app.version:
                if listed.app.id == self._reveal.app_id:
                    self._reveal.end()  # what is readable is not the key any more
                if self.model.status(known) is Status.KEY_MISSING:
                    self.model.mark_whole(listed.app.id)  # this version was read back
        if here:
            self.model.put_all(here)
        self._count()

    @Slot(object)
    def _apps_removed(self, app_ids: set[str]) -> None:
        if self._reveal.app_id in app_ids:
            self._reveal.end()
        first = next(iter(self.model.rows_of(app_ids)), 0)
        self.model.remove_all(app_ids)
        self._count()
        if self.model.rowCount() and not self.page.selection.count:
            # The neighbour takes its place, so that the keyboard does not get lost.
            self.page.selection.choose_row(min(first, self.model.rowCount() - 1))

    def _count(self) -> None:
        self.page.loaded()
        self.counted.emit(self.model.total)
        self.changed.emit()

    def _is_here(self, app: App) -> bool:
        return self._workspace.org is not None and app.org_id == self._workspace.org.id

    @Slot()
    def _bulk_changed(self) -> None:
        self.page.set_busy(self.bulk.running)
        self.changed.emit()

    @Slot()
    def _share_missing(self) -> None:
        self._workspace.set_missing(self.model.missing)

    def _deleted(self, app: App) -> None:
        self._offer_restore(self.tr("“{label}” deleted"), app)

    def _offer_restore(self, title: str, app: App) -> None:
        toast = self._tools.toasts.show(
            title.format(label=short(app.label)),
            self.tr("It can be restored for 30 days from Recently deleted."),
            icon="trash-2",
            tone="muted",
            action=self.tr("Undo"),
        )
        self._workspace.entered.connect(toast.leave)
        toast.acted.connect(partial(self.restore, app))
        toast.count_down(TOAST_SECONDS)

    def _restored(self, app: App) -> None:
        toast = self._tools.toasts.show(
            self.tr("“{label}” restored").format(label=short(app.label)),
            self.tr("It is back with its key."),
            action=self.tr("Show"),
        )
        self._workspace.entered.connect(toast.leave)
        toast.acted.connect(partial(self._show_restored, app.id))
        toast.count_down(TOAST_SECONDS)

    def _show_restored(self, app_id: str) -> None:
        self.page.select(app_id)
        self.page.take_keyboard()

    @Slot(str)
    def _copy_of(self, app_id: str) -> None:
        app = self.model.find(app_id)
        if app is not None:
            self.keys.copy(app, SecretKind.API_KEY)

    @Slot(str)
    def _reveal_of(self, app_id: str) -> None:
        app = self.model.find(app_id)
        if app is not None:
            self.keys.reveal_or_hide(app)

    @Slot()
    def _reveal_changed(self) -> None:
        self._show_revealed()
        self.changed.emit()

    @Slot()
    def _show_revealed(self) -> None:
        """Show a readable key in the table, unless the details show it: one place is enough."""
        app_id = self._reveal.app_id
        self.model.mark_revealed("" if self.page.details_show(app_id) else app_id)
        self.page.table.viewport().update()


def _ignore(_: object) -> None:
    """Ignore the result."""
