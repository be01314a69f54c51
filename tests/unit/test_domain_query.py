"""The search of apps: what is understood, what is found, what is told of words that make no sense."""

from __future__ import annotations

import string
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortex_desktop.domain.folding import fold
from cortex_desktop.domain.model import App, AppState, Known, Origin
from cortex_desktop.domain.query import (
    WORDS,
    AppQuery,
    At,
    Searchable,
    completions,
    has_filter,
    parse,
    quoted,
    take_filters,
    tokens,
    with_filter,
)
from cortex_desktop.domain.secret import KeyEnds

TODAY = date(2026, 11, 23)
NOON = datetime.combine(TODAY, time(12)).astimezone().astimezone(UTC)  # of this computer's day
AT = At(NOON, TODAY, frozenset(["gone"]))
DAY = timedelta(days=1)
fast = settings(deadline=None, database=None, derandomize=True, max_examples=200)


def app(label: str = "App", **fields: object) -> App:
    given = {"sessions": True, "csrf": True, "created": NOON, "key_ends": KeyEnds("mwid", "OYJh"), "keychain": "Memory"}
    return App(**{"id": label, "org_id": "0", "label": label, **given, **fields})


def finds(text: str, **fields: object) -> bool:
    """Whether the search finds an app with these fields."""
    entry = Searchable(app(**{"label": "NewHealth App", **fields}))
    return parse(text).select([entry], AT) == [entry]


# Text


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "health",
        "HEALTH new",
        "mwid",
        "oyjh",
        '"health app"',
        '"health a',
        "owner:ADA",
        'owner:"ada l"',
        "owner:lovelace notes:2027",
        "label:health key:mwi",
        'notes:"second line"',
        "arzte",
        "app:v2",
        "https://x.example/a",
        '5"',
        '"say \\"hi\\""',
        'hi"',
        "\\d",
        '"\\d"',
        "🩺",
        "אפליקציה",
        "علي",
    ],
)
def test_finds(text: str) -> None:
    notes = 'Second line 2027\nÄrzte app:v2 https://x.example/a 5" say "hi" \\d 🩺 אפליקציה علي'
    assert finds(text, owner="Ada Lovelace", notes=notes)
    assert not parse(text).problems


@pytest.mark.parametrize(
    "text",
    [
        "patient",
        "health patient",
        '"app health"',
        '"newhealth app ada"',  # not across the fields
        "appmwid",
        "label:ada",
        "owner:health",
        "key:health",
        "notes:ada",
        '"owner:ada"',  # quoted: plain text
        "owners:ada",
    ],
)
def test_does_not_find(text: str) -> None:
    assert not finds(text, owner="Ada Lovelace")


@fast
@given(st.text(max_size=40), st.text(max_size=60), st.text(max_size=60))
def test_a_label_is_found_by_itself_in_quotes_whatever_is_in_it(before: str, label: str, after: str) -> None:
    entry = Searchable(app(label=before + label + after))
    if "\n" not in label and fold(label) in entry.folded:  # marks may melt into what stands before them
        assert parse(quoted(label)).select([entry], AT) == [entry]


@fast
@given(st.text())
def test_anything_can_be_typed(text: str) -> None:
    query = parse(text)
    query.select([Searchable(app(owner="Ada", expires=TODAY))], AT)
    for said in (*query.problems, *query.unfinished):
        assert "{" not in str(said).replace(said.values["word"], "")


