"""Listens on this computer, and runs the sandbox until it is told to stop."""

from __future__ import annotations

import errno
import json
import logging
import os
import queue
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from werkzeug.serving import ThreadedWSGIServer, WSGIRequestHandler

from ..domain.documents import DocumentStore
from ..domain.errors import CortexError, StorageError
from ..domain.request import BASIS_HEADER, SANDBOX_HEADER, SOURCE_HEADER, TIME_HEADER
from ..domain.sandbox import (
    FIRST_PORT,
    LOCK_FILE,
    AppSettings,
    LocalApps,
    Message,
    PortTaken,
    Received,
    SandboxRunning,
    SecretReader,
    Settings,
    settings_of,
)
from .app import Sandbox
from .folder_lock import FolderLock
from .reply import Refusal
from .table import FAULTS_SOURCE

if TYPE_CHECKING:
    from _typeshed.wsgi import WSGIApplication

PORTS_TRIED = 100
_IDLE_SECONDS = 30.0
_LOCK_TRIES = 50
_MOST_WAITING = 1_000
_log = logging.getLogger(__name__)


class Server:
    """A WSGI app on 127.0.0.1 and, where the system has it, on [::1], both on one port."""

    def __init__(self, app: WSGIApplication, port: int = 0) -> None:
        """Listen at once. port: 0 for any that is free. Raises PortTaken."""
        listeners = _listen(port)
        self.port: int = listeners[0].getsockname()[1]
        self._servers = [_Listening(listener, app) for listener in listeners]
        self._threads = [threading.Thread(target=found.serve_forever, args=(0.1,)) for found in self._servers]

    @property
    def address(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Answer from now on, each request in a thread of its own."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Answer no more and give the port back. Requests under way are cut off at the end of the process."""
        for server, thread in zip(self._servers, self._threads, strict=True):
            if thread.is_alive():
                server.shutdown()
                thread.join()
            server.server_close()


class _Handler(WSGIRequestHandler):
    timeout = _IDLE_SECONDS
    server_version = "Cortex-Sandbox"
    sys_version = ""

    def log(self, type: str, message: str, *args: object) -> None:
        """The sandbox has a log of its own, in which keys are masked."""

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Answer what is no HTTP request, or one with too long a line, by a fault as every other."""
        is_long = code in (HTTPStatus.REQUEST_URI_TOO_LONG, HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE)
        found = Refusal("cortex.tooLarge.unspecified" if is_long else "cortex.invalidArgument.unspecified")
        reply = found.reply()
        body = json.dumps(reply.document).encode()
        self.request_version = "HTTP/1.1"  # older ones have no headers
        self.send_response(reply.status)
        for name, value in (
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(body))),
            (TIME_HEADER, str(int(time.time() * 1000))),
            (SANDBOX_HEADER, "1"),
            (BASIS_HEADER, reply.basis.value),
            (SOURCE_HEADER, FAULTS_SOURCE),
            ("Connection", "close"),
        ):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


class _Listening(ThreadedWSGIServer):
    def __init__(self, listener: socket.socket, app: WSGIApplication) -> None:
        host, port = listener.getsockname()[:2]
        super().__init__(host, port, app, _Handler, fd=listener.fileno())
        listener.close()  # the server has a descriptor of its own

    def log(self, type: str, message: str, *args: object) -> None:
        """As the handler's."""

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that went away is no news."""
        _log.debug("a connection broke off", exc_info=True)


def _listen(port: int) -> list[socket.socket]:
    """Sockets for both addresses of this computer. Raises PortTaken."""
    for _ in range(20 if port == 0 else 1):  # a free port of one family may be taken in the other
        listeners: list[socket.socket] = []
        try:
            listeners.append(_listener(socket.AF_INET, "127.0.0.1", port))
            if socket.has_ipv6:
                listeners.append(_listener(socket.AF_INET6, "::1", listeners[0].getsockname()[1]))
            return listeners
        except OSError as error:
            if len(listeners) == 1 and error.errno not in (errno.EADDRINUSE, errno.EACCES):
                return listeners  # a system without IPv6
            for listener in listeners:
                listener.close()
        except OverflowError:
            break
    raise PortTaken(port)


def _listener(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform == "win32":  # where reuse would let another program take the port away
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_EXCLUSIVEADDRUSE, 1)
        else:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family is socket.AF_INET6:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind((host, port))
        listener.listen(128)
    except BaseException:
        listener.close()
        raise
    return listener


def open_server(app: WSGIApplication, asked: int | None, last: int | None) -> Server:
    """A server on the port asked for; else on the last one, else on the first free one from 8631 on.

    Raises PortTaken.
    """
    if asked is not None:
        return Server(app, asked)
    candidates = [last] if last is not None else []
    candidates += range(FIRST_PORT, FIRST_PORT + PORTS_TRIED)
    for port in candidates:
        with suppress(PortTaken):
            return Server(app, port)
    return Server(app)


def serve(
    folder: Path,
    apps: LocalApps,
    secrets: SecretReader,
    store: DocumentStore,
    *,
    port: int | None = None,
    out: TextIO | None = None,
    err: TextIO | None = None,
    parent: int | None = None,
    stop: threading.Event | None = None,
) -> int:
    """Run the sandbox of a data folder until Ctrl+C, SIGTERM or `stop`; returns the exit status.

    port: the one to use, None to choose. In a terminal, `out` gets the address, `err` a line for each request and each
    code. parent: a descriptor on which a program sends commands; the sandbox then ends with that program, and `out`
    gets its events, one JSON object a line (see `child`).
    """
    out, err, stop = out or sys.stdout, err or sys.stderr, stop or threading.Event()
    report: Reporter = JsonReporter(out) if parent is not None else PlainReporter(out, err)
    sandbox = Sandbox(apps, secrets, store, on_received=report.received, on_message=report.message)
    lock = FolderLock(folder / LOCK_FILE)
    try:
        with _locked(lock):
            last, settings = None, Settings()
            with suppress(StorageError):
                last, settings = sandbox.state.last_port(), sandbox.state.settings
            server = open_server(sandbox, port, last)
            try:
                lock.say(server.address)
                with suppress(StorageError):
                    sandbox.state.put_last_port(server.port)
                server.start()
                report.ready(server, settings)
                if parent is not None:
                    _listen_to(parent, sandbox, report, stop)
                _wait(stop)
            finally:
                server.stop()
                sandbox.close()
    except CortexError as error:
        report.failed(error)
        return 1
    finally:
        report.close()
    return 0


@contextmanager
def _locked(lock: FolderLock) -> Iterator[None]:
    """Hold the folder's lock. Raises SandboxRunning."""
    for _ in range(_LOCK_TRIES):
        if lock.take():
            break
        if lock.address():
            raise SandboxRunning(lock.address())
        time.sleep(0.1)  # the other one is just starting, or was only looked for
    else:
        raise SandboxRunning(lock.address())
    try:
        yield
    finally:
        lock.release()


def _wait(stop: threading.Event) -> None:
    """Wait for `stop` or a signal to end."""
    in_main = threading.current_thread() is threading.main_thread()
    names = [name for name in ("SIGTERM", "SIGINT", "SIGBREAK", "SIGHUP") if in_main and hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), lambda *_: stop.set()) for name in names}
    try:
        while not stop.wait(0.5):  # in steps, since on Windows a signal does not end a wait
            pass
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def _listen_to(parent: int, sandbox: Sandbox, report: Reporter, stop: threading.Event) -> None:
    """Do what the parent says, and stop when its end of the pipe closes."""

    def read() -> None:
        rest = b""
        with suppress(OSError):
            # Not by way of a file object: its lock, held here at the end of the process, would crash that.
            while data := os.read(parent, 65536):
                *lines, rest = (rest + data).split(b"\n")
                for line in lines:
                    _obey(line, sandbox, report, stop)
        stop.set()

    threading.Thread(target=read, name="parent", daemon=True).start()


