"""The Requests page as the window knows it. Nothing of it loads before it is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, Slot

from ...domain.folding import fold
from ...domain.model import App, AppState
from ...tasks.jobs import Jobs
from ..kit.actions import Action, Menu
from ..kit.finding import Hit, Source
from ..kit.i18n import translate_text
from ..kit.page import Page, PageEntry, Section
from ..kit.tools import Tools
from ..workspace import Workspace

if TYPE_CHECKING:
    from ...services.workbench import RequestServices
    from .presenter import RequestsPresenter


class RequestsEntry(PageEntry):
    """Requests to the API as one of the apps."""

    def __init__(self, tools: Tools, workspace: Workspace, jobs: Jobs, services: Callable[[], RequestServices]) -> None:
        title = QCoreApplication.translate("RequestsEntry", "Requests")
        super().__init__("requests", "terminal", title, Section.DEVELOPER, "Ctrl+4")
        self._tools = tools
        self._workspace = workspace
        self._made_with = tools, workspace, jobs, services
        self._may_quit = False
        self._in_page: list[Action] = []
        workspace.try_asked.connect(self.try_app)

    @cached_property
    def presenter(self) -> RequestsPresenter:
        """The page's presenter, made when first asked for."""
        from .presenter import RequestsPresenter

        presenter = RequestsPresenter(*self._made_with)
        presenter.changed.connect(self.changed)
        for action in self._in_page:
            action.only_in(presenter.page)
        return presenter

    def make(self) -> Page:
        """The page."""
        return self.presenter.page

    def actions(self) -> list[Action]:
        """What can be done with requests."""

        def action(name: str, icon: str, text: str, run: Callable[[], object], keys: str, rank: int) -> Action:
            return Action(name, icon, text, run, keys, at={Menu.EDIT: rank}, enabled=lambda: self.in_front)

        self._in_page = [
            Action(
                "send_request",
                "terminal",
                self.tr("Send request"),
                lambda: self.presenter.send(),
                "Ctrl+Return",
                at={Menu.EDIT: 300},
                enabled=lambda: self.in_front and self.presenter.can_send,
            ),
            Action(
                "stop_request",
                "circle-off",
                self.tr("Stop request"),
                lambda: self.presenter.stop(),
                at={Menu.EDIT: 301},
                enabled=lambda: self.in_front and self.presenter.is_sending,
            ),
            action("new_request", "plus", self.tr("New request"), lambda: self.presenter.begin_new(), "Ctrl+T", 302),
            action(
                "keep_request", "plus", self.tr("Keep this request…"), lambda: self.presenter.ask_keep(), "Ctrl+S", 303
            ),
            Action(
                "copy_request",
                "copy",
                self.tr("Copy request as curl"),
                lambda: self.presenter.copy_as_curl(),
                at={Menu.EDIT: 304},
                enabled=lambda: self.in_front,
            ),
            action(
                "path",
                "pencil",
                self.tr("Go to the path"),
                lambda: self.presenter.focus_path(),
                "Ctrl+L",
                305,
            ),
            action("go_round", "panel-right", self.tr("Next part"), lambda: self.presenter.page.go_round(), "F6", 306),
        ]
        return [
            Action(
                "stop_sandbox",
                "circle-off",
                self.tr("Stop sandbox"),
                lambda: self.presenter.stop_sandbox(),
                at={Menu.FILE: 302},
                enabled=self._sandbox_runs,
                words=self._sandbox_words,
            ),
            *self._in_page,
        ]

    def found(self) -> Iterable[Source]:
        """Each ready request of the app that sends."""
        from ...services.workbench import ready_requests

        app = self._app()
        if app is None:
            return
        for each in ready_requests(app):
            text = self.tr("Request: {title}").format(title=translate_text(each.title))
            hint = f"{each.method} {each.path or '/'}"
            yield Source(fold(f"{text} {hint}"), partial(self._hits, text, hint, app, each))
        if app.sessions:
            text, hint = self.tr("Request: Log in"), "POST /accounts/login"
            yield Source(fold(f"{text} {hint}"), partial(self._hits, text, hint, app, None))

    @Slot(App)
    def try_app(self, app: App) -> None:
        """Open the page with this app."""
        self.presenter.try_app(app)
        self.open()

    @Slot()
    def put_answers_away(self) -> None:
        """Hide answers of Production, and codes."""
        if self.is_made:
            self.presenter.put_answers_away()

    def hold_window(self) -> bool:
        """True if the person must be asked first, as other programs use the sandbox."""
        if not self.is_made or self._may_quit or not self.presenter.sandbox.has_clients:
            return False
        if self._tools.dialogs.free:
            from ..kit.dialog import Question

            question = Question(
                self._tools.look,
                self.tr("Quit and stop the sandbox?"),
                self.tr("A program has used it within the last ten minutes. Its next request will fail."),
                self.tr("Quit"),
                self._tools.dialogs.window,
            )
            question.about_org = False
            question.confirmed.connect(self._quit)
            question.rejected.connect(self.stays)
            self._tools.dialogs.open(question)
        return True

    def remember(self) -> None:
        """Keep which app and target were chosen."""
        self.presenter.remember()

    def close(self) -> None:
        """End what is under way, and the sandbox."""
        if "presenter" in self.__dict__:
            self.presenter.close()

    @Slot()
    def _quit(self) -> None:
        self._may_quit = True
        self.idle.emit()

    def _sandbox_runs(self) -> bool:
        return self.is_made and self.presenter.sandbox.runs_here

    def _sandbox_words(self) -> str:
        if self._sandbox_runs():
            return self.tr("Stop sandbox at {address}").format(address=self.presenter.sandbox.address)
        return self.tr("Stop sandbox")

    def _app(self) -> App | None:
        """The app that sends, or would."""
        if self.is_made:
            return self.presenter.app
        apps = [listed.app for listed in self._workspace.current_apps() if listed.app.state is AppState.ACTIVE]
        return max(apps, key=lambda app: app.created, default=None)

    def _hits(self, text: str, hint: str, app: App, payload: object) -> list[Hit]:
        def go() -> None:
            self.presenter.try_app(app)
            self.open()
            self.presenter.open_ready(payload if payload is not None else self.presenter.log_in_row)

        return [Hit("terminal", text, hint, go)]
