"""Secrets do not show themselves, and are drawn as they should be."""

from __future__ import annotations

import copy
import io
import json
import logging
import pickle
import random
import secrets
import string
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest

from cortex_desktop.domain.model import App, AppState, new_id
from cortex_desktop.domain.secret import (
    ALPHABET,
    KeyEnds,
    Look,
    Secret,
    SecretKind,
    generate,
    is_made_up,
    look,
    redact,
    well_formed,
)
from cortex_desktop.services.apps.create import Created

TEXT = "mwidxhb8ShcqmV1B9iOYJh"
LETTERS_AND_DIGITS = string.ascii_letters + string.digits
APP = App(
    id="00ff",
    org_id="0123abcd",
    label="NewHealth App",
    sessions=False,
    csrf=True,
    created=datetime(2026, 11, 23, tzinfo=UTC),
    key_ends=KeyEnds("aaaa", "zzzz"),
    keychain="SecretService",
)


@pytest.fixture
def secret() -> Secret:
    return Secret(TEXT)


WAYS_TO_SHOW: dict[str, Callable[[Secret], str]] = {
    "repr": repr,
    "str": str,
    "ascii": ascii,
    "f-string": lambda s: f"{s}",
    "f-string with repr": lambda s: f"{s!r:>40}",
    "f-string with width": lambda s: f"{s:>40}",
    "format": lambda s: "{:.4}".format(s),  # noqa: UP032
    "percent": lambda s: "%s %r" % (s, s),  # noqa: UP031
    "in a list": lambda s: repr([s, {"key": s}]),
    "in a dataclass": lambda s: repr(Created(APP, s)),
    "in an error": lambda s: str(ValueError(s)) + repr(ValueError(s)),
}

WAYS_TO_HAND_OVER: dict[str, Callable[[Any], object]] = {
    **{f"pickle {n}": partial(pickle.dumps, protocol=n) for n in range(pickle.HIGHEST_PROTOCOL + 1)},
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "json": json.dumps,
    "asdict": lambda s: asdict(Created(APP, s)),
    "hash": hash,
    "set": lambda s: {s},
    "vars": vars,
    "bytes": bytes,
    "add": lambda s: "" + s,
    "join": "".join,
    "iterate": list,
}


@pytest.mark.parametrize("show", WAYS_TO_SHOW.values(), ids=WAYS_TO_SHOW)
def test_no_way_of_showing_it_shows_it(secret: Secret, show: Callable[[Secret], str]) -> None:
    shown = show(secret)
    assert TEXT not in shown
    assert TEXT[:4] not in shown
    assert TEXT[-4:] not in shown


def test_nothing_of_it_reaches_a_log_or_a_traceback(secret: Secret) -> None:
    out = io.StringIO()
    log = logging.Logger("test")  # noqa: LOG001 (one that nobody else hears)
    log.addHandler(logging.StreamHandler(out))
    log.warning("%s %r", secret, secret)
    try:
        raise RuntimeError(secret)
    except RuntimeError as error:
        log.exception("failed")
        out.write("".join(traceback.TracebackException.from_exception(error, capture_locals=True).format()))
    assert "Secret(…)" in out.getvalue()
    assert TEXT not in out.getvalue()


@pytest.mark.parametrize("hand_over", WAYS_TO_HAND_OVER.values(), ids=WAYS_TO_HAND_OVER)
def test_it_refuses_to_be_copied_hashed_or_taken_for_text(secret: Secret, hand_over: Callable[[Any], object]) -> None:
    with pytest.raises(TypeError) as refusal:
        hand_over(secret)
    assert TEXT not in str(refusal.value)


def test_it_is_equal_to_the_same_secret_only(secret: Secret) -> None:
    assert secret == Secret(TEXT)
    assert secret != Secret(TEXT[:-1] + "i")
    assert secret != Secret("")
    assert secret != TEXT
    assert Secret("schlüssel") == Secret("schlüssel")
    assert secret.reveal() == TEXT


def test_an_item_is_named_as_the_contract_says() -> None:
    app = replace(APP, version=3)
    key, api_secret = app.refs
    assert (key.service, key.username) == ("cortex-desktop/0123abcd/00ff/3", "api-key")
    assert (api_secret.service, api_secret.username) == ("cortex-desktop/0123abcd/00ff/3", "api-secret")
    assert APP.ref(SecretKind.API_KEY).service == "cortex-desktop/0123abcd/00ff/1"


def test_an_app_with_sessions_has_no_api_secret() -> None:
    assert APP.kinds == (SecretKind.API_KEY, SecretKind.API_SECRET)
    assert replace(APP, sessions=True).kinds == (SecretKind.API_KEY,)
    assert [ref.username for ref in replace(APP, sessions=True).refs] == ["api-key"]


def test_no_label_stands_in_an_items_name() -> None:
    assert all(APP.label not in ref.service + ref.username for ref in APP.refs)


def test_ids_are_lower_case_hex_and_new_each_time() -> None:
    ids = [new_id() for _ in range(100)]
    assert len(set(ids)) == 100
    assert all(len(i) == 32 and set(i) <= set("0123456789abcdef") for i in ids)


def test_the_ends_of_a_key_are_four_and_four(secret: Secret) -> None:
    assert KeyEnds.of(secret) == KeyEnds("mwid", "OYJh")


@pytest.mark.parametrize(
    ("name", "ends"),
    [("c_my_portal_of_2026", ("c_my", "2026")), ("c_portal", ("c_", "al")), ("c_app", ("c", "p")), ("c_a", ("", ""))],
)
def test_of_a_short_name_no_more_than_half_is_shown(name: str, ends: tuple[str, str]) -> None:
    assert KeyEnds.of(Secret(name)) == KeyEnds(*ends)


