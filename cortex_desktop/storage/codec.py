"""Orgs and apps as documents of the database.

A field that is missing in documents of older versions has a default here; none is ever renamed. Fields that this
version does not know stay in the document, whatever is done to the org or app.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, MutableMapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any, Generic, TypeVar

from ..domain.folder import FolderRecord, Session
from ..domain.model import (
    LAST_VERSION,
    App,
    AppDetails,
    AppState,
    Environment,
    GivenUp,
    KeptVersion,
    Known,
    Org,
    OrgState,
    Origin,
    PendingVersion,
    RememberedLogin,
)
from ..domain.rules import environment_called
from ..domain.secret import KeyEnds, SecretKind, SecretRef
from .documents import to_text, to_time

LOST_ENVIRONMENT = "Unknown"

T = TypeVar("T")
V = TypeVar("V")

_FOLDER_FIELDS = frozenset("id sessions claimed seen viewer becoming".split())
_VERSION_FIELDS = frozenset("version key_head key_tail sessions until details origin place".split())

NOT_READABLE = (KeyError, TypeError, ValueError, OverflowError)


@dataclass(frozen=True)
class Codec(Generic[T]):
    """How an org or app is kept in a document.

    to_doc: its fields; from_doc: the opposite, raises `NOT_READABLE` for a document that makes no sense;
    fields: all that either of them knows.
    """

    to_doc: Callable[[T], dict[str, Any]]
    from_doc: Callable[[Mapping[str, Any]], T]
    fields: frozenset[str]

    def update(self, doc: MutableMapping[str, Any], item: T) -> None:
        """Set the known fields of `doc` to the item's. Other fields stay."""
        fields = self.to_doc(item)
        for name, value in fields.items():
            doc[name] = _with_unknown(value, doc.get(name))
        for name in self.fields - fields.keys():
            doc.pop(name, None)


def _with_unknown(new: Any, old: Any) -> Any:
    """Return the new value of a field. Versions of an app's secrets keep the fields that this version does not know."""
    if isinstance(new, list) and isinstance(old, list) and all(isinstance(version, dict) for version in (*new, *old)):
        by_number = {version["version"]: version for version in old}
        return [_with_unknown(version, by_number.get(version["version"])) for version in new]
    if isinstance(new, dict) and isinstance(old, dict) and new["version"] == old["version"]:
        return {**{name: value for name, value in old.items() if name not in _VERSION_FIELDS}, **new}
    return new


def _org_to_doc(org: Org) -> dict[str, Any]:
    own = org.environment is Environment.OWN
    return {
        "id": org.id,
        "name": org.name,
        "code": org.code,
        "environment": org.own_environment if own else org.environment.value,
        "like_production": org.like_production,
        "endpoint": org.endpoint,
        "state": org.state.value,
        "purge_after": org.purge_after and _time_to_text(org.purge_after),
    }


def _org_from_doc(doc: Mapping[str, Any]) -> Org:
    # Rows of versions with a single org lack like_production, state and purge_after. Of an environment that
    # makes no sense nobody knows whether people depend on it.
    named = doc.get("environment")
    own_environment = named if isinstance(named, str) and named.strip() else LOST_ENVIRONMENT
    environment = environment_called(own_environment)
    own = environment is Environment.OWN
    return Org(
        id=_id(doc["id"]),
        name=_is_a(str, doc["name"]),
        code=_is_a(str, doc["code"]),
        environment=environment,
        endpoint=_is_a(str, doc["endpoint"]),
        own_environment=own_environment if own else "",
        like_production=own and doc.get("like_production") is not False,
        state=OrgState(doc.get("state", OrgState.ACTIVE.value)),
        purge_after=None if doc.get("purge_after") is None else _time(doc["purge_after"]),
    )


def _app_to_doc(app: App) -> dict[str, Any]:
    return {
        "id": app.id,
        "org": app.org_id,
        "label": app.label,
        "sessions": app.sessions,
        "csrf": app.csrf,
        "enabled": app.enabled,
        "created": _time_to_text(app.created),
        "state": app.state.value,
        "version": app.version,
        "key_head": app.key_ends.head,
        "key_tail": app.key_ends.tail,
        "keychain": app.keychain,
        **({"provider": app.provider} if app.provider else {}),
        "last_version": app.last_version,
        "pending": app.pending and _pending_to_doc(app.pending),
        "kept": [{**_version_to_doc(kept), "until": _time_to_text(kept.until)} for kept in app.kept],
        "rotated": app.rotated and _time_to_text(app.rotated),
        "last_copied": app.last_copied and _time_to_text(app.last_copied),
        "purge_after": app.purge_after and _time_to_text(app.purge_after),
        **({"sweep_until": _time_to_text(app.sweep_until)} if app.sweep_until else {}),
        **({"origin": app.origin.value} if app.origin.value else {}),
        **({"known": app.known.value} if app.known else {}),
        **({"checked": _time_to_text(app.checked)} if app.checked else {}),
        **({"given_up": [_given_up_to_doc(each) for each in app.given_up]} if app.sweep_until or app.given_up else {}),
        **({"taken": list(app.taken)} if app.taken else {}),
        **({"logins": [_login_to_doc(login) for login in app.logins]} if app.logins else {}),
        **_noted_to_doc(app),
    }


