"""Signatures, against the vectors that Medable's published tools yield, and the diagnosis of usual mistakes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex_desktop.domain.secret import Secret
from cortex_desktop.domain.signing import (
    Attempt,
    Diagnosis,
    Mistake,
    command_of,
    diagnose,
    is_nonce,
    message_of,
    new_nonce,
    sign,
    signature_of,
)

KEY = "abcdefghijklmnopqrstuv"
SECRET = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"
NOW = 1700000000000
DRIFT = 300_000

VECTORS = [
    ("/connections", "GET", 1420070400000, "aebe969cfe115268e9b7a170d8d87c71dab0fd5dd43942820c6aef4732993574"),
    ("/accounts/me", "GET", NOW, "f2ae1cb2d8bc1b6b63440ff9221b702ee5e826ab3db21a65ea335f3b08eb87b4"),
    ("", "GET", NOW, "d484c38c481daf2ad2fb7c2b0b22c8459eec94954d1bb296e9906f2081bb0260"),
    ("/accounts", "POST", NOW, "95caea507c42a3aae10aad731773665a43428913d4150a2f17c1172bbd775e55"),
    (
        "/c_prescriptions/5516ee1b34d8d934281699e3/c_notes/a%20b",
        "DELETE",
        NOW,
        "486eae6ee8244114a7f9690c6d1a409372218c8fb1b8167c6410557f6ff80853",
    ),
]


@pytest.mark.parametrize(("path", "method", "timestamp", "signature"), VECTORS)
def test_signatures_are_those_of_the_published_tools(path: str, method: str, timestamp: int, signature: str) -> None:
    signed = sign(Secret(KEY), Secret(SECRET), method, path, timestamp)
    assert signed.signature == signature
    assert signed.headers(Secret(KEY)) == {
        "Medable-Client-Key": KEY,
        "Medable-Client-Signature": signature,
        "Medable-Client-Timestamp": str(timestamp),
        "Medable-Client-Nonce": signed.nonce,
    }


def test_the_org_update_of_the_facts() -> None:
    message = message_of("put", "/orgs/5516ee1b34d8d934281699e3", NOW)
    expected = "eec55cadcf9829ad84100e72de017414972bec7c89ed82e83ba61032252dfef9"
    assert signature_of(Secret(KEY), Secret(SECRET), message) == expected


@pytest.mark.parametrize(
    ("path", "command"),
    [
        ("", "/"),
        ("/", "/"),
        ("accounts", "/accounts"),
        ("//accounts///me/", "/accounts/me"),
        ("/accounts?limit=20", "/accounts"),
        ("/a/./b/../c", "/a/c"),
        ("/../..", "/"),
        ("/c_notes/a%20b", "/c_notes/a%20b"),
    ],
)
def test_command(path: str, command: str) -> None:
    assert command_of(path) == command


@given(st.text(alphabet="abc/.%20?", max_size=30))
def test_a_command_is_its_own_command(path: str) -> None:
    command = command_of(path)
    assert command_of(command) == command
    assert command.startswith("/")
    assert "//" not in command
    assert "?" not in command


def test_nonces_are_new_each_time() -> None:
    nonces = {new_nonce() for _ in range(100)}
    assert len(nonces) == 100
    assert all(map(is_nonce, nonces))
    assert not is_nonce("short")
    assert not is_nonce("0123456789abcde-")


def mac(message: str, key: str = KEY + SECRET) -> bytes:
    return hmac.digest(key.encode(), message.encode(), hashlib.sha256)


def found(signature: str, *, target: str = "/acme/v2/accounts?limit=20", timestamp: str = str(NOW)) -> Diagnosis:
    attempt = Attempt("GET", target, "127.0.0.1:8631", timestamp, signature)
    return diagnose(Secret(KEY), Secret(SECRET), attempt, NOW, DRIFT)


@pytest.mark.parametrize(
    ("message", "mistakes"),
    [
        (f"/accounts?limit=20;GET;{NOW}", [Mistake.QUERY]),
        (f"/acme/v2/accounts;GET;{NOW}", [Mistake.WHOLE_PATH]),
        (f"http://127.0.0.1:8631/acme/v2/accounts;GET;{NOW}", [Mistake.WHOLE_ADDRESS]),
        (f"/accounts;get;{NOW}", [Mistake.LOWER_METHOD]),
        (f"/accounts;GET;{NOW // 1000}", [Mistake.SECONDS]),
        (f"/accounts;GET;{NOW + 3}", [Mistake.OTHER_TIME]),
        ("/accounts;GET", [Mistake.NO_TIME]),
        (f"/accounts/;GET;{NOW}", [Mistake.TRAILING_SLASH]),
        (f"accounts;GET;{NOW}", [Mistake.NO_SLASH]),
        (f"/acme/v2/accounts?limit=20;GET;{NOW}", [Mistake.QUERY, Mistake.WHOLE_PATH]),
        (f"/accounts?limit=20;get;{NOW // 1000}", [Mistake.QUERY, Mistake.LOWER_METHOD, Mistake.SECONDS]),
    ],
)
def test_mistakes_in_the_message_are_named(message: str, mistakes: list[Mistake]) -> None:
    diagnosis = found(mac(message).hex())
    assert list(diagnosis.mistakes) == mistakes
    assert diagnosis.signed == message
    assert diagnosis.expected == f"/accounts;GET;{NOW}"


@pytest.mark.parametrize(
    ("key", "mistake"),
    [(SECRET, Mistake.SECRET_ALONE), (KEY, Mistake.KEY_ALONE), (SECRET + KEY, Mistake.SECRET_FIRST)],
)
def test_mistakes_in_the_key_are_named(key: str, mistake: Mistake) -> None:
    assert found(mac(f"/accounts;GET;{NOW}", key).hex()).mistakes == (mistake,)


def test_mistakes_in_the_encoding_are_named() -> None:
    right = mac(f"/accounts;GET;{NOW}")
    assert found(base64.b64encode(right).decode()).mistakes == (Mistake.BASE64,)
    assert found(base64.urlsafe_b64encode(right).decode().rstrip("=")).mistakes == (Mistake.BASE64,)
    assert found(right.hex().upper()).mistakes == (Mistake.UPPER_HEX,)


def test_a_path_signed_before_it_was_encoded_is_named() -> None:
    target = "/acme/v2/c_examples/a%20b"
    signature = mac(f"{unquote('/c_examples/a%20b')};GET;{NOW}").hex()
    assert found(signature, target=target).mistakes == (Mistake.NOT_ENCODED,)
    twice = mac(f"/c_examples/a%2520b;GET;{NOW}").hex()
    assert found(twice, target=target).mistakes == (Mistake.ENCODED_TWICE,)


def test_seconds_in_header_and_signature_are_named() -> None:
    seconds = str(NOW // 1000)
    assert found(mac(f"/accounts;GET;{seconds}").hex(), timestamp=seconds).mistakes == (Mistake.SECONDS,)
    assert found("0" * 64, timestamp=seconds).mistakes == (Mistake.SECONDS,)


def test_a_clock_that_is_off_is_named() -> None:
    late = NOW - 20 * 60_000
    assert found(mac(f"/accounts;GET;{late}").hex(), timestamp=str(late)).mistakes == (Mistake.CLOCK,)


def test_nothing_is_named_for_a_right_signature_or_an_unknown_one() -> None:
    assert found(mac(f"/accounts;GET;{NOW}").hex()).mistakes == ()
    unknown = found("0" * 64)
    assert unknown.mistakes == ()
    assert unknown.signed == ""
    assert unknown.expected == f"/accounts;GET;{NOW}"


@pytest.mark.parametrize("timestamp", ["", "now", "-5", "1" * 30, "²³", "\uff11\uff17"])
def test_strange_timestamps_are_no_error(timestamp: str) -> None:
    assert found("xyz\udcff", timestamp=timestamp).signed == ""


def test_diagnosis_is_quick() -> None:
    start = time.perf_counter()
    found("0" * 64)
    assert time.perf_counter() - start < 0.5


def test_no_words_hold_the_secret() -> None:
    for mistake in Mistake:
        assert str(mistake.words)
    diagnosis = found(mac(f"/accounts?limit=20;GET;{NOW}").hex())
    assert SECRET not in repr(diagnosis)
    assert KEY not in repr(diagnosis)
