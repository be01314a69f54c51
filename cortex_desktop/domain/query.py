"""The search of apps: words to look for, and simple filters such as is:disabled.

    portal "new health" owner:ada is:expiring created:<90d

All must hold. A word is looked for in the label, the key's ends, the owner and the notes; with the name of one of these
before it, only there. Quotes hold several words together and make any word plain text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol, TypeVar

from .days import midnight
from .folding import fold
from .model import App, AppState, Known, Origin
from .text import QT_TRANSLATE_NOOP, Text

_PARTS = {"label": slice(0, 1), "key": slice(1, 3), "owner": slice(3, 4), "notes": slice(4, 5)}
"""Where each lies in `Searchable.folded`."""

WORDS: dict[str, tuple[str, ...]] = {
    "is": ("enabled", "disabled", "attention", "expired", "expiring", "review", "missing", "unfinished"),
    "sessions": ("on", "off"),
    "csrf": ("on", "off"),
    "from": ("here", "cortex", "unknown"),
    "works": ("yes", "no", "unchecked"),
    "checked": ("<30d", ">30d", ">90d", "none"),
    "created": ("<7d", "<30d", "<90d", ">365d"),
    "rotated": ("<30d", ">90d", ">365d", "none"),
    "expires": ("<30d", "<90d", "none"),
    "review": ("<30d", "none"),
    "due": ("<30d",),
    "owner": ('""',),
    "label": (),
    "key": (),
    "notes": ('""',),
}
"""The filters, and the suggestions after each one's colon. Those in `_CHOICES` take nothing else."""

_CHOICES = ("is", "sessions", "csrf", "from", "works")
_ORIGINS = {"here": Origin.HERE, "cortex": Origin.CORTEX, "unknown": Origin.UNKNOWN}
_DATES = {"expires": ("expires",), "review": ("review",), "due": ("expires", "review")}
"""Filters of days, and the app's days of which one must match."""

_UNITS = {"d": 1, "w": 7, "m": 30, "y": 365}
_YEARS = range(1971, 3000)  # what all systems can turn into local time
_WHEN = re.compile(r"(<=|>=|<|>|)(?:(\d{1,4})([dwmy])|(\d{4})(?:-(\d\d?)(?:-(\d\d?))?)?)")
_BEGUN_WHEN = re.compile(r"(<=?|>=?|)(\d{0,4}|\d{4}-\d?|\d{4}-\d\d?-\d?)")
_TOKEN = re.compile(rf'(?:((?ai:{"|".join(WORDS)})):)?(?:"((?:\\.|[^"\\])*)("|\\?\Z)|(\S*))', re.DOTALL)
_ESCAPED = re.compile(r'\\(["\\])')
_LIKE_A_FILTER = re.compile(r"([^\W\d_]+):(?!//)\S")
_NEVER = datetime.max.replace(tzinfo=UTC)
_SHOWN = 40  # characters of a wrong word in a sentence


class Searchable:
    """An app prepared for searching.

    folded: what can be found in it, a part of `_PARTS` on each line; created_at: in seconds since 1970, which compare
    twice as fast as datetimes.
    """

    __slots__ = ("app", "created_at", "folded")

    def __init__(self, app: App) -> None:
        ends = app.key_ends
        parts = (fold(app.label), ends.head.lower(), ends.tail.lower(), fold(app.owner), fold(app.notes))
        self.app = app
        self.folded = "\n".join(parts)
        self.created_at = app.created.timestamp()


S = TypeVar("S", bound=Searchable)


@dataclass(frozen=True)
class At:
    """What filters need beside the app.

    now: in UTC; today: where the person is; missing: ids of apps whose key the keychain does not hold.
    """

    now: datetime
    today: date
    missing: AbstractSet[str] = frozenset()


@dataclass(frozen=True)
class Token:
    """A piece of the text from `start` to `end`.

    name: of the filter, empty for plain text; closed: False if its quotes have no end yet.
    """

    name: str
    value: str
    quoted: bool
    closed: bool
    start: int
    end: int


class Term(Protocol):
    """A condition. `select` returns the entries for which it holds, in the same order."""

    def select(self, entries: Sequence[S], at: At) -> list[S]: ...


