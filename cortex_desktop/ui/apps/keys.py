"""Showing and copying keys: where a secret passes through the window, and how soon it is gone again."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Protocol

from PySide6.QtCore import QObject, SignalInstance, Slot

from ...domain.activity import Action
from ...domain.errors import CortexError, SecretMissing
from ...domain.model import App, AppState, Org
from ...domain.secret import Secret, SecretKind
from ...services.apps.create import Created
from ...services.apps.services import AppServices
from ...services.snippets import Snippet, write
from ..kit.i18n import short
from ..kit.toasts import TOAST_SECONDS
from ..kit.tools import Tools
from ..kit.widgets import announce
from ..workspace import Workspace
from .model import AppsModel

if TYPE_CHECKING:
    from .import_key_dialog import PasteField


class PasteDialog(Protocol):
    """A dialog in which a key is pasted."""

    paste: PasteField
    finished: SignalInstance


class KeyPresenter(QObject):
    """Reveals one key at a time and copies secrets, each for as long as Preferences say."""

    def __init__(self, tools: Tools, workspace: Workspace, apps: AppServices, model: AppsModel) -> None:
        super().__init__(tools.toasts)
        self._settings = tools.settings
        self._reveal = tools.reveal
        self._clipboard = tools.clipboard
        self._toasts = tools.toasts
        self._workspace = workspace
        self._use = apps.use
        self._model = model
        self._reveal.changed.connect(self._reveal_changed)
        self._clipboard.cleared.connect(self._cleared)

    def welcome(self, made: Created) -> None:
        """Show a new app's key and offer to copy it."""
        text = self.tr("The API key of “{label}” is in your keychain. Cortex does not know it.")
        self._offer(made, self.tr("App created"), text.format(label=short(made.app.label)))

    def _offer(self, made: Created, title: str, text: str) -> None:
        self._reveal.show(made.app.id, made.key, self._settings.reveal_seconds)
        toast = self._toasts.show(title, text, action=self.tr("Copy key"), topic="created")
        toast.acted.connect(partial(self.copy, made.app, SecretKind.API_KEY))
        toast.count_down(self._settings.reveal_seconds)

    def show_rotated(self, made: Created) -> None:
        """Show an app's new key and offer to copy it."""
        text = self.tr("Cortex does not know the new key, and goes on taking an old one that it made.")
        self._offer(made, self.tr("API key rotated"), text)

    def show_imported(self, made: Created) -> None:
        """Say that a key is stored that the person has already."""
        title = self.tr("Existing key added")
        text = self.tr("The API key of “{label}” is in your keychain.").format(label=short(made.app.label))
        if self._clipboard.seconds_left:
            self._count_down(title, self._clipboard.seconds_left)
        else:
            self._toasts.show(title, text).count_down(TOAST_SECONDS)

    def watch(self, dialog: PasteDialog) -> None:
        """Clear from the clipboard what is pasted into a dialog and holds a secret, stored or not.

        The time counts from when the dialog closes.
        """
        dialog.paste.found.connect(self._clipboard.watch)
        dialog.finished.connect(self._dialog_closed)

    @Slot()
    def _dialog_closed(self) -> None:
        seconds = self._settings.clipboard_seconds
        if self._clipboard.count_down(seconds):
            self._count_down(self.tr("What you pasted holds a key"), seconds)

    def reveal_or_hide(self, app: App, kind: SecretKind = SecretKind.API_KEY) -> None:
        """Show the app's key or secret for a while, or hide it if it is shown."""
        if self._reveal.of(app.id, kind) is not None:
            self._reveal.end()
        elif app.state is AppState.ACTIVE and kind in app.kinds:
            use = partial(self._revealed, app, kind)
            self._fetch(app, kind, partial(self._fetched, app, use))

    def copy_key(self, app: App) -> None:
        """Put the app's key on the clipboard."""
        self.copy(app, SecretKind.API_KEY)

    def copy(self, app: App, kind: SecretKind) -> None:
        """Put the app's key or secret on the clipboard."""
        if kind in app.kinds:
            self._with_secret(app, kind, partial(self._copied, app, kind))

    def copy_as(self, snippet: Snippet, app: App, org: Org) -> None:
        """Put the app's key, with what it takes to use it, on the clipboard."""
        if snippet is Snippet.KEY:
            self.copy_key(app)
            return
        found: dict[SecretKind, Secret] = {}
        wanted = list(snippet.kinds(app))

        def fetched(kind: SecretKind, secret: Secret) -> None:
            found[kind] = secret
            if wanted:
                fetch(wanted.pop(0))
                return
            texts = [found[kind].reveal() for kind in snippet.kinds(app)]
            self._hold(Secret(write(snippet, org, app, *texts)), self._copied_title(snippet))
            seconds = self._settings.clipboard_seconds
            self._note_copied(app, Action.REQUEST_COPIED, seconds)
            if SecretKind.API_SECRET in found:
                self._note_copied(app, Action.SECRET_COPIED, seconds)

        def fetch(kind: SecretKind) -> None:
            self._with_secret(app, kind, partial(fetched, kind))

        fetch(wanted.pop(0))

    def _copied_title(self, snippet: Snippet) -> str:
        return {
            Snippet.ENV: self.tr("Lines for an .env file copied"),
            Snippet.CURL: self.tr("First request copied"),
            Snippet.PYTHON: self.tr("Python copied"),
            Snippet.JAVASCRIPT: self.tr("JavaScript copied"),
            Snippet.SWIFT: self.tr("Swift copied"),
        }[snippet]

    def _with_secret(self, app: App, kind: SecretKind, use: Callable[[Secret], None]) -> None:
        """Hand over the secret: at once when it is on screen already, else from the keychain."""
        if app.state is not AppState.ACTIVE:
            return
        shown = self._reveal.of(app.id, kind)
        if shown is not None:
            use(shown)
        else:
            self._fetch(app, kind, partial(self._fetched, app, use))

    def _fetch(self, app: App, kind: SecretKind, done: Callable[[Secret], None]) -> None:
        """Get the app's key or secret from the keychain."""

        def refused(error: CortexError) -> None:
            if isinstance(error, SecretMissing):
                self._model.mark_missing(app.id)
            self._workspace.failed.emit(error)

        self._workspace.on_vault(partial(self._use.secret, app.id, kind), done, refused)

    def _note_copied(self, app: App, action: Action, clears_after: int) -> None:
        """Record that the key, the secret or a request was copied now, for so many seconds."""
        work = partial(self._use.note_copied, app.id, action, clears_after)
        self._workspace.on_disk(work, self._workspace.put)

    def _fetched(self, app: App, use: Callable[[Secret], None], secret: Secret) -> None:
        """Refuse a key that arrives after the person switched to another org, so that it is not pasted there."""
        if self._workspace.org is not None and self._workspace.org.id == app.org_id:
            use(secret)
        else:
            self._toasts.show(
                self.tr("The key of “{label}” was not used").format(label=short(app.label)),
                self.tr("The keychain answered after you had switched to another organization."),
                icon="info",
                tone="accent",
            ).count_down(TOAST_SECONDS)

    def _revealed(self, app: App, kind: SecretKind, secret: Secret) -> None:
        self._reveal.show(app.id, secret, self._settings.reveal_seconds, kind)
        is_key = kind is SecretKind.API_KEY
        action = Action.KEY_REVEALED if is_key else Action.SECRET_REVEALED
        self._workspace.on_disk(partial(self._use.note_revealed, app.id, action), _ignore)

    def _copied(self, app: App, kind: SecretKind, secret: Secret) -> None:
        is_key = kind is SecretKind.API_KEY
        self._hold(secret, self.tr("API key copied") if is_key else self.tr("API secret copied"))
        action = Action.KEY_COPIED if is_key else Action.SECRET_COPIED
        self._note_copied(app, action, self._settings.clipboard_seconds)

    def _hold(self, secret: Secret, title: str) -> None:
        seconds = self._settings.clipboard_seconds
        self._clipboard.put(secret, seconds)
        self._count_down(title, seconds)

    def _count_down(self, title: str, seconds: int) -> None:
        self._toasts.leave("created")
        toast = self._toasts.show(title, action=self.tr("Clear now"), topic="clipboard")
        toast.acted.connect(self._clipboard.clear)
        toast.count_down(seconds, lambda left: self.tr("Clears from the clipboard in %n s", "", left))

    @Slot(bool)
    def _cleared(self, ours: bool) -> None:
        self._toasts.leave("clipboard")
        if ours:
            announce(self._toasts.host, self.tr("Clipboard cleared"))

    @Slot()
    def _reveal_changed(self) -> None:
        if not self._reveal.app_id:
            self._toasts.leave("created")


def _ignore(_: object) -> None:
    """Ignore the result."""
