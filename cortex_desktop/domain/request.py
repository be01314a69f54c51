"""Requests to Cortex's API and their answers, and the port through which they are made."""

from __future__ import annotations

import ipaddress
import re
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from pathlib import Path
from typing import Protocol
from urllib.parse import SplitResult, quote, urlsplit

from .errors import CortexError
from .faults import Fault
from .secret import Secret
from .text import QT_TRANSLATE_NOOP, Text

CSRF_HEADER = "Medable-Csrf-Token"
TIME_HEADER = "Medable-Server-Time"
SANDBOX_HEADER = "X-Cortex-Sandbox"
BASIS_HEADER = "X-Cortex-Sandbox-Basis"
SOURCE_HEADER = "X-Cortex-Sandbox-Source"
SESSION_COOKIE = "md.sid"
DEVICE_COOKIE = "md.fingerprint"

SHOWN_BYTES = 8 * 1024 * 1024
"""How much of an answer's body is kept in memory."""

READING = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing, and so may be sent again."""

SECRET_PROPERTIES = frozenset({"api_key", "apikey", "apisecret", "password", "secret", "token", "verificationtoken"})
"""Names of properties whose values are never shown, in lower case."""

_METHOD = re.compile(r"[A-Z]{1,16}")
_HOST = re.compile(r"[A-Za-z0-9_.-]+|[0-9A-Fa-f:.]+")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_PATH_SAFE = "/?&=:@!$'()*+,;~-._%[]"
_ENDS_SHOWN = frozenset({"medable-client-key", "medable-client-signature", "medable-csrf-token"})
_KEY_SHAPED = re.compile(r"(?<![0-9A-Za-z])(?:[0-9A-Za-z]{64}|[0-9A-Za-z]{22})(?![0-9A-Za-z])")
_CONTAINERS = (dict, list)  # what JSON has
_COOKIE_VALUE = re.compile(r"=[^;]*")
_AUTOMATIC = frozenset(
    {"host", "connection", "content-length", "transfer-encoding", "cookie", "expect", "te", "upgrade"}
)


@dataclass(frozen=True, slots=True)
class Limits:
    """Seconds that a request may take: to connect, between two pieces of the answer, and in all."""

    connect: float = 10.0
    read: float = 30.0
    total: float = 120.0


@dataclass(frozen=True, slots=True)
class Credentials:
    """What an app identifies itself with. secret: None for an app with Sessions. Hold it for seconds."""

    key: Secret
    secret: Secret | None = None


@dataclass(frozen=True, slots=True)
class Request:
    """A request of a person.

    path: below `/<org code>/v2`, with its query, e.g. "/accounts?limit=20"; headers: those that the person added;
    account: id of the account that a signed request acts for, else "".
    """

    org_code: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = field(default=b"", repr=False)
    account: str = ""


class Form(Enum):
    """What an answer's body is."""

    EMPTY = "empty"
    JSON = "json"
    LINES = "lines"  # a JSON document a line
    HTML = "html"
    OTHER = "other"


class Again(Enum):
    """Why a request was sent once more."""

    CLOCK = "clock"  # signed with the server's time
    CSRF = "csrf"  # with a token that was fetched
    THROTTLED = "throttled"  # after a pause
    REDIRECT = "redirect"  # to another path of the same host


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back.

    headers: as received, with tokens and cookies masked; body: its first `SHOWN_BYTES`; size: bytes of the whole
    body, None if the rest was not read and the server did not announce it; is_whole: the body is complete; fault:
    what the body says, whatever the status; elsewhere: the address of another host that the server refers to, which
    was not asked; again: why the request was sent more than once; address: what was asked, without key; sent: headers
    as sent, with the key and everything like it masked.
    """

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = field(repr=False)
    size: int | None
    is_whole: bool
    seconds: float
    form: Form
    address: str
    sent: tuple[tuple[str, str], ...] = ()
    fault: Fault | None = None
    elsewhere: str = ""
    again: tuple[Again, ...] = ()

    @property
    def is_success(self) -> bool:
        """True if the request was done: no fault in the body and a status below 300."""
        return self.fault is None and self.status < 300

    @property
    def basis(self) -> str:
        """What a sandbox's answer rests on, e.g. "documented"; empty for Cortex's own."""
        return self.header(BASIS_HEADER)

    @property
    def source(self) -> str:
        """The page or file that a sandbox's answer rests on; empty for Cortex's own."""
        return self.header(SOURCE_HEADER)

    @property
    def from_sandbox(self) -> bool:
        """True if a sandbox answered."""
        return bool(self.header(SANDBOX_HEADER))

    def header(self, name: str) -> str:
        """The first value of a header, whatever its case, else ""."""
        return next((value for found, value in self.headers if found.lower() == name.lower()), "")


class Stop:
    """Ends a request from another thread. Used for one request."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._calls: list[Callable[[], None]] = []

    @property
    def is_stopped(self) -> bool:
        """True once `stop` was called."""
        return self._stopped.is_set()

    def stop(self) -> None:
        """End the request: `Session.send` raises Stopped within 100 ms. From any thread; returns at once."""
        with self._lock:
            calls, self._calls = self._calls, []
            self._stopped.set()
        for call in calls:
            call()

    def on_stop(self, call: Callable[[], None]) -> None:
        """Call this at `stop`, or at once if that was called already. It must not block or raise."""
        with self._lock:
            if not self.is_stopped:
                self._calls.append(call)
                return
        call()

    def wait(self, seconds: float) -> bool:
        """Wait this long, or until `stop`. True if stopped."""
        return self._stopped.wait(seconds)


