"""The figures of the Overview page: counted as the searches that they lead to, on every edge of time."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortex_desktop.domain.days import midnight
from cortex_desktop.domain.model import App, AppState, KeptVersion
from cortex_desktop.domain.query import At, Searchable, parse
from cortex_desktop.domain.secret import KeyEnds
from cortex_desktop.services.health import (
    AGES,
    AHEAD,
    WEEKS,
    Group,
    Health,
    Standing,
    first_of_week,
    health_of,
    week_edges,
    weeks_until,
)

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY = timedelta(days=1)


def app(label: str, age: timedelta = DAY, **fields: object) -> App:
    given = {"id": label, "org_id": "0a", "sessions": True, "csrf": True, "keychain": "InMemory"}
    return App(**{**given, "label": label, "created": NOW - age, "key_ends": KeyEnds("head", "tail"), **fields})


def health(*apps: App, now: datetime = NOW, today: date = TODAY, **known: object) -> Health:
    return health_of(apps, now, today, **known)


def standings(found: Health) -> list[tuple[str, Standing]]:
    return [(concern.app.label, concern.standing) for concern in found.concerns]


def test_a_hand_made_org() -> None:
    found = health(
        app("Lab results feed", expires=TODAY - 7 * DAY),
        app("Patient iOS", 40 * DAY, review=TODAY - 3 * DAY),
        app("Trial portal", 40 * DAY, expires=TODAY + 11 * DAY, sessions=False),
        app("eConsent web", 100 * DAY, review=TODAY + 49 * DAY),
        app("QA automation", 200 * DAY, expires=TODAY + 69 * DAY),
        app("Legacy kiosk", 659 * DAY, enabled=False),
        app("Rotated kiosk", 900 * DAY, rotated=NOW - 5 * DAY, kept=(KeptVersion(1, KeyEnds("a", "b"), True, NOW),)),
        app("Half made", state=AppState.CREATING),
    )
    assert found.apps == Group(8, "")
    assert (found.enabled, found.disabled, found.unfinished) == (6, 1, 1)
    assert standings(found) == [
        ("Lab results feed", Standing.EXPIRED),
        ("Patient iOS", Standing.REVIEW_DUE),
        ("Trial portal", Standing.EXPIRES_SOON),
    ]
    assert [concern.day for concern in found.concerns] == [TODAY - 7 * DAY, TODAY - 3 * DAY, TODAY + 11 * DAY]
    assert found.attention == Group(3, "is:attention")
    assert found.expiring == Group(2, "expires:>=0d expires:<=90d")
    assert found.last_day == date(2027, 2, 21)
    assert found.reviews.count == 1
    assert found.old == Group(1, "rotated:>365d")
    assert found.oldest is not None
    assert (found.oldest[0].label, found.oldest[1]) == ("Legacy kiosk", 659)
    assert [(age.low, age.high, age.apps.count) for age in found.ages] == [
        (0, 30, 3),
        (30, 90, 2),
        (90, 180, 1),
        (180, 365, 1),
        (365, 0, 1),
    ]
    assert (found.check.keys, found.check.secrets, found.check.earlier) == (8, 1, 1)
    assert found.check.checked is None


def test_no_app_at_all() -> None:
    found = health()
    assert found.apps == Group(0, "")
    assert not found.concerns
    assert not found.days
    assert (found.median, found.oldest, found.dated) == (None, None, False)
    assert [age.apps.count for age in found.ages] == [0] * 5


def test_disabled_apps_need_nothing_but_their_keys_age_and_expire() -> None:
    off = [app(str(n), 400 * DAY, enabled=False, expires=TODAY + n * DAY, review=TODAY) for n in range(3)]
    found = health(*off)
    assert (found.enabled, found.disabled, found.attention.count) == (0, 3, 0)
    assert (found.expiring.count, found.old.count) == (3, 3)


def test_the_edges_of_90_days() -> None:
    """Today and the 90th day count, the days around them do not."""
    days = {"before": -1, "today": 0, "last": AHEAD, "after": AHEAD + 1}
    found = health(*(app(label, expires=TODAY + n * DAY) for label, n in days.items()))
    assert [[each.label for each in day.expiring] for day in found.days] == [["today"], ["last"]]
    assert standings(found) == [("before", Standing.EXPIRED), ("today", Standing.EXPIRES_SOON)]
    assert [concern.day for concern in found.concerns] == [TODAY - DAY, TODAY]


def test_a_leap_day() -> None:
    leap = date(2028, 2, 29)
    found = health(app("leap", expires=leap), today=leap - AHEAD * DAY, now=NOW + 400 * DAY)
    assert [(day.day, day.search) for day in found.days] == [(leap, "expires:2028-02-29")]
    assert health(app("leap", expires=leap), today=leap + DAY).concerns[0].standing is Standing.EXPIRED
    assert weeks_until(leap, 0)[-1] == date(2028, 2, 28)


def test_a_day_names_the_filter_that_finds_its_apps() -> None:
    day = TODAY + 5 * DAY
    one, other = app("one", expires=day), app("other", review=day)
    both = app("both", expires=day, review=day)
    assert health(one).days[0].search == "expires:2026-11-28"
    assert health(other).days[0].search == "review:2026-11-28"
    found = health(one, other, both).days[0]
    assert found.search == "due:2026-11-28"
    assert [each.label for each in found.apps] == ["one", "both", "other"]


def test_an_app_is_listed_for_the_worst_that_holds() -> None:
    worst = app("worst", expires=TODAY - DAY, review=TODAY)
    gone = app("gone", expires=TODAY - 2 * DAY, enabled=False)
    found = health(worst, gone, missing={"gone", "of another org"})
    assert standings(found) == [("gone", Standing.MISSING), ("worst", Standing.EXPIRED)]
    assert found.standings == {Standing.MISSING: 1, Standing.EXPIRED: 1}


def test_the_check_counts_what_the_list_says() -> None:
    ended = NOW - timedelta(hours=3)
    apps = [app("a", sessions=False), app("b"), app("c")]
    whole = health(*apps, checked=ended).check
    assert (whole.checked, whole.troubled, whole.keys, whole.secrets) == (ended, (), 3, 1)
    found = health(*apps, missing={"b"}, troubled={"c", "of another org"}, checked=ended).check
    assert [each.label for each in found.troubled] == ["b", "c"]
    assert found.missing == Group(1, "is:missing")


def test_half_are_younger_than_the_median() -> None:
    for ages in ([1, 5], [1, 5, 9], [0, 0, 0, 100], [3] * 7):
        found = health(*(app(str(n), timedelta(days=age)) for n, age in enumerate(ages)))
        assert found.median is not None
        assert sum(age < found.median for age in ages) * 2 >= len(ages)
        assert sum(age < found.median - 1 for age in ages) * 2 <= len(ages), "no more than half are much younger"


def test_a_key_as_old_as_a_limit_is_among_the_younger() -> None:
    found = health(*(app(str(high), timedelta(days=high)) for _, high in AGES if high))
    assert [age.apps.count for age in found.ages] == [1, 1, 1, 1, 0]
    assert (found.old.count, found.oldest) == (0, None)


def test_weeks_begin_where_the_person_has_them_begin() -> None:
    weeks = weeks_until(TODAY, 0)
    assert (len(weeks), weeks[0], weeks[-1]) == (WEEKS, date(2026, 9, 7), TODAY)
    assert weeks_until(TODAY, 6)[-1] == date(2026, 11, 22)
    assert [first_of_week(TODAY + n * DAY, 0) for n in (-1, 0, 6, 7)] == [
        TODAY - 7 * DAY,
        TODAY,
        TODAY,
        TODAY + 7 * DAY,
    ]


@contextmanager
def time_zone(name: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    with monkeypatch.context() as patch:
        patch.setenv("TZ", name)
        time.tzset()
        yield
    time.tzset()


@pytest.mark.skipif(os.name == "nt", reason="a process cannot change its time zone there")
def test_weeks_begin_at_the_persons_midnight(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also in the week in which clocks change."""
    weeks = [date(2026, 10, 19), date(2026, 10, 26)]
    with time_zone("Europe/Berlin", monkeypatch):
        assert week_edges(weeks) == [
            datetime(2026, 10, 18, 22, tzinfo=UTC),
            datetime(2026, 10, 25, 23, tzinfo=UTC),
            datetime(2026, 11, 1, 23, tzinfo=UTC),
        ]
    with time_zone("Asia/Tokyo", monkeypatch):
        assert midnight(weeks[1]) == datetime(2026, 10, 25, 15, tzinfo=UTC)


