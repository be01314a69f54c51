"""What was sent, without bodies, and requests that a person keeps. Both without keys, passwords, codes and tokens."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any

from ..domain.documents import Document, DocumentStore
from ..domain.model import new_id
from ..domain.request import (
    SECRET_PROPERTIES,
    Answer,
    NoAnswer,
    Request,
    mask_document,
    mask_header,
    without_keys,
)

FILE_NAME = "requests.json"
MOST_LINES = 200
MOST_KEPT = 500
_QUERY_VALUE = re.compile(r"=[^&]*")
_SECRET_VALUE = re.compile(rf"([?&.](?:{'|'.join(sorted(SECRET_PROPERTIES))}))=[^&]*", re.IGNORECASE)
_SENT, _KEPT = "sent", "kept"


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One line of the history.

    time: aware, in UTC; path: without the values of its query; status: 0 if no answer came; size: bytes of the answer,
    None if not known; outcome: the fault's errCode or code, or why no answer came, else "".
    """

    id: str
    time: datetime
    app_id: str
    endpoint: str
    method: str
    path: str
    status: int
    size: int | None
    seconds: float
    outcome: str = ""


@dataclass(frozen=True, slots=True)
class KeptRequest:
    """A request that a person keeps. body: text; what looked like a secret in it is "…"."""

    id: str
    name: str
    method: str
    path: str
    headers: tuple[tuple[str, str], ...] = ()
    body: str = ""

    def request(self, org_code: str) -> Request:
        """The request to send to this org."""
        return Request(org_code, self.method, self.path, self.headers, self.body.encode())


class RequestHistory:
    """The last requests and the kept ones. Use it on the disk lane. All methods raise StorageError."""

    def __init__(self, store: DocumentStore, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        self._store = store
        self._now = now
        self._lock = Lock()
        self._tables: dict[str, dict[str, Document]] | None = None

    def sent(self, app_id: str | None = None) -> Sequence[SentRequest]:
        """The last requests, newest first; only those of an app, if one is given."""
        with self._lock:
            lines = [_sent_of(key, found) for key, found in self._table(_SENT).items()]
        shown = [line for line in lines if line is not None and app_id in (None, line.app_id)]
        return sorted(shown, key=lambda line: line.time, reverse=True)

    def add(self, app_id: str, endpoint: str, request: Request, outcome: Answer | NoAnswer) -> SentRequest:
        """Note a request with its answer, or why there was none. The oldest line beyond 200 goes."""
        line = SentRequest(
            new_id(),
            self._now(),
            app_id,
            endpoint,
            request.method,
            without_keys(_QUERY_VALUE.sub("=…", request.path)),
            outcome.status if isinstance(outcome, Answer) else 0,
            outcome.size if isinstance(outcome, Answer) else None,
            outcome.seconds,
            _outcome_of(outcome),
        )
        with self._lock:
            table = self._table(_SENT)
            changes: dict[str, Document | None] = {line.id: _document(line)}
            oldest = sorted(table, key=lambda key: str(table[key].get("time")))
            changes.update(dict.fromkeys(oldest[: max(len(table) + 1 - MOST_LINES, 0)]))
            self._change(_SENT, changes)
        return line

    def clear(self) -> None:
        """Forget the last requests; the kept ones stay."""
        with self._lock:
            self._change(_SENT, dict.fromkeys(self._table(_SENT)))

    def kept(self) -> Sequence[KeptRequest]:
        """The kept requests by name."""
        with self._lock:
            found = [_kept_of(key, document) for key, document in self._table(_KEPT).items()]
        return sorted((kept for kept in found if kept is not None), key=lambda kept: kept.name.casefold())

    def keep(self, name: str, request: Request) -> KeptRequest:
        """Keep a request under a name; the oldest beyond 500 goes. Secrets in it become "…"."""
        body = request.body.decode("utf-8", "replace")
        path = without_keys(_SECRET_VALUE.sub(r"\1=…", request.path))
        headers = tuple((header, without_keys(mask_header(header, value))) for header, value in request.headers)
        kept = KeptRequest(new_id(), name.strip(), request.method, path, headers, without_secrets(body))
        with self._lock:
            changes: dict[str, Document | None] = {kept.id: _document(kept)}
            changes.update(dict.fromkeys(list(self._table(_KEPT))[: len(self._table(_KEPT)) + 1 - MOST_KEPT]))
            self._change(_KEPT, changes)
        return kept

    def rename(self, kept: KeptRequest, name: str) -> KeptRequest:
        """Give a kept request another name."""
        renamed = replace(kept, name=name.strip())
        with self._lock:
            self._change(_KEPT, {kept.id: _document(renamed)})
        return renamed

    def drop(self, kept: KeptRequest) -> None:
        """Keep a request no longer."""
        with self._lock:
            self._change(_KEPT, {kept.id: None})

    def _table(self, name: str) -> dict[str, Document]:
        if self._tables is None:
            self._tables = self._store.load()
        return self._tables.setdefault(name, {})

    def _change(self, name: str, changes: Mapping[str, Document | None]) -> None:
        table = self._table(name)
        self._store.change({name: changes})
        for key, document in changes.items():
            if document is None:
                table.pop(key, None)
            else:
                table[key] = document


def without_secrets(body: str) -> str:
    """A body with "…" for what is secret in it: by its name in JSON, by its shape elsewhere."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return without_keys(body)
    masked = mask_document(document)
    return without_keys(body if masked == document else json.dumps(masked, ensure_ascii=False, indent=2))


def _outcome_of(outcome: Answer | NoAnswer) -> str:
    if isinstance(outcome, NoAnswer):
        return outcome.trouble.value
    return (outcome.fault.err_code or outcome.fault.code) if outcome.fault is not None else ""


def _document(item: SentRequest | KeptRequest) -> Document:
    document: Document = {name: getattr(item, name) for name in item.__slots__ if name != "id"}
    if isinstance(item, SentRequest):
        document["time"] = item.time.isoformat()
    else:
        document["headers"] = [list(pair) for pair in item.headers]
    return document


def _sent_of(key: str, document: Mapping[str, Any]) -> SentRequest | None:
    """The line of a document; None if it makes no sense."""
    try:
        time = datetime.fromisoformat(document["time"]).astimezone(UTC)
        texts = {name: str(document[name]) for name in ("app_id", "endpoint", "method", "path", "outcome")}
        size = document["size"]
        return SentRequest(
            key,
            time,
            status=int(document["status"]),
            size=None if size is None else int(size),
            seconds=float(document["seconds"]),
            **texts,
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None


def _kept_of(key: str, document: Mapping[str, Any]) -> KeptRequest | None:
    """The request of a document; None if it makes no sense."""
    try:
        headers = tuple((str(name), str(value)) for name, value in document["headers"])
        return KeptRequest(
            key, headers=headers, **{name: str(document[name]) for name in ("name", "method", "path", "body")}
        )
    except (KeyError, TypeError, ValueError):
        return None
