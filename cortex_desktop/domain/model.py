"""Orgs, apps, and the versions of their secrets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum

from .secret import KeyEnds, SecretKind, SecretRef

LAST_VERSION = 10_000
"""The highest number of a version: a new key every day for 27 years. Removing an app asks the keychain for every
number up to the last one given out, so a row must not name a thousand million."""
EXPIRES_SOON = timedelta(days=30)
"""How long before its last day an app is marked."""
APP_SECRETS = (SecretKind.API_KEY, SecretKind.API_SECRET)
"""The kinds of secret that an app can have: what is looked for, removed and shown with it."""


def secrets_of(sessions: bool) -> tuple[SecretKind, ...]:
    """The kinds that an app has: one without Sessions signs its requests with an API secret beside its key."""
    return (SecretKind.API_KEY,) if sessions else APP_SECRETS


class Environment(Enum):
    """The stage that an org serves. The value is what the database holds, except for OWN."""

    DEVELOPMENT = "development"
    TEST = "test"
    STAGING = "staging"
    PRODUCTION = "production"
    OWN = "own"  # its name is in `Org.own_environment`, which is what the database holds


class AppState(Enum):
    """Where an app stands between the database and the keychain. All but ACTIVE record an intent to be finished.

    The row is written before the secret is stored and removed after the secret is gone: a keychain cannot list its
    items, so a secret without a row could never be found again.
    """

    CREATING = "creating"  # secrets are being stored
    ACTIVE = "active"
    DELETED = "deleted"  # hidden, restorable until `purge_after`
    DELETING = "deleting"  # secrets are being removed


class Origin(Enum):
    """Who made a key. The value is what the database holds; UNKNOWN is left out."""

    HERE = "here"  # Cortex does not know it
    CORTEX = "cortex"  # the web console gave it
    UNKNOWN = ""  # of a version of this program that did not note it


class Known(Enum):
    """What Cortex says of a key. The value is what the database holds."""

    YES = "yes"
    NO = "no"
    DISABLED = "disabled"
    SUSPENDED = "suspended"
    EXPIRED = "expired"
    NO_ORG = "no org"
    NOT_ASKED = "not asked"  # no answer, or one that says nothing about the key

    @property
    def works(self) -> bool:
        """True if Cortex takes the key now."""
        return self is Known.YES


class OrgState(Enum):
    """State of an org. All but ACTIVE hold for its apps too, whatever their rows say."""

    ACTIVE = "active"
    REMOVED = "removed"  # hidden with all its apps, restorable until `purge_after`
    REMOVING = "removing"  # its apps are being removed, secrets and rows; its own row goes last


@dataclass(frozen=True, slots=True)
class Org:
    """An organization. `code` is the path segment of its API, `endpoint` the API's base address (https).

    own_environment: the environment's name where that is OWN, else ""; like_production: an own environment is treated
    like Production; purge_after: aware, in UTC.
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
        """True if people depend on it, so that changes are confirmed first."""
        own = self.environment is Environment.OWN and self.like_production
        return own or self.environment is Environment.PRODUCTION

    @property
    def console(self) -> str:
        """The address of its apps in the web console: `app` for `api` in the host. Empty where the host has none."""
        scheme, separator, rest = self.endpoint.partition("://")
        if not separator or not re.match(r"api[.-]", rest, re.IGNORECASE):
            return ""
        return f"{scheme}://app{rest[3:].partition('/')[0]}/{self.code}/settings/apps"


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
    """A new version of an app's secrets that is being stored.

    sessions: the app's Sessions from this version on, which decides what secrets it has; details: the app's details
    from this version on, None where only the secrets are new; origin: of its key.
    """

    number: int
    key_ends: KeyEnds
    sessions: bool
    details: AppDetails | None = None
    origin: Origin = Origin.UNKNOWN


@dataclass(frozen=True, slots=True)
class KeptVersion:
    """An earlier version of an app's secrets, which the keychain keeps until `until`.

    sessions: the app's Sessions with this version, which decides what secrets it has; origin: of its key.
    """

    number: int
    key_ends: KeyEnds
    sessions: bool
    until: datetime
    origin: Origin = Origin.UNKNOWN


@dataclass(frozen=True, slots=True)
class GivenUp:
    """A version that was given up while it was being stored: what still arrives of it is removed.

    key_ends: of the key that was being stored; None in rows of older versions of this program, which do not say.
    """

    number: int
    key_ends: KeyEnds | None


SANDBOX = "sandbox"
"""The place of a login to the sandbox on this computer, whatever its address."""