# Facts


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("is:enabled", {}),
        ("IS:Enabled", {}),
        ('is:"enabled"', {}),
        ("is:disabled", {"enabled": False}),
        ("is:expired", {"expires": TODAY - DAY}),
        ("is:expired is:disabled", {"expires": TODAY - DAY, "enabled": False}),
        ("is:expiring", {"expires": TODAY}),
        ("is:expiring", {"expires": TODAY + 30 * DAY}),
        ("is:review", {"review": TODAY}),
        ("is:review", {"review": TODAY - 400 * DAY}),
        ("is:missing", {"id": "gone"}),
        ("is:unfinished", {"state": AppState.CREATING}),
        ("is:attention", {"id": "gone"}),
        ("is:attention", {"review": TODAY}),
        ("is:attention", {"expires": TODAY - DAY}),
        ("is:attention", {"expires": TODAY + DAY}),
        ("sessions:on csrf:off", {"csrf": False}),
        ("sessions:off", {"sessions": False}),
        ('owner:""', {}),
        ('notes:"" expires:none review:none rotated:none', {}),
    ],
)
def test_holds(text: str, fields: dict[str, object]) -> None:
    assert finds(text, **fields)
    assert parse(text).problems == parse(text).unfinished == ()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("is:enabled", {"enabled": False}),
        ("is:enabled", {"state": AppState.CREATING}),
        ("is:disabled", {}),
        ("is:expired", {"expires": TODAY}),
        ("is:expiring", {"expires": TODAY - DAY}),
        ("is:expiring", {"expires": TODAY + 31 * DAY}),
        ("is:expired is:expiring", {"expires": TODAY}),
        ("is:review", {"review": TODAY + DAY}),
        ("is:review", {}),
        ("is:missing", {}),
        ("is:unfinished", {}),
        ("is:attention", {}),
        ("is:attention", {"expires": TODAY - DAY, "enabled": False}),
        ("sessions:on", {"sessions": False}),
        ('owner:""', {"owner": "Ada"}),
        ("expires:none", {"expires": TODAY}),
        ("rotated:none", {"rotated": NOON}),
    ],
)
def test_does_not_hold(text: str, fields: dict[str, object]) -> None:
    assert not finds(text, **fields)


# Dates


@pytest.mark.parametrize(
    ("text", "ages"),
    [
        ("created:<90d", [0, 89]),
        ("created:90d", [0, 89]),
        ("created:<=12w", [0]),
        ("created:<3m", [0, 89]),
        ("created:>90d", [91, 400]),
        ("created:>=1y", [400]),
        ("created:<1Y", [0, 89, 91]),
        ("created:<٩٠d", [0, 89]),  # noqa: RUF001
        ("created:<9999y", [0, 89, 91, 400]),
        ("created:>9999y", []),
        ("created:2026", [0, 89, 91]),
        ("created:2026-11", [0]),
        ("created:2026-11-23", [0]),
        ("created:<2026-11-23", [89, 91, 400]),
        ("created:<=2026-11-23", [0, 89, 91, 400]),
        ("created:>2026-08-24", [0, 89]),
        ("created:>=2026-8-24", [0, 89, 91]),
        ("created:>2025", [0, 89, 91]),
        ("created:2025-12", []),
        ("created:>2025 created:<2026-09", [89, 91]),
    ],
)
def test_created(text: str, ages: list[int]) -> None:
    assert not parse(text).problems
    apps = [Searchable(app(str(age), created=NOON - age * DAY)) for age in (0, 89, 91, 400)]
    assert [int(entry.app.label) for entry in parse(text).select(apps, AT)] == ages


def test_a_day_is_the_person_s_own() -> None:
    first = datetime(2026, 11, 23).astimezone().astimezone(UTC)
    last = datetime(2026, 11, 23, 23, 59, 59).astimezone().astimezone(UTC)
    assert finds("created:2026-11-23", created=first)
    assert finds("created:2026-11-23", created=last)
    assert not finds("created:2026-11-23", created=first - timedelta(seconds=1))
    assert not finds("created:2026-11-23", created=last + timedelta(seconds=1))


