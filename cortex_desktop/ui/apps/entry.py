"""The Apps page as the window knows it: its place in the sidebar, and what can be done with apps."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cached_property, partial
from typing import TYPE_CHECKING, NamedTuple

from PySide6.QtCore import QCoreApplication, QPoint, Slot
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QMenu

from ...domain.folding import fold
from ...domain.model import App, AppState, Origin
from ...domain.secret import SecretKind
from ...services.apps.origins import KeyOrigins
from ...services.apps.services import AppServices
from ...services.doctor import Doctor
from ...services.snippets import Snippet, masked
from ..kit.actions import Action, Menu, Submenu
from ..kit.finding import Hit, Source
from ..kit.page import Aside, Page, PageEntry, Section
from ..kit.toasts import TOAST_SECONDS
from ..kit.tools import Tools
from ..workspace import Workspace
from .deleted_aside import DeletedAside
from .presenter import AppsPresenter

if TYPE_CHECKING:
    from ...services.workbench import RequestServices

Keys = QKeySequence.StandardKey


class _Selected(NamedTuple):
    """What is selected: one app, or several, of which so many are enabled."""

    app: App | None = None
    several: Sequence[App] = ()
    enabled: int = 0


class AppsEntry(PageEntry):
    """The first page of the window."""

    def __init__(
        self,
        tools: Tools,
        workspace: Workspace,
        apps: AppServices,
        doctor: Doctor,
        origins: KeyOrigins,
        requests: Callable[[], RequestServices],
    ) -> None:
        title = QCoreApplication.translate("AppsEntry", "Apps")
        super().__init__("apps", "layout-grid", title, Section.SETTINGS, "Ctrl+1")
        self._tools = tools
        self._workspace = workspace
        self._services = apps, doctor, origins, requests
        self._only_among_apps: list[Action] = []
        self._deleted = DeletedAside(workspace, apps.listing, self)
        self._deleted.asked.connect(lambda: self.presenter.show_deleted())
        workspace.app_asked.connect(self.show_app)
        workspace.apps_asked.connect(self.show_found)
        workspace.check_asked.connect(self.check_keychain)
        workspace.new_app_asked.connect(self.ask_new_app)
        self.changed.connect(self._forget_selected)

    @cached_property
    def presenter(self) -> AppsPresenter:
        """The page's presenter, made when first asked for."""
        presenter = AppsPresenter(self._tools, self._workspace, *self._services)
        presenter.changed.connect(self.changed)
        presenter.counted.connect(self.counted)
        presenter.bulk.idle.connect(self.idle)
        presenter.model.attention_changed.connect(self.attention_changed)
        presenter.page.menu_asked.connect(self._ask_menu)
        presenter.page.front_asked.connect(self.open)
        for action in self._only_among_apps:  # whose keys mean something else elsewhere
            action.only_in(presenter.page)
        return presenter

    def make(self) -> Page:
        """The page."""
        return self.presenter.page

    def actions(self) -> list[Action]:
        """What can be done with apps."""
        self._only_among_apps = [
            Action(
                "delete",
                "trash-2",
                self.tr("Delete…"),
                lambda: self.presenter.ask_delete(),
                Keys.Delete,
                at={Menu.APP: 400},
                enabled=lambda: self._app() is not None or self._can_change_several(),
                words=self._delete_words,
            ),
            Action(
                "select_all",
                "check",
                self.tr("Select all"),
                lambda: self.presenter.page.select_all(),
                Keys.SelectAll,
                at={Menu.EDIT: 200},
                enabled=self._has_org,
            ),
        ]
        return [
            *self._about_all(),
            *self._about_keys(),
            *self._copy_as(),
            *self._about_one(),
            *self._about_bulk(),
            *self._only_among_apps,
        ]

    def submenus(self) -> list[Submenu]:
        """What a key can be copied as, and how the table looks."""
        columns = self.presenter.page.table.columns
        return [
            Submenu("copy_as", self.tr("Copy as"), {Menu.APP: 102}, self._fill_copy_as),
            Submenu("sorting", self.tr("Sort by"), {Menu.VIEW: 300}, columns.fill_sorting),
            Submenu("columns", self.tr("Columns"), {Menu.VIEW: 301}, columns.fill_columns),
        ]

    def asides(self) -> list[Aside]:
        """Recently deleted, with how many there are."""
        return [self._deleted]

    def show_attention(self) -> None:
        """List the apps that need attention."""
        self.show_found("is:attention")

    def found(self, words: Sequence[str]) -> Iterable[Source]:
        """Saved filters, and the current org's apps: to go to, and to copy their key."""
        for name, kept in self.presenter.saved.all().items():
            text = self.tr("Filter: {name}").format(name=name)
            yield Source(fold(text), partial(self._hits_of_filter, text, kept), (fold(name),))
        rows = self.presenter.model.rows
        for word in words:  # of thousands, few become sources
            rows = [row for row in rows if word in row.folded]
        for row in rows:
            yield Source(row.folded, partial(self._hits, row.app), (row.folded.partition("\n")[0],))

    def subject(self) -> str:
        """The selected app's label."""
        app = self._app()
        return "" if app is None else app.label

    def hold_window(self) -> bool:
        """True if a bulk action must come to a stop first."""
        return self.is_made and self.presenter.bulk.hold_window()

    def remember(self) -> None:
        """Keep columns and sorting."""
        self.presenter.remember()

    @Slot(str)
    def show_app(self, app_id: str) -> None:
        """Show and select this app, of any org."""
        app = self._workspace.find(app_id)
        if app is not None:
            self._workspace.enter(app.org_id)
            self._go_to(app)
            return
        self._tools.toasts.show(
            self.tr("This app is gone"), self.tr("Deleted apps can be restored for 30 days."), icon="info"
        ).count_down(TOAST_SECONDS)

    @Slot(str)
    def show_found(self, search: str) -> None:
        """List the apps that this search finds."""
        self.open()
        self.presenter.show_found(search)

    @Slot()
    def check_keychain(self) -> None:
        """Open the keychain check."""
        self.presenter.check_keychain()

    @Slot()
    def ask_new_app(self) -> None:
        """Open Create App, with the page it belongs to."""
        self.open()
        self.presenter.forms.ask_new_app()

    # Actions

    def _about_all(self) -> list[Action]:
        return [
            Action(
                "new_app",
                "plus",
                self.tr("New App…"),
                lambda: self.presenter.forms.ask_new_app(),
                Keys.New,
                at={Menu.FILE: 100},
                enabled=self._has_org,
            ),
            Action(
                "import_key",
                "key-round",
                self.tr("Add existing key…"),
                lambda: self.presenter.forms.ask_import_key(),
                "Ctrl+Shift+N",
                at={Menu.FILE: 101},
                enabled=self._has_org,
            ),
            Action(
                "deleted",
                "undo-2",
                self.tr("Recently deleted…"),
                lambda: self.presenter.show_deleted(),
                at={Menu.FILE: 202},
                enabled=self._has_org,
            ),
            Action(
                "check_keychain",
                "key-round",
                self.tr("Check keychain…"),
                self.check_keychain,
                at={Menu.FILE: 301},
                enabled=self._has_org,
            ),
            Action(
                "filter",
                "sliders-horizontal",
                self.tr("Filter…"),
                lambda: self.presenter.page.bar.show_filters(),
                "Ctrl+Shift+F",
                at={Menu.VIEW: 201},
            ),
        ]

    def _about_keys(self) -> list[Action]:
        key, secret = SecretKind.API_KEY, SecretKind.API_SECRET
        return [
            Action(
                "copy_key",
                "copy",
                self.tr("Copy API key"),
                lambda: self.presenter.copy(key),
                Keys.Copy,
                at={Menu.APP: 100},
                enabled=self._is_usable,
            ),
            Action(
                "copy_secret",
                "copy",
                self.tr("Copy API secret"),
                lambda: self.presenter.copy(secret),
                "Ctrl+Shift+C",
                at={Menu.APP: 101},
                enabled=self._has_secret,
            ),
            Action(
                "reveal",
                "eye",
                self.tr("Reveal API key"),
                lambda: self.presenter.reveal_or_hide(key),
                "Ctrl+R",
                at={Menu.APP: 103},
                enabled=self._is_usable,
                words=lambda: self.tr("Hide API key") if self._is_revealed(key) else self.tr("Reveal API key"),
            ),
            Action(
                "reveal_secret",
                "eye",
                self.tr("Reveal API secret"),
                lambda: self.presenter.reveal_or_hide(secret),
                "Ctrl+Shift+S",
                at={Menu.APP: 104},
                enabled=self._has_secret,
                words=lambda: self.tr("Hide API secret") if self._is_revealed(secret) else self.tr("Reveal API secret"),
            ),
        ]

    def _copy_as(self) -> list[Action]:
        names = {
            Snippet.KEY: ("copy", self.tr("API key"), ""),
            Snippet.ENV: ("terminal", self.tr(".env lines"), ""),
            Snippet.CURL: ("terminal", self.tr("curl"), "Ctrl+Shift+U"),
            Snippet.PYTHON: ("terminal", self.tr("Python"), ""),
            Snippet.JAVASCRIPT: ("terminal", self.tr("JavaScript"), ""),
            Snippet.SWIFT: ("terminal", self.tr("Swift"), ""),
        }
        self._snippets = [
            Action(
                f"copy_as_{snippet.name.lower()}",
                icon,
                text,
                partial(self._copy_snippet, snippet),
                keys,
                tip=self.tr("Copy as {language}").format(language=text),
                enabled=self._is_usable,
            )
            for snippet, (icon, text, keys) in names.items()
        ]
        return self._snippets

    def _about_one(self) -> list[Action]:
        return [
            Action(
                "details",
                "panel-right",
                self.tr("Details"),
                lambda: self.presenter.page.toggle_details(),
                "Ctrl+I",
                at={Menu.APP: 200, Menu.VIEW: 203},
                enabled=lambda: self._app() is not None or bool(self._several()),
                checked=self._is_detailed,
            ),
            Action(
                "try_app",
                "terminal",
                self.tr("Try it"),
                self._ask_try,
                at={Menu.APP: 204},
                tip=self.tr("Make a request with this app"),
                enabled=self._is_usable,
            ),
            Action(
                "app_activity",
                "history",
                self.tr("Show activity"),
                self._ask_activity,
                at={Menu.APP: 201},
                enabled=lambda: self._app() is not None,
            ),
            Action(
                "edit",
                "pencil",
                self.tr("Edit…"),
                lambda: self.presenter.forms.ask_edit(),
                "F2",
                at={Menu.APP: 202},
                enabled=self._is_usable,
            ),
            Action(
                "duplicate",
                "plus",
                self.tr("Duplicate…"),
                lambda: self.presenter.forms.ask_duplicate(),
                "Ctrl+D",
                at={Menu.APP: 203},
                enabled=self._is_usable,
            ),
            Action(
                "rotate",
                "rotate-cw",
                self.tr("Rotate API key…"),
                lambda: self.presenter.ask_rotate(),
                "Ctrl+Shift+R",
                at={Menu.APP: 300},
                enabled=self._can_change,
                words=self._rotate_words,
            ),
            Action(
                "use_key",
                "key-round",
                self.tr("Use a key from Cortex…"),
                lambda: self.presenter.ask_use_key(),
                at={Menu.APP: 303},
                enabled=self._is_usable,
            ),
            Action(
                "check_cortex",
                "external-link",
                self.tr("Check with Cortex"),
                lambda: self.presenter.check_with_cortex(),
                at={Menu.APP: 304},
                enabled=self._can_change,
            ),
            Action(
                "origin_cortex",
                "external-link",
                self.tr("Key came from Cortex"),
                lambda: self.presenter.note_origin(Origin.CORTEX),
                at={Menu.APP: 306},
                enabled=self._is_origin_asked,
                shown=self._is_origin_asked,
            ),
            Action(
                "origin_here",
                "key-round",
                self.tr("Key was made here"),
                lambda: self.presenter.note_origin(Origin.HERE),
                at={Menu.APP: 307},
                enabled=self._is_origin_asked,
                shown=self._is_origin_asked,
            ),
            Action(
                "open_console",
                "external-link",
                self.tr("Open the web console"),
                lambda: self.presenter.open_console(),
                at={Menu.APP: 308},
                tip=self.tr("Open the organization’s apps in the web console"),
                enabled=self._has_console,
            ),
            Action(
                "type_key",
                "key-round",
                self.tr("Type the key again…"),
                lambda: self.presenter.ask_key(),
                at={Menu.APP: 305},
                enabled=self._is_usable,
            ),
            Action(
                "enable",
                "power",
                self.tr("Disable"),
                lambda: self.presenter.enable_or_disable(),
                "Ctrl+E",
                at={Menu.APP: 301},
                enabled=self._can_change,
                words=self._enable_words,
            ),
            Action(
                "enable_several",
                "power",
                self.tr("Enable"),
                lambda: self.presenter.enable_several(),
                "Ctrl+Shift+E",
                at={Menu.APP: 302},
                enabled=self._can_change_several,
                shown=lambda: 0 < self._selected.enabled < len(self._several()),
                words=self._enable_several_words,
            ),
        ]

    def _about_bulk(self) -> list[Action]:
        def made_and(state: Callable[[], bool]) -> Callable[[], bool]:
            return lambda: self.is_made and state()

        return [
            Action(
                "undo",
                "undo-2",
                self.tr("Undo"),
                lambda: self.presenter.bulk.undo(),
                Keys.Undo,
                at={Menu.EDIT: 100},
                enabled=made_and(lambda: self.presenter.bulk.can_undo),
            ),
            Action(
                "stop",
                "circle-off",
                self.tr("Stop"),
                lambda: self.presenter.bulk.stop(),
                at={Menu.EDIT: 101},
                enabled=made_and(lambda: self.presenter.bulk.running),
            ),
            Action(
                "resume",
                "rotate-cw",
                self.tr("Resume"),
                lambda: self.presenter.bulk.resume(),
                at={Menu.EDIT: 102},
                enabled=made_and(lambda: self.presenter.bulk.can_resume),
            ),
        ]

    # When they are enabled, and what they are called

    def _has_org(self) -> bool:
        return self._workspace.org is not None

    @cached_property
    def _selected(self) -> _Selected:
        """What is selected, while the page is in front. Looked up once for all actions, as it may be thousands."""
        if not self.in_front:
            return _Selected()
        several = self.presenter.page.several()
        return _Selected(self.presenter.page.current(), several, sum(app.enabled for app in several))

    @Slot()
    def _forget_selected(self) -> None:
        self.__dict__.pop("_selected", None)

    def _app(self) -> App | None:
        return self._selected.app

    def _several(self) -> Sequence[App]:
        return self._selected.several

    def _is_usable(self) -> bool:
        app = self._app()
        return app is not None and app.state is AppState.ACTIVE

    def _has_secret(self) -> bool:
        app = self._app()
        return app is not None and self._is_usable() and SecretKind.API_SECRET in app.kinds

    def _can_change(self) -> bool:
        return self._is_usable() or self._can_change_several()

    def _can_change_several(self) -> bool:
        return bool(self._several()) and not self.presenter.bulk.running

    def _is_origin_asked(self) -> bool:
        app = self._app()
        chosen = (app,) if app is not None else self._several()
        return any(each.origin is Origin.UNKNOWN and each.state is AppState.ACTIVE for each in chosen)

    def _has_console(self) -> bool:
        org = self._workspace.org
        return org is not None and bool(org.console) and (self._app() is not None or bool(self._several()))

    def _is_detailed(self) -> bool:
        return self.in_front and self.presenter.page.details_wanted and self.presenter.page.selection.count > 0

    def _is_revealed(self, kind: SecretKind) -> bool:
        app = self._app()
        return app is not None and self._tools.reveal.of(app.id, kind) is not None

    def _rotate_words(self) -> str:
        several = len(self._several())
        return self.tr("Rotate %Ln API key(s)…", "", several) if several else self.tr("Rotate API key…")

    def _delete_words(self) -> str:
        several = len(self._several())
        return self.tr("Delete %Ln app(s)…", "", several) if several else self.tr("Delete…")

    def _enable_words(self) -> str:
        app, several, enabled = self._selected
        if enabled:
            return self.tr("Disable %Ln app(s)", "", len(several))
        if several:
            return self.tr("Enable %Ln app(s)", "", len(several))
        return self.tr("Disable") if app is None or app.enabled else self.tr("Enable")

    def _enable_several_words(self) -> str:
        several = len(self._several())
        return self.tr("Enable %Ln app(s)", "", several) if several else self.tr("Enable")

    # Inside

    def _fill_copy_as(self, menu: QMenu) -> None:
        menu.addActions(list(self._snippets))

    def _copy_snippet(self, snippet: Snippet) -> None:
        self.presenter.copy_as(snippet)

    def _ask_activity(self) -> None:
        app = self._app()
        if app is not None:
            self._workspace.activity_asked.emit(app)

    def _ask_try(self) -> None:
        app = self._app()
        if app is not None:
            self._workspace.try_asked.emit(app)

    @Slot(QPoint)
    def _ask_menu(self, place: QPoint) -> None:
        self.menu_asked.emit(Menu.APP, place)

    def _go_to(self, app: App) -> None:
        self.open()
        self.presenter.page.select(app.id)
        self.presenter.page.take_keyboard()

    def _hits_of_filter(self, text: str, kept: str) -> list[Hit]:
        return [Hit("bookmark", text, "", partial(self.show_found, kept), section=self.tr("Saved filters"))]

    def _hits(self, app: App) -> list[Hit]:
        is_active = app.state is AppState.ACTIVE
        title = self.tr("Go to {label}").format(label=app.label)
        go, section = partial(self._go_to, app), self.title
        hits = [Hit("layout-grid", title, "" if is_active else masked(app), go, section=section)]
        if is_active:
            title, ends = self.tr("Copy key: {label}"), f"{app.key_ends.head}…{app.key_ends.tail}"
            copy = partial(self.presenter.keys.copy_key, app)
            hits.insert(0, Hit("copy", title.format(label=app.label), ends, copy, section=section))
        return hits
