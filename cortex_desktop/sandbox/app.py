"""The sandbox as a WSGI app: the checks in their order, and the headers of every answer."""

from __future__ import annotations

import ipaddress
import json
import logging
import re
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING

from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Request, Response

from ..domain import signing
from ..domain.documents import DocumentStore
from ..domain.errors import StorageError
from ..domain.request import (
    BASIS_HEADER,
    CSRF_HEADER,
    SANDBOX_HEADER,
    SESSION_COOKIE,
    SOURCE_HEADER,
    TIME_HEADER,
)
from ..domain.sandbox import LocalApps, Message, Received, SecretReader, Settings
from ..domain.secret import KeyEnds, Secret
from .call import Call, match, segments_of, target_of
from .handlers import Handlers
from .keys import KeyFinder
from .reply import Refusal, Reply
from .sessions import Sessions
from .state import State
from .table import CHECKS, FAULTS_SOURCE, HOST_NAMES, MOST_BYTES, MOST_LOG, OWN_SOURCE, Basis, Need

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

OWN_AGENT = "Cortex-Desktop"
_SAFE = {"GET", "HEAD", "OPTIONS"}
_MOST_NONCES = 100_000
_MOST_ADDRESSES = 1_000
_SHOWN_HEADERS = ", ".join((CSRF_HEADER, TIME_HEADER, SANDBOX_HEADER, BASIS_HEADER, SOURCE_HEADER))
_ORG_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_QUERY_VALUE = re.compile(r"=[^&;]*")
_log = logging.getLogger(__name__)


