"""Orgs and apps, and the rules for what a person types."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum

from .errors import DetailError, LabelError, OrgError
from .secret import KeyEnds, SecretKind, SecretRef
from .text import QT_TRANSLATE_NOOP

LABEL_LENGTH = 120
LAST_VERSION = 10_000
"""The highest number of a version, enough for a new key every day for 27 years. To find what was left behind, the
keychain is asked for every number up to the last one given out, so that a row may not tell of a thousand million."""
NOTES_LENGTH = 4000
OWNER_LENGTH = 120
EXPIRES_SOON = timedelta(days=30)
"""How long before its last day an app is marked."""
_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_ENDPOINT = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]{1,5})?(/[A-Za-z0-9._~/-]*)?")


class Environment(Enum):
    """Where an org lives in its life cycle. The value is what the database holds, save for OWN."""

    DEVELOPMENT = "development"
    TEST = "test"
    STAGING = "staging"
    PRODUCTION = "production"
    OWN = "own"  # called as `Org.own_environment` says, which is what the database holds


class AppState(Enum):
    """Where an app stands between the database and the keychain. All but ACTIVE are a journal entry.

    The row is written before the secret is stored and removed after the secret is gone, because a keychain
    cannot list its entries: a secret without a row could never be found again.
    """

    CREATING = "creating"  # secrets are being stored
    ACTIVE = "active"
    DELETED = "deleted"  # hidden, restorable until `purge_after`
    DELETING = "deleting"  # secrets are being removed


class OrgState(Enum):
    """Whether an org is there. All but ACTIVE are a journal entry for its apps too, whatever their rows say."""

    ACTIVE = "active"
    REMOVED = "removed"  # hidden with all its apps, restorable until `purge_after`
    REMOVING = "removing"  # its apps go one by one, secrets and rows; its own row goes last


@dataclass(frozen=True, slots=True)
class Org:
    """An organization. `code` is the path segment of its API, `endpoint` the API's base address (https).

    own_environment: the environment's name where that is OWN, else ""; like_production: an own environment is to be
    handled with the care that Production gets; purge_after: aware, in UTC.
    """

    id: str
    name: str
    code: str
    environment: Environment
    endpoint: str
    own_environment: str = ""
    like_production: bool = False
    state: OrgState = OrgState.ACTIVE
    purge_after: datetime | None = None

    @property
    def production(self) -> bool:
        """Whether people depend on it, so that a mistake hurts at once."""
        own = self.environment is Environment.OWN and self.like_production
        return own or self.environment is Environment.PRODUCTION


@dataclass(frozen=True)
class AppDetails:
    """What a person decides about an app; `App` says what each means."""

    label: str
    sessions: bool = False
    csrf: bool = True
    notes: str = ""
    owner: str = ""
    expires: date | None = None
    review: date | None = None


@dataclass(frozen=True, slots=True)
class PendingVersion:
    """A new version of an app's secrets that is being stored. A journal entry.

    sessions: what becomes of the app's Sessions with it, which decides what secrets there are; details: what a person
    decided along with that, and what becomes of the app's own with it. None where only the secrets are new.
    """

    number: int
    key_ends: KeyEnds
    sessions: bool
    details: AppDetails | None = None


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """A version of an app's secrets that is no longer the current one, and stays in the keychain until a time.

    sessions: whether the app had Sessions with it, which decides what secrets there are.
    """

    number: int
    key_ends: KeyEnds
    sessions: bool
    until: datetime


@dataclass(frozen=True, slots=True)
class App:
    """One app of an org, without its secrets.

    version: of the current secrets in the keychain, from 1; last_version: the highest number ever given out, since
    none is used twice; key_ends: what may be shown of the API key; keychain: name of the keychain class that holds
    the secrets; kept: other versions, newest first; sweep_until: until then versions that were given up may turn up in
    the keychain, and each recovery removes them; times are aware, in UTC; expires, review: the last day on which it is
    to be used, and the day on which to look at it again. Both are marks: nothing is disabled by them.
    """

    id: str
    org_id: str
    label: str
    sessions: bool
    csrf: bool
    created: datetime
    key_ends: KeyEnds
    keychain: str
    version: int = 1
    enabled: bool = True
    state: AppState = AppState.ACTIVE
    last_version: int = 1
    pending: PendingVersion | None = None
    kept: tuple[KeptVersion, ...] = ()
    rotated: datetime | None = None
    last_copied: datetime | None = None
    purge_after: datetime | None = None
    sweep_until: datetime | None = None
    notes: str = ""
    owner: str = ""
    expires: date | None = None
    review: date | None = None

    @property
    def kinds(self) -> tuple[SecretKind, ...]:
        """Which secrets the app has now."""
        return SecretKind.of(self.sessions)

    @property
    def details(self) -> AppDetails:
        """What a person decided about the app."""
        return AppDetails(self.label, self.sessions, self.csrf, self.notes, self.owner, self.expires, self.review)

    def ref(self, kind: SecretKind) -> SecretRef:
        """Where the current version of this secret lies."""
        return SecretRef(self.org_id, self.id, kind, self.version)

    def refs_of(self, number: int) -> tuple[SecretRef, ...]:
        """Where the secrets of this version lie, which is the current one, pending or kept."""
        sessions = next((kept.sessions for kept in self.kept if kept.number == number), self.sessions)
        if self.pending is not None and self.pending.number == number:
            sessions = self.pending.sessions
        return tuple(SecretRef(self.org_id, self.id, kind, number) for kind in SecretKind.of(sessions))

    def any_refs_of(self, number: int) -> tuple[SecretRef, ...]:
        """Where secrets of this version may lie, of which the row may tell no more."""
        return tuple(SecretRef(self.org_id, self.id, kind, number) for kind in SecretKind)

    @property
    def refs(self) -> tuple[SecretRef, ...]:
        """Where all current secrets of the app lie."""
        return self.refs_of(self.version)

    def is_expired(self, today: date) -> bool:
        """Whether its last day has passed."""
        return self.expires is not None and self.expires < today

    def expires_soon(self, today: date) -> bool:
        """Whether its last day is today or within the next 30."""
        return self.expires is not None and today <= self.expires <= today + EXPIRES_SOON

    def needs_review(self, today: date) -> bool:
        """Whether the day on which to look at it again has come."""
        return self.review is not None and self.review <= today

    def is_due(self, today: date) -> bool:
        """Whether a person should look at it now: it is in use, and expired, expires soon, or needs a review."""
        expired_or_soon = self.expires is not None and self.expires <= today + EXPIRES_SOON
        return self.enabled and (expired_or_soon or self.needs_review(today))

    @property
    def versions(self) -> tuple[int, ...]:
        """All versions that the keychain may hold: the current one, one being stored, and those kept."""
        pending = (self.pending.number,) if self.pending is not None else ()
        return (self.version, *pending, *(kept.number for kept in self.kept))


def new_id() -> str:
    """A new identity: 32 lower-case hex digits (UUID version 4)."""
    from uuid import uuid4  # first needed long after the first paint

    return uuid4().hex


def clean_label(text: str) -> str:
    """The label as it is kept: trimmed, in composed form (NFC).

    Raises LabelError unless it has 1 to 120 characters, one of them visible, and no control characters (line breaks,
    tabs, and the invisible characters that turn the direction of text around and so could make one label pass for
    another).
    """
    label = _trimmed(text)
    if not label:
        raise LabelError(
            QT_TRANSLATE_NOOP("core", "Enter a label"),
            QT_TRANSLATE_NOOP("core", "An app needs a name that you recognise it by."),
            QT_TRANSLATE_NOOP("core", "Type 1 to 120 characters."),
        )
    if len(label) > LABEL_LENGTH:
        raise LabelError(
            QT_TRANSLATE_NOOP("core", "This label is too long"),
            QT_TRANSLATE_NOOP("core", "It has {count} characters, and 120 are allowed."),
            QT_TRANSLATE_NOOP("core", "Shorten it to 120 characters."),
            {"count": str(len(label))},
        )
    if any(_is_control(c) for c in label):
        raise LabelError(
            QT_TRANSLATE_NOOP("core", "This label has invisible characters"),
            QT_TRANSLATE_NOOP("core", "Line breaks, tabs and other control characters are not allowed."),
            QT_TRANSLATE_NOOP("core", "Remove them, or type the label by hand."),
        )
    return label


def clean_notes(text: str) -> str:
    """Notes as they are kept: trimmed, in composed form (NFC), each line break a line feed; empty when blank.

    Raises DetailError unless they have at most 4,000 characters, none of them a control character but line breaks and
    tabs.
    """
    notes = _trimmed(text.replace("\r\n", "\n").replace("\r", "\n"))
    if len(notes) > NOTES_LENGTH:
        raise DetailError(
            QT_TRANSLATE_NOOP("core", "These notes are too long"),
            QT_TRANSLATE_NOOP("core", "They have {count} characters, and 4,000 are allowed."),
            QT_TRANSLATE_NOOP("core", "Shorten them to 4,000 characters."),
            {"count": str(len(notes))},
        )
    if any(_is_control(c) and c not in "\n\t" for c in notes):
        raise DetailError(
            QT_TRANSLATE_NOOP("core", "These notes have invisible characters"),
            QT_TRANSLATE_NOOP("core", "Control characters are not allowed, except for line breaks and tabs."),
            QT_TRANSLATE_NOOP("core", "Remove them, or type the notes by hand."),
        )
    return notes


def clean_owner(text: str) -> str:
    """The owner as it is kept: trimmed, in composed form (NFC); empty when blank.

    Raises DetailError unless it has at most 120 characters and no control characters (`clean_label` says which).
    """
    owner = _trimmed(text)
    if len(owner) > OWNER_LENGTH:
        raise DetailError(
            QT_TRANSLATE_NOOP("core", "This owner is too long"),
            QT_TRANSLATE_NOOP("core", "It has {count} characters, and 120 are allowed."),
            QT_TRANSLATE_NOOP("core", "Shorten it to 120 characters."),
            {"count": str(len(owner))},
        )
    if any(_is_control(c) for c in owner):
        raise DetailError(
            QT_TRANSLATE_NOOP("core", "This owner has invisible characters"),
            QT_TRANSLATE_NOOP("core", "Line breaks, tabs and other control characters are not allowed."),
            QT_TRANSLATE_NOOP("core", "Remove them, or type the owner by hand."),
        )
    return owner


def clean_details(details: AppDetails) -> AppDetails:
    """The details as they are kept. Raises LabelError, DetailError."""
    return replace(
        details,
        label=clean_label(details.label),
        notes=clean_notes(details.notes),
        owner=clean_owner(details.owner),
    )


def clean_org(org: Org) -> Org:
    """The org as it is kept: name, own environment, code and endpoint trimmed.

    An own environment that is called like one of the four is that one. Raises OrgError unless the names follow
    `clean_label`, the code is a path segment without spaces, and the endpoint is a plain https address: a key must
    never travel in the clear.
    """
    name = _clean_name("name", org.name, QT_TRANSLATE_NOOP("core", "This name cannot be used"))
    code, endpoint = org.code.strip(), org.endpoint.strip().rstrip("/")
    if not _CODE.fullmatch(code):
        raise OrgError(
            "code",
            QT_TRANSLATE_NOOP("core", "This code cannot be used"),
            QT_TRANSLATE_NOOP(
                "core", "The code is a part of the API's address: letters, digits, “-”, “_” and “.” only."
            ),
            QT_TRANSLATE_NOOP("core", "Copy it from the address of your web console."),
        )
    environment, own, like_production = org.environment, "", False
    if environment is Environment.OWN:
        title = QT_TRANSLATE_NOOP("core", "This environment's name cannot be used")
        own = _clean_name("own_environment", org.own_environment, title)
        environment = environment_called(own)
        own, like_production = (own, org.like_production) if environment is Environment.OWN else ("", False)
    if not _ENDPOINT.fullmatch(endpoint):
        raise OrgError(
            "endpoint",
            QT_TRANSLATE_NOOP("core", "This endpoint cannot be used"),
            QT_TRANSLATE_NOOP("core", "It must be an address that begins with https:// and names a host."),
            QT_TRANSLATE_NOOP("core", "For example: https://api.dev.medable.com"),
        )
    return replace(
        org,
        name=name,
        code=code,
        environment=environment,
        endpoint=endpoint,
        own_environment=own,
        like_production=like_production,
    )


def _clean_name(field: str, text: str, title: str) -> str:
    if not _trimmed(text):
        message = QT_TRANSLATE_NOOP("core", "It is empty.")
        raise OrgError(field, title, message, QT_TRANSLATE_NOOP("core", "Type 1 to 120 characters."))
    try:
        return clean_label(text)
    except LabelError as error:
        raise OrgError(field, title, error.message.source, error.advice.source, error.message.values) from None


def environment_called(name: str) -> Environment:
    """The one of the four with this name, whatever its case; otherwise OWN."""
    found = [e for e in Environment if e is not Environment.OWN and e.value == fold(name.strip())]
    return found[0] if found else Environment.OWN


def same_name(org: Org, others: Iterable[Org]) -> Org | None:
    """Another org that people could take this one for, since it is called alike."""
    return next((other for other in others if other.id != org.id and _alike(other.name, org.name)), None)


def same_place(org: Org, others: Iterable[Org]) -> Org | None:
    """Another org that is this one in Cortex: code and endpoint are the same. A code alone may be, per environment."""
    place = (org.code.strip(), _host(org))
    return next((other for other in others if other.id != org.id and (other.code.strip(), _host(other)) == place), None)


def _alike(one: str, other: str) -> bool:
    return fold(one.strip()) == fold(other.strip())


def _host(org: Org) -> str:
    return org.endpoint.strip().rstrip("/").lower()


def _trimmed(text: str) -> str:
    """The text without space around it, in composed form; empty when nothing of it can be seen."""
    trimmed = unicodedata.normalize("NFC", text.strip())
    # Joiners, marks and spaces alone are blank too.
    return "" if all(unicodedata.category(c) in {"Cf", "Zs"} for c in trimmed) else trimmed


def _is_control(char: str) -> bool:
    # Cs: a lone surrogate cannot be written as UTF-8. Bidi overrides and isolates are of category Cf, which also
    # holds the joiners that emoji and several scripts need, so those few are named.
    return (
        unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}
        or char in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
    )


def fold(text: str) -> str:
    """`text` as search compares it: without case, accents and width, e.g. "Ärzte" -> "arzte"."""
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", text).casefold().translate(_WITHOUT_MARKS)


class _WithoutMarks(dict[int, int | None]):
    """What `str.translate` makes of a character: itself, or nothing of an accent. Looked up once for each."""

    def __missing__(self, code: int) -> int | None:
        found = self[code] = None if unicodedata.combining(chr(code)) else code
        return found


_WITHOUT_MARKS = _WithoutMarks()