def test_the_age_of_a_key_counts_from_its_rotation() -> None:
    old = NOON - 400 * DAY
    assert finds("rotated:>365d", created=old)
    assert not finds("rotated:>365d", created=old, rotated=NOON - DAY)
    assert finds("rotated:<7d", created=old, rotated=NOON - DAY)


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("expires:<30d", [-5, 0, 29]),
        ("expires:30d", [-5, 0, 29, 30]),
        ("expires:<=30d", [-5, 0, 29, 30]),
        ("expires:>30d", [40]),
        ("expires:>=30d", [30, 40]),
        ("expires:<0d", [-5]),
        ("expires:2026-11", [-5, 0]),
        ("expires:>2026-12", [40]),
        ("expires:<2026-12", [-5, 0]),
        ("expires:<=2026-12", [-5, 0, 29, 30]),
        ("expires:>=2026-12", [29, 30, 40]),
        ("expires:2026-12-23", [30]),
        ("expires:<9999y", [-5, 0, 29, 30, 40]),
        ("expires:>9999y", []),
        ("expires:none", []),
    ],
)
def test_expires_and_review(text: str, left: list[int]) -> None:
    days = (-5, 0, 29, 30, 40)
    apps = [Searchable(app(str(n), expires=TODAY + n * DAY)) for n in days]
    assert [int(entry.app.label) for entry in parse(text).select(apps, AT)] == left
    apps = [Searchable(app(str(n), review=TODAY + n * DAY)) for n in days]
    assert [int(entry.app.label) for entry in parse(text.replace("expires", "review")).select(apps, AT)] == left
    assert not parse(text).select([Searchable(app())], AT) or text == "expires:none"


def test_due_is_expiry_or_review() -> None:
    day = TODAY + 30 * DAY
    apps = [
        Searchable(app("expires", expires=day)),
        Searchable(app("review", review=day, expires=TODAY)),
        Searchable(app("both", expires=day, review=day)),
        Searchable(app("neither", expires=day - DAY, review=day + DAY)),
        Searchable(app("undated")),
    ]
    found = parse(f"due:{day.isoformat()}").select(apps, AT)
    assert [entry.app.label for entry in found] == ["expires", "review", "both"]
    assert [entry.app.label for entry in parse("due:<30d").select(apps, AT)] == ["review", "neither"]
    assert parse("due:none ").problems


# What makes no sense


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("is:foo", "is:foo"),
        ("is:dis portal", "is:dis"),
        ("is: disabled", "is:"),
        ("portal sessions:maybe", "sessions:maybe"),
        ("csrf:onn", "csrf:onn"),
        ("created:soon", "created:soon"),
        ("created:<90 portal", "created:<90"),
        ("created:2026-13", "created:2026-13"),
        ("created:2026-00", "created:2026-00"),
        ("created:2026-02-30", "created:2026-02-30"),
        ("created:1970 portal", "created:1970"),
        ("created:none", "created:none"),
        ("created:==90d", "created:==90d"),
        ("expires:<-3d", "expires:<-3d"),
        ("expires:<90x portal", "expires:<90x"),
        ("owner: portal", "owner:"),
        ('label:"" portal', 'label:""'),
        ("is:" + "x" * 100, "is:" + "x" * 37 + "…"),
        ("is:\u202edisabled", "is:\u202edisabled"),
    ],
)
def test_the_wrong_word_is_said_and_left_out(text: str, wrong: str) -> None:
    query = parse(text)
    (said,) = query.problems
    assert said.values["word"] == wrong
    assert wrong in str(said)
    rest = [token for token in tokens(text) if not token.name]
    assert len(query.terms) == len(rest), "the rest still holds"


def test_what_would_make_sense_is_said() -> None:
    assert "is:disabled" in str(parse("is:foo").problems[0])
    assert "csrf:on, csrf:off" in str(parse("csrf:foo").problems[0])
    assert "expires:<90d" in str(parse("expires:foo").problems[0])


@pytest.mark.parametrize("text", ["is:disabled", "sessions:off", "created:<90d", "created:>=2026-01-31", "owner:a"])
def test_nothing_is_said_while_a_filter_is_being_typed(text: str) -> None:
    for end in range(1, len(text) + 1):
        query = parse(f"portal {text[:end]}")
        assert not query.problems, text[:end]
        assert query.terms[0] == parse("portal").terms[0]
        about = [said.values["word"] for said in query.unfinished]
        assert about in ([], [text[:end]])
    assert parse(text).terms
    assert not parse(text).unfinished


def test_what_only_looks_like_a_filter_is_text_and_told() -> None:
    query = parse('staus:disabled https://x "a:b" Trial:')
    assert query.unknown == ("staus:disabled",)
    assert not query.problems
    assert finds("staus:disabled", label="a staus:Disabled b")


# Writing filters