class Session(Protocol):
    """Requests to one endpoint by one app, with the cookies and the CSRF tokens of the person who logged in.

    One request at a time; others wait for their turn. Blocks; never call `send` on the GUI thread.
    """

    @property
    def endpoint(self) -> str:
        """Base address of the API, as given."""

    def send(
        self, request: Request, credentials: Credentials, stop: Stop, save: Callable[[bytes], object] | None = None
    ) -> Answer:
        """Make a request and wait for its answer.

        save: gets the whole body piece by piece, from a thread of the session's own; without it, what is beyond
        `SHOWN_BYTES` is not read. Raises RequestFormError, NoAnswer and its subclass Stopped.
        """

    def automatic(self, request: Request, *, signs: bool) -> Sequence[AutomaticHeader]:
        """The headers that `send` would add to this request now."""

    def is_logged_in(self, org_code: str) -> bool:
        """True while a session cookie of this org is held. Whether the server still takes it shows with a request."""

    def device(self) -> Secret | None:
        """The cookie by which the server knows this computer, to be kept in the keychain."""

    def remember_device(self, device: Secret) -> None:
        """Use a kept device cookie."""

    def forget_device(self) -> None:
        """Drop the device cookie, so that the next login is from a new place. Asks no server."""

    def forget(self) -> None:
        """Drop all cookies and tokens, so that the next login starts anew. Asks no server."""

    def close(self) -> None:
        """Close connections. A request that is under way ends with NoAnswer."""


class Network(Protocol):
    """Makes sessions."""

    def use(self, limits: Limits, ca_file: Path | None) -> None:
        """Keep these limits, and trust the authorities of this file besides the system's, from the next request on."""

    def session(self, endpoint: str) -> Session:
        """A new session without cookies. endpoint: https, or http on this computer. Raises EndpointError."""


class Reason(Enum):
    """Why a header is added by the program."""

    KEY = QT_TRANSLATE_NOOP("core", "Names the app.")
    SIGNATURE = QT_TRANSLATE_NOOP("core", "Signs the request: the app has no Sessions.")
    TIME = QT_TRANSLATE_NOOP("core", "The time that is signed.")
    NONCE = QT_TRANSLATE_NOOP("core", "New for each request.")
    ACCOUNT = QT_TRANSLATE_NOOP("core", "The account to act for.")
    CSRF = QT_TRANSLATE_NOOP("core", "The token of the last answer.")
    COOKIES = QT_TRANSLATE_NOOP("core", "The login, and this computer.")
    BODY = QT_TRANSLATE_NOOP("core", "The body is JSON.")
    ACCEPT = QT_TRANSLATE_NOOP("core", "Asks for JSON.")

    @property
    def words(self) -> Text:
        """The reason for people."""
        return Text(self.value)


@dataclass(frozen=True, slots=True)
class AutomaticHeader:
    """A header that the program adds. shown: its value where it is no secret, else ""."""

    name: str
    reason: Reason
    shown: str = ""


class CaFileError(CortexError):
    """The file with more certificates to trust cannot be used. Nothing was sent. path: of the file."""

    def __init__(self, path: str, *, is_readable: bool) -> None:
        words = (
            QT_TRANSLATE_NOOP("core", "{path} cannot be read. Nothing was sent."),
            QT_TRANSLATE_NOOP("core", "{path} holds no certificate in PEM form. Nothing was sent."),
        )
        self.is_readable = is_readable
        super().__init__(
            QT_TRANSLATE_NOOP("core", "The CA file cannot be used"),
            words[is_readable],
            QT_TRANSLATE_NOOP("core", "Choose another one in Preferences, or clear the field."),
            {"path": path},
        )