@dataclass(frozen=True)
class Contains:
    """The app holds the folded text. field: the only part to look in, empty for all."""

    text: str
    field: str = ""

    def select(self, entries: Sequence[S], at: At) -> list[S]:
        text = self.text
        found = [entry for entry in entries if text in entry.folded]
        if not self.field:
            return found
        part = _PARTS[self.field]
        return [entry for entry in found if any(text in field for field in entry.folded.split("\n", 4)[part])]


@dataclass(frozen=True)
class Without:
    """The app lacks this: notes, owner, expires, review, rotated or checked."""

    name: str

    def select(self, entries: Sequence[S], at: At) -> list[S]:
        return [entry for entry in entries if not getattr(entry.app, self.name)]


@dataclass(frozen=True)
class Switch:
    """Sessions or CSRF Protection is on, or off."""

    name: str
    on: bool

    def select(self, entries: Sequence[S], at: At) -> list[S]:
        return [entry for entry in entries if getattr(entry.app, self.name) is self.on]


@dataclass(frozen=True)
class From:
    """Who made the app's key."""

    origin: Origin

    def select(self, entries: Sequence[S], at: At) -> list[S]:
        return [entry for entry in entries if entry.app.origin is self.origin]


@dataclass(frozen=True)
class Works:
    """Whether Cortex took the key when it was last asked. None: it was not asked, or gave no answer about the key."""

    works: bool | None

    def select(self, entries: Sequence[S], at: At) -> list[S]:
        return [entry for entry in entries if _works(entry.app) is self.works]


def _works(app: App) -> bool | None:
    return None if app.known is None or app.known is Known.NOT_ASKED else app.known.works


@dataclass(frozen=True)
class Is:
    """One of the words after is:. Each states a fact: a disabled app may be expired too."""

    what: str

    def select(self, entries: Sequence[S], at: At) -> list[S]:
        today, missing = at.today, at.missing
        match self.what:
            case "enabled":
                return [e for e in entries if e.app.enabled and e.app.state is AppState.ACTIVE]
            case "disabled":
                return [e for e in entries if not e.app.enabled]
            # Few apps have such a date, and a look at it is quicker than a call.
            case "expired":
                return [e for e in entries if e.app.expires and e.app.is_expired(today)]
            case "expiring":
                return [e for e in entries if e.app.expires and e.app.expires_soon(today)]
            case "review":
                return [e for e in entries if e.app.review and e.app.needs_review(today)]
            case "missing":
                return [e for e in entries if e.app.id in missing]
            case "unfinished":
                return [e for e in entries if e.app.state is AppState.CREATING]
            case _:
                dated = [e for e in entries if (app := e.app).expires or app.review or (missing and app.id in missing)]
                return [e for e in dated if e.app.needs_attention(today) or e.app.id in missing]


@dataclass(frozen=True)
class When:
    """A day of the app lies before or after something: created, rotated (the age of the key), checked with Cortex,
    expires, review, or due (one of both).

    sign: "<", "<=", ">", ">=" or "" (for days: at most so many; for a period: within). Either days, from now and for
    created, rotated and checked backwards, or a period from its first day to the day after its last.
    """

    name: str
    sign: str
    days: int = 0
    period: tuple[date, date] | None = None

    def select(self, entries: Sequence[S], at: At) -> list[S]:
        if self.name in _DATES:
            first, last = self._dates(at.today)
            names = _DATES[self.name]
            dated = [(entry, [day for name in names if (day := getattr(entry.app, name))]) for entry in entries]
            return [entry for entry, days in dated if days and any(first <= day <= last for day in days)]
        low, high = self._times(at.now)
        if self.name == "created":
            since, until = low.timestamp(), high.timestamp()
            return [entry for entry in entries if since <= entry.created_at < until]
        if self.name == "checked":
            return [entry for entry in entries if (then := entry.app.checked) and low <= then < high]
        return [entry for entry in entries if low <= (entry.app.rotated or entry.app.created) < high]

    def _dates(self, today: date) -> tuple[date, date]:
        """The first and the last day that match."""
        if self.period is None:
            first = last = _shifted(today, self.days)
        else:
            first, last = self.period[0], _shifted(self.period[1], -1)
        match self.sign:
            case "<":
                return date.min, _shifted(first, -1)
            case "<=":
                return date.min, last
            case ">":
                return _shifted(last, 1), date.max
            case ">=":
                return first, date.max
            case _:
                return (date.min if self.period is None else first), last

    def _times(self, now: datetime) -> tuple[datetime, datetime]:
        """From when on, and until before when."""
        start, end = datetime.min.replace(tzinfo=UTC), _NEVER
        if self.period is None:
            try:
                then = now - timedelta(days=self.days)
            except OverflowError:
                then = start
            return (start, then) if self.sign in (">", ">=") else (then, end)
        first, after = map(midnight, self.period)
        return {"<": (start, first), "<=": (start, after), ">": (after, end), ">=": (first, end)}.get(
            self.sign, (first, after)
        )


