"""The release feed is read over https alone, and only as much of it as a feed has."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import UpdateError, UpdateProblem
from cortex_desktop.net.client import HttpNetwork
from cortex_desktop.net.feed import read_feed

from .conftest import Wire


class Feed:
    """An https server on this computer. `answer` is sent to whoever asks."""

    def __init__(self, context: ssl.SSLContext) -> None:
        self.answer = b""
        self.asked: list[bytes] = []
        self._context = context
        self._wire = Wire(self._serve)
        self.address = f"https://127.0.0.1:{self._wire.port}/release.json"

    def say(self, body: bytes, status: str = "200 OK", *more: str) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *more, "", ""]
        self.answer = "\r\n".join(lines).encode() + body

    def _serve(self, connection: socket.socket) -> None:
        with suppress(ssl.SSLError), self._context.wrap_socket(connection, server_side=True) as secure:
            self.asked.append(secure.recv(65536))
            secure.sendall(self.answer)

    def close(self) -> None:
        self._wire.close()


@pytest.fixture
def feed(tls: tuple[ssl.SSLContext, Path]) -> Iterator[Feed]:
    feed = Feed(tls[0])
    yield feed
    feed.close()


@pytest.fixture
def read(tls: tuple[ssl.SSLContext, Path]) -> Callable[[str], bytes]:
    return lambda address: read_feed(HttpNetwork(ca_file=tls[1]), address)


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
