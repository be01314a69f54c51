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
    from .sandbox_control import SandboxControl


class RequestsEntry(PageEntry):
    """Requests to the API as one of the apps."""

    def __init__(
        self,
        tools: Tools,
        workspace: Workspace,
        jobs: Jobs,
        services: Callable[[], RequestServices],
        find_sandbox: Callable[[], str | None],
    ) -> None:
        title = QCoreApplication.translate("RequestsEntry", "Requests")
        super().__init__("requests", "terminal", title, Section.DEVELOPER, "Ctrl+4")
        self._tools = tools
        self._workspace = workspace
        self._jobs = jobs
        self._services = services
        self._find_sandbox = find_sandbox
        self._may_quit = False
        self._in_page: list[Action] = []
        workspace.try_asked.connect(self.try_app)

    @cached_property
    def sandbox(self) -> SandboxControl:
        """The sandbox of the data folder, made when first asked for."""
        from .sandbox_control import SandboxControl

        sandbox = SandboxControl(self._jobs, self._tools.look.clock, self._find_sandbox, self)
        sandbox.changed.connect(self._sandbox_changed)
        return sandbox

    @Slot()
    def look_for_sandbox(self) -> None:
        """Find out whether a sandbox that was started in a terminal runs."""
        self.sandbox.look()

    @cached_property
    def presenter(self) -> RequestsPresenter:
        """The page's presenter, made when first asked for."""
        from .presenter import RequestsPresenter

        presenter = RequestsPresenter(self._tools, self._workspace, self.sandbox, self._services)
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
                lambda: self.sandbox.stop(),
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
        """Whether to ask first, as programs elsewhere use the sandbox."""
        if self._may_quit or not self.in_use():
            return False
        if self._tools.dialogs.free:
            from ..kit.dialog import Question

            question = Question(
                self._tools.look,
                self.tr("Quit and stop the sandbox?"),
                self.in_use(),
                self.tr("Quit"),
                self._tools.dialogs.window,
            )
            question.about_org = False
            question.confirmed.connect(self._quit)
            question.rejected.connect(self.stays)
            self._tools.dialogs.open(question)
        return True

    def in_use(self) -> str:
        """Whether programs elsewhere use the sandbox, which ends with the window."""
        clients = self.sandbox.clients
        if not clients:
            return ""
        return self.tr("%n program(s) used the sandbox within the last ten minutes and will find nobody.", "", clients)

    def remember(self) -> None:
        """Keep which app and target were chosen."""
        self.presenter.remember()

    def close(self) -> None:
        """End what is under way, and the sandbox."""
        if "presenter" in self.__dict__:
            self.presenter.close()
        if "sandbox" in self.__dict__:
            self.sandbox.close()

    @Slot()
    def _quit(self) -> None:
        self._may_quit = True
        self.idle.emit()

    @Slot()
    def _sandbox_changed(self) -> None:
        self.changed.emit()
        sandbox = self.sandbox
        if not sandbox.answers:
            self.status_changed.emit("", "")
            return
        line = self.tr("Sandbox · {address}").format(address=sandbox.address.removeprefix("http://"))
        if sandbox.runs_here:
            more = self.tr("%n client(s)", "", sandbox.clients) if sandbox.clients else self.tr("No clients")
        else:
            more = self.tr("Runs in a terminal")
        self.status_changed.emit(line, more)

    def _sandbox_runs(self) -> bool:
        return "sandbox" in self.__dict__ and self.sandbox.runs_here

    def _sandbox_words(self) -> str:
        if self._sandbox_runs():
            return self.tr("Stop sandbox at {address}").format(address=self.sandbox.address)
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

        return [Hit("terminal", text, hint, go, section=self.title)]