class RequestFormError(CortexError):
    """The request cannot be sent as it is written. Nothing was sent."""


class EndpointError(CortexError):
    """The endpoint is neither https nor http on this computer."""

    def __init__(self) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "This endpoint cannot be used"),
            QT_TRANSLATE_NOOP(
                "core",
                "A key must not travel in the clear: only https addresses are used, and http on this computer alone. "
                "Nothing was sent.",
            ),
            QT_TRANSLATE_NOOP("core", "Correct the endpoint on the Organization page."),
        )


class Trouble(Enum):
    """Why there is no answer."""

    OFFLINE = "offline"
    NO_HOST = "no host"
    REFUSED = "refused"
    CERTIFICATE = "certificate"
    TLS = "tls"
    PROXY = "proxy"
    PROXY_ASKS = "proxy asks"
    CONNECT_TIME = "connect time"
    READ_TIME = "read time"
    TOTAL_TIME = "total time"
    CUT_OFF = "cut off"
    NOT_HTTP = "not http"
    TOO_MANY_REDIRECTS = "too many redirects"
    NOT_SAVED = "not saved"
    STOPPED = "stopped"


class NoAnswer(CortexError):
    """A request got no answer that could be shown. host: who was asked; may_be_done: the server may have done it."""

    def __init__(self, trouble: Trouble, host: str, *, may_be_done: bool = False, seconds: float = 0.0) -> None:
        self.trouble = trouble
        self.may_be_done = may_be_done
        self.seconds = seconds
        title, message, advice = _TROUBLE_WORDS[trouble]
        super().__init__(title, message, advice, {"host": host, "seconds": f"{seconds:.1f}"})
        if may_be_done:
            self.message = Text(_MAY_BE_DONE[trouble is Trouble.STOPPED], self.message.values)
            self.args = (f"{self.title}. {self.message} {self.advice}",)


class Stopped(NoAnswer):
    """The person stopped the request."""

    def __init__(self, host: str, *, may_be_done: bool, seconds: float) -> None:
        super().__init__(Trouble.STOPPED, host, may_be_done=may_be_done, seconds=seconds)


