"""What the sandbox does at each route of `table.ROUTES`."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ..domain.documents import Document
from ..domain.model import App, Org
from ..domain.request import DEVICE_COOKIE, SESSION_COOKIE
from ..domain.sandbox import AppSettings, Message, Received
from .call import Call
from .keys import KeyFinder
from .properties import patched, value_at, with_pushed, with_value, without
from .query import Query, page, read_query, select, shape
from .reply import Refusal, Reply, invalid, required, wrong_type
from .sessions import Sessions, random_text
from .state import State, iso, merged, object_id, reference
from .table import (
    ANONYMOUS,
    MOST_TOKENS,
    ORG_SETTINGS,
    PASSWORD,
    PUBLIC_ORG,
    READ_ONLY_ORG,
    ROLES,
    Basis,
)

_DEVICE = re.compile(r"[0-9A-Za-z_-]{8,200}")
_YEAR = 365 * 24 * 3600
_METHODS = {"GET": 0, "POST": 1, "PUT": 2, "DELETE": 3, "HEAD": 4, "OPTIONS": 5, "PATCH": 6}  # documented
_EXAMPLE: dict[str, tuple[Any, str]] = {
    "c_title": (str, "a text"),
    "c_number": ((int, float), "a number"),
    "c_done": (bool, "true or false"),
    "c_when": (str, "a date as text"),
    "c_tags": (list, "a list"),
    "c_items": (list, "a list"),
    "c_details": (str, "a text"),
}
_FIXED = frozenset({"_id", "object", "created", "updated", "owner", "updater"})


class Handlers:
    """Answers one call each, with the state's lock held. Raise Refusal and StorageError."""

    def __init__(
        self,
        state: State,
        sessions: Sessions,
        keys: KeyFinder,
        log: Iterable[Received],
        on_message: Callable[[Message], object],
    ) -> None:
        self._state = state
        self._sessions = sessions
        self._keys = keys
        self._log = log
        self._on_message = on_message

    def answer(self, call: Call) -> Reply:
        """The answer of the call's route."""
        if call.route is None:
            raise Refusal("cortex.notFound.route")
        handler: Callable[[Call], Reply] = getattr(self, call.route.handler)
        return handler(call)

    # --- the org ------------------------------------------------------------------------------------------

    def public_org(self, call: Call) -> Reply:
        """What everybody with a key may see of the org."""
        org = self._org_document(call)
        return self._one(call, {name: org[name] for name in PUBLIC_ORG})

    def full_org(self, call: Call) -> Reply:
        """All of the org, apps without secrets."""
        self._check_own_org(call)
        return self._one(call, self._org_document(call))

    def org_property(self, call: Call) -> Reply:
        """One property of the org."""
        self._check_own_org(call)
        return self._property(call, self._org_document(call))

    def change_org(self, call: Call) -> Reply:
        """Change settings: PUT some of them, PATCH by operations."""
        self._check_own_org(call)
        settings = call.state.org_settings()
        if call.method == "PATCH":
            operations = call.body if isinstance(call.body, list) else []
            for operation in operations:
                if isinstance(operation, dict):
                    _check_writable(re.split(r"[./]", str(operation.get("path", "")))[0])
            changed = patched(settings, call.body)
        else:
            body = call.object_body()
            for name in body:
                _check_writable(name)
            changed = merged(settings, body)
        self._put_settings(call, changed)
        return self._one(call, self._org_document(call))

    def change_org_property(self, call: Call) -> Reply:
        """Change one setting, or a setting of an app that only the sandbox knows."""
        self._check_own_org(call)
        value = _bare(call.body)
        if call.rest[0] == "apps":
            return self._change_app(call, value)
        _check_writable(call.rest[0])
        self._put_settings(call, with_value(call.state.org_settings(), call.rest, value))
        return Reply({"object": "result", "data": value}, _basis(call))

    def _change_app(self, call: Call, value: object) -> Reply:
        app = next((app for app in self._keys.apps(call.app.org.id) if call.rest[1:2] == [_short(app.id)]), None)
        settings = self._state.app_settings(app.id).document() if app is not None else {}
        if app is None or len(call.rest) != 3 or call.rest[2] not in settings:
            reason = "Writing apps could replace every key of an org. Change apps in Cortex Desktop."
            raise Refusal("cortex.accessDenied.route", reason, ".".join(call.rest), basis=Basis.OURS)
        name = call.rest[2]
        changed = AppSettings.of({**settings, name: value})
        if changed.document()[name] != value:
            raise invalid([wrong_type(".".join(call.rest), "another kind of value")])
        self._state.put_app_settings(app.id, changed)
        return Reply({"object": "result", "data": value}, Basis.OURS)

    def _put_settings(self, call: Call, settings: Document) -> None:
        children = list(_wrong_settings(settings, ORG_SETTINGS, ""))
        if children:
            raise invalid(children)
        if settings["configuration"]["email"]["api_key"]:
            reason = "The sandbox keeps no secrets. It sends no e-mail either."
            raise Refusal("cortex.accessDenied.unspecified", reason, "configuration.email.api_key", basis=Basis.OURS)
        own = {name: value for name, value in settings.items() if value != ORG_SETTINGS.get(name)}
        self._state.put_org_settings(call.state, own)

    def _check_own_org(self, call: Call) -> None:
        if "id" in call.names and call.id_named() != _short(call.app.org.id):
            raise Refusal("cortex.notFound.instance", path=call.names["id"])

    def _org_document(self, call: Call) -> Document:
        org: Org = call.app.org
        settings = call.state.org_settings()
        return {
            **settings,
            "_id": _short(org.id),
            "object": "org",
            "access": 7 if call.is_administrator else 1,
            "code": org.code,
            "name": settings["name"] or org.name,
            "apps": [self._app_document(app) for app in self._keys.apps(org.id)],
            "roles": copy.deepcopy(list(ROLES)),
            "schemasETag": object_id(f"{org.id}/schemas"),
        }

    def _app_document(self, app: App) -> Document:
        return {
            "_id": _short(app.id),
            "object": "app",
            "label": app.label,
            "enabled": app.enabled,
            "sessions": app.sessions,
            "csrf": app.csrf,
            "expires": app.expires.isoformat() if app.expires is not None else None,
            "expose": False,
            "maxTokensPerPrincipal": MOST_TOKENS,
            **self._state.app_settings(app.id).document(),
        }

    def export(self, call: Call) -> Reply:
        """The apps' settings as a manifest asks for them: a line each, without keys."""
        manifest = call.object_body().get("manifest")
        if not isinstance(manifest, dict) or manifest.get("object") != "manifest":
            raise invalid([required("manifest")])
        apps = manifest.get("apps")
        wanted = apps.get("includes", []) if isinstance(apps, dict) else []
        lines: list[Document] = []
        for app in self._keys.apps(call.app.org.id):
            name = _code_name(app.label)
            if isinstance(wanted, list) and ("*" in wanted or name in wanted):
                document = {"resource": f"app.{name}", "name": name, **self._app_document(app)}
                del document["_id"]
                lines.append({"object": document.pop("object"), **document})
        return Reply(lines, _basis(call), lines=True)

    # --- logging in ---------------------------------------------------------------------------------------

    def log_in(self, call: Call) -> Reply:
        """Log a person in; from a new place only with the code from the inbox."""
        if not call.app.sessions:
            reason = "This app has no Sessions. It signs each request instead."
            raise Refusal("cortex.error.sessionRequired", reason, basis=Basis.OURS)
        body = call.object_body()
        missing = [name for name in ("email", "password") if not isinstance(body.get(name), str) or not body[name]]
        if missing:
            raise invalid([required(f"account.{name}") for name in missing])
        account = self._account_called(call, body["email"])
        if account is None:
            raise Refusal("cortex.accessDenied.invalidCredentials")
        account_id: str = account["_id"]
        self._sessions.check_lock(account_id)
        if account["locked"]:
            raise Refusal("cortex.accessDenied.accountLocked")
        if body["password"] != PASSWORD:
            limits = call.state.setting("security.unauthorizedAccess")
            self._sessions.count_wrong_password(account_id, limits["lockAttempts"], limits["lockDuration"])
            raise Refusal("cortex.accessDenied.invalidCredentials")
        self._sessions.forget_wrong_passwords(account_id)
        self._check_place(call, account, body.get("location"))
        alone = not call.state.setting("configuration.allowSimultaneousLogins")
        duration = call.app_settings.auth_duration
        session = self._sessions.begin(call.app.org.id, call.app.app.id, account_id, duration, alone=alone)
        login = {"time": iso(call.now), "ip": call.request.remote_addr or ""}
        account = {**account, "stats": {**account["stats"], "lastLogin": login}}
        self._state.put_accounts(call.app.org.id, [account])
        call.session, call.account = session, account
        call.gives_token = call.app.app.csrf
        call.cookies.append(f"{SESSION_COOKIE}={session.sid}; Path=/{call.org_code}; HttpOnly; SameSite=Lax")
        return Reply({**account, "key": session.account_key}, _basis(call))

    def _check_place(self, call: Call, account: Document, location: object) -> None:
        """Raise Refusal unless the device is known, or the code is right."""
        device = call.request.cookies.get(DEVICE_COOKIE, "")
        if device and not _DEVICE.fullmatch(device):
            raise Refusal("cortex.invalidArgument.locationFingerprint")
        if not device:
            device = random_text(36)
            call.cookies.append(f"{DEVICE_COOKIE}={device}; Path=/; HttpOnly; Max-Age={_YEAR}")
        account_id, app_id = account["_id"], call.app.app.id
        if account["email"] in call.state.setting("configuration.email.locationBypass"):
            return
        if self._state.knows_device(device, account_id, app_id):
            return
        place = location if isinstance(location, dict) else {}
        token = place.get("verificationToken")
        token = token if isinstance(token, str) else ""
        if token and self._sessions.check_code(account_id, app_id, device, token):
            if place.get("singleUse") is False:
                name = place.get("locationName")
                self._state.trust_device(device, account_id, app_id, name[:100] if isinstance(name, str) else "")
            return
        if not token and self._sessions.waits_for_code(account_id, app_id, device):
            raise Refusal("cortex.accessDenied.unverifiedLocation", basis=Basis.OURS)
        message = Message(
            int(call.now * 1000), call.app.org.id, account["email"], account["mobile"], "", call.app.app.label
        )
        life = call.settings.code_life
        self._on_message(self._sessions.send_code(message, account_id, app_id, device, life))
        raise Refusal("cortex.success.newLocation", name="location")

    def log_out(self, call: Call) -> Reply:
        """End the login."""
        if call.session is not None:
            self._sessions.end(call.session)
            call.gives_token = False
            call.cookies.append(f"{SESSION_COOKIE}=; Path=/{call.org_code}; HttpOnly; Max-Age=0")
        return Reply({"object": "result", "data": True}, _basis(call))

    def login_status(self, call: Call) -> Reply:
        """True if the cookie is that of a login, without a fault if it is not."""
        data: Document = {"loggedin": call.session is not None}
        if call.account is not None:
            expands = call.request.args.get("expand") == "true"
            query = read_query(call.request.args.items(multi=True))
            account = shape(call.account, query, lambda found: self._followed(call, found))
            data["account"] = account if expands else call.account["_id"]
        return Reply({"object": "result", "data": data}, _basis(call))

    def me(self, call: Call) -> Reply:
        """The person who is logged in, or for whom the request acts."""
        if call.account is None:
            reason = "A signed request acts for no person unless Medable-Client-Account names one."
            raise Refusal("cortex.accessDenied.notLoggedIn", reason, basis=Basis.OURS)
        account = call.account
        if call.session is not None:
            account = {**account, "key": call.session.account_key}
        return self._one(call, account)

    def not_here(self, call: Call) -> Reply:
        """Refuse what Cortex does and the sandbox does not."""
        raise Refusal("cortex.notFound.route", "Cortex has this route, the sandbox does not.", basis=Basis.OURS)

    def _account_called(self, call: Call, email: str) -> Document | None:
        wanted = email.strip().lower()
        account = call.state.accounts.get(object_id(f"{call.app.org.id}/{wanted}"))
        if account is not None:
            return account
        return next((found for found in call.state.accounts if found["email"].lower() == wanted), None)

    # --- accounts -----------------------------------------------------------------------------------------

    def accounts(self, call: Call) -> Reply:
        """The org's people."""
        query = read_query(call.request.args.items(multi=True))
        found, has_more = page(call.state.accounts, query)
        return self._list(call, found, has_more, query)

    def account(self, call: Call) -> Reply:
        """One person."""
        return self._one(call, _there(call, call.state.accounts.get(call.id_named())))

    def account_property(self, call: Call) -> Reply:
        """One property of a person."""
        return self._property(call, _there(call, call.state.accounts.get(call.id_named())))

    # --- the custom object --------------------------------------------------------------------------------

    def examples(self, call: Call) -> Reply:
        """The custom objects that were written."""
        query = read_query(call.request.args.items(multi=True))
        found, has_more = page(call.state.examples, query)
        return self._list(call, found, has_more, query)

    def example(self, call: Call) -> Reply:
        """One custom object."""
        return self._one(call, _there(call, call.state.examples.get(call.id_named())))

    def example_property(self, call: Call) -> Reply:
        """One property of a custom object."""
        return self._property(call, _there(call, call.state.examples.get(call.id_named())))

    def add_example(self, call: Call) -> Reply:
        """Write a new custom object."""
        body = call.object_body()
        if not body.get("c_title"):
            raise invalid([required("c_example.c_title")])
        fixed = sorted(_FIXED & set(body))
        if fixed:
            raise invalid([wrong_type(f"c_example.{name}", "nothing: it is set by the server") for name in fixed])
        example = {
            "_id": object_id(f"{call.app.org.id}/{random_text(20)}"),
            "object": "c_example",
            "access": 7,
            "created": iso(call.now),
            "owner": self._who(call),
            **body,
        }
        return self._write_example(call, {}, example)

    def change_example(self, call: Call) -> Reply:
        """Change a custom object: PUT some properties, PATCH by operations."""
        before = _there(call, call.state.examples.get(call.id_named()))
        if call.method == "PATCH":
            return self._write_example(call, before, patched(before, call.body))
        return self._write_example(call, before, {**before, **call.object_body()})

    def remove_example(self, call: Call) -> Reply:
        """Remove a custom object."""
        found = _there(call, call.state.examples.get(call.id_named()))
        self._state.remove_example(call.state, found["_id"])
        return Reply({"object": "result", "data": True}, _basis(call))

    def change_example_property(self, call: Call) -> Reply:
        """Replace, push to, or remove one property of a custom object."""
        before = _there(call, call.state.examples.get(call.id_named()))
        if call.method == "DELETE":
            self._write_example(call, before, without(before, call.rest))
            return Reply({"object": "result", "data": True}, _basis(call))
        change = with_pushed if call.method == "POST" else with_value
        self._write_example(call, before, change(before, call.rest, _bare(call.body)))
        return self._property(call, _there(call, call.state.examples.get(before["_id"])))

    def _write_example(self, call: Call, before: Document, after: Document) -> Reply:
        children = list(_wrong_properties(before, after))
        if children:
            raise invalid(children)
        for name, value in after.items():
            if isinstance(value, list) and name.startswith("c_"):
                after = {**after, name: [_with_id(item) for item in value]}
        after = {**after, "updated": iso(call.now), "updater": self._who(call)}
        self._state.put_example(call.state, after)
        return self._one(call, after)

    def _who(self, call: Call) -> Document:
        return reference("account", "accounts", call.account["_id"] if call.account is not None else ANONYMOUS)

    # --- its own log --------------------------------------------------------------------------------------

    def stats(self, call: Call) -> Reply:
        """Requests, errors and time of each app, from the sandbox's own log."""
        stats: dict[tuple[str, str], Document] = {}
        for received in self._log:
            if received.org_id != call.app.org.id:
                continue
            found = stats.setdefault(
                (received.app_id, received.method),
                {
                    "_id": object_id(f"{received.app_id}/{received.method}"),
                    "object": "stat",
                    "org": _short(received.org_id),
                    "code": 0,
                    "method": _METHODS.get(received.method, 0),
                    "client": _short(received.app_id),
                    "starting": iso(received.time / 1000),
                    "ending": iso(received.time / 1000),
                    "count": 0,
                    "errs": 0,
                    "ms": 0,
                    "out": 0,
                },
            )
            found["ending"] = iso(received.time / 1000)
            found["count"] += 1
            found["errs"] += received.status >= 400
            found["ms"] += int(received.milliseconds)
            found["out"] += received.size
        return self._own(call, stats.values())

    def logs(self, call: Call) -> Reply:
        """Requests, from the sandbox's own log."""
        return self._own(
            call,
            [
                {
                    "_id": f"{received.number:024x}",
                    "object": "log",
                    "org": _short(received.org_id),
                    "req": f"{received.number:024x}",
                    "beg": iso(received.time / 1000),
                    "end": iso((received.time + received.milliseconds) / 1000),
                    "src": 1,
                    "lvl": 0 if received.status >= 400 else 2,
                    "sts": received.status,
                    "mtd": _METHODS.get(received.method, 0),
                    "url": received.path,
                    "aid": _short(received.app_id),
                    "err": {"errCode": received.err_code, "reason": received.reason} if received.err_code else None,
                }
                for received in self._log
                if received.org_id == call.app.org.id
            ],
        )

    def _own(self, call: Call, documents: Iterable[Document]) -> Reply:
        query = read_query(call.request.args.items(multi=True))
        found = select(documents, query)
        return self._list(call, found[: query.limit], len(found) > query.limit, query)

    # --- forms of answers ---------------------------------------------------------------------------------

    def _one(self, call: Call, document: Document) -> Reply:
        query = read_query(call.request.args.items(multi=True))
        return Reply(shape(document, query, lambda found: self._followed(call, found)), _basis(call))

    def _list(self, call: Call, found: list[Document], has_more: bool, query: Query) -> Reply:
        data = [shape(document, query, lambda named: self._followed(call, named)) for document in found]
        if "application/x-ndjson" in call.request.headers.get("Accept", ""):
            return Reply(data, Basis.PUBLISHED, lines=True)
        return Reply({"object": "list", "data": data, "hasMore": has_more}, _basis(call))

    def _property(self, call: Call, document: Document) -> Reply:
        value = value_at(document, call.rest)
        if isinstance(value, list):
            query = read_query(call.request.args.items(multi=True))
            items = value[query.skip : query.skip + query.limit + 1]
            if query.where or query.sort:
                items = select([item for item in value if isinstance(item, dict)], query)
            has_more = len(items) > query.limit
            return Reply({"object": "list", "data": items[: query.limit], "hasMore": has_more}, _basis(call))
        return Reply({"object": "result", "data": value}, _basis(call))

    def _followed(self, call: Call, found: Document) -> Document | None:
        if found["object"] == "account":
            return call.state.accounts.get(str(found["_id"]))
        return call.state.examples.get(str(found["_id"])) if found["object"] == "c_example" else None


