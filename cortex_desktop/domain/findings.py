"""What the keychain check finds: where rows and the keychain disagree, and what can be done about it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from .model import App
from .secret import SecretRef


class Problem(Enum):
    """How the keychain and an app's row disagree. The value is what the database holds, so it never changes."""

    MISSING = "missing"  # the row names a secret that the keychain does not hold
    DIFFERS = "differs"  # the keychain holds another key than the row names
    NO_KEY = "no key"  # what the keychain holds there is no key or secret: empty, too long, no text, of another form
    REFUSED = "refused"  # the item is locked by itself
    KEPT_MISSING = "kept missing"  # the keychain does not hold all of a kept version as it was
    ELSEWHERE = "elsewhere"  # another system's keychain holds the secrets; nothing can be checked or repaired here
    LEFTOVER = "leftover"  # the keychain holds a version that the row gave out and no longer names
    EARLIER = "earlier"  # as LEFTOVER, while the keychain does not hold the current key: this one may be the last
    NEWER = "newer"  # the keychain holds a version that the row never stored
    DOUBLE = "double"  # the keychain holds several items of this name


@dataclass(frozen=True, slots=True)
class Finding:
    """One disagreement: which app, which keychain item, how."""

    app: App
    ref: SecretRef
    problem: Problem


@dataclass(frozen=True, slots=True)
class Stray:
    """A keychain item of an app that has no row.

    is_ours: its org is one of this folder's; else it may belong to another data folder.
    """

    ref: SecretRef
    is_ours: bool


class Repair(Enum):
    """What can be done about a finding."""

    NEW_KEY = "new key"  # give the app a new key; another key that is there stays
    USE = "use"  # make what the keychain holds the app's key
    TYPE = "type"  # type the key in again: `KeyRotation.type_key`
    FORGET_KEPT = "forget kept"  # remove what is left of the earlier version, and forget it
    REMOVE = "remove"  # remove the item
    KEEP_ONE = "keep one"  # keep the right one of several items of one name


def still_holds(finding: Finding, app: App) -> bool:
    """True if the app, as it is now, can still have this problem."""
    number = finding.ref.version
    match finding.problem:
        case Problem.KEPT_MISSING:
            return any(kept.number == number for kept in app.kept)
        case Problem.LEFTOVER | Problem.EARLIER | Problem.NEWER:
            return number not in app.versions
        case Problem.DOUBLE:
            return number in app.versions
        case _:
            return number == app.version
