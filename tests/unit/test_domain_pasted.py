"""What is pasted around a key does not hide it, and what only looks like one does not pass for it."""

from __future__ import annotations

import json
import shlex
import string
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortex_desktop.domain.pasted import LONGEST, Found, find_keys
from cortex_desktop.domain.secret import SecretKind, well_formed

KEY = "mwidxhb8ShcqmV1B9iOYJh"
OTHER = "GsAqlhnIMzrDeD8V2MBQWq"
SECRET = "Kzc8nwCQiKOgiwTIobaI3H6ryK4C5fC0QcYsuX0123456789abcdefghijABCDEF"
CSRF = "MvFkpcS0BCM9qpf4K0pFMyiE57e3VtI5Cb38NfQn6eWiPPp6CqZCOOrAljDZYWnU"
SIGNATURE = "aebe969cfe115268e9b7a170d8d87c71dab0fd5dd43942820c6aef4732993574"

LETTERS = string.ascii_letters + string.digits
a_key = st.text(LETTERS, min_size=22, max_size=22)
a_secret = st.text(LETTERS, min_size=64, max_size=64)
a_name = st.text(LETTERS + "_", min_size=1, max_size=98).map("c_{}".format)
fast = settings(deadline=None, database=None, derandomize=True, max_examples=100)
# What cannot stand beside a key, and cannot be taken for what it is called.
quiet = st.text(st.characters(exclude_categories=["L", "M", "N", "Pc"], exclude_characters="-.+="), max_size=40)


def keys(text: str) -> list[str]:
    return [key.reveal() for key in find_keys(text).keys]


def secrets(text: str) -> list[str]:
    return [secret.reveal() for secret in find_keys(text).secrets]


AROUND = {
    "alone": "{key}",
    "spaces": "  \t{key}\n\n",
    "no-break space": "\u00a0{key}\u202f",
    "zero width": "\u200b{key}\ufeff",
    "quotes": '"{key}"',
    "curly quotes": "“{key}”",
    "backticks": "`{key}`",
    "brackets": "<{key}>,",
    "a sentence": "The key of the ward tablet is {key}. Do not pass it on!",
    "the console": "API Key\n{key}\nSessions\nOn",
    "env": "# Cortex\nMEDABLE_ORG=newhealthco\nexport MEDABLE_API_KEY={key}\nPORT=8080\n",
    "env in quotes": "MEDABLE_API_KEY='{key}'",
    "yaml": "medable:\n  apiKey: {key}\n",
    "json": json.dumps({"label": "NewHealth App", "key": "{key}", "csrf": True}),
    "json in json": json.dumps(json.dumps({"apiKey": "{key}"})),
    "a query": "https://api.dev.medable.com/newhealthco/v2?client_key={key}&x=1",
    "a path": "https://api.dev.medable.com/newhealthco/v2/{key}/john@newhealthco.com",
    "a header": "medable-client-key: {key}\r\naccept: */*\r\n",
    "swift": 'request.setValue("{key}", forHTTPHeaderField: "Medable-Client-Key")',
    "curl": (
        "curl -X POST 'https://api.dev.medable.com/newhealthco/v2/accounts/login' \\\n"
        "  -H 'Medable-Client-Key: {key}' \\\n  -H 'Content-Type: application/json' \\\n"
        '  -d \'{"email": "john@newhealthco.com", "password": "abcdefghijklmnopqrstuv"}\''
    ),
    "curl of a browser": (
        f"curl 'https://api.medable.com/x/v2/y' -H 'medable-csrf-token: {CSRF}' -b 'md.sid=s%3Aab.{OTHER}xyz' "
        "--header=medable-client-key:{key} --compressed"
    ),
    "a signed request": (
        f"Medable-Client-Key: {{key}}\nMedable-Client-Signature: {SIGNATURE}\n"
        "Medable-Client-Timestamp: 1420070400000\nMedable-Client-Nonce: 0123456789abcdef"
    ),
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("key", [KEY, "c_my_portal", "abcdefghijklmnopqrstuv"], ids=["key", "name", "dummy"])
def test_a_key_is_found_in_what_stands_around_it(around: str, key: str) -> None:
    text = around.replace("{key}", key)
    assert keys(text) == [key]
    assert secrets(text) == []


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"apiKey": KEY, "apiSecret": SECRET}),
        f"{KEY}\n{SECRET}",
        f"{KEY}:{SECRET}",
        f"API Key\t{KEY}\nAPI Secret\t{SECRET}\nCSRF token\t{CSRF}\n",
        f"MEDABLE_API_SECRET={SECRET}\nMEDABLE_API_KEY={KEY}\nSHA={SIGNATURE}",
        f"key {KEY}, secret {SECRET} (and not {CSRF})",
    ],
    ids=["json", "lines", "colon", "table", "env", "sentence"],
)
def test_a_secret_is_found_beside_it(text: str) -> None:
    assert (keys(text), secrets(text)) == ([KEY], [SECRET])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NewHealth App",
        KEY[:-1],
        KEY + "x",
        KEY[:-1] + "-",
        KEY + "é",
        f"x_{KEY}",
        f"eyJhbGciOiJSUzUxMiJ9.{KEY}.{KEY}",
        f"{KEY}==",
        f"a+{KEY}",
        f"{KEY}=8080",
        SIGNATURE,
        f"medable-csrf-token: {CSRF}",
        "b9b7a170d8d87c71dab0fd5dd4394282",
        "c_",
        "C_app",
        "abc_def",
        "KGA=" * 50,
    ],
)
def test_what_is_no_key_is_not_taken_for_one(text: str) -> None:
    assert find_keys(text) == Found()