def _given_up_to_doc(given_up: GivenUp) -> dict[str, Any]:
    ends = given_up.key_ends
    return {"version": given_up.number, **({"key_head": ends.head, "key_tail": ends.tail} if ends else {})}


def _given_up_from_doc(value: object) -> GivenUp:
    doc: dict[str, Any] = _is_a(dict, value)
    ends = KeyEnds(_key_end(doc["key_head"]), _key_end(doc["key_tail"])) if "key_head" in doc else None
    return GivenUp(_version(doc["version"]), ends)


def _login_to_doc(login: RememberedLogin) -> dict[str, Any]:
    until = {"until": _time_to_text(login.until)} if login.until is not None else {}
    return {"version": login.number, "place": login.place, **until}


def _logins_from_doc(value: object) -> tuple[RememberedLogin, ...]:
    """Return the remembered logins. Damage there is no reason to hide the app's key."""
    try:
        return tuple(map(_login_from_doc, _is_a(list, value))) if value is not None else ()
    except NOT_READABLE:
        return ()


def _login_from_doc(value: object) -> RememberedLogin:
    doc: dict[str, Any] = _is_a(dict, value)
    until = None if doc.get("until") is None else _time(doc["until"])
    return RememberedLogin(_version(doc["version"]), _is_a(str, doc["place"]), until)


def _noted_to_doc(noted: App | AppDetails) -> dict[str, Any]:
    """Return what a person noted about an app; nothing for what is empty."""
    found: dict[str, Any] = {
        "notes": _is_a(str, noted.notes),
        "owner": _is_a(str, noted.owner),
        "expires": noted.expires and _date_to_text(noted.expires),
        "review": noted.review and _date_to_text(noted.review),
    }
    return {name: value for name, value in found.items() if value}


def _app_from_doc(doc: Mapping[str, Any]) -> App:
    version = _version(doc["version"])
    app = App(
        id=_id(doc["id"]),
        org_id=_id(doc["org"]),
        label=_is_a(str, doc["label"]),
        sessions=_is_a(bool, doc["sessions"]),
        csrf=_is_a(bool, doc["csrf"]),
        created=_time(doc["created"]),
        key_ends=KeyEnds(_key_end(doc["key_head"]), _key_end(doc["key_tail"])),
        keychain=_is_a(str, doc["keychain"]),
        provider=_text_or_empty(doc.get("provider")),
        version=version,
        enabled=_is_a(bool, doc["enabled"]),
        state=AppState(doc["state"]),
        # Rows of versions that could not rotate keys lack the next four.
        last_version=max(version, _version(doc.get("last_version", version))),
        pending=None if doc.get("pending") is None else _pending_from_doc(doc["pending"], doc),
        kept=tuple(
            KeptVersion(*_version_from_doc(kept, doc), _time(kept["until"]), _origin(kept))
            for kept in doc.get("kept", ())
        ),
        rotated=None if doc.get("rotated") is None else _time(doc["rotated"]),
        last_copied=None if doc["last_copied"] is None else _time(doc["last_copied"]),
        purge_after=None if doc["purge_after"] is None else _time(doc["purge_after"]),
        sweep_until=None if doc.get("sweep_until") is None else _time(doc["sweep_until"]),
        origin=_origin(doc),
        known=_known(doc.get("known")),
        checked=None if doc.get("checked") is None else to_time(doc["checked"]),
        given_up=tuple(map(_given_up_from_doc, doc.get("given_up", ()))),
        taken=tuple(map(_version, doc.get("taken", ()))),
        logins=_logins_from_doc(doc.get("logins")),
        **_noted_from_doc(doc),
    )
    if app.sweep_until is not None and "given_up" not in doc:
        # Rows of versions that swept for every number that they no longer named.
        unnamed = sorted(set(range(1, app.last_version + 1)) - set(app.versions))
        app = replace(app, given_up=tuple(GivenUp(number, None) for number in unnamed))
    return app


def _origin(doc: Mapping[str, Any]) -> Origin:
    """Return who made a key. Damage there, or a word of a newer version, is no reason to hide the key."""
    try:
        return Origin(doc.get("origin", ""))
    except ValueError:
        return Origin.UNKNOWN


def _known(value: object) -> Known | None:
    try:
        return None if value is None else Known(value)
    except ValueError:
        return None


