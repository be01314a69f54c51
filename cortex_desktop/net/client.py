"""`domain.request.Network` on httpx2."""

from __future__ import annotations

import logging
import re
import socket
import threading
import time
import weakref
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cache
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING
from urllib.parse import quote, urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx2

from ..domain import signing
from ..domain.request import (
    CSRF_HEADER,
    DEVICE_COOKIE,
    READING,
    SESSION_COOKIE,
    TIME_HEADER,
    Again,
    Answer,
    AutomaticHeader,
    Credentials,
    EndpointError,
    Limits,
    NoAnswer,
    Reason,
    Request,
    RequestFormError,
    Stop,
    Stopped,
    Trouble,
    clean_endpoint,
    clean_request,
    is_loopback,
    mask_header,
    origin_of,
    path_of,
)
from ..domain.secret import Secret
from ..domain.text import QT_TRANSLATE_NOOP
from .authorities import trust_also
from .body import Body
from .trouble import trouble_of

if TYPE_CHECKING:
    import ssl

MOST_REDIRECTS = 5
PAUSES = (1.0, 2.0, 4.0)
"""Seconds before a throttled GET is sent again."""
_REDIRECTS = {301, 302, 303, 307, 308}
_STATUS_PATH = "/accounts/status?paths[]=_id"
_COOKIE_SAFE = re.compile(r"[!#-+\--:<-\[\]-~]{1,4096}")


class HttpNetwork:
    """`domain.request.Network`. Trusts whom the system trusts, and uses the system's static proxies."""

    def __init__(
        self,
        limits: Limits | None = None,
        *,
        ca_file: Path | None = None,
        agent: str = "Cortex-Desktop",
        clock: Callable[[], float] = time.time,
        pause: Callable[[Stop, float], bool] = Stop.wait,
    ) -> None:
        """ca_file: as in `use`; clock: seconds since 1970; pause: waits before a throttled request is sent again."""
        self.limits = limits or Limits()
        self.agent = agent
        self.clock = clock
        self.pause = pause
        self._ca_file = ca_file
        self._trust: ssl.SSLContext | None = None
        self._trusted: Path | None = None  # the CA file of that
        self._lock = threading.Lock()
        for name in ("httpx2", "httpcore2"):  # they would write whole addresses into the log, with what is asked for
            logging.getLogger(name).setLevel(logging.WARNING)

    def session(self, endpoint: str) -> HttpSession:
        """A new session without cookies. Raises EndpointError."""
        try:
            return HttpSession(self, clean_endpoint(endpoint))
        except httpx2.InvalidURL:
            raise EndpointError from None

    def use(self, limits: Limits, ca_file: Path | None) -> None:
        """Keep these limits, and trust the authorities of this PEM file besides the system's, from the next request on.

        The file is read when it is first needed.
        """
        self.limits = limits
        self._ca_file = ca_file  # without the lock, which is held while files are read

    def trust(self) -> ssl.SSLContext:
        """Whom to trust: the same object until there is another CA file. Reads files the first time.

        Raises CaFileError.
        """
        with self._lock:
            ca_file = self._ca_file
            if self._trust is None or self._trusted != ca_file:
                trust = httpx2.create_ssl_context()
                if ca_file is not None:
                    trust_also(trust, ca_file)
                self._trust, self._trusted = trust, ca_file
            return self._trust


@dataclass
class _Exchange:
    """One `send`, shared by the thread that waits and the thread that asks."""

    request: Request
    credentials: Credentials
    save: Callable[[bytes], object] | None
    started: float
    stop: Stop
    done: threading.Event = field(default_factory=threading.Event)
    is_dropped: bool = False
    is_sent: bool = False
    handshake: socket.socket | None = None
    answer: Answer | None = None
    error: BaseException | None = None


class _Dropped(Exception):
    """Nobody waits for this exchange any more."""


