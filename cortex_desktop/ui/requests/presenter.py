"""Turns what a person does on the Requests page into service calls, and shows the outcome."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from PySide6.QtCore import QObject, QPoint, Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import QMenu

from ...domain.errors import CortexError, SecretDiffers, SecretMissing, VaultError, VaultProblem
from ...domain.model import SANDBOX, App, AppState, Org
from ...domain.request import (
    READING,
    Answer,
    Credentials,
    Login,
    NoAnswer,
    Request,
    Session,
    Stop,
    Stopped,
    login_request,
)
from ...domain.sandbox import FIRST_PORT, Received
from ...domain.secret import Secret
from ...services.answers import shown, take_apart, text_of
from ...services.request_history import KeptRequest, SentRequest
from ...services.request_snippets import Language, request_code
from ...services.snippets import mask
from ...services.workbench import ReadyRequest, RequestServices, is_change, ready_requests
from ...tasks.lanes import Lane
from ..kit.file_dialog import save_dialog
from ..kit.i18n import short, translate_text
from ..kit.settings import LOGIN_PATH
from ..kit.toasts import TOAST_SECONDS
from ..kit.tools import Tools
from ..kit.waiting import BUSY_SECONDS
from ..kit.widgets import announce
from ..workspace import ListedApp, Workspace
from .answer_card import Outcome, masked_number, milliseconds
from .first_visit import Step
from .page import REQUEST_HEIGHT, RequestsPage
from .parts import Row
from .request_card import Automatic, Draft
from .sandbox_control import SandboxControl, SandboxState

LOG_IN = "log in"
"""The payload of the row that logs in, which is a form of its own."""
SANDBOX_PASSWORD = "sandbox"  # of the made-up people
SESSION_SECONDS = 900.0
"""How long a login of the sandbox lasts after its last request."""
MENU_APPS = 15
"""With more apps than this, they are chosen in a dialog."""
TICK_SECONDS = 0.1
DEFAULTS = ["-", "sandbox", "headers", "tree", str(REQUEST_HEIGHT)]
"""App, target, tab, view and divider of an org that was not shown before."""


@dataclass
class _Sending:
    """A request under way. place: the target, as remembered logins have it; draft: as the person wrote it, to come back
    after a login; file: where the answer goes instead of on the page."""

    app: App
    org: Org
    endpoint: str
    place: str
    request: Request
    draft: Draft
    login: Login | None
    stop: Stop
    started: float
    file: Path | None = None


@dataclass
class _Person:
    """Who is logged in. until: by the program's clock, when the sandbox ends it; None where that is not known."""

    email: str
    until: float | None


