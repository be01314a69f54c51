"""What the client adds to httpx2, what the sandbox's checks cost, and pages of a small and of a large org.

child_network.py ROUNDS: prints how long each took, in ms, as JSON. What is compared runs in turns.
"""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

sys.path.insert(0, str(Path(__file__).parents[2]))

import httpx2

from cortex_desktop.domain.request import Credentials, Request, Stop
from cortex_desktop.domain.secret import Secret
from cortex_desktop.domain.signing import sign
from cortex_desktop.net.client import HttpNetwork
from tests.sandbox.program import SESSION_KEY, SIGNING_KEY, SIGNING_SECRET

CHILD = Path(__file__).with_name("child_sandbox.py")
BASE = "/acme/v2"
KEY, SECRET = Secret(SIGNING_KEY), Secret(SIGNING_SECRET)


@contextmanager
def child(*arguments: str) -> Iterator[int]:
    """A server in another process; its port."""
    process = subprocess.Popen(
        [sys.executable, str(CHILD), *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(30)


def in_turns(rounds: int, **calls: Callable[[], object]) -> dict[str, list[float]]:
    """How long each call takes, in ms."""
    times: dict[str, list[float]] = {name: [] for name in calls}
    for number in range(rounds + 20):
        for name, call in calls.items():
            begin = time.perf_counter()
            call()
            if number >= 20:
                times[name].append((time.perf_counter() - begin) * 1000)
    return times


def signed(path: str) -> dict[str, str]:
    return sign(KEY, SECRET, "GET", path.partition("?")[0], int(time.time() * 1000)).headers(KEY)


def raw(port: int, path: str, headers: dict[str, str]) -> bytes:
    """A request without any client in the way; the answer."""
    lines = [f"GET {BASE}{path} HTTP/1.1", f"Host: 127.0.0.1:{port}", *(f"{n}: {v}" for n, v in headers.items())]
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall("\r\n".join([*lines, "", ""]).encode())
        answer, size = b"", None
        while size is None or len(answer) < size:
            part = connection.recv(65536)
            assert part, answer[:2000]
            answer += part
            head, end, _ = answer.partition(b"\r\n\r\n")
            if size is None and end:
                size = len(head) + len(end) + int(head.lower().partition(b"content-length: ")[2].split()[0])
    assert answer.startswith(b"HTTP/1.1 200 "), answer[:2000]
    return answer


def client(rounds: int) -> dict[str, list[float]]:
    """The client against bare httpx2, with the same request."""
    path = "/accounts?limit=20"
    with child("sandbox", "1000", "100") as port, httpx2.Client(trust_env=False) as bare:
        session = HttpNetwork().session(f"http://127.0.0.1:{port}")

        def with_client() -> None:
            assert session.send(Request("acme", "GET", path), Credentials(KEY, SECRET), Stop()).is_success

        def without() -> None:
            headers = {**signed(path), "Accept": "application/json"}
            assert bare.get(f"http://127.0.0.1:{port}{BASE}{path}", headers=headers).status_code == 200

        times = in_turns(rounds, client=with_client, bare=without)
        session.close()
        return times


def rate(rounds: int) -> dict[str, list[float]]:
    """The sandbox with 1,000 apps against an empty app, keys warm."""
    with child("sandbox", "1000", "100") as full, child("empty") as empty:
        session = logged_in(full)
        return in_turns(
            rounds,
            signature=lambda: raw(full, "/accounts?limit=1", signed("/accounts")),
            session=lambda: raw(full, "/accounts/me", session),
            empty=lambda: raw(empty, "/accounts?limit=1", signed("/accounts")),
        )


def logged_in(port: int) -> dict[str, str]:
    """The headers of somebody who is logged in."""
    key = {"Medable-Client-Key": SESSION_KEY}
    with httpx2.Client(trust_env=False, headers=key) as client:
        body = {"email": "john@acme.example", "password": "sandbox"}
        answer = client.post(f"http://127.0.0.1:{port}{BASE}/accounts/login", json=body)
        assert json.loads(answer.text)["object"] == "account", answer.text
        cookie = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
        return {**key, "Cookie": cookie, "Medable-Csrf-Token": answer.headers["Medable-Csrf-Token"]}


def pages(rounds: int) -> dict[str, list[float]]:
    """A page in the middle of 10,000 people, and of 100."""
    by_id = f"/accounts?sort={quote(json.dumps({'_id': 1}))}&limit=40&where={quote(json.dumps({'_id': {'$gt': '7'}}))}"
    with child("sandbox", "1000", "100") as small, child("sandbox", "1000", "10000") as large:
        return in_turns(
            rounds,
            **{
                "by id, few": lambda: raw(small, by_id, signed("/accounts")),
                "by id, many": lambda: raw(large, by_id, signed("/accounts")),
                "by skip, few": lambda: raw(small, "/accounts?limit=40&skip=50", signed("/accounts")),
                "by skip, many": lambda: raw(large, "/accounts?limit=40&skip=5000", signed("/accounts")),
            },
        )


if __name__ == "__main__":
    given = int(sys.argv[1])
    print(json.dumps({**client(given), **rate(given), **pages(given)}))