class HttpSession:
    """`domain.request.Session` on httpx2."""

    def __init__(self, network: HttpNetwork, endpoint: str) -> None:
        self._network = network
        self._endpoint = endpoint
        self._host = httpx2.URL(endpoint).host
        self._path = urlsplit(endpoint).path
        self._turn = threading.Lock()
        self._lock = threading.RLock()  # over what follows
        self._jobs: SimpleQueue[_Exchange | None] | None = None
        self._client: httpx2.Client | None = None
        self._trust: ssl.SSLContext | None = None  # of the client
        self._proxy: str | None = None
        self._cookies = httpx2.Cookies()
        self._tokens: dict[str, str] = {}
        self._offset = 0  # milliseconds that the server's clock is ahead of ours
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()

    @property
    def endpoint(self) -> str:
        """Base address of the API."""
        return self._endpoint

    def send(
        self, request: Request, credentials: Credentials, stop: Stop, save: Callable[[bytes], object] | None = None
    ) -> Answer:
        """Make a request and wait for its answer. Raises RequestFormError, NoAnswer and its subclass Stopped."""
        request = clean_request(request)
        started = time.monotonic()
        while not self._turn.acquire(timeout=0.05):
            if stop.is_stopped:
                raise Stopped(self._host, may_be_done=False, seconds=time.monotonic() - started)
        try:
            return self._send(_Exchange(request, credentials, save, started, stop))
        finally:
            self._turn.release()

    def _send(self, exchange: _Exchange) -> Answer:
        exchange.stop.on_stop(exchange.done.set)
        if not exchange.stop.is_stopped:
            self._hand_over(exchange)
            exchange.done.wait(self._network.limits.total)
        with self._lock:
            if exchange.answer is not None:
                return exchange.answer
            if exchange.error is not None:
                raise exchange.error
            exchange.is_dropped = True
            self._let_thread_go()
            sockets = list(self._sockets)
        for open_socket in sockets:
            _shut_down(open_socket)
        seconds = time.monotonic() - exchange.started
        may_be_done = exchange.is_sent and exchange.request.method not in READING
        if exchange.stop.is_stopped:
            raise Stopped(self._host, may_be_done=may_be_done, seconds=seconds)
        raise NoAnswer(Trouble.TOTAL_TIME, self._host, may_be_done=may_be_done, seconds=seconds)

    def _hand_over(self, exchange: _Exchange) -> None:
        """Have the session's own thread ask, since nothing can interrupt a name lookup on the caller's."""
        with self._lock:
            if self._jobs is None:
                self._jobs = SimpleQueue()
                threading.Thread(target=self._work, args=(self._jobs,), name="requests", daemon=True).start()
            self._jobs.put(exchange)

    def _let_thread_go(self) -> None:
        """Have the thread end after what it is at; the next request gets another one."""
        if self._jobs is not None:
            self._jobs.put(None)
            self._jobs = None

    def _work(self, jobs: SimpleQueue[_Exchange | None]) -> None:
        while (exchange := jobs.get()) is not None:
            self._run(exchange)
            del exchange  # with its key

    def _run(self, exchange: _Exchange) -> None:
        answer: Answer | None = None
        error: BaseException | None = None
        try:
            answer = self._ask(exchange)
        except _Dropped:
            return
        except Exception as failure:
            error = failure
        finally:
            if exchange.handshake is not None:
                exchange.handshake.close()
        with self._lock:
            if not exchange.is_dropped:
                exchange.answer, exchange.error = answer, error
        exchange.done.set()

    def _ask(self, exchange: _Exchange) -> Answer:
        """Send the request, and again where that is safe and may help."""
        again: list[Again] = []
        request, pauses = exchange.request, list(PAUSES)
        while True:
            answer = self._once(exchange, request)
            target = _target_of(answer)
            if target is not None:
                if origin_of(str(target)) != origin_of(self._endpoint):
                    answer = replace(answer, elsewhere=str(target.copy_with(query=None)))
                elif request.method in READING and (path := self._below(target, request)) is not None:
                    if again.count(Again.REDIRECT) == MOST_REDIRECTS:
                        raise NoAnswer(Trouble.TOO_MANY_REDIRECTS, self._host)
                    request = replace(request, path=path)
                    again.append(Again.REDIRECT)
                    continue
            elif self._may_repeat(exchange, answer, request, again):
                continue
            elif answer.status == 429 and request.method == "GET" and pauses:
                again.append(Again.THROTTLED)
                if self._network.pause(exchange.stop, pauses.pop(0)):
                    raise _Dropped
                continue
            if exchange.save is not None and answer.status >= 300:
                _save(exchange.save, answer.body, self._host)
            seconds = time.monotonic() - exchange.started
            return replace(answer, again=tuple(again), seconds=seconds)

    def _may_repeat(self, exchange: _Exchange, answer: Answer, request: Request, again: list[Again]) -> bool:
        """Whether to send once more, with the server's time or with a new token."""
        fault = answer.fault
        if fault is None:
            return False
        if fault.is_a("cortex.invalidArgument.staleRequestSignature") and Again.CLOCK not in again:
            if not answer.header(TIME_HEADER):
                return False
            again.append(Again.CLOCK)
            return True
        if (
            fault.is_a("cortex.accessDenied.csrfTokenMismatch")
            and Again.CSRF not in again
            and request.method in READING
        ):
            before = self._tokens.get(request.org_code)
            self._once(exchange, Request(request.org_code, "GET", _STATUS_PATH), is_aside=True)
            again.append(Again.CSRF)
            return self._tokens.get(request.org_code) != before
        return False

    def _once(self, exchange: _Exchange, request: Request, *, is_aside: bool = False) -> Answer:
        """Send once, and learn cookies, token and time from the answer."""
        if exchange.is_dropped:
            raise _Dropped
        client = self._open()
        limits = self._network.limits
        started = time.monotonic()
        try:
            built = self._built(client, request, exchange.credentials)
            built.extensions["trace"] = lambda event, info: self._trace(exchange, event, info)
            built.extensions["timeout"] = httpx2.Timeout(limits.read, connect=limits.connect).as_dict()
            response = client.send(built, stream=True)
            try:
                self._learn(exchange, request, response)
                return self._read(exchange, built, response, None if is_aside else exchange.save)
            finally:
                response.close()
        except (httpx2.HTTPError, httpx2.StreamError, OSError) as error:
            if exchange.is_dropped:
                raise _Dropped from None
            trouble = trouble_of(error, through_proxy=self._proxy is not None)
            may_be_done = exchange.is_sent and request.method not in READING
            seconds = {Trouble.CONNECT_TIME: limits.connect, Trouble.READ_TIME: limits.read}
            taken = seconds.get(trouble, time.monotonic() - started)
            raise NoAnswer(trouble, self._host, may_be_done=may_be_done, seconds=taken) from error

    def _read(
        self,
        exchange: _Exchange,
        built: httpx2.Request,
        response: httpx2.Response,
        save: Callable[[bytes], object] | None,
    ) -> Answer:
        if response.status_code == 407:
            raise NoAnswer(Trouble.PROXY_ASKS, self._host)
        checked_save = None
        if save is not None and response.status_code < 300:
            kept_save = save

            def checked_save(piece: bytes) -> None:
                _save(kept_save, piece, self._host)

        body = Body(response.headers.get("Content-Type", ""), checked_save)
        is_whole = True
        for piece in response.iter_bytes():
            if exchange.is_dropped:
                raise _Dropped
            body.add(piece)
            if body.is_full:
                is_whole = False
                break
        announced = response.headers.get("Content-Length", "") if "Content-Encoding" not in response.headers else ""
        size = body.size if is_whole else int(announced) if announced.isdecimal() else None
        return Answer(
            status=response.status_code,
            headers=tuple((name, mask_header(name, value)) for name, value in response.headers.multi_items()),
            body=body.kept,
            size=size,
            is_whole=is_whole,
            seconds=0.0,
            form=body.form,
            address=str(built.url),
            sent=tuple((name, mask_header(name, value)) for name, value in built.headers.multi_items()),
            fault=body.fault(),
        )

    def _learn(self, exchange: _Exchange, request: Request, response: httpx2.Response) -> None:
        """Take cookies, CSRF token and time from an answer, unless nobody waits for it any more."""
        with self._lock:
            if exchange.is_dropped:
                raise _Dropped
            if "Set-Cookie" in response.headers:
                self._cookies.extract_cookies(response)
            token = response.headers.get(CSRF_HEADER)
            if token:
                self._tokens[request.org_code] = token
            server_time = _milliseconds(response.headers.get(TIME_HEADER, ""))
            if server_time is not None:
                self._offset = server_time - int(self._network.clock() * 1000)

    def _built(self, client: httpx2.Client, request: Request, credentials: Credentials) -> httpx2.Request:
        """The request with all its headers. Raises RequestFormError if its path leads out of the org."""
        try:
            url = httpx2.URL(self._endpoint + path_of(request))
            path = self._below(url, request)
        except httpx2.InvalidURL:
            path = None
        if path is None:
            raise RequestFormError(
                QT_TRANSLATE_NOOP("core", "This path cannot be used"),
                QT_TRANSLATE_NOOP("core", "It leads out of the org’s address, or is too long. Nothing was sent."),
                QT_TRANSLATE_NOOP("core", "Remove “..” from it, or shorten it."),
            )
        headers = {"Accept": "application/json", "User-Agent": self._network.agent}
        if request.body:
            headers["Content-Type"] = "application/json"
        own = {name.lower() for name, _ in request.headers}
        headers = {name: value for name, value in headers.items() if name.lower() not in own}
        with self._lock:
            headers[signing.KEY_HEADER] = credentials.key.reveal()
            if credentials.secret is not None:
                now = int(self._network.clock() * 1000) + self._offset
                signed = signing.sign(credentials.key, credentials.secret, request.method, path, now)
                headers.update(signed.headers(credentials.key))
            if request.account:
                headers[signing.ACCOUNT_HEADER] = request.account
            if request.org_code in self._tokens:
                headers[CSRF_HEADER] = self._tokens[request.org_code]
            built = client.build_request(
                request.method, url, headers=[*request.headers, *headers.items()], content=request.body or None
            )
            if len(self._cookies):
                self._cookies.set_cookie_header(built)
        return built

    def _below(self, url: httpx2.URL, request: Request) -> str | None:
        """The part of an address after `/<org>/v2`, with its query; None if it lies elsewhere."""
        base = self._path + path_of(request).removesuffix(request.path)
        path = url.raw_path.decode()
        rest = path.removeprefix(base)
        return rest if path.startswith(base) and rest[:1] in ("", "/", "?") else None

    def _open(self) -> httpx2.Client:
        """The client, made when it is first needed and when others are to be trusted: that reads the system's settings.

        Raises CaFileError.
        """
        trust = _no_trust() if self._endpoint.startswith("http:") else self._network.trust()
        with self._lock:
            if self._client is not None and self._trust is not trust:
                self._client.close()
                self._client = None
            if self._client is None:
                self._trust = trust
                is_local = is_loopback(self._host)
                self._proxy = None if is_local else proxy_for(self._endpoint)
                if self._proxy is not None and self._proxy.startswith("socks"):
                    raise NoAnswer(Trouble.PROXY, self._host)
                try:
                    self._client = httpx2.Client(
                        verify=trust,
                        proxy=self._proxy,
                        trust_env=False,  # the proxy was chosen above, where the system's exceptions count too
                        # The session keeps the cookies, so that those of a stopped request can be dropped.
                        cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
                    )
                except ValueError as error:
                    raise NoAnswer(Trouble.PROXY, self._host) from error
            return self._client

    def _trace(self, exchange: _Exchange, event: str, info: Mapping[str, object]) -> None:
        """Keep the sockets, for `Stop`, and note when the request leaves."""
        if event.endswith(("connect_tcp.complete", "start_tls.complete")):
            found: socket.socket = info["return_value"].get_extra_info("socket")  # type: ignore[attr-defined]
            if event.endswith("connect_tcp.complete") and self._endpoint.startswith("https:"):
                # The handshake takes the socket's descriptor away from it; a second one still reaches the connection.
                found = exchange.handshake = found.dup()
            with self._lock:
                self._sockets.add(found)
                is_dropped = exchange.is_dropped
            if is_dropped:
                _shut_down(found)
        if event.endswith(("start_tls.complete", "start_tls.failed")) and exchange.handshake is not None:
            exchange.handshake.close()
        if event.endswith("send_request_headers.started"):
            if exchange.is_dropped:
                raise _Dropped
            exchange.is_sent = True

    def automatic(self, request: Request, *, signs: bool) -> Sequence[AutomaticHeader]:
        """The headers that `send` would add to this request now."""
        own = {name.lower() for name, _ in request.headers}
        headers = [AutomaticHeader(signing.KEY_HEADER, Reason.KEY)]
        if signs:
            headers += [
                AutomaticHeader(signing.SIGNATURE_HEADER, Reason.SIGNATURE),
                AutomaticHeader(signing.TIMESTAMP_HEADER, Reason.TIME),
                AutomaticHeader(signing.NONCE_HEADER, Reason.NONCE),
            ]
        if request.account:
            headers.append(AutomaticHeader(signing.ACCOUNT_HEADER, Reason.ACCOUNT, request.account))
        with self._lock:
            if request.org_code in self._tokens:
                headers.append(AutomaticHeader(CSRF_HEADER, Reason.CSRF))
            names = self._cookie_names(request.org_code)
        if names:
            headers.append(AutomaticHeader("Cookie", Reason.COOKIES, ", ".join(names)))
        if request.body and "content-type" not in own:
            headers.append(AutomaticHeader("Content-Type", Reason.BODY, "application/json"))
        if "accept" not in own:
            headers.append(AutomaticHeader("Accept", Reason.ACCEPT, "application/json"))
        return headers

    def is_logged_in(self, org_code: str) -> bool:
        """True while a session cookie of this org is held."""
        with self._lock:
            return SESSION_COOKIE in self._cookie_names(org_code)

    def _cookie_names(self, org_code: str) -> list[str]:
        path = f"{self._path}/{quote(org_code, safe='')}/v2"
        names = (
            cookie.name
            for cookie in self._cookies.jar
            if not cookie.is_expired() and f"{path}/".startswith(cookie.path.rstrip("/") + "/")
        )
        return sorted(names)

    def device(self) -> Secret | None:
        """The cookie by which the server knows this computer."""
        with self._lock:
            values = [cookie.value for cookie in self._cookies.jar if cookie.name == DEVICE_COOKIE and cookie.value]
        return Secret(values[0]) if values else None

    def remember_device(self, device: Secret) -> None:
        """Use a kept device cookie. One that no server could have set is ignored."""
        value = device.reveal()
        if _COOKIE_SAFE.fullmatch(value):
            asked = httpx2.Request("GET", self._endpoint)
            answered = httpx2.Response(200, headers={"Set-Cookie": f"{DEVICE_COOKIE}={value}; Path=/"}, request=asked)
            with self._lock:
                self._cookies.extract_cookies(answered)

    def forget_device(self) -> None:
        """Drop the device cookie."""
        with self._lock:
            self._cookies.delete(DEVICE_COOKIE)

    def forget(self) -> None:
        """Drop all cookies and tokens."""
        with self._lock:
            self._cookies.clear()
            self._tokens.clear()

    def close(self) -> None:
        """Close connections. A request that is under way ends with NoAnswer."""
        with self._lock:
            client, self._client = self._client, None
            self._let_thread_go()
            sockets = list(self._sockets)
        for open_socket in sockets:
            _shut_down(open_socket)
        if client is not None:
            client.close()


