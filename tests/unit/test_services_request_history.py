"""The history of requests and the kept ones: what they hold, and what they never hold."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cortex_desktop.domain.faults import Fault
from cortex_desktop.domain.request import Answer, Form, NoAnswer, Request, Trouble
from cortex_desktop.services.request_history import RequestHistory, without_secrets
from cortex_desktop.storage.document_file import DocumentFile

KEY = "abcdefghijklmnopqrstu1"
ENDPOINT = "http://127.0.0.1:8631"


class Clock:
    def __init__(self) -> None:
        self.time = datetime(2026, 11, 28, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.time += timedelta(seconds=1)
        return self.time


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "requests.json"


@pytest.fixture
def history(path: Path) -> RequestHistory:
    return RequestHistory(DocumentFile(path), Clock())


def answer(status: int = 200, fault: Fault | None = None) -> Answer:
    return Answer(status, (), b'{"secret": "body of an answer"}', 31, True, 0.25, Form.JSON, "", fault=fault)


def test_lines_are_kept_without_bodies_and_values(history: RequestHistory, path: Path) -> None:
    body = b'{"password": "my-password"}'
    request = Request("acme", "POST", f"/accounts/{KEY}?where=somebody&limit=5", body=body)
    history.add("app-1", ENDPOINT, request, answer(403, Fault("cortex.accessDenied.role")))
    history.add("app-2", ENDPOINT, Request("acme", "GET", ""), NoAnswer(Trouble.REFUSED, "127.0.0.1", seconds=0.5))
    for found in (history, RequestHistory(DocumentFile(path))):
        newest, oldest = found.sent()
        assert (newest.app_id, newest.status, newest.size, newest.outcome) == ("app-2", 0, None, "refused")
        assert (oldest.method, oldest.status, oldest.size, oldest.seconds) == ("POST", 403, 31, 0.25)
        assert oldest.path == "/accounts/…?where=…&limit=…"
        assert oldest.outcome == "cortex.accessDenied.role"
        assert oldest.time == datetime(2026, 11, 28, 12, 0, 1, tzinfo=UTC)
        assert [line.app_id for line in found.sent("app-1")] == ["app-1"]
    text = path.read_text("utf-8")
    assert not any(secret in text for secret in (KEY, "my-password", "somebody", "body of an answer"))


def test_two_hundred_lines(history: RequestHistory, path: Path) -> None:
    for number in range(205):
        history.add("app", ENDPOINT, Request("acme", "GET", f"/c_{number}"), answer())
    paths = [line.path for line in history.sent()]
    assert paths == [f"/c_{number}" for number in range(204, 4, -1)]
    assert [line.path for line in RequestHistory(DocumentFile(path)).sent()] == paths
    history.clear()
    assert history.sent() == RequestHistory(DocumentFile(path)).sent() == []


def test_kept_requests(history: RequestHistory, path: Path) -> None:
    body = json.dumps({"email": "a@b.example", "password": "my-password", "note": KEY})
    first = history.keep(" Zoo ", Request("acme", "POST", "/accounts/login", (("X-A", "b"),), body.encode()))
    second = history.keep("apple", Request("acme", "GET", "/accounts?limit=5"))
    assert [kept.name for kept in history.kept()] == ["apple", "Zoo"]
    assert json.loads(first.body) == {"email": "a@b.example", "password": "…", "note": "…"}
    assert first.request("other") == Request("other", "POST", "/accounts/login", (("X-A", "b"),), first.body.encode())
    assert second.path == "/accounts?limit=5"
    renamed = history.rename(second, "Banana")
    history.clear()
    assert list(RequestHistory(DocumentFile(path)).kept()) == [renamed, first]
    history.drop(first)
    assert list(RequestHistory(DocumentFile(path)).kept()) == [renamed]
    assert not any(secret in path.read_text("utf-8") for secret in (KEY, "my-password"))


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ("", ""),
        ("plain text of c_examples 5516ee1b34d8d934281699e3", "plain text of c_examples 5516ee1b34d8d934281699e3"),
        (f"key={KEY}", "key=…"),
        ('{"a":  1}', '{"a":  1}'),  # as it was written, if nothing in it is secret
        ("[" * 100_000, "[" * 100_000),
    ],
)
def test_bodies(body: str, kept: str) -> None:
    assert without_secrets(body) == kept


@pytest.mark.parametrize("damage", [{}, {"time": "soon"}, {"headers": 5}, {"status": "x", "time": "2026-01-01"}])
def test_what_makes_no_sense_is_left_out(path: Path, damage: dict[str, Any]) -> None:
    DocumentFile(path).change({"sent": {"x": damage}, "kept": {"x": damage}})
    history = RequestHistory(DocumentFile(path), Clock())
    assert list(history.sent()) == []
    assert list(history.kept()) == []
    history.add("app", ENDPOINT, Request("acme", "GET", ""), answer())
    assert len(history.sent()) == 1