def test_of_several_all_are_named_once_in_their_order() -> None:
    assert keys(f"{OTHER} {KEY} {OTHER}") == [OTHER, KEY]
    assert keys(f"dev key: {KEY}\nprod key: {OTHER}") == [KEY, OTHER]
    assert secrets(f"{SECRET} {CSRF}") == [SECRET, CSRF]


def test_what_is_called_a_key_goes_before_what_only_looks_like_one() -> None:
    assert keys(f"{OTHER} c_portal key={KEY}") == [KEY]
    assert keys(f"electroencephalographs {KEY} c_portal") == [KEY]


@fast
@given(st.one_of(a_key, a_name), quiet, quiet)
def test_a_key_is_found_between_anything_that_is_no_word(key: str, before: str, after: str) -> None:
    assert keys(before + key + after) == [key]


@fast
@given(a_key, a_secret, st.sampled_from(["\n", " ", ":", ", ", "\t", '","']))
def test_so_is_a_pair(key: str, secret: str, between: str) -> None:
    assert find_keys(f"key={key}{between}secret={secret}") == find_keys(f"secret: {secret}{between}key: {key}")
    assert (keys(f"key={key}{between}secret={secret}"), secrets(f"secret {secret}")) == ([key], [secret])


@fast
@given(a_key, st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none())))
def test_in_any_json(key: str, others: dict[str, object]) -> None:
    assert keys(json.dumps({**others, "clientKey": key}))[0] == key


@fast
@given(a_key, st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5))
def test_in_any_command_line(key: str, words: list[str]) -> None:
    assert key in keys(shlex.join(["curl", "-H", f"Medable-Client-Key: {key}", *words]))


@fast
@given(st.text())
def test_whatever_is_found_is_well_formed(text: str) -> None:
    found = find_keys(text)
    assert all(well_formed(SecretKind.API_KEY, key) for key in found.keys)
    assert all(well_formed(SecretKind.API_SECRET, secret) for secret in found.secrets)


@pytest.mark.parametrize(
    "text", ["a" * LONGEST, "c_" * LONGEST, f"{KEY} " * 20_000, "- " * LONGEST, f"{KEY}-" * 20_000]
)
def test_a_long_text_takes_no_long_time(text: str) -> None:
    began = time.perf_counter()
    find_keys(text)
    assert time.perf_counter() - began < 1


def test_nothing_of_it_is_shown() -> None:
    assert KEY[4:] not in repr(find_keys(f"{KEY} {SECRET}"))