class Sandbox:
    """Answers requests for the apps of this computer. From any thread. The constructor touches nothing."""

    def __init__(
        self,
        apps: LocalApps,
        secrets: SecretReader,
        store: DocumentStore,
        *,
        now: Callable[[], float] = time.time,
        on_received: Callable[[Received], object] = lambda received: None,
        on_message: Callable[[Message], object] = lambda message: None,
    ) -> None:
        """now: seconds since 1970; on_received, on_message: called with each request that was answered, and with each
        code for a login, from the thread that answers."""
        self.state = State(store, now)
        self._now = now
        self._on_received = on_received
        self._keys = KeyFinder(apps, secrets, now)
        self._sessions = Sessions(now)
        self._log: deque[Received] = deque(maxlen=MOST_LOG)
        self._number = 0
        self._nonces: OrderedDict[str, float] = OrderedDict()
        self._asked: dict[str, deque[float]] = {}  # times of requests, by address
        self._handlers = Handlers(self.state, self._sessions, self._keys, self._log, on_message)
        self._checks: list[Callable[[Call], None]] = [getattr(self, f"_check_{name}") for name, _ in CHECKS]

    # --- for the program ----------------------------------------------------------------------------------

    def received(self) -> Sequence[Received]:
        """The last requests, oldest first."""
        with self.state.lock:
            return list(self._log)

    def messages(self) -> Sequence[Message]:
        """The last codes, oldest first."""
        with self.state.lock:
            return list(self._sessions.messages)

    def reset(self) -> None:
        """Forget people, objects, settings, logins and the log. Raises StorageError."""
        with self.state.lock:
            self.state.reset()
            self._sessions.end_all()
            self._log.clear()
            self._nonces.clear()
            self._asked.clear()

    def close(self) -> None:
        """Hold no key any more."""
        self._keys.forget()

    # --- one request --------------------------------------------------------------------------------------

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        """Answer a request (WSGI)."""
        began = time.perf_counter()
        request = Request(environ)
        request.max_content_length = MOST_BYTES + 1  # a body in pieces is cut off there without an error
        call = Call(request, target_of(environ), self._now(), Settings())
        refusal: Refusal | None = None
        try:
            reply = self._answer(call)
        except Refusal as found:
            refusal = found
        except StorageError:
            refusal = Refusal("sandbox.unavailable.storage")
        except Exception:
            _log.exception("the sandbox failed")
            refusal = Refusal("sandbox.error.defect")
        if refusal is not None:
            reply = refusal.reply()
        response = self._response(call, reply)
        response.headers[SOURCE_HEADER] = _source(call, reply, refusal)
        taken = (time.perf_counter() - began) * 1000
        self._note(call, response, reply, refusal, taken)
        return response(environ, start_response)

    def _answer(self, call: Call) -> Reply:
        if call.request.method == "OPTIONS":
            self._check_host(call)
            return self._preflight(call)
        for check in self._checks:
            check(call)
        with self.state.lock:
            return self._handlers.answer(call)

    def _response(self, call: Call, reply: Reply) -> Response:
        if reply.lines and isinstance(reply.document, list):
            text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in reply.document)
            response = Response(text, reply.status, mimetype="application/x-ndjson")
        elif reply.document is None:
            response = Response("", reply.status)
        else:
            text = json.dumps(reply.document, ensure_ascii=False)
            response = Response(text, reply.status, mimetype="application/json")
        headers = response.headers
        headers[TIME_HEADER] = str(int(call.now * 1000))
        headers[SANDBOX_HEADER] = "1"
        headers[BASIS_HEADER] = reply.basis.value
        headers["Cache-Control"] = "no-store"
        headers["X-Content-Type-Options"] = "nosniff"
        if call.gives_token and call.session is not None:
            with self.state.lock:
                each = call.settings.csrf_each_reply
                headers[CSRF_HEADER] = call.session.next_token() if each else call.session.token
        for cookie in call.cookies:
            headers.add("Set-Cookie", cookie)
        for name, value in reply.headers.items():
            headers[name] = value
        origin = call.request.headers.get("Origin")
        if origin and origin in call.app_settings.cors:
            headers["Access-Control-Allow-Origin"] = origin
            headers["Access-Control-Allow-Credentials"] = "true"
            headers["Access-Control-Expose-Headers"] = _SHOWN_HEADERS
            headers["Vary"] = "Origin"
        return response

    def _note(self, call: Call, response: Response, reply: Reply, refusal: Refusal | None, taken: float) -> None:
        """Write the request into the log, without a key and without a value of the query."""
        found = call.found
        agent = call.request.headers.get("User-Agent", "")[:200]
        key = call.request.headers.get(signing.KEY_HEADER, "")
        ends = KeyEnds.of(Secret(key))
        with self.state.lock:
            self._number += 1
            received = Received(
                number=self._number,
                time=int(call.now * 1000),
                method=call.request.method[:16],
                path=_without_values(call.target),
                status=reply.status,
                basis=reply.basis.value,
                milliseconds=round(taken, 2),
                size=response.content_length or 0,
                org_id=found.org.id if found else "",
                app_id=found.app.id if found else "",
                app_label=found.app.label if found else "",
                key=f"{ends.head}…{ends.tail}" if key else "",
                err_code=refusal.err_code if refusal else "",
                reason=refusal.reason if refusal else "",
                agent=agent,
                account=call.account["email"] if call.account else "",
                expected=refusal.expected if refusal else "",
                signed=refusal.signed if refusal else "",
                own=agent.startswith(OWN_AGENT),
            )
            self._log.append(received)
        self._on_received(received)

    def _preflight(self, call: Call) -> Reply:
        """Answer a browser's question: yes only for an origin on the list of an app of the org."""
        segments = segments_of(call.target)
        origin = call.request.headers.get("Origin", "")
        for org in self._keys.orgs(segments[0] if segments else ""):
            for app in self._keys.apps(org.id):
                settings = self.state.app_settings(app.id)
                if origin in settings.cors:
                    call.app_settings = settings
                    wanted = call.request.headers.get("Access-Control-Request-Headers", "")
                    allowed = {
                        "Access-Control-Allow-Methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
                        "Access-Control-Allow-Headers": wanted,
                    }
                    return Reply(None, Basis.OURS, 204, allowed)
        raise Refusal("cortex.accessDenied.app", "No app of this org allows this origin.", basis=Basis.OURS)

    # --- the checks, in the order of table.CHECKS ---------------------------------------------------------

    def _check_host(self, call: Call) -> None:
        """A page on the web may have its own name lead to this computer; such a request is refused."""
        host = call.request.environ.get("HTTP_HOST", "")
        name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
        if name.lower() not in HOST_NAMES:
            raise Refusal("sandbox.accessDenied.host")
        call.settings = self.state.settings

    def _check_size(self, call: Call) -> None:
        try:
            call.body = call.request.get_data()
        except RequestEntityTooLarge:
            raise Refusal("cortex.tooLarge.unspecified") from None
        except (HTTPException, OSError):
            raise Refusal("cortex.invalidArgument.unspecified", "The body could not be read.") from None
        if len(call.body) > MOST_BYTES:
            raise Refusal("cortex.tooLarge.unspecified")

    def _check_org(self, call: Call) -> None:
        call.segments = segments_of(call.target)
        if not call.segments:
            raise Refusal("cortex.invalidArgument.missingEnvCode")
        call.org_code = call.segments[0]
        if not _ORG_CODE.fullmatch(call.org_code) or not self._keys.orgs(call.org_code):
            reason = "This data folder holds no org yet: open Cortex Desktop once." if self._keys.is_empty else ""
            raise Refusal("cortex.notFound.env", reason)

    def _check_version(self, call: Call) -> None:
        if call.segments[1:2] != ["v2"]:
            raise Refusal("cortex.invalidArgument.invalidApiVersion")
        del call.segments[:2]

    def _check_key(self, call: Call) -> None:
        key = call.request.headers.get(signing.KEY_HEADER, "")
        if not key:
            token = "Authorization" in call.request.headers
            raise Refusal(
                "cortex.accessDenied.noCredentialsSupplied",
                "The sandbox takes no tokens. Send the header Medable-Client-Key." if token else "",
            )
        call.found = self._keys.find(call.org_code, Secret(key))
        if call.found is None:
            raise Refusal("cortex.notFound.app")
        call.org = self.state.org(call.found.org)
        call.app_settings = self.state.app_settings(call.found.app.id)

    def _check_app(self, call: Call) -> None:
        app, settings = call.app.app, call.app_settings
        if not app.enabled:
            raise Refusal("cortex.accessDenied.appDisabled")
        if app.is_expired(_local_date(call.now)):
            raise Refusal("cortex.expired.app")
        if settings.read_only and call.request.method not in _SAFE and not _is_login(call.segments):
            raise Refusal("cortex.accessDenied.appReadOnly")
        address = call.request.remote_addr or "127.0.0.1"
        if settings.whitelist and not _is_in(address, settings.whitelist):
            raise Refusal("cortex.accessDenied.app", "The app's whitelist lacks this address.")
        if _is_in(address, settings.blacklist):
            raise Refusal("cortex.accessDenied.app", "This address is on the app's blacklist.")

    def _check_maintenance(self, call: Call) -> None:
        found = match(call.method, call.segments)
        if not isinstance(found, list):
            call.route, call.names, call.rest = found.route, found.names, found.rest
        passes = call.route is not None and call.route.through_maintenance
        if not passes and call.state.setting("maintenance"):
            raise Refusal("cortex.accessDenied.maintenance", call.state.setting("maintenanceMessage"))

    def _check_policy(self, call: Call) -> None:
        limit, window = call.settings.rate_limit, call.settings.rate_window
        if limit <= 0:
            return
        with self.state.lock:
            address = call.request.remote_addr or ""
            asked = self._asked.setdefault(address, deque())
            while asked and asked[0] <= call.now - window:
                asked.popleft()
            if len(asked) < limit:
                asked.append(call.now)
                if len(self._asked) > _MOST_ADDRESSES:
                    self._asked.pop(next(iter(self._asked)))
                return
        if call.settings.policy_redirect:
            refusal = Refusal("cortex.throttled.policy", "The policy redirects.")
            raise _Redirect(refusal, call.settings.policy_redirect)
        raise Refusal("cortex.throttled.policy", f"The policy allows {limit} requests in {window} s.")

    def _check_json(self, call: Call) -> None:
        data: bytes = call.body or b""
        call.body = None
        if call.request.method in _SAFE or not data.strip():
            return
        if call.request.mimetype == "application/x-www-form-urlencoded" and _is_login(call.segments):
            call.body = call.request.form.to_dict()
            return
        try:
            call.body = json.loads(data, parse_constant=_no_constant)
        except (ValueError, RecursionError):
            raise Refusal("cortex.invalidArgument.invalidJSON") from None

    def _check_identity(self, call: Call) -> None:
        need = call.route.need if call.route is not None else Need.KEY
        if call.app.sessions:
            sid = call.request.cookies.get(SESSION_COOKIE, "")
            with self.state.lock:
                try:
                    if need is not Need.LOGIN and sid:
                        call.session = self._sessions.find(sid, call.app.org.id, call.app.app.id)
                except Refusal:
                    if need is not Need.KEY:
                        raise
                if call.session is not None:
                    call.account = call.state.accounts.get(call.session.account_id)
                if need in (Need.IDENTITY, Need.ADMINISTRATOR) and call.account is None:
                    raise Refusal("cortex.accessDenied.notLoggedIn")
        elif need in (Need.IDENTITY, Need.ADMINISTRATOR) or signing.SIGNATURE_HEADER in call.request.headers:
            self._check_signature(call)
            self._check_principal(call)

    def _check_signature(self, call: Call) -> None:
        headers = call.request.headers
        sent = headers.get(signing.SIGNATURE_HEADER, "")
        stamp = headers.get(signing.TIMESTAMP_HEADER, "")
        nonce = headers.get(signing.NONCE_HEADER, "")
        if not sent or not stamp or not nonce:
            names = (signing.SIGNATURE_HEADER, signing.TIMESTAMP_HEADER, signing.NONCE_HEADER)
            lacking = ", ".join(name for name in names if not headers.get(name))
            raise Refusal("cortex.accessDenied.invalidRequestSignature", f"The request lacks {lacking}.")
        secret = self._keys.secret(call.app)
        key = Secret(headers[signing.KEY_HEADER])
        path = "/" + call.target.split("?")[0].strip("/").partition("/")[2].lstrip("/").removeprefix("v2")
        message = f"{signing.command_of(path)};{call.request.method};{stamp}"
        now, drift = int(call.now * 1000), call.settings.drift * 1000
        right = signing.same_signature(signing.signature_of(key, secret, message), sent)
        is_late = not (stamp.isascii() and stamp.isdecimal() and len(stamp) < 20 and abs(int(stamp) - now) <= drift)
        if not right or is_late:
            attempt = signing.Attempt(call.request.method, call.target, call.request.host, stamp, sent)
            raise _wrong_signature(signing.diagnose(key, secret, attempt, now, drift), right=right)
        if not signing.is_nonce(nonce):
            reason = f"{signing.NONCE_HEADER} must be 16 letters and digits."
            raise Refusal("cortex.accessDenied.invalidRequestSignature", reason)
        with self.state.lock:
            used = f"{call.app.app.id}/{nonce}"
            oldest = call.now - 2 * call.settings.drift
            while self._nonces and (len(self._nonces) >= _MOST_NONCES or next(iter(self._nonces.values())) < oldest):
                self._nonces.popitem(last=False)
            if used in self._nonces:
                reason = "This nonce was used before. Make a new one for each request."
                raise Refusal("cortex.accessDenied.invalidRequestSignature", reason, basis=Basis.OURS)
            self._nonces[used] = call.now

    def _check_principal(self, call: Call) -> None:
        account_id = call.request.headers.get(signing.ACCOUNT_HEADER, "")
        if not account_id:
            call.acts_alone = True
            return
        if not call.app_settings.principal_override:
            reason = "The app's principalOverride is off."
            raise Refusal("cortex.accessDenied.principal", reason)
        call.account = call.state.accounts.get(account_id)
        if call.account is None:
            raise Refusal("cortex.notFound.principal", path=account_id[:100])

    def _check_csrf(self, call: Call) -> None:
        if call.session is None or not call.app.app.csrf:
            return
        need = call.route.need if call.route is not None else Need.KEY
        if need in (Need.IDENTITY, Need.ADMINISTRATOR):
            with self.state.lock:
                self._sessions.check_token(call.session, call.request.headers.get(CSRF_HEADER, ""))
        call.gives_token = True

    def _check_role(self, call: Call) -> None:
        if call.route is not None and call.route.need is Need.ADMINISTRATOR and not call.is_administrator:
            raise Refusal("cortex.accessDenied.role", "This needs the role Administrator.")

    def _check_route(self, call: Call) -> None:
        if call.route is not None:
            return
        methods = match(call.method, call.segments)
        if isinstance(methods, list) and methods:
            raise Refusal("cortex.notFound.route", f"This path takes {', '.join(methods)}.", "/".join(call.segments))
        raise Refusal("cortex.invalidArgument.object", path="/".join(call.segments)[:200])