_MAY_BE_DONE = (
    QT_TRANSLATE_NOOP("core", "{host} may have done what was asked all the same. The key was not changed."),
    QT_TRANSLATE_NOOP("core", "{host} may still have done it. The key was not changed."),
)
_TRY_AGAIN = QT_TRANSLATE_NOOP("core", "Try again.")
_CHECK_NETWORK = QT_TRANSLATE_NOOP("core", "Check the network, then try again.")
_TROUBLE_WORDS = {
    Trouble.OFFLINE: (
        QT_TRANSLATE_NOOP("core", "No connection to {host}"),
        QT_TRANSLATE_NOOP("core", "This computer has no way to it now. Nothing was sent."),
        _CHECK_NETWORK,
    ),
    Trouble.NO_HOST: (
        QT_TRANSLATE_NOOP("core", "No connection to {host}"),
        QT_TRANSLATE_NOOP("core", "This name was not found: it is misspelt, or the network is down. Nothing was sent."),
        QT_TRANSLATE_NOOP("core", "Check the endpoint on the Organization page, and the network."),
    ),
    Trouble.REFUSED: (
        QT_TRANSLATE_NOOP("core", "No connection to {host}"),
        QT_TRANSLATE_NOOP("core", "Nothing answers at this address. Nothing was sent."),
        QT_TRANSLATE_NOOP("core", "Check the endpoint and its port. If it is the sandbox, start it."),
    ),
    Trouble.CERTIFICATE: (
        QT_TRANSLATE_NOOP("core", "No connection to {host}"),
        QT_TRANSLATE_NOOP(
            "core", "Its certificate is not one that this computer trusts, so the key was not sent to it."
        ),
        QT_TRANSLATE_NOOP(
            "core",
            "If your company reads along, add its CA file in Preferences. Otherwise check the date and the network.",
        ),
    ),
    Trouble.TLS: (
        QT_TRANSLATE_NOOP("core", "No connection to {host}"),
        QT_TRANSLATE_NOOP("core", "No safe connection could be agreed on, so the key was not sent."),
        QT_TRANSLATE_NOOP("core", "Check the endpoint’s port, and whether a proxy or a filter is in between."),
    ),
    Trouble.PROXY: (
        QT_TRANSLATE_NOOP("core", "The proxy did not let the request through"),
        QT_TRANSLATE_NOOP("core", "The key was not sent to {host}."),
        QT_TRANSLATE_NOOP(
            "core",
            "Check the system’s proxy. A proxy that is set up by a script (PAC) is not used; enter its address there.",
        ),
    ),
    Trouble.PROXY_ASKS: (
        QT_TRANSLATE_NOOP("core", "The proxy asks for a name and a password"),
        QT_TRANSLATE_NOOP("core", "The key was not sent to {host}."),
        QT_TRANSLATE_NOOP("core", "Set them in HTTPS_PROXY, or ask for a way around the proxy."),
    ),
    Trouble.CONNECT_TIME: (
        QT_TRANSLATE_NOOP("core", "No connection to {host}"),
        QT_TRANSLATE_NOOP("core", "It did not answer in {seconds} s. Nothing was sent."),
        _CHECK_NETWORK,
    ),
    Trouble.READ_TIME: (
        QT_TRANSLATE_NOOP("core", "{host} stopped answering"),
        QT_TRANSLATE_NOOP("core", "Nothing came for {seconds} s. The key was not changed."),
        _TRY_AGAIN,
    ),
    Trouble.TOTAL_TIME: (
        QT_TRANSLATE_NOOP("core", "{host} took too long"),
        QT_TRANSLATE_NOOP("core", "The answer was not complete after {seconds} s. The key was not changed."),
        QT_TRANSLATE_NOOP("core", "Ask for less, or allow more time."),
    ),
    Trouble.CUT_OFF: (
        QT_TRANSLATE_NOOP("core", "The connection to {host} broke off"),
        QT_TRANSLATE_NOOP("core", "No complete answer came. The key was not changed."),
        _TRY_AGAIN,
    ),
    Trouble.NOT_HTTP: (
        QT_TRANSLATE_NOOP("core", "{host} did not answer in HTTP"),
        QT_TRANSLATE_NOOP("core", "It is not HTTP, or its headers are too long. The key was not changed."),
        QT_TRANSLATE_NOOP("core", "Check the endpoint and its port."),
    ),
    Trouble.TOO_MANY_REDIRECTS: (
        QT_TRANSLATE_NOOP("core", "{host} redirects the request in a circle"),
        QT_TRANSLATE_NOOP("core", "It referred to another path too many times. The key was not changed."),
        QT_TRANSLATE_NOOP("core", "Check the path."),
    ),
    Trouble.NOT_SAVED: (
        QT_TRANSLATE_NOOP("core", "The answer could not be saved"),
        QT_TRANSLATE_NOOP("core", "The file could not be written, and none was left behind. The key was not changed."),
        QT_TRANSLATE_NOOP("core", "Check that there is room and that you may write there, or choose another place."),
    ),
    Trouble.STOPPED: (
        QT_TRANSLATE_NOOP("core", "Stopped after {seconds} s"),
        QT_TRANSLATE_NOOP("core", "No answer is shown. The key was not changed."),
        _TRY_AGAIN,
    ),
}


def clean_endpoint(text: str) -> str:
    """An endpoint as it is used: without a slash at its end.

    Raises EndpointError unless it is https, or http for this computer (localhost, 127.0.0.0/8, [::1]), without a name
    and password in it, a query or a fragment.
    """
    try:
        parts = urlsplit(text.strip().rstrip("/"))
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise EndpointError from None
    is_plain = not (parts.username or parts.password or parts.query or parts.fragment)
    if not _HOST.fullmatch(host) or not is_plain or parts.scheme not in ("http", "https"):
        raise EndpointError
    if parts.scheme == "http" and not is_loopback(host):
        raise EndpointError
    return parts.geturl()