@dataclass(frozen=True)
class AppQuery:
    """A parsed search. terms: all must hold.

    problems: a sentence for each filter that was left out because its value makes no sense; unfinished: the same for a
    last word that may still become a filter, to be shown when typing stops; unknown: words that look like a filter, and
    are searched for as text.
    """

    terms: tuple[Term, ...] = ()
    problems: tuple[Text, ...] = ()
    unfinished: tuple[Text, ...] = ()
    unknown: tuple[str, ...] = ()

    def select(self, entries: Sequence[S], at: At) -> list[S]:
        """Return the entries for which all terms hold, in the same order."""
        found = list(entries)
        for term in self.terms:
            found = term.select(found, at)
        return found


def parse(text: str) -> AppQuery:
    """Parse what was typed. Never raises: `problems` names what makes no sense."""
    terms: list[Term] = []
    problems: list[Text] = []
    unfinished: list[Text] = []
    unknown: list[str] = []
    for token in tokens(text):
        term = _term(token)
        if term is not None:
            if term not in terms:
                terms.append(term)
        elif token.name:
            may_become_one = token.end == len(text) and _is_begun(token)
            (unfinished if may_become_one else problems).append(_problem(token, text))
        if not token.name and not token.quoted and _LIKE_A_FILTER.match(token.value):
            unknown.append(_shortened(token.value))
    return AppQuery(tuple(terms), tuple(problems), tuple(unfinished), tuple(unknown))


def tokens(text: str) -> list[Token]:
    """Split the text into its pieces, in order."""
    found = []
    for match in _TOKEN.finditer(text):
        if match.end() > match.start():  # else there is space
            name, inside, mark, plain = match.groups()
            value = plain if inside is None else _ESCAPED.sub(r"\1", inside)
            closed = inside is None or mark == '"'
            found.append(Token((name or "").lower(), value, inside is not None, closed, *match.span()))
    return found


def quoted(value: str) -> str:
    """Return `value` as one word of a search, quoted where needed."""
    if re.fullmatch(r'[^\s"\\:]+', value):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def with_filter(text: str, name: str, word: str = "") -> str:
    """Replace all filters of this name by `word`, e.g. is:disabled; without a word, remove them."""
    kept = [_closed(token, text) for token in tokens(text) if token.name != name]
    return " ".join([*kept, word] if word else kept)


def has_filter(text: str, word: str) -> bool:
    """True if the text has this filter, e.g. is:disabled, however it is written."""
    (wanted,) = parse(word).terms
    return wanted in parse(text).terms


def take_filters(text: str, position: int = -1) -> tuple[list[str], str, int]:
    """Take out the filters that make sense, except one that `position` touches, as it may be in the making.

    Returns them as words, the rest of the text, and where the position is in that.
    """
    taken: list[str] = []
    rest, end, moved = "", 0, position
    for token in tokens(text):
        if not token.name or token.start <= position <= token.end or _term(token) is None:
            continue
        taken.append(_closed(token, text))
        after = token.end + len(text[token.end :]) - len(text[token.end :].lstrip())
        rest += text[end : token.start]
        if position > token.end:
            moved -= min(position, after) - token.start
        end = after
    return taken, rest + text[end:], moved