class _Redirect(Refusal):
    """A policy's redirect, with the fault as its body."""

    def __init__(self, refusal: Refusal, address: str) -> None:
        super().__init__(refusal.err_code, refusal.reason, basis=Basis.PUBLISHED)
        self._address = address

    def reply(self) -> Reply:
        """The fault, as a 307 to the policy's address."""
        reply = super().reply()
        reply.status, reply.headers = 307, {"Location": self._address}
        return reply


def _wrong_signature(diagnosis: signing.Diagnosis, *, right: bool) -> Refusal:
    words = " ".join(str(mistake.words) for mistake in diagnosis.mistakes)
    if right:
        words = words or str(signing.Mistake.CLOCK.words)
    else:
        words = words or (
            "None of the usual mistakes was recognised. The API secret may be another one, or an older one."
        )
    err_code = (
        "cortex.invalidArgument.staleRequestSignature" if right else "cortex.accessDenied.invalidRequestSignature"
    )
    refusal = Refusal(err_code, words)
    refusal.expected, refusal.signed = diagnosis.expected, _without_values(diagnosis.signed)
    return refusal


def _without_values(text: str) -> str:
    """A path, or a message that was signed, with the names of its query and not their values, which may be anything."""
    return _QUERY_VALUE.sub("=…", text)[:500]


def _local_date(now: float) -> date:
    return datetime.fromtimestamp(now, UTC).astimezone().date()


def _no_constant(name: str) -> object:
    raise ValueError(f"{name} is not JSON")


def _source(call: Call, reply: Reply, refusal: Refusal | None) -> str:
    """The page or file that an answer rests on."""
    if reply.basis is Basis.OURS:
        return OWN_SOURCE
    if refusal is not None or call.route is None:
        return FAULTS_SOURCE
    return call.route.page


def _is_login(segments: Sequence[str]) -> bool:
    return list(segments) in (["accounts", "login"], ["accounts", "me", "logout"])


def _is_in(address: str, ranges: Iterable[str]) -> bool:
    for text in ranges:
        try:
            if ipaddress.ip_address(address) in ipaddress.ip_network(text, strict=False):
                return True
        except ValueError:
            continue
    return False