def is_loopback(host: str) -> bool:
    """True if this host name or address is this computer and nothing else."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def origin_of(address: str) -> tuple[str, str, int]:
    """Scheme, host and port of an address; the three decide whether two addresses are of one server."""
    parts: SplitResult = urlsplit(address)
    scheme = parts.scheme.lower()
    try:
        port = parts.port
    except ValueError:
        port = -1  # no server's
    return scheme, (parts.hostname or "").lower(), port or (443 if scheme == "https" else 80)


def clean_request(request: Request) -> Request:
    """The request as it is sent: its path begins with a slash, or is empty, and is percent-encoded.

    Raises RequestFormError for a path with a fragment or a host in it, a strange method, and headers that are not
    valid or that the program sets itself.
    """
    method = request.method.strip().upper()
    if not _METHOD.fullmatch(method):
        raise RequestFormError(
            QT_TRANSLATE_NOOP("core", "This method cannot be used"),
            QT_TRANSLATE_NOOP("core", "A method is one word. Nothing was sent."),
            QT_TRANSLATE_NOOP("core", "Choose GET, POST, PUT, PATCH or DELETE."),
        )
    path = request.path.strip()
    if "://" in path.partition("?")[0] or "#" in path or path.startswith("//"):
        raise RequestFormError(
            QT_TRANSLATE_NOOP("core", "This path cannot be used"),
            QT_TRANSLATE_NOOP("core", "Only the part after the org’s address belongs here. Nothing was sent."),
            QT_TRANSLATE_NOOP("core", "For example: /accounts/me"),
        )
    if path and not path.startswith(("/", "?")):
        path = f"/{path}"
    for name, value in request.headers:
        if not _HEADER_NAME.fullmatch(name) or any(ord(c) < 32 and c != "\t" for c in value) or not value.isascii():
            raise RequestFormError(
                QT_TRANSLATE_NOOP("core", "The header {name} cannot be sent"),
                QT_TRANSLATE_NOOP("core", "Its name or its value has characters that headers cannot hold."),
                QT_TRANSLATE_NOOP("core", "Use plain letters, digits and punctuation on one line."),
                {"name": name},
            )
        if name.lower() in _AUTOMATIC or name.lower().startswith("medable-"):
            raise RequestFormError(
                QT_TRANSLATE_NOOP("core", "The header {name} is set by the program"),
                QT_TRANSLATE_NOOP("core", "Setting it by hand could send a key to the wrong place. Nothing was sent."),
                QT_TRANSLATE_NOOP("core", "Remove this line."),
                {"name": name},
            )
    return replace(request, method=method, path=quote(path, safe=_PATH_SAFE))


def path_of(request: Request) -> str:
    """The path and query of a cleaned request on its server, below the endpoint's own path."""
    return f"/{quote(request.org_code, safe='')}/v2{request.path}"


def mask_header(name: str, value: str) -> str:
    """A header's value as it may be shown: keys, tokens and signatures to their ends, cookies to their names."""
    lowered = name.lower()
    if lowered in _ENDS_SHOWN:
        length = min(4, len(value) // 4)
        return f"{value[:length]}…{value[len(value) - length :]}"
    if lowered in ("cookie", "set-cookie"):
        return _COOKIE_VALUE.sub("=…", value) if lowered == "cookie" else _COOKIE_VALUE.sub("=…", value, count=1)
    if lowered in ("authorization", "proxy-authorization"):
        return "…"
    return value


def mask_document(document: object) -> object:
    """A JSON document as it may be shown and copied: an account's key, passwords, codes and secrets are masked."""
    if isinstance(document, dict):
        found = {
            name: mask_document(value) if isinstance(value, _CONTAINERS) else value for name, value in document.items()
        }
        for name in document:
            if (name == "key" or name.lower() in SECRET_PROPERTIES) and _is_secret(document, name):
                found[name] = "…"
        return found
    if isinstance(document, list):
        return [mask_document(value) if isinstance(value, _CONTAINERS) else value for value in document]
    return document


def without_keys(text: str) -> str:
    """The text with "…" for everything of the length of an API key or secret. Names such as c_examples stay."""
    return _KEY_SHAPED.sub("…", text)


def _is_secret(document: Mapping[str, object], name: str) -> bool:
    value = document[name]
    if name == "key" and isinstance(value, Mapping):
        return document.get("object") == "account" or "secret" in value
    return name.lower() in SECRET_PROPERTIES and value not in ("", None)


@dataclass(frozen=True, slots=True)
class Login:
    """A person's login, used once and never kept. code: from the text message; remember: trust this computer."""

    email: str
    password: Secret
    code: str = ""
    remember: bool = False
    place: str = "Cortex Desktop"
    path: str = "/accounts/login"


def login_request(org_code: str, login: Login) -> Request:
    """The request that logs a person in."""
    import json  # what only draws the table needs it not

    body: dict[str, object] = {"email": login.email, "password": login.password.reveal()}
    if login.code or login.remember:
        body["location"] = {
            "verificationToken": login.code,
            "locationName": login.place,
            "singleUse": not login.remember,
        }
    return Request(org_code, "POST", login.path, body=json.dumps(body).encode())
