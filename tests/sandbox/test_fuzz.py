"""Whatever is sent, the sandbox answers as Cortex would, and never fails by itself."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cortex_desktop.domain.sandbox import Settings

from .conftest import Browser, World

words = st.sampled_from(
    "accounts me login logout status orgs apps roles c_examples stats logs c_tags c_items name first configuration "
    "email security readOnly developer environment export _id 0 1 . .. %2e a%00b ä 😀 'x' "
    "{id} {org} {app} {note}".split()
)
arguments = st.sampled_from(
    "where sort skip limit paths[] include[] expand[] roles.limit c_items.where group x".split()
)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5) | st.sampled_from(["sandbox", "set"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                "email password location verificationToken c_title c_tags c_items _id op path value configuration "
                "maintenanceMessage manifest object apps includes name $gt $or".split()
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
bodies = st.none() | json_values.map(lambda value: json.dumps(value).encode()) | st.binary(max_size=20)
kinds = st.sampled_from(["application/json", "application/x-www-form-urlencoded", "text/plain", "nonsense", ""])
methods = st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "JUMP"])
headers = st.dictionaries(
    st.sampled_from(
        [
            "Medable-Client-Key",
            "Medable-Client-Signature",
            "Medable-Client-Timestamp",
            "Medable-Client-Nonce",
            "Medable-Client-Account",
            "Medable-Csrf-Token",
            "Cookie",
            "Origin",
            "Accept",
            "Authorization",
        ]
    ),
    st.text(alphabet=st.characters(min_codepoint=32, max_codepoint=255), max_size=30),
    max_size=2,
)


@pytest.fixture
def visitors(world: World) -> list[Browser]:
    """Somebody who signs, and an administrator who is logged in."""
    org = world.apps.add_org()
    signing = world.browser(world.apps.add(org, "Signing"))
    world.settings(rate_limit=0)
    world.app_settings(signing.made, principal_override=True)
    no_code = {"configuration": {"email": {"locationBypass": ["john@acme.example"]}}}
    assert signing.ask("PUT", "", no_code).status_code == 200
    return [signing, world.browser(world.apps.add(org, "Sessions", sessions=True)).logged_in()]


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    who=st.integers(0, 1),
    method=methods,
    path=st.lists(words, max_size=5),
    query=st.lists(st.tuples(arguments, json_values), max_size=3),
    body=bodies,
    kind=kinds,
    more=headers,
)
def test_no_request_is_too_odd(
    visitors: list[Browser],
    who: int,
    method: str,
    path: list[str],
    query: list[tuple[str, Any]],
    body: bytes | None,
    kind: str,
    more: dict[str, str],
) -> None:
    browser = visitors[who]
    world = browser.world
    note = next(iter(browser.get("/c_examples").get("data", [])), {"_id": "0"})
    ids = {
        "{id}": "5516ee1b34d8d934281699e3",
        "{org}": browser.made.org.id[:24],
        "{app}": browser.made.app.id[:24],
        "{note}": note["_id"],
    }
    parts = "".join("/" + quote(ids.get(part, part), safe="%") for part in path)
    asked = "&".join(f"{quote(name)}={quote(json.dumps(value))}" for name, value in query)
    response = browser.ask(method, f"{parts}?{asked}", body, more, content_type=kind)
    assert response.headers["X-Cortex-Sandbox"] == "1"
    assert response.headers["X-Cortex-Sandbox-Basis"] in ("documented", "published code", "our reading")
    if response.data and response.mimetype == "application/json":
        document = response.get_json()
        if document.get("object") == "fault":
            assert document["status"] == response.status_code
            assert document["errCode"] != "sandbox.error.defect"
        else:
            assert response.status_code == 200
    else:
        assert response.status_code in (200, 204) or method == "HEAD"
    if browser.get("").get("maintenance") or not browser.get("/accounts/status").get("data", {}).get("loggedin", True):
        world.sandbox.state.put_settings(Settings(rate_limit=0))
        visitors[1].logged_in()


# --- over a real connection ---


@pytest.fixture
def signed(world: World) -> dict[str, str]:
    made = world.apps.add(world.apps.add_org())
    return {"Medable-Client-Key": made.key.reveal()}


def test_bodies_in_pieces(endpoint: str, signed: dict[str, str]) -> None:
    def pieces(count: int) -> Iterator[bytes]:
        yield b'{"a": "'
        for _ in range(count):
            yield b"x" * 10_000
        yield b'"}'

    with httpx2.Client(trust_env=False, headers=signed, timeout=20) as client:
        small = client.post(f"{endpoint}/acme/v2/c_examples", content=pieces(1))
        assert small.json()["errCode"] == "cortex.accessDenied.invalidRequestSignature"  # it was read
        large = client.post(f"{endpoint}/acme/v2/c_examples", content=pieces(200))
        assert large.status_code == 413
        assert large.json()["errCode"] == "cortex.tooLarge.unspecified"


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",  # TLS to a port that has none
        b"GET /acme/v2 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: x\r\n\r\n",
        b"POST /acme/v2 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5\r\n\r\nab",
        b"POST /acme/v2 HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"GET http://127.0.0.1/acme/v2 HTTP/1.1\r\n\r\n",
        b"GET //evil.example/v2 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
        b"GET /acme/v2 HTTP/1.1\r\n" + b"X: y\r\n" * 500 + b"\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n\r\n",
    ],
)
def test_odd_connections_harm_nobody(
    world: World, endpoint: str, signed: dict[str, str], data: bytes, capfd: pytest.CaptureFixture[str]
) -> None:
    port = int(endpoint.rpartition(":")[2])
    with socket.create_connection(("127.0.0.1", port), 10) as connection, suppress(OSError):  # it may hang up first
        connection.sendall(data)
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(65536):
            pass
    with httpx2.Client(trust_env=False, headers=signed) as client:
        assert client.get(f"{endpoint}/acme/v2").status_code == 200
    assert "Traceback" not in "".join(capfd.readouterr())
    assert not any(found.err_code == "sandbox.error.defect" for found in world.received)


def test_many_at_a_time(world: World, endpoint: str, signed: dict[str, str]) -> None:
    world.settings(rate_limit=0)
    statuses: list[int] = []

    def ask() -> None:
        with httpx2.Client(trust_env=False, headers=signed, timeout=30) as client:
            statuses.extend(client.get(f"{endpoint}/acme/v2").status_code for _ in range(10))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 200
    assert sorted(found.number for found in world.sandbox.received()) == list(range(1, 201))
