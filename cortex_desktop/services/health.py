"""The health of an org's keys in figures. No key is read: rows, the activity log and the last check say it all.

Each figure that counts apps has the search of `domain.query` that finds exactly these apps.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import Enum

from ..domain.days import midnight
from ..domain.model import App, AppState
from ..domain.secret import SecretKind

AHEAD = 90
"""Days that the calendar looks ahead, after today."""

WEEKS = 12
"""Weeks of which copies are counted; the last one is not over."""

AGES = ((0, 30), (30, 90), (90, 180), (180, 365), (365, 0))
"""Ages of keys in days, from and to; 0 where there is no limit."""

YEAR = 365


class Standing(Enum):
    """Why an app needs attention, worst first. An app has the worst that holds for it."""

    MISSING = "missing"
    EXPIRED = "expired"
    REVIEW_DUE = "review due"
    EXPIRES_SOON = "expires soon"


_WORST_FIRST = {standing: rank for rank, standing in enumerate(Standing)}


@dataclass(frozen=True)
class Group:
    """So many apps, and the search that finds exactly these."""

    count: int
    search: str


@dataclass(frozen=True)
class Concern:
    """An app that needs attention. day: since or until when; None for a missing key."""

    app: App
    standing: Standing
    day: date | None = None


@dataclass(frozen=True)
class Day:
    """A day on which something is due. search: finds the apps of both."""

    day: date
    expiring: tuple[App, ...]
    reviews: tuple[App, ...]
    search: str

    @property
    def apps(self) -> tuple[App, ...]:
        """Each app once."""
        return tuple({app.id: app for app in (*self.expiring, *self.reviews)}.values())


@dataclass(frozen=True)
class Age:
    """Keys of an age in days, from `low` to before `high`; 0: no limit."""

    low: int
    high: int
    apps: Group


@dataclass(frozen=True)
class Check:
    """The last keychain check of these apps, as far as something is known of it.

    checked: when it ended, None if no result is kept; troubled: the apps whose keychain items do not match, those
    whose key is missing included; missing: those of them that the search finds; keys, secrets, earlier: how many the
    list says there are.
    """

    checked: datetime | None
    troubled: tuple[App, ...]
    missing: Group
    keys: int
    secrets: int
    earlier: int


@dataclass(frozen=True)
class Health:
    """All figures of an org but for copies, which come from the activity log."""

    today: date
    apps: Group
    enabled: int
    disabled: int
    unfinished: int
    attention: Group
    concerns: Sequence[Concern]
    standings: Mapping[Standing, int]
    expiring: Group
    last_day: date
    reviews: Group
    days: Sequence[Day]
    dated: bool
    """True if an app has a day of expiry or review, however far away."""
    old: Group
    oldest: tuple[App, int] | None
    """The app with the oldest key of `old`, and its age in days."""
    ages: Sequence[Age]
    median: int | None
    """Half of the keys are younger than this, in days; None without apps."""
    check: Check


def health_of(
    apps: Sequence[App],
    now: datetime,
    today: date,
    missing: AbstractSet[str] = frozenset(),
    troubled: AbstractSet[str] = frozenset(),
    checked: datetime | None = None,
) -> Health:
    """Return the figures of these apps.

    now: aware; today: where the person is; missing: ids of apps whose key the keychain does not hold; troubled,
    checked: what the last keychain check found, and when it ended.
    """
    concerns = _concerns(apps, today, missing)
    last_day = today + timedelta(days=AHEAD)
    days = _days(apps, today, last_day)
    born = sorted(((app.rotated or app.created, app) for app in apps), key=lambda pair: pair[0])
    limit = now - timedelta(days=YEAR)
    old = sum(when < limit for when, _ in born)
    return Health(
        today=today,
        apps=Group(len(apps), ""),
        enabled=sum(app.enabled and app.state is AppState.ACTIVE for app in apps),
        disabled=sum(not app.enabled for app in apps),
        unfinished=sum(app.enabled and app.state is not AppState.ACTIVE for app in apps),
        attention=Group(len(concerns), "is:attention"),
        concerns=concerns,
        standings=Counter(concern.standing for concern in concerns),
        expiring=Group(sum(len(day.expiring) for day in days), f"expires:>=0d expires:<={AHEAD}d"),
        last_day=last_day,
        reviews=Group(sum(len(day.reviews) for day in days), f"review:>=0d review:<={AHEAD}d"),
        days=days,
        dated=any(app.expires or app.review for app in apps),
        old=Group(old, f"rotated:>{YEAR}d"),
        oldest=(born[0][1], (now - born[0][0]).days) if old else None,
        ages=_ages([when for when, _ in born], now),
        median=max(0, (now - born[(len(born) - 1) // 2][0]).days) + 1 if born else None,
        check=check_of(apps, missing, troubled, checked),
    )


def check_of(
    apps: Sequence[App],
    missing: AbstractSet[str],
    troubled: AbstractSet[str] = frozenset(),
    checked: datetime | None = None,
) -> Check:
    """Return what is known of the keychain. troubled, missing: ids of apps, some of which may be of other orgs."""
    gone = sum(app.id in missing for app in apps)
    return Check(
        checked=checked,
        troubled=tuple(app for app in apps if app.id in missing or app.id in troubled),
        missing=Group(gone, "is:missing"),
        keys=len(apps),
        secrets=sum(SecretKind.API_SECRET in app.kinds for app in apps),
        earlier=sum(len(app.kept) for app in apps),
    )


def first_of_week(day: date, first_weekday: int) -> date:
    """Return the first day of the day's week. first_weekday: 0 for Monday to 6 for Sunday."""
    return day - timedelta(days=(day.weekday() - first_weekday) % 7)