def _obey(line: bytes, sandbox: Sandbox, report: Reporter, stop: threading.Event) -> None:
    try:
        document: Any = json.loads(line)
        command = document.get("command")
        if command == "stop":
            stop.set()
        elif command == "reset":
            sandbox.reset()
        elif command == "settings":
            sandbox.state.put_settings(settings_of(document["settings"]))
        elif command == "app":
            sandbox.state.put_app_settings(document["app_id"], AppSettings.of(document["settings"]))
        else:
            return
        report.done(command)
    except CortexError as error:
        report.failed(error)
    except (ValueError, KeyError, TypeError, AttributeError):
        _log.warning("a command of the parent was not understood")


class Reporter:
    """Reports what happens, without ever keeping a request waiting."""

    def __init__(self) -> None:
        self._lines: queue.Queue[Callable[[], None] | None] = queue.Queue(_MOST_WAITING)
        self._thread = threading.Thread(target=self._write, name="report", daemon=True)
        self._thread.start()

    def ready(self, server: Server, settings: Settings) -> None:
        """Requests are answered from now on, as the settings say."""
        raise NotImplementedError

    def received(self, received: Received) -> None:
        """A request was answered."""
        raise NotImplementedError

    def message(self, message: Message) -> None:
        """A login needs this code."""
        raise NotImplementedError

    def done(self, command: str) -> None:
        """A command of the parent was carried out."""
        raise NotImplementedError

    def failed(self, error: CortexError) -> None:
        """Something did not work."""
        raise NotImplementedError

    def close(self) -> None:
        """Write what waits, for a second at most."""
        with suppress(queue.Full):
            self._lines.put(None, timeout=1)
            self._thread.join(1)

    def _later(self, write: Callable[[], None]) -> None:
        with suppress(queue.Full):  # nobody reads; the sandbox's own log has it
            self._lines.put_nowait(write)

    def _write(self) -> None:
        while (write := self._lines.get()) is not None:
            with suppress(OSError, ValueError):
                write()


