"""Requests with an app's key: to the sandbox, or to the org's endpoint. Also whether Cortex knows a key."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Protocol

from ..domain.faults import Fault, KeyVerdict
from ..domain.model import App, Known, Org
from ..domain.ports import Vault
from ..domain.request import (
    READING,
    Answer,
    Credentials,
    Form,
    Limits,
    Login,
    Network,
    NoAnswer,
    Request,
    Session,
    Stop,
    Trouble,
    login_request,
)
from ..domain.sandbox import Message, Received, SandboxProcess
from ..domain.secret import SecretKind
from ..domain.text import QT_TRANSLATE_NOOP, Text
from .apps.logins import RememberedLogins
from .request_history import RequestHistory


class SandboxMaker(Protocol):
    """Makes the sandbox of a data folder, which does not run yet. The callbacks are called from a thread of its own."""

    def __call__(
        self,
        *,
        on_received: Callable[[Received], object],
        on_message: Callable[[Message], object],
        on_ended: Callable[[], object],
    ) -> SandboxProcess:
        """Make it."""


@dataclass(frozen=True)
class RequestServices:
    """What the Requests page works with."""

    workbench: Workbench
    logins: RememberedLogins
    history: RequestHistory
    make_sandbox: SandboxMaker


class Workbench:
    """One session for each app and endpoint. `credentials` and `recall` belong on the vault lane, the rest on a lane
    that may wait for an answer."""

    def __init__(self, network: Network, vault: Vault, logins: RememberedLogins) -> None:
        self._network = network
        self._vault = vault
        self._logins = logins
        self._lock = Lock()
        self._sessions: dict[tuple[str, str], Session] = {}

    def use(self, limits: Limits, ca_file: Path | None) -> None:
        """As `Network.use`. From any thread."""
        self._network.use(limits, ca_file)

    def credentials(self, app: App) -> Credentials:
        """The app's key, and the secret if it signs. Hold them for one request. Raises VaultError, SecretMissing."""
        key = self._vault.read(app.ref(SecretKind.API_KEY))
        return Credentials(key, None if app.sessions else self._vault.read(app.ref(SecretKind.API_SECRET)))

    def recall(self, app: App, endpoint: str, place: str) -> None:
        """Have a session show the server that it knows this computer, if that is remembered for this place.

        Raises EndpointError; SecretMissing, VaultError with the session as it was: the next login needs a code.
        """
        session = self.session(app, endpoint)
        if session.device() is None and (device := self._logins.device(app, place)) is not None:
            session.remember_device(device)

    def session(self, app: App, endpoint: str) -> Session:
        """The session of this app at this endpoint, with its cookies. Raises EndpointError."""
        with self._lock:
            place = (app.id, endpoint)
            if place not in self._sessions:
                self._sessions[place] = self._network.session(endpoint)
            return self._sessions[place]

    def send(
        self,
        app: App,
        endpoint: str,
        request: Request,
        credentials: Credentials,
        stop: Stop,
        save: Callable[[bytes], object] | None = None,
    ) -> Answer:
        """Make a request and wait for its answer. Raises what `Session.send` and `session` raise."""
        return self.session(app, endpoint).send(request, credentials, stop, save)

    def save(
        self, app: App, endpoint: str, request: Request, credentials: Credentials, stop: Stop, path: Path
    ) -> Answer:
        """Make a request and save its whole body in a file, which appears once it is complete.

        Raises what `send` raises.
        """
        part = path.with_name(f"{path.name}.part")
        try:
            with part.open("wb") as file:
                answer = self.send(app, endpoint, request, credentials, stop, file.write)
            part.replace(path)
        except OSError as error:
            raise NoAnswer(Trouble.NOT_SAVED, endpoint) from error
        finally:
            with suppress(OSError):
                part.unlink(missing_ok=True)
        return answer

    def log_in(self, org: Org, app: App, endpoint: str, login: Login, credentials: Credentials, stop: Stop) -> Answer:
        """Log a person in. If the answer's fault `asks_for_code`, call again with the code in `login`.

        E-mail and password are in that request alone. Raises as `send`.
        """
        return self.send(app, endpoint, login_request(org.code, login), credentials, stop)

    def forget(self, app: App, endpoint: str) -> None:
        """Drop the cookies of a session, so that the next login is from a new place."""
        with self._lock:
            session = self._sessions.get((app.id, endpoint))
        if session is not None:
            session.forget()

    def check(self, org: Org, credentials: Credentials, stop: Stop) -> Check:
        """Ask the org's endpoint once whether it knows a key: for the public org, with the key and nothing else.

        Raises EndpointError, and Stopped if the person stopped it.
        """
        session = self._network.session(org.endpoint)
        try:
            answer = session.send(Request(org.code, "GET", ""), Credentials(credentials.key), stop)
        except NoAnswer as error:
            if stop.is_stopped:
                raise
            return Check(Known.NOT_ASKED, trouble=error)
        finally:
            session.close()
        return check_of(answer)

    def close(self) -> None:
        """Close all connections. Requests under way end with NoAnswer."""
        with self._lock:
            sessions, self._sessions = list(self._sessions.values()), {}
        for session in sessions:
            session.close()


