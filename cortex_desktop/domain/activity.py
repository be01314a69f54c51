"""The activity log: its entries, the words for them, and what a check of its chain finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from .text import QT_TRANSLATE_NOOP, Text

Detail = str | int | bool


class Action(Enum):
    """Kinds of activity entries. The log holds the values, so they never change."""

    CREATED = "created"
    IMPORTED = "taken in"  # an app whose key was made elsewhere
    DUPLICATED = "duplicated"
    EDITED = "edited"
    ENABLED = "enabled"
    DISABLED = "disabled"
    KEY_COPIED = "key copied"
    SECRET_COPIED = "secret copied"  # noqa: S105 (a name, not a secret)
    REQUEST_COPIED = "request copied"
    KEY_REVEALED = "key revealed"
    SECRET_REVEALED = "secret revealed"  # noqa: S105
    ROTATED = "rotated"
    KEY_GIVEN = "key given"  # one that Cortex made, for an app that has one already
    ROLLED_BACK = "rolled back"
    KEY_TYPED = "key typed"  # a key that was made elsewhere, into an app that is here
    KEY_TAKEN = "key taken"  # a newer key that the keychain held
    BROUGHT_BACK = "brought back"  # an app of which only the keychain knew
    OWN_KEYS = "own keys"  # a copy's app got keys of its own
    CHECKED = "checked"  # with Cortex, whether it knows the key
    ORIGIN_NOTED = "origin noted"  # a person said who made the key
    LOGIN_REMEMBERED = "login remembered"  # the cookie by which a server knows this computer is kept
    LOGIN_FORGOTTEN = "login forgotten"
    KEPT_REMOVED = "kept removed"  # an old key that had been kept
    DELETED = "deleted"
    RESTORED = "restored"
    PURGED = "purged"  # deleted for good
    REPAIRED = "repaired"  # what did not match between keychain and database
    FINISHED = "finished"  # what an earlier run had begun
    UNDONE = "undone"
    ORG_ADDED = "org added"
    ORG_CHANGED = "org changed"
    ORG_REMOVED = "org removed"
    ORG_RESTORED = "org restored"
    ORG_PURGED = "org purged"
    EXPORTED = "exported"  # the log itself
    REPORT_SAVED = "report saved"  # on the health of an org's keys
    UNKNOWN = ""  # of a newer version of this program


@dataclass(frozen=True)
class ActivityEntry:
    """One action, as recorded. It never holds a key.

    when: aware; who: the operating system's user; computer: its name; org_*, app_id, label: the org and the app as they
    were called then, empty where there was none; details: what `describe` has words for.
    """

    when: datetime
    who: str
    computer: str
    action: Action
    org_id: str = ""
    org_name: str = ""
    app_id: str = ""
    label: str = ""
    details: Mapping[str, Detail] = field(default_factory=dict)


@dataclass(frozen=True)
class Logged:
    """A line of the log. number: from 1, as the line says; sha256: of the line; entry: None if it cannot be read."""

    number: int
    sha256: str
    entry: ActivityEntry | None


@dataclass(frozen=True)
class ActivityWord:
    """A word to search for: in an entry's label, user and details, and in the org's name when all orgs are searched.

    text: folded (`folding.fold`); actions, details: those whose words hold it; details by name and value, None for any.
    """

    text: str
    actions: frozenset[Action] = frozenset()
    details: frozenset[tuple[str, Detail | None]] = frozenset()


@dataclass(frozen=True)
class ActivityQuery:
    """Which entries to find: of this org and app (empty: of all), from `since` on and before `until`, of this action
    (None: of all), with all the words."""

    org_id: str = ""
    app_id: str = ""
    since: datetime | None = None
    words: tuple[ActivityWord, ...] = ()
    until: datetime | None = None
    action: Action | None = None


@dataclass(frozen=True)
class Piece:
    """A part of the log that was searched or checked.

    begin, end: which part, in bytes; done: the progress through the log, 0 to 1; places: where the lines that were
    found begin, newest first; runs: those of them that begin a run, which is entries of one day, found one after the
    other, that differ in nothing but their time; days: the local day of those that are the first of theirs; breaks:
    what is wrong in this part.
    """

    begin: int
    end: int
    done: float
    places: Sequence[int] = ()
    runs: Sequence[int] = ()
    days: Mapping[int, date] = field(default_factory=dict)
    breaks: Sequence[Break] = ()


@dataclass(frozen=True)
class Counted:
    """How many entries a part of the log holds of each period, oldest first. end: where the log ends, in bytes."""

    end: int
    counts: Sequence[int]


@dataclass(frozen=True)
class ChainHead:
    """The number of the log's last entry, 0 when there is none, and that line's SHA-256.

    With it, a later check shows whether anything up to that entry was changed.
    """

    number: int
    sha256: str


class Harm(Enum):
    """Damage at one place in the log."""

    CHANGED = "changed"  # the entry is not what was written
    MISSING = "missing"
    MISPLACED = "misplaced"  # an entry where another one belongs
    UNREADABLE = "unreadable"  # a line that is no entry


@dataclass(frozen=True)
class Break:
    """A place where the chain of the log is broken. first, last: numbers of entries; line: in the file, from 1."""

    harm: Harm
    first: int
    last: int
    line: int

    @property
    def text(self) -> Text:
        """A sentence that says what is wrong, and where."""
        values = {"first": str(self.first), "last": str(self.last), "line": str(self.line)}
        match self.harm:
            case Harm.CHANGED:
                source = QT_TRANSLATE_NOOP("core", "Entry {first} was changed (line {line} of the file).")
            case Harm.MISSING if self.first == self.last:
                source = QT_TRANSLATE_NOOP("core", "Entry {first} is missing (before line {line} of the file).")
            case Harm.MISSING:
                source = QT_TRANSLATE_NOOP(
                    "core", "Entries {first} to {last} are missing (before line {line} of the file)."
                )
            case Harm.MISPLACED:
                source = QT_TRANSLATE_NOOP("core", "Entry {first} is in the wrong place (line {line}).")
            case Harm.UNREADABLE:
                source = QT_TRANSLATE_NOOP("core", "Line {line} of the file is not an entry.")
        return Text(source, values)


ACTION_WORDS: Mapping[Action, str] = {
    Action.CREATED: QT_TRANSLATE_NOOP("core", "Created"),
    Action.IMPORTED: QT_TRANSLATE_NOOP("core", "Existing key added"),
    Action.DUPLICATED: QT_TRANSLATE_NOOP("core", "Duplicated"),
    Action.EDITED: QT_TRANSLATE_NOOP("core", "Edited"),
    Action.ENABLED: QT_TRANSLATE_NOOP("core", "Enabled"),
    Action.DISABLED: QT_TRANSLATE_NOOP("core", "Disabled"),
    Action.KEY_COPIED: QT_TRANSLATE_NOOP("core", "Key copied"),
    Action.SECRET_COPIED: QT_TRANSLATE_NOOP("core", "Secret copied"),
    Action.REQUEST_COPIED: QT_TRANSLATE_NOOP("core", "Request copied"),
    Action.KEY_REVEALED: QT_TRANSLATE_NOOP("core", "Key revealed"),
    Action.SECRET_REVEALED: QT_TRANSLATE_NOOP("core", "Secret revealed"),
    Action.ROTATED: QT_TRANSLATE_NOOP("core", "Key rotated"),
    Action.KEY_GIVEN: QT_TRANSLATE_NOOP("core", "Key from Cortex used"),
    Action.ROLLED_BACK: QT_TRANSLATE_NOOP("core", "Rolled back"),
    Action.KEY_TYPED: QT_TRANSLATE_NOOP("core", "Existing key typed in"),
    Action.KEY_TAKEN: QT_TRANSLATE_NOOP("core", "Newer key of the keychain in use"),
    Action.BROUGHT_BACK: QT_TRANSLATE_NOOP("core", "Brought back from the keychain"),
    Action.OWN_KEYS: QT_TRANSLATE_NOOP("core", "Got keys of its own"),
    Action.CHECKED: QT_TRANSLATE_NOOP("core", "Checked with Cortex"),
    Action.ORIGIN_NOTED: QT_TRANSLATE_NOOP("core", "Noted who made the key"),
    Action.LOGIN_REMEMBERED: QT_TRANSLATE_NOOP("core", "This computer remembered for logins"),
    Action.LOGIN_FORGOTTEN: QT_TRANSLATE_NOOP("core", "This computer forgotten for logins"),
    Action.KEPT_REMOVED: QT_TRANSLATE_NOOP("core", "Old key removed"),
    Action.DELETED: QT_TRANSLATE_NOOP("core", "Deleted"),
    Action.RESTORED: QT_TRANSLATE_NOOP("core", "Restored"),
    Action.PURGED: QT_TRANSLATE_NOOP("core", "Deleted for good"),
    Action.REPAIRED: QT_TRANSLATE_NOOP("core", "Keychain repaired"),
    Action.FINISHED: QT_TRANSLATE_NOOP("core", "Recovery finished"),
    Action.UNDONE: QT_TRANSLATE_NOOP("core", "Recovery undid"),
    Action.ORG_ADDED: QT_TRANSLATE_NOOP("core", "Organization added"),
    Action.ORG_CHANGED: QT_TRANSLATE_NOOP("core", "Organization changed"),
    Action.ORG_REMOVED: QT_TRANSLATE_NOOP("core", "Organization removed"),
    Action.ORG_RESTORED: QT_TRANSLATE_NOOP("core", "Organization restored"),
    Action.ORG_PURGED: QT_TRANSLATE_NOOP("core", "Organization removed for good"),
    Action.EXPORTED: QT_TRANSLATE_NOOP("core", "Activity exported"),
    Action.REPORT_SAVED: QT_TRANSLATE_NOOP("core", "Report saved"),
    Action.UNKNOWN: QT_TRANSLATE_NOOP("core", "Something else"),
}

DETAIL_WORDS: Mapping[tuple[str, Detail | None], str] = {
    ("sessions", True): QT_TRANSLATE_NOOP("core", "Sessions on"),
    ("sessions", False): QT_TRANSLATE_NOOP("core", "Sessions off"),
    ("csrf", True): QT_TRANSLATE_NOOP("core", "CSRF Protection on"),
    ("csrf", False): QT_TRANSLATE_NOOP("core", "CSRF Protection off"),
    ("clears_after", None): QT_TRANSLATE_NOOP("core", "Cleared from the clipboard after {value} s"),
    ("hides_after", None): QT_TRANSLATE_NOOP("core", "Shown for {value} s"),
    ("kept_until", None): QT_TRANSLATE_NOOP("core", "Old key kept until {value}"),
    ("kept", False): QT_TRANSLATE_NOOP("core", "Old key not kept"),
    ("restorable_until", None): QT_TRANSLATE_NOOP("core", "Can be restored until {value}"),
    ("version", None): QT_TRANSLATE_NOOP("core", "Version {value} of the key"),
    ("label_before", None): QT_TRANSLATE_NOOP("core", "Was called “{value}”"),
    ("copy_of", None): QT_TRANSLATE_NOOP("core", "Copy of “{value}”"),
    ("origin", "here"): QT_TRANSLATE_NOOP("core", "Key made here"),
    ("origin", "cortex"): QT_TRANSLATE_NOOP("core", "Key from Cortex"),
    ("origin", ""): QT_TRANSLATE_NOOP("core", "Not known who made the key"),
    ("known", "yes"): QT_TRANSLATE_NOOP("core", "Cortex takes the key"),
    ("known", "no"): QT_TRANSLATE_NOOP("core", "Cortex does not know the key"),
    ("known", "disabled"): QT_TRANSLATE_NOOP("core", "Disabled in Cortex"),
    ("known", "suspended"): QT_TRANSLATE_NOOP("core", "Suspended in Cortex"),
    ("known", "expired"): QT_TRANSLATE_NOOP("core", "Expired in Cortex"),
    ("known", "no org"): QT_TRANSLATE_NOOP("core", "Cortex does not know the organization"),
    ("known", "not asked"): QT_TRANSLATE_NOOP("core", "Cortex could not be asked"),
    ("changed", None): QT_TRANSLATE_NOOP("core", "Changed: {value}"),
    ("code", None): QT_TRANSLATE_NOOP("core", "Code {value}"),
    ("endpoint", None): QT_TRANSLATE_NOOP("core", "Endpoint {value}"),
    ("place", "sandbox"): QT_TRANSLATE_NOOP("core", "In the sandbox"),
    ("place", None): QT_TRANSLATE_NOOP("core", "At {value}"),
    ("environment", "development"): QT_TRANSLATE_NOOP("core", "Environment Development"),
    ("environment", "test"): QT_TRANSLATE_NOOP("core", "Environment Test"),
    ("environment", "staging"): QT_TRANSLATE_NOOP("core", "Environment Staging"),
    ("environment", "production"): QT_TRANSLATE_NOOP("core", "Environment Production"),
    ("environment", None): QT_TRANSLATE_NOOP("core", "Environment {value}"),
    ("like_production", True): QT_TRANSLATE_NOOP("core", "Treated like Production"),
    ("like_production", False): QT_TRANSLATE_NOOP("core", "Not treated like Production"),
    ("apps", None): QT_TRANSLATE_NOOP("core", "Apps: {value}"),
    ("problem", "missing"): QT_TRANSLATE_NOOP("core", "The key was missing"),
    ("problem", "differs"): QT_TRANSLATE_NOOP("core", "The keychain held another key"),
    ("problem", "kept missing"): QT_TRANSLATE_NOOP("core", "An old key was missing"),
    ("problem", "leftover"): QT_TRANSLATE_NOOP("core", "A leftover was removed"),
    ("problem", "newer"): QT_TRANSLATE_NOOP("core", "The keychain held a newer key"),
    ("problem", "no key"): QT_TRANSLATE_NOOP("core", "The keychain held no key"),
    ("problem", "double"): QT_TRANSLATE_NOOP("core", "The keychain held the key twice"),
    ("problem", "no row"): QT_TRANSLATE_NOOP("core", "The keychain held a key of an app that is not listed"),
    ("count", None): QT_TRANSLATE_NOOP("core", "Entries: {value}"),
    ("format", None): QT_TRANSLATE_NOOP("core", "As {value}"),
}
"""Words for a detail with this value, or with any value (None)."""

MOMENTS = ("kept_until", "restorable_until")
"""Details that are times, in ISO 8601."""

_OTHER_DETAIL = QT_TRANSLATE_NOOP("core", "{name}: {value}")


def describe(entry: ActivityEntry, moment: Callable[[datetime], str]) -> list[Text]:
    """Return the entry's details in words. moment: writes a time for people."""
    texts = []
    for name, value in entry.details.items():
        source = DETAIL_WORDS.get((name, value)) or DETAIL_WORDS.get((name, None))
        shown = str(value)
        if name in MOMENTS and isinstance(value, str):
            try:
                shown = moment(datetime.fromisoformat(value))
            except ValueError:
                source = None
        texts.append(Text(source or _OTHER_DETAIL, {"name": name, "value": shown}))
    return texts