def _basis(call: Call) -> Basis:
    return call.route.basis if call.route is not None else Basis.OURS


def _there(call: Call, document: Document | None) -> Document:
    if document is None:
        raise Refusal("cortex.notFound.instance", path=call.names["id"])
    return document


def _short(found_id: str) -> str:
    """An id of ours as Cortex's are: 24 digits."""
    return found_id[:24]


def _code_name(label: str) -> str:
    return "c_" + (re.sub(r"[^0-9a-z]+", "_", label.lower()).strip("_") or "app")


def _bare(body: object) -> object:
    """The value that a body brings for one property: itself, or what it names `value`."""
    return body["value"] if isinstance(body, dict) and set(body) == {"value"} else body


def _check_writable(name: str) -> None:
    if name == "apps":
        reason = "Writing apps would replace every app of the org, and so every key. Change apps in Cortex Desktop."
        raise Refusal("cortex.accessDenied.route", reason, name, basis=Basis.OURS)
    if name in READ_ONLY_ORG:
        raise Refusal("cortex.accessDenied.unspecified", "This property cannot be written.", name)


def _wrong_settings(value: Mapping[str, Any], defaults: Mapping[str, Any], prefix: str) -> Iterable[Document]:
    """Children for settings that are not documented, or of another type."""
    for name, found in value.items():
        path = f"{prefix}{name}"
        if name.startswith("c_") and not prefix:
            continue
        if name not in defaults:
            raise Refusal("cortex.notFound.property", path=path)
        default = defaults[name]
        if isinstance(default, dict):
            if isinstance(found, dict):
                yield from _wrong_settings(found, default, f"{path}.")
            else:
                yield wrong_type(path, "an object")
        elif isinstance(default, list):
            if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
                yield wrong_type(path, "a list of texts")
        elif type(found) is not type(default):
            kinds = {bool: "true or false", int: "a whole number", str: "a text"}
            yield wrong_type(path, kinds[type(default)])
    yield from (required(f"{prefix}{name}") for name in defaults if name not in value)


def _wrong_properties(before: Document, after: Document) -> Iterable[Document]:
    """Children for properties of a custom object that are missing, fixed, misnamed or of another type."""
    if not after.get("c_title"):
        yield required("c_example.c_title")
    for name, value in after.items():
        if name in _FIXED or name == "access":
            if before and value != before.get(name):
                yield wrong_type(f"c_example.{name}", "the value that it has")
        elif name in _EXAMPLE:
            kind, words = _EXAMPLE[name]
            if not isinstance(value, kind) or (kind is not bool and isinstance(value, bool)):
                yield wrong_type(f"c_example.{name}", words)
        elif not name.startswith("c_"):
            raise Refusal("cortex.invalidArgument.customName", path=f"c_example.{name}")
    yield from (required(f"c_example.{name}") for name in _FIXED & set(before) if name not in after)


def _with_id(item: object) -> object:
    if isinstance(item, dict) and "_id" not in item:
        return {"_id": object_id(random_text(20)), **item}
    return item
