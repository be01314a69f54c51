"""The release feed is read over https alone, and only as much of it as a feed has."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import UpdateError, UpdateProblem
from cortex_desktop.net.client import HttpNetwork
from cortex_desktop.net.feed import read_feed

pytest.importorskip("cryptography", reason="for a certificate, which is Linux's part")

from tests.support.feed import Feed


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[Feed]:
    feed = Feed(tmp_path)
    yield feed
    feed.close()


@pytest.fixture
def read(feed: Feed) -> Callable[[str], bytes]:
    return lambda address: read_feed(HttpNetwork(ca_file=feed.ca_file), address)


def problem(read: Callable[[str], bytes], address: str) -> UpdateProblem:
    with pytest.raises(UpdateError) as failure:
        read(address)
    return failure.value.problem


def test_a_feed(feed: Feed, read: Callable[[str], bytes]) -> None:
    feed.say(b'{"version": "1.2.0"}', "200 OK", "Set-Cookie: a=b")
    for _ in range(2):
        assert read(feed.address) == b'{"version": "1.2.0"}'
    assert b"Cookie" not in feed.asked[1]
    assert b"ortex" not in feed.asked[1]
    assert b"python" not in feed.asked[1].lower()


def test_redirects(feed: Feed, read: Callable[[str], bytes]) -> None:
    feed.say(b"", "302 Found", "Location: http://127.0.0.1:1/")
    assert problem(read, feed.address) is UpdateProblem.NOT_SAFE
    feed.say(b"", "302 Found", "Location: /again")
    assert problem(read, feed.address) is UpdateProblem.STRANGE
    assert len(feed.asked) == 1 + 6


def test_what_is_no_feed(feed: Feed, read: Callable[[str], bytes]) -> None:
    feed.say(b"x" * 65_537)
    assert problem(read, feed.address) is UpdateProblem.STRANGE
    feed.say(b"gone", "404 Not Found")
    assert problem(read, feed.address) is UpdateProblem.STRANGE
    feed.answer = b"220 mail.example ESMTP\r\n\r\n"
    assert problem(read, feed.address) is UpdateProblem.STRANGE
    feed.answer = b""
    assert problem(read, feed.address) is UpdateProblem.UNREACHABLE


def test_whom_to_ask(feed: Feed) -> None:
    def read(address: str) -> bytes:
        return read_feed(HttpNetwork(), address)

    assert problem(read, feed.address) is UpdateProblem.NOT_SAFE  # nobody trusts its certificate
    assert problem(read, "http://127.0.0.1/") is UpdateProblem.NOT_HTTPS
    assert problem(read, "https://name:password@127.0.0.1/") is UpdateProblem.NOT_HTTPS
    assert problem(read, "https://127.0.0.1:1/") is UpdateProblem.UNREACHABLE
    assert feed.asked == []
