"""A server on this computer that answers as a test tells it."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request as Received
from werkzeug.wrappers import Response

from cortex_desktop.domain.request import Credentials, Request
from cortex_desktop.domain.secret import Secret
from cortex_desktop.net.client import HttpNetwork, HttpSession

KEY = "abcdefghijklmnopqrstuv"
SECRET = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"


@dataclass
class Server:
    """`answer` makes the next answers; `received` holds the requests."""

    endpoint: str = ""
    answer: Callable[[Received], Response] = field(default=lambda request: Response("{}", mimetype="application/json"))
    received: list[Received] = field(default_factory=list)

    def answers(self, *answers: Response) -> None:
        """Give these in turn, the last one for ever."""
        left = list(answers)
        self.answer = lambda request: left.pop(0) if len(left) > 1 else left[0]

    @property
    def paths(self) -> list[str]:
        """The paths that were asked for."""
        return [request.path for request in self.received]


def said(document: object, status: int = 200, **headers: str) -> Response:
    """A JSON answer. headers: with _ for -."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(json.dumps(document), status, named, mimetype="application/json")


def fault(err_code: str = "", code: str = "", status: int = 400, **more: object) -> Response:
    """A fault. Its HTTP status is `http` if that is given."""
    http = more.pop("http", status)
    assert isinstance(http, int)
    document = {"object": "fault", "errCode": err_code, "code": code, "status": status, **more}
    return said({name: value for name, value in document.items() if value != ""}, http)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()

    @Received.application
    def app(request: Received) -> Response:
        request.get_data()
        server.received.append(request)
        return server.answer(request)

    made = make_server("127.0.0.1", 0, app, threaded=True)
    made.log = lambda *args: None
    thread = threading.Thread(target=made.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    server.endpoint = f"http://127.0.0.1:{made.port}"
    yield server
    made.shutdown()
    thread.join()


@pytest.fixture
def session(server: Server) -> Iterator[HttpSession]:
    """A session with the server. It does not pause."""
    with closing(HttpNetwork(pause=lambda stop, seconds: stop.is_stopped).session(server.endpoint)) as session:
        yield session


@pytest.fixture
def plain() -> Credentials:
    """Those of an app with Sessions."""
    return Credentials(Secret(KEY))


@pytest.fixture
def signing() -> Credentials:
    """Those of an app that signs."""
    return Credentials(Secret(KEY), Secret(SECRET))


def get(path: str, org: str = "acme") -> Request:
    return Request(org, "GET", path)


@pytest.fixture
def tls(tmp_path: Path) -> tuple[ssl.SSLContext, Path]:
    """A server's side of TLS, and the file with the certificate to trust."""
    pytest.importorskip("cryptography")
    from tests.support.certificates import server_side

    return server_side(tmp_path)