@dataclass(frozen=True, slots=True)
class Check:
    """The outcome of asking Cortex. fault: what it answered; trouble: why it did not."""

    known: Known
    fault: Fault | None = None
    trouble: NoAnswer | None = None


_BY_FAULT = {
    "cortex.notFound.app": Known.NO,
    "cortex.accessDenied.appDisabled": Known.DISABLED,
    "cortex.accessDenied.appSuspended": Known.SUSPENDED,
    "cortex.expired.app": Known.EXPIRED,
    "cortex.notFound.env": Known.NO_ORG,
    "cortex.notFound.org": Known.NO_ORG,
}


def check_of(answer: Answer) -> Check:
    """What this answer to a request for the public org says of the key.

    A fault that comes after the key was looked at means that it is known, for example one for a missing signature.
    """
    fault = answer.fault
    if fault is None:
        return Check(Known.YES if answer.status == 200 and answer.form is Form.JSON else Known.NOT_ASKED)
    if fault.err_code in _BY_FAULT:
        return Check(_BY_FAULT[fault.err_code], fault)
    if not fault.err_code and fault.code == "kNotFound":  # an older server, which has only the app to look for
        return Check(Known.NO, fault)
    is_judged = fault.kind.key is not KeyVerdict.NOT_JUDGED
    return Check(Known.YES if is_judged and answer.status < 500 and answer.status != 429 else Known.NOT_ASKED, fault)


_OTHER_METHOD = ("x-http-method", "x-http-method-override", "x-method-override")


def is_change(request: Request, login_path: str = "/accounts/login") -> bool:
    """Whether a request may change something, and so waits in Production until it is allowed.

    Reading does not, nor does logging in and out. A header by which servers take another method instead may.
    """
    if any(name.lower() in _OTHER_METHOD for name, _ in request.headers):
        return True
    path = request.path.partition("?")[0].rstrip("/")
    if request.method.upper() == "POST" and path in (login_path.rstrip("/"), "/accounts/me/logout"):
        return False
    return request.method.upper() not in READING


@dataclass(frozen=True, slots=True)
class ReadyRequest:
    """A request that a person finds ready to send. name: what the program remembers; title: for people."""

    name: str
    title: Text
    method: str
    path: str
    body: bytes = b""

    def request(self, org: Org) -> Request:
        """The request to send."""
        return Request(org.code, self.method, self.path, body=self.body)


_PUBLIC_ORG = ReadyRequest("public org", Text(QT_TRANSLATE_NOOP("core", "Public org")), "GET", "")
_ACCOUNTS = ReadyRequest("accounts", Text(QT_TRANSLATE_NOOP("core", "Accounts")), "GET", "/accounts?limit=20")
_ME = ReadyRequest("who am I", Text(QT_TRANSLATE_NOOP("core", "Who am I")), "GET", "/accounts/me")
_STATUS = ReadyRequest("login status", Text(QT_TRANSLATE_NOOP("core", "Login status")), "GET", "/accounts/status")
_LOG_OUT = ReadyRequest("log out", Text(QT_TRANSLATE_NOOP("core", "Log out")), "POST", "/accounts/me/logout", b"{}")
_EXAMPLES = ReadyRequest("objects", Text(QT_TRANSLATE_NOOP("core", "Custom objects")), "GET", "/c_examples?limit=20")


def ready_requests(app: App) -> tuple[ReadyRequest, ...]:
    """The requests that make sense with this app, in the order of a first visit. Logging in is a form of its own."""
    if app.sessions:
        return (_PUBLIC_ORG, _ME, _STATUS, _ACCOUNTS, _EXAMPLES, _LOG_OUT)
    return (_PUBLIC_ORG, _ACCOUNTS, _EXAMPLES)