def weeks_until(today: date, first_weekday: int) -> list[date]:
    """Return the first days of the last `WEEKS` weeks, oldest first; the last week is today's."""
    last = first_of_week(today, first_weekday)
    return [last - timedelta(weeks=back) for back in range(WEEKS - 1, -1, -1)]


def week_edges(weeks: Sequence[date]) -> list[datetime]:
    """Return when each of these weeks begins, and when the last one ends."""
    return [midnight(day) for day in (*weeks, weeks[-1] + timedelta(weeks=1))]


def _concerns(apps: Iterable[App], today: date, missing: AbstractSet[str]) -> list[Concern]:
    """The apps that need attention, worst first, and of equals the most pressing first."""
    found = []
    for app in apps:
        if app.id in missing:
            found.append(Concern(app, Standing.MISSING))
        elif (app.expires or app.review) and app.needs_attention(today):
            if app.is_expired(today):
                found.append(Concern(app, Standing.EXPIRED, app.expires))
            elif app.needs_review(today):
                found.append(Concern(app, Standing.REVIEW_DUE, app.review))
            else:
                found.append(Concern(app, Standing.EXPIRES_SOON, app.expires))
    return sorted(found, key=lambda each: (_WORST_FIRST[each.standing], each.day or today))


@dataclass
class _Due:
    """What is due on one day."""

    expiring: list[App] = field(default_factory=list)
    reviews: list[App] = field(default_factory=list)


def _days(apps: Iterable[App], first: date, last: date) -> list[Day]:
    due: defaultdict[date, _Due] = defaultdict(_Due)
    for app in apps:
        if app.expires is not None and first <= app.expires <= last:
            due[app.expires].expiring.append(app)
        if app.review is not None and first <= app.review <= last:
            due[app.review].reviews.append(app)
    return [
        Day(day, tuple(both.expiring), tuple(both.reviews), f"{_name(both)}:{day.isoformat()}")
        for day, both in sorted(due.items())
    ]


def _name(both: _Due) -> str:
    """The filter that finds the apps of a day."""
    if not both.reviews:
        return "expires"
    return "due" if both.expiring else "review"


def _ages(born: Iterable[datetime], now: datetime) -> list[Age]:
    """How many keys are of each age. A key that is exactly as old as a limit is among the younger."""
    limits = [now - timedelta(days=high) for _, high in AGES if high]
    counts = Counter(sum(when < limit for limit in limits) for when in born)
    ages = []
    for number, (low, high) in enumerate(AGES):
        words = [f"rotated:>{low}d"] * bool(low) + [f"rotated:<{high}d"] * bool(high)
        ages.append(Age(low, high, Group(counts[number], " ".join(words))))
    return ages