class PlainReporter(Reporter):
    """For a person in a terminal."""

    def __init__(self, out: TextIO, err: TextIO) -> None:
        self._out, self._err = out, err
        super().__init__()

    def ready(self, server: Server, settings: Settings) -> None:
        """Print the address."""
        self._print(self._out, f"Sandbox: {server.address}/<org code>/v2\nCtrl+C ends it.")

    def received(self, received: Received) -> None:
        """Print one line."""
        fault = f" {received.err_code} {received.reason}".rstrip() if received.err_code else ""
        app = f" {received.app_label}" if received.app_label else ""
        self._print(self._err, f"{received.method} {received.path} {received.status}{app}{fault}")

    def message(self, message: Message) -> None:
        """Print the code."""
        self._print(self._err, f"code for {message.email}: {message.code}")

    def done(self, command: str) -> None:
        """Nothing: there is no parent."""

    def failed(self, error: CortexError) -> None:
        """Print the error."""
        self._print(self._err, f"cortex-desktop: {error}")

    def _print(self, file: TextIO, text: str) -> None:
        # Labels and paths come from outside: no control character of theirs reaches the terminal.
        safe = "".join(char if char.isprintable() or char == "\n" else "?" for char in text)
        self._later(lambda: print(safe, file=file, flush=True))


class JsonReporter(Reporter):
    """For the program that started the sandbox."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        super().__init__()

    def ready(self, server: Server, settings: Settings) -> None:
        """{"event": "ready", "address": …, "port": …, "settings": …}"""
        self._print("ready", {"address": server.address, "port": server.port, "settings": asdict(settings)})

    def received(self, received: Received) -> None:
        """{"event": "received", …}: the fields of `Received`."""
        self._print("received", asdict(received))

    def message(self, message: Message) -> None:
        """{"event": "message", …}: the fields of `Message`."""
        self._print("message", asdict(message))

    def done(self, command: str) -> None:
        """{"event": "done", "command": …}"""
        self._print("done", {"command": command})

    def failed(self, error: CortexError) -> None:
        """{"event": "failed", "reason": …, "address": …}: the address if another sandbox runs."""
        address = error.address if isinstance(error, SandboxRunning) else ""
        self._print("failed", {"reason": f"{error.title}. {error.message}", "address": address})

    def _print(self, event: str, document: dict[str, Any]) -> None:
        line = json.dumps({"event": event, **document})
        self._later(lambda: print(line, file=self._out, flush=True))