def test_a_new_app_is_enabled_and_active_in_version_one() -> None:
    assert (APP.version, APP.enabled, APP.state) == (1, True, AppState.ACTIVE)


# Generation


@pytest.mark.parametrize(("kind", "length"), [(SecretKind.API_KEY, 22), (SecretKind.API_SECRET, 64)])
def test_a_new_one_has_its_length_of_letters_and_digits(kind: SecretKind, length: int) -> None:
    for _ in range(200):
        text = generate(kind).reveal()
        assert len(text) == length
        assert set(text) <= set(LETTERS_AND_DIGITS)
        assert well_formed(kind, Secret(text))


def test_no_two_are_equal() -> None:
    assert len({generate(SecretKind.API_KEY).reveal() for _ in range(5000)}) == 5000


def test_all_62_characters_come_equally_often() -> None:
    count = Counter("".join(generate(SecretKind.API_SECRET).reveal() for _ in range(2000)))
    expected = 2000 * 64 / 62
    chi_square = sum((count[char] - expected) ** 2 / expected for char in LETTERS_AND_DIGITS)
    # 61 degrees of freedom: above 130 once in two million runs. Bytes modulo 62 would give about 1,200.
    assert chi_square < 130


def test_each_character_is_drawn_from_the_operating_system(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = []

    def choice(alphabet: str) -> str:
        drawn.append(alphabet)
        return alphabet[len(drawn) % len(alphabet)]

    monkeypatch.setattr(secrets, "choice", choice)
    text = generate(SecretKind.API_KEY).reveal()
    assert len(drawn) == 22
    assert all(sorted(alphabet) == sorted(LETTERS_AND_DIGITS) for alphabet in drawn)
    assert text == "".join(drawn[0][n] for n in range(1, 23))


@pytest.mark.parametrize("text", ["c_a", "c_my_portal", "c_PatientApp2", "c_" + "x" * 98])
def test_the_name_of_an_app_serves_as_its_key(text: str) -> None:
    assert well_formed(SecretKind.API_KEY, Secret(text))
    assert not well_formed(SecretKind.API_SECRET, Secret(text))


@pytest.mark.parametrize("text", ["c_", "C_app", "c-app", "c_my app", "c_app\n", "xc_app", "c_é", "c_" + "x" * 99])
def test_not_every_name_does(text: str) -> None:
    assert not well_formed(SecretKind.API_KEY, Secret(text))


@pytest.mark.parametrize(
    "text", ["", TEXT[:-1], TEXT + "x", TEXT[:-1] + "-", TEXT[:-1] + "é", TEXT[:-1] + "٣", " " * 22]
)
def test_what_is_not_one_of_ours_is_seen(text: str) -> None:
    assert not well_formed(SecretKind.API_KEY, Secret(text))
    assert not well_formed(SecretKind.API_SECRET, Secret(text))


# What looks like a key


def test_nearly_all_new_ones_look_drawn() -> None:
    looks = Counter(look(generate(SecretKind.API_KEY).reveal()) for _ in range(5000))
    assert looks[Look.DRAWN] > 0.99 * 5000
    assert all(look(generate(SecretKind.API_SECRET).reveal()) is Look.DRAWN for _ in range(500))


@pytest.mark.parametrize(
    "text",
    [
        "UILaunchStoryboardName",
        "yourMedableClientKey12",
        "REPLACEWITHYOURKEY1234",
        "xxxxxxxxxxxxxxxxxxxxxx",
        "abcdefghijklmnopqrstuv",
        "1A2B3C4D5E6F7G8H9I0Jkl",
        "fooBarBazQuxFooBarBaz1",
        "Qwertyuiop1234567890As",
        "q1W2e3R4t5Y6u7I8o9P0aS",
        "pl4c3h0ld3rK3yV4lu3Go1",
        "dGhpc2lzYXRlc3RrZXkxMg",  # base64 of words
        "3f786850e387550fdab836",
        "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01",
        "aebe969cfe115268e9b7a170d8d87c71dab0fd5dd43942820c6aef4732993574",
    ],
)
def test_words_placeholders_and_checksums_do_not(text: str) -> None:
    assert look(text) is Look.MADE


def test_no_drawn_key_is_shown_as_a_placeholder() -> None:
    drawn = random.Random(7)
    assert not any(is_made_up("".join(drawn.choices(ALPHABET, k=22))) for _ in range(20_000))
    assert not is_made_up("cg3paBUleet424B1inI48g"), "drawn, though it reads like words"
    assert is_made_up("yourMedableClientKey12")
    assert is_made_up("xxxxxxxxxxxxxxxxxxxxxx")


def test_what_is_drawn_from_half_the_letters_is_doubtful() -> None:
    assert look("k3j5h2q9d8s7w6p4z3x2u1") is Look.DOUBTFUL


@pytest.mark.parametrize("before", ["", " ", "=", "\\n", "\\u003d", "%3D", "%253D", "=3D", "_", '"'])
@pytest.mark.parametrize("length", [22, 64])
def test_redaction_knows_escapes(before: str, length: int) -> None:
    text = (TEXT * 3)[:length]
    assert redact(f"key{before}{text}.").endswith("[redacted].") == (before != "")
    assert redact(f"x {text[:-1]}") == f"x {text[:-1]}"


@pytest.mark.parametrize("before", ["", " ", "\\n", "%3D"])
def test_also_before_the_name_of_an_app(before: str) -> None:
    assert redact(f"{before}c_portal") == f"{before}[redacted]"