def _noted_from_doc(doc: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a person noted about an app. Damage there is no reason to hide the app's key."""
    return {
        "notes": _text_or_empty(doc.get("notes")),
        "owner": _text_or_empty(doc.get("owner")),
        "expires": _date_or_none(doc.get("expires")),
        "review": _date_or_none(doc.get("review")),
    }


def _pending_to_doc(pending: PendingVersion) -> dict[str, Any]:
    doc, details = _version_to_doc(pending), pending.details
    if details is not None:
        doc["details"] = {"label": details.label, "csrf": details.csrf, **_noted_to_doc(details)}
    return doc


def _pending_from_doc(value: object, app: Mapping[str, Any]) -> PendingVersion:
    number, key_ends, sessions = _version_from_doc(value, app)
    found = _is_a(dict, value).get("details")
    if found is None:
        return PendingVersion(number, key_ends, sessions, origin=_origin(_is_a(dict, value)))
    doc: dict[str, Any] = _is_a(dict, found)
    label, csrf = _is_a(str, doc["label"]), _is_a(bool, doc["csrf"])
    details = AppDetails(label, sessions, csrf, **_noted_from_doc(doc))
    return PendingVersion(number, key_ends, sessions, details, _origin(_is_a(dict, value)))


def _version_to_doc(version: PendingVersion | KeptVersion) -> dict[str, Any]:
    ends = version.key_ends
    found = {"version": version.number, "key_head": ends.head, "key_tail": ends.tail, "sessions": version.sessions}
    return found | ({"origin": version.origin.value} if version.origin.value else {})


def _version_from_doc(value: object, app: Mapping[str, Any]) -> tuple[int, KeyEnds, bool]:
    doc: dict[str, Any] = _is_a(dict, value)
    # Rows of versions that could not switch Sessions lack it there: it was always as the app's.
    sessions = _is_a(bool, doc.get("sessions", app["sessions"]))
    return _version(doc["version"]), KeyEnds(_key_end(doc["key_head"]), _key_end(doc["key_tail"])), sessions


def _version(value: object) -> int:
    number = _is_a(int, value)
    if not 1 <= number <= LAST_VERSION:
        raise ValueError("no number of a version")
    return number


def _is_a(kind: type[V], value: object) -> V:
    """Return `value` if it is exactly of this kind, so that true is no number. Raises TypeError."""
    if type(value) is not kind:
        raise TypeError(f"not a {kind.__name__}")
    return value


def _id(value: object) -> str:
    text = _is_a(str, value)
    if not text:
        raise ValueError("an id is not empty")
    return text


def _key_end(value: object) -> str:
    """Return at most four characters of a key: this program neither saves nor shows more."""
    text = _is_a(str, value)
    if len(text) > 4:
        raise ValueError("too much of a key")
    return text


def _time(value: object) -> datetime:
    """Return the time, in UTC, that `_time_to_text` wrote."""
    time = datetime.fromisoformat(_is_a(str, value))
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return time.astimezone(UTC)


def _time_to_text(time: datetime) -> str:
    """Return the time as ISO 8601 in UTC. Raises ValueError for a time without its zone."""
    if time.tzinfo is None:
        raise ValueError("a time without its zone")
    return to_text(time)


def _text_or_empty(value: object) -> str:
    return value if isinstance(value, str) else ""


def _date_or_none(value: object) -> date | None:
    """Return the date that `_date_to_text` wrote, None for anything else."""
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _date_to_text(value: date) -> str:
    """Return the date as ISO 8601. Raises TypeError for a time, of which the reader would make nothing."""
    return _is_a(date, value).isoformat()


ORGS = Codec(
    _org_to_doc,
    _org_from_doc,
    frozenset("id name code environment like_production endpoint state purge_after".split()),
)
APPS = Codec(
    _app_to_doc,
    _app_from_doc,
    frozenset(
        "id org label sessions csrf enabled created state version "
        "key_head key_tail keychain provider last_version pending kept rotated last_copied purge_after sweep_until "
        "given_up taken notes owner expires review origin known checked logins".split()
    ),
)


def folder_to_doc(record: FolderRecord, before: Mapping[str, Any]) -> dict[str, Any]:
    """Return the document about the folder. The generation is the database's own, and is not in it.

    before: the document that it replaces, whose unknown fields stay.
    """
    return {
        **{name: value for name, value in before.items() if name not in _FOLDER_FIELDS},
        "id": record.id,
        "sessions": [[each.id, each.first] for each in record.sessions],
        "claimed": record.is_claimed,
        "seen": record.seen and _time_to_text(record.seen),
        **({"viewer": record.viewer} if record.viewer else {}),
        **({"becoming": record.becoming} if record.becoming else {}),
    }


def folder_from_doc(doc: Mapping[str, Any], generation: int) -> FolderRecord:
    """Return what the document says. Raises `NOT_READABLE`."""
    return FolderRecord(
        _id(doc["id"]),
        generation,
        tuple(Session(_id(name), _is_a(int, first)) for name, first in doc["sessions"]),
        _is_a(bool, doc["claimed"]),
        None if doc.get("seen") is None else _time(doc["seen"]),
        _text_or_empty(doc.get("viewer")),
        _text_or_empty(doc.get("becoming")),
    )


def ref_to_doc(ref: SecretRef, problem: str) -> dict[str, Any]:
    """Return the document of something that the keychain check found about an item."""
    return {"org": ref.org_id, "app": ref.app_id, "kind": ref.kind.value, "version": ref.version, "problem": problem}


def ref_from_doc(doc: Mapping[str, Any]) -> SecretRef:
    """Return the item that the document is about. Raises `NOT_READABLE`."""
    return SecretRef(_id(doc["org"]), _id(doc["app"]), SecretKind(doc["kind"]), _version(doc["version"]))