pieces = st.lists(
    st.sampled_from(
        'a b ab ba "a b" "b owner:a owner:ab owner:"" is:enabled is:disabled is:attention is:missing sessions:on '
        "csrf:off created:<9d created:<90d created:2026 expires:<30d expires:none is:foo key:m notes:b x:y".split(" ")
    ),
    max_size=4,
).map(" ".join)


@fast
@given(st.text(min_size=1))
def test_what_is_quoted_is_read_as_it_was(value: str) -> None:
    (token,) = tokens(f"owner:{quoted(value)}")
    assert (token.name, token.value, token.closed) == ("owner", value, True)
    (token,) = tokens(quoted(value))
    assert (token.name, token.value) == ("", value)


@fast
@given(pieces | st.text(max_size=30), st.sampled_from(["is:disabled", "sessions:on", "created:<90d", 'owner:"a b"']))
def test_a_filter_is_put_into_the_text_and_taken_out_again(text: str, word: str) -> None:
    name = word.partition(":")[0]
    with_it = with_filter(text, name, word)
    assert has_filter(with_it, word)
    assert [t.value for t in tokens(with_it) if t.name == name] == [tokens(word)[0].value]
    others = [(t.name, t.value) for t in tokens(text) if t.name != name]
    assert [(t.name, t.value) for t in tokens(with_it) if t.name != name] == others
    without = with_filter(with_it, name)
    assert [(t.name, t.value) for t in tokens(without)] == others


@pytest.mark.parametrize(
    ("text", "position", "taken", "rest", "moved"),
    [
        ("is:expired portal", -1, ["is:expired"], "portal", -1),
        ("is:expired ", 11, ["is:expired"], "", 0),
        ("is:expired", 10, [], "is:expired", 10),
        ("is:expired", 0, [], "is:expired", 0),
        ("a is:expired  b", 1, ["is:expired"], "a b", 1),
        ("a is:expired  b", 13, ["is:expired"], "a b", 2),
        ("a is:expired b", 14, ["is:expired"], "a b", 3),
        ("is:foo csrf:on is:", 18, ["csrf:on"], "is:foo is:", 10),
        ('x "is:expired" y', -1, [], 'x "is:expired" y', -1),
        ('owner:"ada lov', 14, [], 'owner:"ada lov', 14),
        ('owner:"ada lov', -1, ['owner:"ada lov"'], "", -1),
        ("CSRF:on label:x", -1, ["CSRF:on", "label:x"], "", -1),
    ],
)
def test_filters_are_taken_out(text: str, position: int, taken: list[str], rest: str, moved: int) -> None:
    assert take_filters(text, position) == (taken, rest, moved)


@fast
@given(pieces | st.text(max_size=30), st.integers(-1, 40))
def test_taking_filters_out_changes_nothing_of_what_is_found(text: str, position: int) -> None:
    position = min(position, len(text))
    taken, rest, moved = take_filters(text, position)
    assert set(parse(" ".join([*taken, rest])).terms) == set(parse(text).terms)
    assert all(parse(word).terms for word in taken)
    assert -1 <= moved <= len(rest)
    assert (moved < 0) == (position < 0)


def test_a_filter_takes_the_place_of_another_and_leaves_the_rest_as_written() -> None:
    assert (
        with_filter('is:enabled  "new  health" OWNER:ada', "is", "is:disabled") == '"new  health" OWNER:ada is:disabled'
    )
    assert with_filter('"new health', "is", "is:disabled") == '"new health" is:disabled'
    assert with_filter("is:enabled", "is") == ""
    assert has_filter("IS:Disabled", "is:disabled")
    assert not has_filter('"is:disabled"', "is:disabled")