def _target_of(answer: Answer) -> httpx2.URL | None:
    """Where a redirect leads, if this is one to an address."""
    location = answer.header("Location")
    if answer.status not in _REDIRECTS or not location:
        return None
    try:
        return httpx2.URL(answer.address).join(location)
    except httpx2.InvalidURL:
        return None


def _save(save: Callable[[bytes], object], piece: bytes, host: str) -> None:
    try:
        save(piece)
    except OSError as error:
        raise NoAnswer(Trouble.NOT_SAVED, host) from error


def _shut_down(open_socket: socket.socket) -> None:
    """Wake whoever reads from or writes to this socket."""
    with suppress(OSError):
        # The plain one, also for TLS: its own would take away the object that the reader uses.
        socket.socket.shutdown(open_socket, socket.SHUT_RDWR)


@cache
def _no_trust() -> ssl.SSLContext:
    """For plain http: a context that trusts nobody, since httpx2 would read the system's authorities."""
    import ssl

    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


def proxy_for(endpoint: str) -> str | None:
    """The static proxy of the environment or the system for this address."""
    url = httpx2.URL(endpoint)
    proxies = getproxies()
    proxy = proxies.get(url.scheme) or proxies.get("all")
    if not proxy or proxy_bypass(url.netloc.decode()):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _milliseconds(text: str) -> int | None:
    """A server's time in milliseconds since 1970, from milliseconds, seconds, ISO 8601 or an HTTP date."""
    text = text.strip()
    if text.isascii() and text.isdecimal() and len(text) <= 15:
        return int(text) if len(text) > 11 else int(text) * 1000
    for read in (datetime.fromisoformat, parsedate_to_datetime):
        with suppress(ValueError, OverflowError):
            found = read(text)
            if found.tzinfo is not None:
                return int(found.timestamp() * 1000)
    return None