def completions(text: str, position: int, owners: Sequence[str] = ()) -> tuple[int, list[str]]:
    """Complete the word that ends at `position`. Returns where it begins, and the whole words, likeliest first."""
    token = next((token for token in tokens(text[:position]) if token.end == position), None)
    if token is None or (token.quoted and not token.name):
        return position, []
    begun = fold(token.value)
    if token.name == "owner":
        found = [f"owner:{quoted(owner)}" for owner in owners if begun in fold(owner)]
        found += ['owner:""'] if not begun else []
    elif token.name:
        found = [f"{token.name}:{word}" for word in WORDS[token.name] if word.startswith(begun)]
    else:
        found = _beginning_with(begun)
    return token.start, [word for word in found if word != text[token.start : position].lower()]


def _beginning_with(begun: str) -> list[str]:
    """The filters whose name or value begins so; at least three letters, or a whole name, are needed."""
    if len(begun) < 3 and begun not in WORDS:
        return []
    by_word = [f"is:{word}" for word in WORDS["is"] if word.startswith(begun)]
    by_name = [f"{name}:{word}" for name, words in WORDS.items() if name.startswith(begun) for word in (words or ("",))]
    return by_word + by_name


def _term(token: Token) -> Term | None:
    """The term that a token means, or None."""
    name, value = token.name, token.value.lower()
    if name in ("", *_PARTS):
        if name and token.quoted and token.closed and not token.value:
            return Without(name) if name in ("owner", "notes") else None
        folded = fold(token.value)
        return Contains(folded, name) if folded else None
    if name == "is":
        return Is(value) if value in WORDS[name] else None
    if name in ("sessions", "csrf"):
        return Switch(name, value == "on") if value in WORDS[name] else None
    if name == "from":
        return From(_ORIGINS[value]) if value in WORDS[name] else None
    if name == "works":
        return Works({"yes": True, "no": False}.get(value)) if value in WORDS[name] else None
    if value == "none" and name not in ("created", "due"):
        return Without(name)
    return _when(name, value)


def _when(name: str, value: str) -> When | None:
    match = _WHEN.fullmatch(value)
    if match is None:
        return None
    sign, count, unit, *numbers = match.groups()
    if count is not None:
        return When(name, sign, int(count) * _UNITS[unit])
    year, month, day = (0 if number is None else int(number) for number in numbers)
    if year not in _YEARS:
        return None
    try:
        first = date(year, 1 if numbers[1] is None else month, 1 if numbers[2] is None else day)
    except ValueError:
        return None
    if numbers[2] is not None:
        after = first + timedelta(days=1)
    elif numbers[1] is not None:
        after = date(year + month // 12, month % 12 + 1, 1)
    else:
        after = date(year + 1, 1, 1)
    return When(name, sign, period=(first, after))


def _is_begun(token: Token) -> bool:
    """True if a word that means nothing yet may become a filter with more typing."""
    value = token.value.lower()
    if any(word.startswith(value) for word in WORDS[token.name]):
        return True
    if token.name in _PARTS:
        return not value
    return token.name not in _CHOICES and bool(_BEGUN_WHEN.fullmatch(value))


def _problem(token: Token, text: str) -> Text:
    values = {"word": _shortened(text[token.start : token.end]), "filter": token.name}
    if token.name in _PARTS:
        source = QT_TRANSLATE_NOOP("core", "“{word}” is left out: write what to look for after the colon.")
    elif token.name in _CHOICES:
        values["choices"] = ", ".join(f"{token.name}:{word}" for word in WORDS[token.name])
        source = QT_TRANSLATE_NOOP("core", "“{word}” is left out: it can be {choices}.")
    else:
        source = QT_TRANSLATE_NOOP(
            "core", "“{word}” is left out: write for example {filter}:<90d or {filter}:>2026-01-31."
        )
    return Text(source, values)


def _closed(token: Token, text: str) -> str:
    """The token as it was written, with its quotes closed."""
    if token.closed:
        return text[token.start : token.end]
    written = quoted(token.value)
    if not written.startswith('"'):
        written = f'"{written}"'
    return f"{token.name}:{written}" if token.name else written


def _shortened(word: str) -> str:
    return word if len(word) <= _SHOWN else f"{word[:_SHOWN]}…"


def _shifted(day: date, days: int) -> date:
    """The day so many days later, within what the calendar holds."""
    try:
        return day + timedelta(days=days)
    except OverflowError:
        return date.max if days > 0 else date.min