# What is offered


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("", []),
        ("e", []),
        ("pat", []),
        ("is", [f"is:{word}" for word in WORDS["is"]]),
        ("is:", [f"is:{word}" for word in WORDS["is"]]),
        ("is:e", ["is:enabled", "is:expired", "is:expiring"]),
        ("portal IS:D", ["is:disabled"]),
        ("is:disabled", []),
        ("is:foo", []),
        ("dis", ["is:disabled"]),
        ("exp", ["is:expired", "is:expiring", "expires:<30d", "expires:<90d", "expires:none"]),
        ("ses", ["sessions:on", "sessions:off"]),
        ("csrf:", ["csrf:on", "csrf:off"]),
        ("created:<", ["created:<7d", "created:<30d", "created:<90d"]),
        ("lab", ["label:"]),
        ("owner:", ['owner:"Ada Lovelace"', "owner:Grace", 'owner:"A \\"B\\" C"', 'owner:""']),
        ("owner:LOVE", ['owner:"Ada Lovelace"']),
        ('owner:"ada l', ['owner:"Ada Lovelace"']),
        ("owner:x", []),
        ('"is:', []),
        ("is:disabled ", []),
    ],
)
def test_what_is_offered(typed: str, offered: list[str]) -> None:
    begin, words = completions(typed, len(typed), ["Ada Lovelace", "Grace", 'A "B" C'])
    assert words == offered
    if offered:
        assert typed[:begin].strip() in ("", "portal")
        for word in words:
            assert not parse(typed[:begin] + word).problems


def test_what_is_offered_in_the_middle() -> None:
    assert completions("is:d portal", 4) == (0, ["is:disabled"])
    assert completions("portal is:d more", 11) == (7, ["is:disabled"])
    assert completions("is:disabled", 4) == (0, ["is:disabled"])


def test_the_empty_query_finds_all() -> None:
    entries = [Searchable(app("a")), Searchable(app("b"))]
    assert AppQuery().select(entries, AT) == entries


def test_every_filter_on_offer_is_understood() -> None:
    for name, words in WORDS.items():
        for word in words:
            query = parse(f"{name}:{word}")
            assert len(query.terms) == 1
            assert query.problems == query.unfinished == query.unknown == ()


def test_marks_come_from_one_place() -> None:
    """What is:attention finds is what is due, or has no key."""
    for fields in ({"expires": TODAY}, {"review": TODAY}, {"expires": TODAY + 90 * DAY}, {}):
        one = app(**fields)
        assert finds("is:attention", **fields) == one.needs_attention(TODAY)
        assert not replace(one, enabled=False).needs_attention(TODAY)


def test_words_are_ascii_and_lower_case() -> None:
    allowed = set(string.ascii_lowercase)
    assert all(set(name) <= allowed for name in WORDS)
    assert parse("K\u0130S:on \u017fessions:on").terms  # letters that are i or s to some: plain text
    assert {token.name for token in tokens("\u0130s:disabled \u017fessions:on \u212aey:a")} == {""}


# Where a key works


@pytest.mark.parametrize("known", [None, *Known])
def test_works_finds_each_app_under_one_word(known: Known | None) -> None:
    found = [word for word in WORDS["works"] if finds(f"works:{word}", known=known)]
    expected = "unchecked" if known in (None, Known.NOT_ASKED) else "yes" if known is Known.YES else "no"
    assert found == [expected]


@pytest.mark.parametrize(
    ("days", "text", "found"),
    [
        (31, "checked:>30d", True),
        (29, "checked:>30d", False),
        (None, "checked:>30d", False),
        (29, "checked:<30d", True),
        (31, "checked:<30d", False),
        (None, "checked:<30d", False),
        (None, "checked:none", True),
        (1, "checked:none", False),
        (1, "checked:2026-11", True),
        (31, "checked:2026-11", False),
    ],
)
def test_checked_counts_from_the_last_check(days: int | None, text: str, found: bool) -> None:
    checked = NOON - days * DAY if days is not None else None
    assert finds(text, known=Known.YES if checked else None, checked=checked) is found


@pytest.mark.parametrize("origin", list(Origin))
def test_from_finds_who_made_the_key(origin: Origin) -> None:
    words = {Origin.HERE: "here", Origin.CORTEX: "cortex", Origin.UNKNOWN: "unknown"}
    assert [word for word in WORDS["from"] if finds(f"from:{word}", origin=origin)] == [words[origin]]


def test_words_about_cortex_are_completed_and_explained() -> None:
    assert completions("works:", 6)[1] == ["works:yes", "works:no", "works:unchecked"]
    assert "checked:>30d" in completions("chec", 4)[1]
    (problem,) = parse("works:maybe app").problems
    assert problem.values["choices"] == "works:yes, works:no, works:unchecked"