@dataclass(frozen=True, slots=True)
class RememberedLogin:
    """A login for which the keychain keeps the cookie by which a server knows this computer.

    number: of its item, among those of the org; place: the endpoint, or SANDBOX; until: None while it is in use; else
    the item is removed, also one that arrives before then.
    """

    number: int
    place: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class App:
    """One app of an org, without its secrets.

    version: of the current secrets in the keychain, from 1; last_version: the highest number ever given out, since
    none is used twice; key_ends: what may be shown of the API key; keychain: name of the keychain class that holds
    the secrets; kept: earlier versions, newest first; given_up: versions whose secrets may still arrive in the keychain
    until sweep_until, where recovery removes them; taken: numbers under which the keychain held somebody's key already;
    expires, review: the last day of use, and the day on which to look at it again, both for information only; origin:
    of the current key; known: what Cortex said of that key at `checked`, None if it was never asked; logins: those for
    which a server knows this computer; provider: the name, for people, of the keychain program that stored the current
    secrets, "" where that is not known. Times are aware, in UTC.
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
    given_up: tuple[GivenUp, ...] = ()
    taken: tuple[int, ...] = ()
    rotated: datetime | None = None
    last_copied: datetime | None = None
    purge_after: datetime | None = None
    sweep_until: datetime | None = None
    notes: str = ""
    owner: str = ""
    expires: date | None = None
    review: date | None = None
    origin: Origin = Origin.UNKNOWN
    known: Known | None = None
    checked: datetime | None = None
    logins: tuple[RememberedLogin, ...] = ()
    provider: str = ""

    @property
    def kinds(self) -> tuple[SecretKind, ...]:
        """The kinds of secret that the app has now."""
        return secrets_of(self.sessions)

    @property
    def details(self) -> AppDetails:
        """What a person decided about the app."""
        return AppDetails(self.label, self.sessions, self.csrf, self.notes, self.owner, self.expires, self.review)

    def ref(self, kind: SecretKind) -> SecretRef:
        """Return the place of the current version of this secret."""
        return SecretRef(self.org_id, self.id, kind, self.version)

    def refs_of(self, number: int) -> tuple[SecretRef, ...]:
        """Return the places of the secrets of this version, which is the current one, pending or kept."""
        sessions = next((kept.sessions for kept in self.kept if kept.number == number), self.sessions)
        if self.pending is not None and self.pending.number == number:
            sessions = self.pending.sessions
        return tuple(SecretRef(self.org_id, self.id, kind, number) for kind in secrets_of(sessions))

    def any_refs_of(self, number: int) -> tuple[SecretRef, ...]:
        """Return every place where the keychain may hold a secret of this version, whatever the row says."""
        return tuple(SecretRef(self.org_id, self.id, kind, number) for kind in APP_SECRETS)

    @property
    def refs(self) -> tuple[SecretRef, ...]:
        """The places of all current secrets of the app."""
        return self.refs_of(self.version)

    def login_at(self, place: str) -> RememberedLogin | None:
        """The login that is remembered for this place."""
        return next((login for login in self.logins if login.place == place and login.until is None), None)

    def logins_beside(self, place: str) -> tuple[RememberedLogin, ...]:
        """The logins that are remembered for the sandbox, or for any endpoint: an org has one, which may change."""
        used = (login for login in self.logins if login.until is None)
        return tuple(login for login in used if (login.place == SANDBOX) == (place == SANDBOX))

    def is_expired(self, today: date) -> bool:
        """True if its last day has passed."""
        return self.expires is not None and self.expires < today

    def expires_soon(self, today: date) -> bool:
        """True if its last day is today or within the next 30 days."""
        return self.expires is not None and today <= self.expires <= today + EXPIRES_SOON

    def needs_review(self, today: date) -> bool:
        """True if the day on which to look at it again has come."""
        return self.review is not None and self.review <= today

    def needs_attention(self, today: date) -> bool:
        """True if it is enabled and has expired, expires soon, or needs a review."""
        expired_or_soon = self.expires is not None and self.expires <= today + EXPIRES_SOON
        return self.enabled and (expired_or_soon or self.needs_review(today))

    @property
    def versions(self) -> tuple[int, ...]:
        """The versions that the row names: the current one, the pending one, and those kept."""
        pending = (self.pending.number,) if self.pending is not None else ()
        return (self.version, *pending, *(kept.number for kept in self.kept))


def new_id() -> str:
    """Return a new identity: 32 lower-case hex digits (UUID version 4)."""
    from uuid import uuid4  # first needed long after the first paint

    return uuid4().hex
