"""What the client adds to httpx2, what the sandbox's checks cost, and whether its pages stay as quick in a large org.

network.py [ROUNDS]: prints a table; 300 rounds unless told. What is compared runs in turns.
"""

from __future__ import annotations

import json
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

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
CLIENT_BAR, RATE_BAR, PAGE_BAR = 1.3, 0.5, 1.5


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


def row(what: str, found: list[float], beside: list[float], ratio: float, bar: str) -> None:
    print(f"| {what} | {middle(found)} | {middle(beside)} | {ratio:.2f} × | {bar} |")


def middle(times: list[float]) -> str:
    ordered = sorted(times)
    low, high = ordered[len(ordered) // 10], ordered[len(ordered) * 9 // 10]
    return f"{statistics.median(times):.2f} ms ({low:.2f}–{high:.2f})"


def client(rounds: int) -> None:
    """The client against bare httpx2, with the same request."""
    path = "/accounts?limit=20"
    with child("sandbox", "1000", "100") as port:
        session = HttpNetwork().session(f"http://127.0.0.1:{port}")
        with httpx2.Client(trust_env=False) as bare:

            def with_client() -> None:
                assert session.send(Request("acme", "GET", path), Credentials(KEY, SECRET), Stop()).is_success

            def without() -> None:
                headers = {**signed(path), "Accept": "application/json"}
                assert bare.get(f"http://127.0.0.1:{port}{BASE}{path}", headers=headers).status_code == 200

            times = in_turns(rounds, ours=with_client, bare=without)
        session.close()
    ratio = statistics.median(times["ours"]) / statistics.median(times["bare"])
    row("a request through the client, and through httpx2", times["ours"], times["bare"], ratio, f"≤ {CLIENT_BAR}")


def rate(rounds: int) -> None:
    """The sandbox with 1,000 apps against an empty app, keys warm."""
    with child("sandbox", "1000", "100") as full, child("empty") as empty:
        session = logged_in(full)
        times = in_turns(
            rounds,
            signed=lambda: raw(full, "/accounts?limit=1", signed("/accounts")),
            session=lambda: raw(full, "/accounts/me", session),
            empty=lambda: raw(empty, "/accounts?limit=1", signed("/accounts")),
        )
    for name, what in (("signed", "signature"), ("session", "cookie and CSRF token")):
        ratio = statistics.median(times["empty"]) / statistics.median(times[name])
        row(
            f"sandbox with 1,000 apps, {what}; empty app; requests/s",
            times[name],
            times["empty"],
            ratio,
            f"≥ {RATE_BAR}",
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


def pages(rounds: int) -> None:
    """A page in the middle of 10,000 people against one of 100."""
    with child("sandbox", "1000", "100") as small, child("sandbox", "1000", "10000") as large:
        middle_id = '{"_id":{"$gt":"7"}}'
        by_id = f'/accounts?sort={{"_id":1}}&limit=40&where={middle_id}'.replace('"', "%22").replace("{", "%7B")
        for what, path_small, path_large in [
            ("by _id", by_id, by_id),
            ("by skip", "/accounts?limit=40&skip=50", "/accounts?limit=40&skip=5000"),
        ]:
            times = in_turns(
                rounds,
                small=lambda path=path_small: raw(small, path, signed("/accounts")),
                large=lambda path=path_large: raw(large, path, signed("/accounts")),
            )
            ratio = statistics.median(times["large"]) / statistics.median(times["small"])
            row(f"a page of 10,000 people, and of 100, {what}", times["large"], times["small"], ratio, f"≤ {PAGE_BAR}")


if __name__ == "__main__":
    given = int(sys.argv[1]) if len(sys.argv) > 1 else 300
    print("| what | found | beside it | result | bar |\n| --- | --- | --- | --- | --- |")
    client(given)
    rate(given)
    pages(given)