days = st.none() | st.integers(-400, 500).map(lambda n: TODAY + n * DAY)
limits = st.sampled_from([limit * 24 for low_and_high in AGES for limit in low_and_high])
moments = (st.integers(-2, 800 * 24) | limits).map(lambda hours: NOW - timedelta(hours=hours))
some_apps = st.lists(
    st.builds(
        app,
        st.just("an app"),
        created=moments,
        rotated=st.none() | moments,
        expires=days,
        review=days,
        enabled=st.booleans(),
        sessions=st.booleans(),
        state=st.sampled_from((AppState.ACTIVE, AppState.CREATING)),
    ),
    max_size=30,
).map(lambda apps: [replace(each, id=str(n)) for n, each in enumerate(apps)])


@settings(max_examples=200, deadline=None)
@given(some_apps, st.sets(st.integers(0, 40).map(str)), st.sampled_from([0, 1, -1, 97]))
def test_each_search_finds_exactly_what_is_counted(apps: list[App], missing: set[str], later: int) -> None:
    now, today = NOW + later * DAY, TODAY + later * DAY
    found = health(*apps, now=now, today=today, missing=missing)

    def searched(text: str) -> set[str]:
        query = parse(text)
        assert not query.problems + query.unfinished
        return {entry.app.id for entry in query.select(list(map(Searchable, apps)), At(now, today, missing))}

    for group in (found.apps, found.attention, found.expiring, found.reviews, found.old, found.check.missing):
        assert len(searched(group.search)) == group.count
    for age in found.ages:
        assert len(searched(age.apps.search)) == age.apps.count
    assert sum(age.apps.count for age in found.ages) == len(apps)
    assert found.ages[-1].apps.count == found.old.count
    assert searched("is:attention") == {concern.app.id for concern in found.concerns}
    for day in found.days:
        assert searched(day.search) == {each.id for each in day.apps}