class RequestsPresenter(QObject):
    """Turns what a person asks into requests, and shows what comes back. changed: actions may be enabled or not."""

    changed = Signal()

    def __init__(
        self,
        tools: Tools,
        workspace: Workspace,
        sandbox: SandboxControl,
        services: Callable[[], RequestServices],
    ) -> None:
        super().__init__(tools.dialogs)
        self._tools = tools
        self._dialogs = tools.dialogs
        self._settings = tools.settings
        self._workspace = workspace
        self._clock = tools.look.clock
        self._build = services
        self._services: RequestServices | None = None
        self._waiting: list[Callable[[], object]] = []
        self.sandbox = sandbox
        self.page = RequestsPage(tools.look)
        self._app_id = ""
        self._org_id = ""
        self._target = "sandbox"
        self._payload: object = None
        self._received: Received | None = None
        self._all_apps = False
        self._history: Sequence[SentRequest] = ()
        self._kept: Sequence[KeptRequest] = ()
        self._walked = -1
        self._sending: _Sending | None = None
        self._outcome: Outcome | None = None
        self._sent: _Sending | None = None
        self._pending: _Sending | None = None
        """A login that needs a code; its password is held until that is given or given up."""
        self._after_login: Draft | None = None
        self._people: dict[tuple[str, str], _Person] = {}
        self._allowed = False
        self._put_away = float("-inf")
        """When answers were hidden, as nobody was here."""
        self._warned: set[str] = set()
        self._step = 0
        self._step_problem = ""
        self._tick = self._clock.timer(self)
        self._tick.timeout.connect(self._show_seconds)
        self._minute = self._clock.timer(self)
        self._minute.timeout.connect(self._pass_minute)
        self._connect()
        self._load()
        self._enter()

    def _connect(self) -> None:
        page, workspace = self.page, self._workspace
        workspace.loaded.connect(self._apps_changed)
        workspace.entered.connect(self._enter)
        workspace.orgs_changed.connect(self._show_place)
        workspace.keychain_changed.connect(self._show_place)
        workspace.apps_put.connect(self._apps_put)
        workspace.apps_removed.connect(self._apps_changed)
        page.app_asked.connect(self._choose_app)
        page.target_asked.connect(self._choose_target)
        page.row_chosen.connect(self.choose)
        page.row_dropped.connect(self._drop)
        page.keep_asked.connect(self.ask_keep)
        page.all_asked.connect(self._toggle_all)
        page.session_asked.connect(self._log_in_or_out)
        page.new_asked.connect(self.begin_new)
        page.app_needed.connect(workspace.new_app_asked)
        page.banner_acted.connect(self._banner_acted)
        page.escaped.connect(self.stop)
        page.request.changed.connect(self._edited)
        page.request.send_asked.connect(self.send)
        page.request.stop_asked.connect(self.stop)
        page.request.copy_asked.connect(self.copy_as)
        page.request.walked.connect(self._walk)
        page.request.open_asked.connect(self._open_received)
        page.answer.retry_asked.connect(self.send)
        page.answer.log_in_asked.connect(self._log_in_again)
        page.answer.check_asked.connect(self._workspace.check_asked)
        page.answer.save_asked.connect(self._ask_save)
        page.answer.copied.connect(self._copied)
        page.answer.text_asked.connect(self._make_text)
        page.answer.code.entered.connect(self._code_entered)
        page.answer.code.cancelled.connect(self._code_cancelled)
        page.answer.code.copy_asked.connect(self._copy_code)
        page.answer.fault.code_asked.connect(self._copy_signing)
        page.answer.fault.repeat_asked.connect(self._repeat_received)
        page.first.step_asked.connect(self._take_step)
        page.first.elsewhere_asked.connect(self._skip_to_cortex)
        page.first.skip_asked.connect(self._skip)
        self.sandbox.changed.connect(self._sandbox_changed)
        self.sandbox.received.connect(self._show_rows)
        self.sandbox.messaged.connect(self._show_messages)
        self.sandbox.broke_off.connect(self._show_broken_off)

    def _load(self) -> None:
        """Build the services away from the GUI thread, since that loads the HTTP library."""

        def built(services: RequestServices) -> None:
            self._services = services
            waiting, self._waiting = self._waiting, []
            for work in waiting:
                work()
            self._read_history()
            self._show_place()

        self._workspace.submit(Lane.REQUEST, self._build, built)

    def _with_services(self, work: Callable[[], object]) -> None:
        """Do it now, or once the services are there."""
        if self._services is not None:
            work()
        else:
            self._waiting.append(work)

    def close(self) -> None:
        """End what is under way."""
        if self._sending is not None:
            self._sending.stop.stop()
        self._pending = None
        if self._services is not None:
            self._services.workbench.close()

    # Who and where to

    @property
    def app(self) -> App | None:
        """The app that sends."""
        app = self._workspace.find(self._app_id)
        return app if app is not None and app.state is AppState.ACTIVE else None

    @property
    def _org(self) -> Org | None:
        return self._workspace.org

    @property
    def _is_sandbox(self) -> bool:
        return self._target == "sandbox"

    @property
    def _endpoint(self) -> str:
        """The address of the target; empty for a sandbox that does not run."""
        org = self._org
        return self.sandbox.address if self._is_sandbox else org.endpoint.rstrip("/") if org is not None else ""

    @property
    def _shown_endpoint(self) -> str:
        """The same; of a sandbox that does not run, where it will most likely be."""
        return self._endpoint or f"http://127.0.0.1:{FIRST_PORT}"

    @property
    def _place(self) -> str:
        """The target, as remembered logins have it."""
        return SANDBOX if self._is_sandbox else self._endpoint

    @property
    def _login_path(self) -> str:
        """Where people log in at the target."""
        return LOGIN_PATH if self._is_sandbox else self._settings.login_path

    @property
    def _is_guarded(self) -> bool:
        """True if nothing may be changed at this target until that is allowed."""
        org = self._org
        return org is not None and org.production and not self._is_sandbox and not self._allowed

    def try_app(self, app: App) -> None:
        """Make this the app that sends."""
        self._workspace.enter(app.org_id)
        self._set_app(app.id)

    def _usable(self) -> list[App]:
        return [listed.app for listed in self._workspace.current_apps() if listed.app.state is AppState.ACTIVE]

    @Slot()
    def _enter(self) -> None:
        """Another org is the current one: what was shown was about the one before."""
        self.stop()
        self.remember()
        self._allowed = False
        self._pending = None
        self._after_login = None
        self._put_outcome(None)
        self._sent = self._received = None
        self._payload = None
        org = self._org
        self._org_id = org.id if org is not None else ""
        self._recall()
        self._step = 0
        self.page.answer.show_nothing()
        self._apps_changed()
        self.begin_ready()

    @Slot(object)
    def _apps_put(self, apps: Sequence[ListedApp]) -> None:
        if any(self._org is not None and listed.app.org_id == self._org.id for listed in apps):
            self._apps_changed()

    @Slot()
    def _apps_changed(self) -> None:
        apps = self._usable()
        if self.app is None or (self._org is not None and self.app.org_id != self._org.id):
            newest = max(apps, key=lambda app: app.created, default=None)
            self._set_app(newest.id if newest is not None else "")
        self._show_place()

    def _set_app(self, app_id: str) -> None:
        if app_id != self._app_id:
            self._app_id = app_id
            self._pending = None
            self._step = min(self._step, 1)
            self._read_history()
            if self.app is not None and self._payload in (None, LOG_IN):
                self.begin_ready()
        self._show_place()

    def remember(self) -> None:
        """Put into the settings what was chosen for the org that is shown: app, target, tab, view and divider."""
        if self._org_id:
            page = self.page
            chosen = (self._app_id or "-", self._target, page.request.tabs.wanted, page.answer.views.wanted)
            self._settings.set_text(f"requests_{self._org_id}", f"{' '.join(chosen)} {page.divider}")

    def _recall(self) -> None:
        """Choose what was chosen for this org before."""
        words = self._settings.text(f"requests_{self._org_id}").split()
        app_id, target, tab, view, divider = (words + DEFAULTS[len(words) :])[:5]
        self._app_id = app_id if app_id != "-" else ""
        self._target = "cortex" if target == "cortex" else "sandbox"
        self.page.request.tabs.want(tab)
        self.page.answer.views.want(view)
        self.page.set_divider(int(divider) if re.fullmatch(r"[1-9]\d{2,3}", divider) else REQUEST_HEIGHT)

    @Slot()
    def _choose_app(self) -> None:
        apps = self._usable()
        if len(apps) > MENU_APPS:
            if self._dialogs.free:
                from .dialogs import AppDialog

                dialog = AppDialog(self._tools.look, apps, self._dialogs.window)
                dialog.chosen.connect(self._set_app)
                self._dialogs.open(dialog)
            return
        menu = self._menu()
        for app in apps:
            action = menu.addAction(f"{app.label}   {app.key_ends.head}…{app.key_ends.tail}".replace("&", "&&"))
            action.setCheckable(True)
            action.setChecked(app.id == self._app_id)
            action.triggered.connect(partial(self._set_app, app.id))
        menu.popup(_below(self.page.app))

    def _menu(self) -> QMenu:
        menu = QMenu(self.page)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return menu

    @Slot()
    def _choose_target(self) -> None:
        menu, org = self._menu(), self._org
        if org is None:
            return
        names = {"sandbox": self.tr("Sandbox on this computer"), "cortex": self.tr("Cortex · {host}")}
        for name, text in names.items():
            action = menu.addAction(text.format(host=_host(org.endpoint)))
            action.setCheckable(True)
            action.setChecked(name == self._target)
            action.triggered.connect(partial(self.set_target, name))
        menu.addSeparator()
        runs = self.sandbox.state is SandboxState.RUNNING
        if runs:
            menu.addAction(self.tr("Stop sandbox")).triggered.connect(self.stop_sandbox)
        else:
            start = menu.addAction(self.tr("Start sandbox"))
            start.setEnabled(self.sandbox.state is SandboxState.STOPPED)
            start.triggered.connect(self.start_sandbox)
        menu.addAction(self.tr("Sandbox inbox…")).triggered.connect(self.show_inbox)
        settings = menu.addAction(self.tr("Sandbox settings…"))
        settings.setEnabled(runs)
        settings.triggered.connect(self.show_sandbox_settings)
        reset = menu.addAction(self.tr("Reset sandbox…"))
        reset.setEnabled(runs)
        reset.triggered.connect(self._ask_reset)
        menu.addSeparator()
        forget = menu.addAction(self.tr("Forget this computer"))
        forget.setEnabled(self.app is not None and bool(self.app.logins_beside(self._place)))
        forget.triggered.connect(self.forget_computer)
        menu.popup(_below(self.page.target))

    def set_target(self, target: str) -> None:
        """Send to "sandbox" or to "cortex", the org's endpoint."""
        if target != self._target:
            self._target = target
            self._pending = None
            self._after_login = None
            self._hide_answer("")
            if self._payload == LOG_IN:  # who logs in there is somebody else
                login = self.page.request.login
                login.email.clear()
                login.password.clear()
                self.choose(LOG_IN)
        self._show_place()

    # The sandbox

    def start_sandbox(self) -> None:
        """Start it."""
        self._start_sandbox(lambda: None)

    def _start_sandbox(self, done: Callable[[], object]) -> None:
        def start() -> None:
            assert self._services is not None
            self.sandbox.start(self._services.make_sandbox, done, self._sandbox_failed)

        self._with_services(start)

    def _sandbox_failed(self, error: CortexError) -> None:
        self._step_problem = _sentences(error)
        if self.page.is_first:
            self._show_first()
        else:
            self.page.answer.show_error(error, self.tr("Try again"), "retry")
        self._show_place()

    def stop_sandbox(self) -> None:
        """Stop it."""
        self.sandbox.stop()

    @Slot()
    def _show_broken_off(self) -> None:
        toast = self._tools.toasts.show(
            self.tr("The sandbox ended by itself"),
            self.tr("Its logins are over. Apps and keys are not affected."),
            icon="info",
            tone="warning",
            action=self.tr("Start again"),
            topic="sandbox",
        )
        toast.acted.connect(self.start_sandbox)
        toast.count_down(TOAST_SECONDS)

    @Slot()
    def show_inbox(self) -> None:
        """Show the messages of the sandbox."""
        if self._dialogs.free:
            from .dialogs import InboxDialog

            self._dialogs.open(InboxDialog(self._tools.look, list(self.sandbox.messages), self._dialogs.window))

    @Slot()
    def show_sandbox_settings(self) -> None:
        """Show how the sandbox behaves where the documentation leaves that open, to be changed."""
        if self._dialogs.free:
            from .dialogs import SettingsDialog

            dialog = SettingsDialog(self._tools.look, self.sandbox.settings, self._dialogs.window)
            dialog.agreed.connect(self.sandbox.change)
            self._dialogs.open(dialog)

    @Slot()
    def _ask_reset(self) -> None:
        if not self._dialogs.free:
            return
        from ..kit.dialog import Question

        question = Question(
            self._tools.look,
            self.tr("Reset the sandbox?"),
            self.tr(
                "It is emptied: what was written into it, its settings, logins and log. Apps and keys are not affected."
            ),
            self.tr("Reset"),
            self._dialogs.window,
        )
        question.about_org = False
        question.confirmed.connect(self._reset)
        self._dialogs.open(question)

    @Slot()
    def _reset(self) -> None:
        self.sandbox.reset()
        for place in [place for place in self._people if place[1] == self.sandbox.address]:
            del self._people[place]
        self._show_place()

    @Slot()
    def _sandbox_changed(self) -> None:
        if self.sandbox.state is SandboxState.STOPPED:
            self._people = {place: person for place, person in self._people.items() if person.until is None}
            if self._step:
                self._step = 0
        self.changed.emit()
        self._show_place()

    @Slot()
    def _show_messages(self) -> None:
        org = self._org
        codes = [message for message in self.sandbox.messages if org is not None and message.org_id == org.id]
        waiting = self._pending is not None and self._is_sandbox
        self.page.answer.code.show_message(codes[-1] if codes and waiting else None)
        if self.page.is_first:
            self._show_first()

    # The next request

    def begin_ready(self) -> None:
        """Show the first ready request of the app."""
        app = self.app
        if app is not None:
            self.choose(ready_requests(app)[0])

    @Slot()
    def begin_new(self) -> None:
        """Begin an empty request."""
        self._skip()
        self._payload = None
        self._received = None
        self.page.request.show_draft(Draft())
        self._show_outcome()
        self._show_place()
        self.page.request.path.setFocus()
        self.page.request.path.selectAll()

    @Slot(object)
    def choose(self, payload: object) -> None:
        """Show this ready, kept or earlier request, ready to be sent."""
        self._received = None
        self._after_login = None
        card, org = self.page.request, self._org
        if org is None:
            return
        if payload == LOG_IN:
            card.show_draft(Draft("POST", self._login_path), is_login=True)
            if self._is_sandbox:
                card.login.email.setText(f"john@{org.code}.example")
                card.login.password.setText(SANDBOX_PASSWORD)
                card.login.note.setText(
                    self.tr("John is a made-up person. Ada and Ben are others; all have the password “sandbox”.")
                )
            else:
                card.login.note.setText(self.tr("E-mail and password are sent once, and kept nowhere."))
        elif isinstance(payload, ReadyRequest):
            card.show_draft(Draft(payload.method, payload.path or "/", body=payload.body.decode()))
        elif isinstance(payload, KeptRequest):
            card.show_draft(Draft(payload.method, payload.path, payload.headers, payload.body))
        elif isinstance(payload, SentRequest):
            if payload.path in (LOGIN_PATH, self._login_path):
                self.choose(LOG_IN)
                return
            path = payload.path.replace("=…", "=")
            card.show_draft(Draft(payload.method, path or "/"))
        elif isinstance(payload, Received):
            self._payload = payload
            self._show_received(payload)
            self._show_place()
            return
        self._payload = payload
        self._show_outcome()
        self._show_place()

    log_in_row = LOG_IN

    def open_ready(self, payload: object) -> None:
        """As `choose`, for the palette: leaves the first visit."""
        self._skip()
        self.choose(payload)
        self.page.take_keyboard()

    def ready_rows(self) -> list[Row]:
        """The ready requests of the app that sends."""
        app = self.app
        if app is None:
            return []
        rows = [Row(each.method, translate_text(each.title), each) for each in ready_requests(app)]
        if app.sessions:
            rows.insert(1, Row("POST", self.tr("Log in"), LOG_IN))
        return [self._guarded(row) for row in rows]

    def _guarded(self, row: Row) -> Row:
        payload = row.payload
        if not self._is_guarded or not isinstance(payload, KeptRequest | ReadyRequest):
            return row
        waits = is_change(Request("", payload.method, payload.path), LOGIN_PATH)
        return row._replace(is_off=True, icon="lock") if waits else row

    @Slot()
    def _show_rows(self) -> None:
        app, org = self.app, self._org
        yours = [self._guarded(Row(kept.method, kept.name, kept)) for kept in self._kept]
        lines = [(line.time.timestamp(), self._sent_row(line)) for line in self._history]
        for received in self.sandbox.requests:
            mine = app is not None and received.app_id == app.id
            here = org is not None and received.org_id in ("", org.id)
            if (mine or self._all_apps or not received.app_id) and here:
                lines.append((received.time / 1000, self._received_row(received)))
        lines.sort(key=lambda line: line[0], reverse=True)
        self.page.show_rows(self.ready_rows(), yours, [row for _, row in lines[:200]], self._payload)

    def _sent_row(self, line: SentRequest) -> Row:
        path = line.path.partition("?")[0] or "/"
        if line.status == 0:
            end, tone = self.tr("none"), "danger"
            if line.outcome == "stopped":
                end, tone = self.tr("stop"), "muted"
        elif line.outcome and line.status < 300:
            end, tone = (self.tr("code") if "newLocation" in line.outcome else self.tr("fault")), "warning"
        else:
            end, tone = str(line.status), "danger" if line.status >= 400 else "muted"
        return Row(line.method, path, line, end, tone, is_mono=True)

    def _received_row(self, received: Received) -> Row:
        tone = "danger" if received.status >= 400 else "muted"
        spoken = self.tr("{method} {path}, received from elsewhere, {status}").format(
            method=received.method, path=received.path, status=received.status
        )
        path = _below_org(received.path).partition("?")[0] or "/"
        return Row(received.method, path, received, str(received.status), tone, "arrow-down", True, spoken=spoken)

    def _read_history(self) -> None:
        if self._services is None:
            return
        history, app_id = self._services.history, None if self._all_apps else self._app_id

        def found(outcome: tuple[Sequence[SentRequest], Sequence[KeptRequest]]) -> None:
            self._history, self._kept = outcome
            self._walked = -1
            self._show_rows()

        self._workspace.on_disk(lambda: (history.sent(app_id), history.kept()), found)

    @Slot()
    def _toggle_all(self) -> None:
        self._all_apps = not self._all_apps
        self.page.all.setText(self.tr("This app") if self._all_apps else self.tr("All"))
        self._read_history()

    @Slot(int)
    def _walk(self, step: int) -> None:
        """Go to an earlier request, or back to a later one."""
        if self._history:
            self._walked = min(max(self._walked - step, 0), len(self._history) - 1)
            self.choose(self._history[self._walked])
            self.page.request.path.setFocus()

    @Slot()
    def ask_keep(self) -> None:
        """Ask for a name, and keep the request under it."""
        org = self._org
        if not self._dialogs.free or self._services is None or org is None or self.page.is_first:
            return
        from .dialogs import KeepDialog

        draft, history = self.page.request.draft(), self._services.history
        name = f"{draft.method} {draft.path.partition('?')[0]}"
        dialog = KeepDialog(self._tools.look, name, production=org.production, parent=self._dialogs.window)

        def keep(name: str) -> None:
            request = Request(org.code, draft.method, draft.path, draft.headers, draft.body.encode())

            def kept(found: KeptRequest) -> None:
                self._payload = found
                self._read_history()

            self._workspace.on_disk(lambda: history.keep(name, request), kept)

        dialog.named.connect(keep)
        self._dialogs.open(dialog)

    @Slot(object)
    def _drop(self, payload: object) -> None:
        if not isinstance(payload, KeptRequest) or self._services is None:
            return
        history, org = self._services.history, self._org
        self._workspace.on_disk(lambda: history.drop(payload), lambda _: self._read_history())
        toast = self._tools.toasts.show(
            self.tr("“{name}” removed").format(name=short(payload.name)),
            icon="trash-2",
            tone="muted",
            action=self.tr("Undo"),
        )
        request = payload.request(org.code if org is not None else "")
        toast.acted.connect(
            lambda: self._workspace.on_disk(lambda: history.keep(payload.name, request), lambda _: self._read_history())
        )
        toast.count_down(TOAST_SECONDS)

    def _request(self) -> Request:
        draft, org = self.page.request.draft(), self._org
        path = draft.path.strip()
        body = draft.body.encode() if draft.body.strip() else b""
        return Request(org.code if org else "", draft.method, "" if path == "/" else path, draft.headers, body)

    @Slot()
    def _edited(self) -> None:
        self._show_headers()
        self._show_send()

    # Sending

    @property
    def can_send(self) -> bool:
        """True if Send would send."""
        return not self._reason_off() and self._sending is None

    def _reason_off(self) -> str:
        """Why nothing can be sent now, for people; empty if it can."""
        if self.app is None:
            return self.tr("A request needs an app.")
        if self._workspace.is_locked:
            return self.tr("The keychain is locked. Unlock it first.")
        if self._received is not None:
            return self.tr("This was received from elsewhere. Open it as a request first.")
        login = self.page.request.login
        if self.page.request.is_login and not (login.email.text().strip() and login.password.text()):
            return self.tr("A login needs an e-mail address and a password.")
        # At a path of the org's own, only the form logs in: anything else sent there may write.
        if self._is_guarded and not self.page.request.is_login and is_change(self._request(), LOGIN_PATH):
            return self.tr("Production: only GET is sent until changes are allowed.")
        return ""

    @Slot()
    def send(self) -> None:
        """Send the request, and start the sandbox first if it is to answer."""
        reason = self._reason_off()
        if reason or self._sending is not None:
            announce(self.page, reason)
            return
        card = self.page.request
        login = None
        if card.is_login:
            password = Secret(card.login.password.text())
            login = Login(card.login.email.text().strip(), password, path=self._login_path)
            if not self._is_sandbox and self._org is not None and self._org.id not in self._warned:
                self._ask_login(login)
                return
        self._send(login)

    def _ask_login(self, login: Login) -> None:
        """Say before the first login at Cortex that it may end another one."""
        org = self._org
        if org is None or not self._dialogs.free:
            return
        from ..kit.dialog import Question

        question = Question(
            self._tools.look,
            self.tr("Log in to {host}?").format(host=_host(org.endpoint)),
            self.tr(
                "Cortex may keep one login a person: this one may end yours in the web console. The password is sent "
                "once, and kept nowhere."
            ),
            self.tr("Log in"),
            self._dialogs.window,
        )

        def agreed() -> None:
            self._warned.add(org.id)
            self._send(login)

        question.confirmed.connect(agreed)
        self._dialogs.open(question)

    def _send(self, login: Login | None, draft: Draft | None = None, request: Request | None = None) -> None:
        app, org = self.app, self._org
        if app is None or org is None or self._sending is not None:
            return
        draft = draft or self.page.request.draft()
        if request is None:
            request = login_request(org.code, login) if login is not None else self._request()
        place, now = self._place, self._clock.now()
        self._begin_sending(_Sending(app, org, self._endpoint, place, request, draft, login, Stop(), now))

    def _begin_sending(self, sending: _Sending) -> None:
        self._sending = sending
        self._tick.start(BUSY_SECONDS)
        self._show_send()
        self.changed.emit()
        if self._is_sandbox and not self.sandbox.answers:
            self._start_sandbox(partial(self._sandbox_ready, sending))
        else:
            self._with_services(partial(self._fetch, sending))

    def _sandbox_ready(self, sending: _Sending) -> None:
        sending.endpoint = self.sandbox.address
        self._fetch(sending)

    def _fetch(self, sending: _Sending) -> None:
        """Get the key, for this request alone."""
        if self._sending is sending and self._services is not None:
            workbench = self._services.workbench

            def read() -> tuple[Credentials, CortexError | None]:
                credentials = workbench.credentials(sending.app)
                try:
                    if sending.login is not None:
                        workbench.recall(sending.app, sending.endpoint, sending.place)
                except (SecretMissing, SecretDiffers, VaultError) as error:
                    return credentials, error
                return credentials, None

            self._workspace.on_vault(read, partial(self._ask, sending), partial(self._no_answer, sending))

    def _ask(self, sending: _Sending, found: tuple[Credentials, CortexError | None]) -> None:
        if self._sending is not sending or self._services is None:
            return
        credentials, not_recalled = found
        if not_recalled is not None:
            title = self.tr("Cortex will not know this computer")
            self._show_toast(title, not_recalled)
        workbench, production = self._services.workbench, sending.org.production and sending.place != SANDBOX
        workbench.use(*self._settings.network())
        label, to_do = sending.app.label, (sending.app, sending.endpoint, sending.request, credentials, sending.stop)

        def ask() -> Outcome:
            answer = workbench.send(*to_do)
            return Outcome(answer, shown(answer, credentials), label, production)

        failed = partial(self._no_answer, sending)
        if sending.file is not None:
            save = partial(workbench.save, *to_do, sending.file)
            self._workspace.submit(Lane.REQUEST, save, partial(self._saved, sending), failed)
        else:
            self._workspace.submit(Lane.REQUEST, ask, partial(self._answered, sending), failed)

    @Slot()
    def stop(self) -> None:
        """Stop the request that is under way. The window is free at once; the old answer comes back."""
        sending = self._sending
        if sending is None:
            return
        self._end_sending()
        sending.stop.stop()
        seconds = milliseconds(self._clock.now() - sending.started, self.page.answer)
        words = self.tr("Stopped after {time}.").format(time=seconds)
        if sending.request.method not in READING:
            words = self.tr("Stopped after {time}. Cortex may still have done it.").format(time=seconds)
        self._tools.toasts.show(words, icon="circle-off", tone="muted").count_down(TOAST_SECONDS)
        self._step_problem = words
        stopped = Stopped(_host(sending.endpoint), may_be_done=False, seconds=self._clock.now() - sending.started)
        self._note(sending, stopped)
        self._show_place()

    def _end_sending(self) -> None:
        self._sending = None
        self._tick.stop()
        self.page.answer.set_stale(False)
        self.changed.emit()

    @Slot()
    def _show_seconds(self) -> None:
        if self._sending is not None:
            self.page.answer.set_stale(True)
            self._show_send()
            self._tick.start(TICK_SECONDS)

    def _note(self, sending: _Sending, outcome: Answer | NoAnswer) -> None:
        """Write a line into the history."""
        if self._services is None:
            return
        history = self._services.history
        work = partial(history.add, sending.app.id, sending.endpoint, sending.request, outcome)
        self._workspace.on_disk(work, lambda _: self._read_history())

    def _answered(self, sending: _Sending, outcome: Outcome) -> None:
        if self._sending is not sending:
            return  # stopped
        self._end_sending()
        answer = outcome.answer
        self._put_outcome(outcome)
        self._sent = sending
        place = (sending.app.id, sending.endpoint)
        person = self._people.get(place)
        if person is not None and person.until is not None:
            person.until = self._clock.now() + SESSION_SECONDS
        fault = answer.fault
        is_over = fault is not None and fault.session_is_over and sending.app.sessions
        logged_out = sending.request.path.partition("?")[0] == "/accounts/me/logout" and answer.is_success
        if sending.login is not None:
            self._take_login(sending, answer)
        elif is_over or logged_out:
            self._people.pop(place, None)
        self._note(sending, answer)
        if outcome.production and sending.started <= self._put_away:
            self._hide_answer(self.tr("Hidden while nobody was here. Press Send to see it again."))
        else:
            self._show_outcome()
        if self.page.is_first:
            self._took_step(sending, outcome)
        self._show_place()
        if self._pending is not None and not self.page.is_first:
            self.page.answer.code.code.setFocus()
        if sending.login is not None and answer.is_success and self._after_login is not None:
            self._repeat_after_login()

    def _take_login(self, sending: _Sending, answer: Answer) -> None:
        place = (sending.app.id, sending.endpoint)
        assert sending.login is not None
        if answer.fault is not None and answer.fault.asks_for_code:
            self._pending = sending
            in_terminal = sending.place == SANDBOX and self.sandbox.state is SandboxState.ELSEWHERE
            self.page.answer.code.begin(sending.login.email, answer.fault, in_terminal=in_terminal)
            self._show_messages()
            return
        wrong_code = self._pending is not None and bool(sending.login.code) and answer.fault is not None
        if not wrong_code:
            self._pending = None
        if answer.is_success:
            until = self._clock.now() + SESSION_SECONDS if sending.place == SANDBOX else None
            self._people[place] = _Person(sending.login.email, until)
            self._minute.start(60)
            self._remember_computer(sending, is_asked=sending.login.remember)
        # The password is used once: a login that went wrong is typed anew.
        sending.login = replace(sending.login, password=Secret("")) if not wrong_code else sending.login
        if not self._is_sandbox:
            self.page.request.login.password.clear()

    def _repeat_after_login(self) -> None:
        draft, self._after_login = self._after_login, None
        if draft is not None:
            self.page.request.show_draft(draft)
            self._payload = None
            self._show_place()
            self.send()

    def _no_answer(self, sending: _Sending, error: CortexError) -> None:
        if self._sending is not sending:
            return  # stopped
        self._end_sending()
        if isinstance(error, NoAnswer):
            self._note(sending, error)
        if sending.file is not None:  # the answer on the page stays
            self._workspace.failed.emit(error)
            self._show_place()
            return
        self._step_problem = _sentences(error)
        if isinstance(error, VaultError) and error.problem is VaultProblem.LOCKED:
            announce(self.page, self._step_problem)  # the banner says it; the answer before stays
            self._show_place()
            return
        self._put_outcome(None)
        if isinstance(error, SecretMissing):
            self._show_missing(sending.app)
        else:
            self.page.answer.show_error(error, self.tr("Try again"), "retry")
        self._show_place()

    def _show_missing(self, app: App) -> None:
        answer = self.page.answer
        title = self.tr("The key of {label} is not in the keychain").format(label=short(app.label))
        text = self.tr("Nothing was sent: nothing is sent without a key. Check the keychain, or rotate the key.")
        answer.show_problem(title, text, self.tr("Check keychain…"), "check")

    # Logging in

    @Slot(str, bool)
    def _code_entered(self, code: str, remember: bool) -> None:
        pending = self._pending
        if pending is not None and pending.login is not None and self._sending is None:
            login = replace(pending.login, code=code, remember=remember)
            self._send(login, pending.draft)

    @Slot()
    def _code_cancelled(self) -> None:
        self._pending = None
        self._hide_answer("")
        self._show_place()
        self.page.request.send.setFocus()

    def _remember_computer(self, sending: _Sending, *, is_asked: bool) -> None:
        """Keep the cookie by which the server knows this computer, if the person asks or asked for that."""
        services, app = self._services, self._workspace.find(sending.app.id)
        if services is None or app is None or not (is_asked or app.login_at(sending.place)):
            return
        device = services.workbench.session(app, sending.endpoint).device()
        if device is None:
            if is_asked:
                self._tools.toasts.show(
                    self.tr("This computer is not remembered"), self.tr("The server gave nothing to know it by.")
                )
            return

        def remembered(app: App) -> None:
            self._workspace.put(app)
            if is_asked:
                text = self.tr("The next login from here needs no code. The target’s menu forgets it.")
                self._tools.toasts.show(self.tr("This computer is remembered"), text).count_down(TOAST_SECONDS)

        failed = partial(self._show_toast, self.tr("Logged in, but this computer is not remembered"))
        self._workspace.on_vault(partial(services.logins.remember, app.id, sending.place, device), remembered, failed)

    def forget_computer(self) -> None:
        """Remove the cookie by which the target knows this computer."""
        services, app, session = self._services, self.app, self._session()
        if services is None or app is None:
            return
        if session is not None:
            session.forget_device()

        def forgotten(app: App) -> None:
            self._workspace.put(app)
            text = self.tr("The next login from here needs a code.")
            self._tools.toasts.show(self.tr("This computer is forgotten"), text).count_down(TOAST_SECONDS)

        self._workspace.on_vault(partial(services.logins.forget, app.id, self._place), forgotten)

    def _show_toast(self, title: str, error: CortexError) -> None:
        """Show why something was not done that did not keep anything else from being done."""
        self._tools.toasts.show(title, _sentences(error), icon="info", tone="warning").count_down(TOAST_SECONDS)

    @Slot()
    def _log_in_or_out(self) -> None:
        person = self._person()
        if person is None:
            self.choose(LOG_IN)
            self.page.request.login.email.setFocus()
            return
        app = self.app
        if app is None:
            return
        out = next(each for each in ready_requests(app) if each.path == "/accounts/me/logout")
        self.choose(out)
        self.send()

    @Slot()
    def _log_in_again(self) -> None:
        sent = self._sent
        self.choose(LOG_IN)
        self._after_login = sent.draft if sent is not None else None
        login = self.page.request.login
        (login.password if login.email.text() else login.email).setFocus()

    def _person(self) -> _Person | None:
        app = self.app
        if app is None or not app.sessions:
            return None
        person = self._people.get((app.id, self._endpoint))
        if person is not None and person.until is not None and person.until <= self._clock.now():
            return None
        return person

    @Slot()
    def _pass_minute(self) -> None:
        self._show_session()
        if any(person.until is not None for person in self._people.values()):
            self._minute.start(60)

    @Slot(str)
    def _copy_code(self, code: str) -> None:
        self._tools.clipboard.put(Secret(code), self._settings.clipboard_seconds)

    # Showing

    @Slot()
    def _show_place(self) -> None:
        """Show who sends, where to, and what can be done."""
        org, app, page = self._org, self.app, self.page
        if org is None:
            return
        if app is None:
            page.show_empty()
            page.banner.hide()
            return
        if self._settings.text("requests_visited") != "1" and self._is_sandbox:
            if not page.is_first:
                page.show_first()
            self._show_first()
        else:
            page.show_work()
        ends = f"{app.key_ends.head}••••{app.key_ends.tail}"
        page.app.show_choice(app.label, ends, icon="key", is_mono=True)
        page.app.setAccessibleName(self.tr("App: {label}").format(label=app.label))
        self._show_target(org)
        self._show_banner(org)
        self._show_session()
        page.request.lock_method(self._is_guarded)
        page.request.show_base(f"{self._shown_endpoint}/{org.code}/v2")
        self._show_headers()
        self._show_rows()
        self._show_send()
        self.changed.emit()

    def _show_target(self, org: Org) -> None:
        target = self.page.target
        if not self._is_sandbox:
            host = _host(org.endpoint)
            target.show_choice("Cortex", f"· {host}", icon="external-link", is_alarm=False)
            words = self.tr("Target: Cortex, {host}").format(host=host)
            target.setAccessibleName(words)
            return
        states = {
            SandboxState.STOPPED: (self.tr("stopped"), "muted", False),
            SandboxState.STARTING: (self.tr("starting"), "warning", False),
            SandboxState.RUNNING: (self.tr("running"), "success", True),
            SandboxState.ELSEWHERE: (self.tr("in a terminal"), "success", True),
        }
        word, dot, filled = states[self.sandbox.state]
        target.show_choice(self.tr("Sandbox on this computer"), f"· {word}", dot=dot, filled=filled)
        target.setAccessibleName(self.tr("Target: Sandbox on this computer, {state}").format(state=word))

    def _show_banner(self, org: Org) -> None:
        banner = self.page.banner
        if self._workspace.is_locked:
            banner.show_message(
                "warning",
                "lock",
                self.tr("Your keychain is locked"),
                self.tr("Nothing can be sent until {keychain} is unlocked. Editing, History and answers stay.").format(
                    keychain=self._workspace.keychain_name
                ),
                self.tr("Unlock…"),
            )
        elif org.production and not self._is_sandbox and not self._allowed:
            banner.show_message(
                "danger",
                "triangle-alert",
                self.tr("Production: only GET is sent"),
                self.tr(
                    "People depend on this org. Log in and Log out work too. Anything that writes waits until you "
                    "allow it, and only until you quit."
                ),
                self.tr("Allow changes…"),
            )
        elif org.production and not self._is_sandbox:
            banner.show_message(
                "danger",
                "triangle-alert",
                self.tr("Changes allowed"),
                self.tr("What you send may change Production, until you quit or go to another org."),
                self.tr("Stop allowing"),
            )
        else:
            banner.hide()

    @Slot()
    def _banner_acted(self) -> None:
        org = self._org
        if self._workspace.is_locked:
            self._workspace.unlock()
        elif self._allowed:
            self._allowed = False
            self._show_place()
        elif org is not None and self._dialogs.free:
            from ..kit.dialog import Question

            question = Question(
                self._tools.look,
                self.tr("Allow changes to {org}?").format(org=short(org.name)),
                self.tr("Requests that write, change or delete are then sent, until you quit or go to another org."),
                self.tr("Allow changes"),
                self._dialogs.window,
                typed=org.code,
            )
            question.confirmed.connect(self._allow)
            self._dialogs.open(question)

    @Slot()
    def _allow(self) -> None:
        self._allowed = True
        self._show_place()

    def _show_session(self) -> None:
        page, app = self.page, self.app
        if app is None:
            return
        if not app.sessions:
            page.show_session(self.tr("Signs each request"), self.tr("No login needed"), "")
            return
        person = self._person()
        if person is not None:
            left = ""
            if person.until is not None:
                minutes = max(1, round((person.until - self._clock.now()) / 60))
                left = self.tr("Expires in %n min", "", minutes)
            page.show_session(self.tr("Logged in as {email}").format(email=person.email), left, self.tr("Log out"))
        elif self._pending is not None:
            page.show_session(self.tr("Not logged in yet"), self.tr("A code is needed"), "")
        else:
            page.show_session(self.tr("Not logged in"), "", self.tr("Log in"))

    def _session(self) -> Session | None:
        app = self.app
        if app is None or self._services is None:
            return None
        with suppress(CortexError):
            return self._services.workbench.session(app, self._shown_endpoint)
        return None

    def _show_headers(self) -> None:
        app = self.app
        if app is None:
            return
        session, request = self._session(), self._request()
        if self.page.request.is_login:
            request = replace(request, body=b"{}")
        shown_headers = []
        if session is not None:
            for header in session.automatic(request, signs=not app.sessions):
                value = header.shown
                if header.name == "Medable-Client-Key":
                    value = mask(app.key_ends)
                reason = translate_text(header.reason.words)
                shown_headers.append(Automatic(header.name, value or "•" * 12, reason))
        self.page.request.show_automatic(shown_headers)

    def _show_send(self) -> None:
        card, sending = self.page.request, self._sending
        send = card.send
        waits = sending is not None and self._clock.now() - sending.started >= BUSY_SECONDS
        send.setProperty("stops", sending is not None)
        reason = self._reason_off()
        if waits and sending is not None:
            send.set_words(self.tr("Stop"), hint=False, primary=False)
            card.seconds.setText(milliseconds(self._clock.now() - sending.started, self.page.answer))
        elif self._is_sandbox and not self.sandbox.answers:
            send.set_words(self.tr("Start and send"), hint=False)
        else:
            send.set_words(self.tr("Send"), hint=True, primary=self._pending is None)
        card.seconds.setVisible(waits)
        send.setEnabled(sending is not None or not reason)
        send.setToolTip("" if sending is not None else reason)

    def _put_outcome(self, outcome: Outcome | None) -> None:
        """Keep this as the last answer; the caller shows it. A large one before it goes once it is off the page."""
        before, self._outcome = self._outcome, outcome
        if before is not None and before.shown.text is None:
            let_go = partial(take_apart, before.shown.document)
            QTimer.singleShot(0, self, partial(self._workspace.submit, Lane.SCAN, let_go, _ignore))

    def _show_outcome(self) -> None:
        """Show the last answer, or that there is none."""
        outcome = self._outcome
        if outcome is None:
            self.page.answer.show_nothing()
            return
        fault = outcome.answer.fault
        asks = self._pending is not None and fault is not None and fault.asks_for_code
        action = ""
        if fault is not None and fault.session_is_over and self.app is not None and self.app.sessions:
            action = self.tr("Log in again")
        self.page.answer.show_answer(outcome, asks_for_code=asks, action=action)
        if asks:
            self._show_messages()

    def _hide_answer(self, words: str) -> None:
        self._put_outcome(None)
        self._sent = None
        self.page.answer.show_nothing(words)

    @Slot()
    def put_answers_away(self) -> None:
        """Nobody is here, or the screen is locked: hide answers of Production, and codes."""
        self._allowed = False
        self._put_away = self._clock.now()
        if self._pending is not None:
            self._pending = None
            self._hide_answer(self.tr("The login was given up while nobody was here. Log in again."))
        elif self._outcome is not None and self._outcome.production:
            self._hide_answer(self.tr("Hidden while nobody was here. Press Send to see it again."))
        self.page.request.login.password.clear()
        self.page.answer.code.code.clear()
        self.sandbox.forget_messages()
        self._show_place()

    # What was received from elsewhere

    def _show_received(self, received: Received) -> None:
        self._received = received
        when = milliseconds(received.milliseconds / 1000, self.page.answer)
        path = _below_org(received.path)
        card = self.page.request
        card.show_draft(Draft(received.method, path or "/"))
        card.show_received(self.tr("Received from your own client"), f"{received.agent}, {when}")
        document = {
            "object": "fault" if received.err_code else "answer",
            "errCode": received.err_code,
            "status": received.status,
            "reason": received.reason,
        }
        self.page.answer.show_received(received, {name: value for name, value in document.items() if value != ""})

    @Slot()
    def _open_received(self) -> None:
        received = self._received
        if received is not None:
            self._received = None
            self._payload = None
            path = _below_org(received.path).replace("=…", "=")
            self.page.request.show_draft(Draft(received.method, path or "/"))
            self._show_place()
            self.page.request.path.setFocus()

    @Slot()
    def _repeat_received(self) -> None:
        self._open_received()
        self.send()

    @Slot()
    def _copy_signing(self) -> None:
        self.copy_as(Language.PYTHON)

    # Copying and saving

    @Slot()
    def _make_text(self) -> None:
        """Make the text of a large answer, which takes too long to be done before it is asked for."""
        outcome = self._outcome
        if outcome is None:
            return

        def made(text: str) -> None:
            if self._outcome is outcome:
                self.page.answer.take_text(text)

        self._workspace.submit(Lane.SCAN, partial(text_of, outcome.shown.document), made)

    @Slot()
    def _copied(self) -> None:
        self._tools.toasts.show(self.tr("Answer copied")).count_down(TOAST_SECONDS)

    @property
    def is_sending(self) -> bool:
        """True while an answer is waited for."""
        return self._sending is not None

    def focus_path(self) -> None:
        """Put the cursor into the path."""
        self._skip()
        self.page.request.focus_path()

    def copy_as_curl(self) -> None:
        """Put the request on the clipboard as curl."""
        self.copy_as(Language.CURL)

    @Slot(Language)
    def copy_as(self, language: Language) -> None:
        """Put code on the clipboard that makes the request, with the real key, for as long as Preferences say."""
        app, org = self.app, self._org
        if app is None or org is None or self._services is None or self._workspace.is_locked:
            return
        request = self._request()
        if self.page.request.is_login:
            email = self.page.request.login.email.text()
            request = login_request(org.code, Login(email, Secret("…"), path=self._login_path))
        endpoint = self._shown_endpoint
        vault_read = partial(self._services.workbench.credentials, app)

        def fetched(credentials: Credentials) -> None:
            try:
                text = request_code(language, app, endpoint, request, credentials.key.reveal(), self._login_path)
            except CortexError as error:
                self._workspace.failed.emit(error)
                return
            seconds = self._settings.clipboard_seconds
            self._tools.clipboard.put(Secret(text), seconds)
            title = self.tr("Request copied, with the key in it")
            toast = self._tools.toasts.show(title, action=self.tr("Clear now"), topic="clipboard")
            toast.acted.connect(self._tools.clipboard.clear)
            toast.count_down(seconds, lambda left: self.tr("Clears from the clipboard in %n s", "", left))

        self._workspace.on_vault(vault_read, fetched)

    @Slot()
    def _ask_save(self) -> None:
        """Save all of an answer that is too large to be shown: it is asked for again."""
        sent = self._sent
        if sent is None or self._sending is not None or not self._dialogs.free:
            return
        if sent.request.method in READING:
            self._choose_file(sent)
            return
        from ..kit.dialog import Question

        question = Question(
            self._tools.look,
            self.tr("Send it once more?"),
            self.tr("To save all of the answer, {method} {path} is sent again, and may be done a second time.").format(
                method=sent.request.method, path=sent.request.path
            ),
            self.tr("Send again"),
            self._dialogs.window,
        )
        self._dialogs.open(question)
        question.finished.connect(lambda agreed: self._choose_file(sent) if agreed else None)

    def _choose_file(self, sent: _Sending) -> None:
        if self._is_guarded and is_change(sent.request, LOGIN_PATH):
            self._tools.toasts.show(self.tr("Production: only GET is sent until changes are allowed."))
            return
        dialog = save_dialog(self._tools.look, self.tr("Save answer"), "answer.json", self._dialogs.window)
        dialog.fileSelected.connect(partial(self._save, sent))
        self._dialogs.open(dialog)

    def _save(self, sent: _Sending, name: str) -> None:
        if self._sending is None:
            self._begin_sending(replace(sent, stop=Stop(), started=self._clock.now(), login=None, file=Path(name)))

    def _saved(self, sending: _Sending, answer: Answer) -> None:
        if self._sending is sending:
            self._end_sending()
            self._note(sending, answer)
            self._tools.toasts.show(self.tr("Answer saved"), str(sending.file)).count_down(TOAST_SECONDS)
            self._show_place()

    # First visit

    def _steps(self, app: App, org: Org) -> list[Step]:
        known = self.tr("It runs on this computer and knows the apps of {org}.").format(org=org.name)
        address = f"{self._shown_endpoint}/{org.code}/v2"
        start = Step(self.tr("Start the sandbox"), known, address, self.tr("Start"))
        if not app.sessions:
            return [
                start,
                Step(
                    self.tr("Public org"),
                    self.tr("Ask for what everybody with a key may read. The request is signed for you."),
                    "GET /",
                    self.tr("Send"),
                ),
                Step(
                    self.tr("Accounts"),
                    self.tr("Ask who there is. That is your first API request that reads people."),
                    "GET /accounts?limit=20",
                    self.tr("Send"),
                ),
            ]
        login = Step(
            self.tr("Log in"),
            self.tr("As John, a made-up person. His text message shows up here."),
            f"POST {LOGIN_PATH}",
            self.tr("Log in"),
        )
        if self._pending is not None and self.sandbox.messages:
            message = self.sandbox.messages[-1]
            text = self.tr("Text message to {mobile}: Your Cortex code is {code}.")
            login = login._replace(
                text=text.format(mobile=masked_number(message.mobile), code=message.code), action=self.tr("Use code")
            )
        me = Step(
            self.tr("Who am I"),
            self.tr("Ask Cortex who is logged in. That is your first API request."),
            "GET /accounts/me",
            self.tr("Send"),
        )
        return [start, login, me]

    def _show_first(self) -> None:
        app, org = self.app, self._org
        if app is None or org is None:
            return
        if self.sandbox.answers and self._step == 0:
            self._step = 1
        busy = self._sending is not None or self.sandbox.state is SandboxState.STARTING
        steps = self._steps(app, org)
        problem = self._step_problem
        if self._workspace.is_locked:
            problem = self.tr("The keychain is locked. Unlock it first.")
        self.page.first.show_steps(app.label, _host(org.endpoint), steps, self._step, busy=busy, problem=problem)

    @Slot(int)
    def _take_step(self, number: int) -> None:
        app, org = self.app, self._org
        if app is None or org is None or number != self._step or self._sending is not None:
            return
        self._step_problem = ""
        if number == 0:
            self._start_sandbox(self._show_place)
        elif app.sessions and number == 1:
            if self._pending is not None and self._pending.login is not None and self.sandbox.messages:
                login = replace(self._pending.login, code=self.sandbox.messages[-1].code)
            else:
                login = Login(f"john@{org.code}.example", Secret(SANDBOX_PASSWORD))
            self._send(login, Draft("POST", LOGIN_PATH))
        else:
            ready = {each.name: each for each in ready_requests(app)}
            name = "who am I" if app.sessions else "public org" if number == 1 else "accounts"
            self.choose(ready[name])
            self._send(None)
        self._show_first()

    def _took_step(self, sending: _Sending, outcome: Outcome) -> None:
        answer = outcome.answer
        if answer.fault is not None and self._pending is None:
            words = answer.fault.words
            self._step_problem = f"{translate_text(words.what)} {translate_text(words.advice)}"
        elif answer.is_success:
            self._step += 1
        in_terminal = self._pending is not None and self.sandbox.state is SandboxState.ELSEWHERE
        if self._step == 3 or in_terminal:  # where the code is, which has to be typed
            self._finish_first()

    def _finish_first(self) -> None:
        self._settings.set_text("requests_visited", "1")
        self.page.show_work()
        self._show_outcome()
        self.page.answer.tree.setFocus()

    @Slot()
    def _skip(self) -> None:
        if self._settings.text("requests_visited") != "1":
            self._settings.set_text("requests_visited", "1")
            self._show_place()
            self.page.take_keyboard()

    @Slot()
    def _skip_to_cortex(self) -> None:
        self.set_target("cortex")
        self._skip()


def _ignore(_: object) -> None:
    """Ignore the result."""


def _host(endpoint: str) -> str:
    return urlsplit(endpoint).netloc or endpoint


def _below_org(path: str) -> str:
    """The path that a client asked for, without `/<org>/v2`."""
    parts = path.split("/", 3)
    return f"/{parts[3]}" if len(parts) > 3 and parts[2].startswith("v") else "" if len(parts) == 3 else path


def _below(widget: QObject) -> QPoint:
    return widget.mapToGlobal(widget.rect().bottomLeft())  # type: ignore[attr-defined,no-any-return]


def _sentences(error: CortexError) -> str:
    return f"{translate_text(error.title)}. {translate_text(error.message)} {translate_text(error.advice)}"
