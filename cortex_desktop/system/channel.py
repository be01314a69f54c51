"""A way for other starts of the program to reach the one that is running.

Messages are JSON objects, a line each, over a socket: one of the file system, in a folder that only this user may
enter; on Windows, where Python has none such, one of this computer's own network address. Who asks proves that it has
the key, and so does who answers; only this user can read the key, beside the address in the lock file. Version 1:

    answerer  {"version": 1, "nonce": a}
    asker     {"version": 1, "command": c, "nonce": b, "proof": of "ask", a, b and c}
    answerer  {"answer": "done", "busy" or "unknown", "proof": of "answer", a, b and the answer}
"""

from __future__ import annotations

import hashlib
import hmac
import json
import logging
import os
import secrets
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

VERSION = 1
ANSWER_SECONDS = 1.0
"""How long either side waits for the other's next message."""
MOST_BYTES = 65_536
_FOLDER, _SOCKET = "cortex-desktop-", "socket"
log = logging.getLogger(__name__)


class ChannelError(Exception):
    """The running program did not do what it was asked, for the reason that the text gives."""


class Channel:
    """Serves commands on a thread of its own until `close`. Raises OSError if there is no place for its socket.

    commands: what to call for each, on that thread; it returns False if the program was too busy to do it.
    address, key: what `ask` needs.
    """

    def __init__(self, commands: Mapping[str, Callable[[], bool]]) -> None:
        self.key = secrets.token_hex(32)
        self._commands = commands
        self._open = True
        self._folder = ""
        self._socket, self.address = self._listen()
        threading.Thread(target=self._serve, name="channel", daemon=True).start()

    def close(self) -> None:
        """Hear no more commands."""
        self._open = False
        with suppress(OSError):  # wakes the thread
            _connect(self.address).close()
        if self._folder:
            shutil.rmtree(self._folder, ignore_errors=True)

    def _listen(self) -> tuple[socket.socket, str]:
        if sys.platform == "win32":
            server = socket.create_server(("127.0.0.1", 0))
            return server, str(server.getsockname()[1])
        failure = OSError("no place for a socket")
        # Not the data folder: its path may be too long for a socket's, and not every file system can hold one.
        for place in (os.environ.get("XDG_RUNTIME_DIR"), tempfile.gettempdir(), "/tmp"):  # noqa: S108  # a fallback
            if not place:
                continue
            try:
                self._folder = tempfile.mkdtemp(prefix=_FOLDER, dir=place)
            except OSError as error:
                failure = error
                continue
            server = socket.socket(socket.AF_UNIX)
            try:
                address = os.path.join(self._folder, _SOCKET)
                server.bind(address)
                server.listen(16)
            except OSError as error:
                server.close()
                shutil.rmtree(self._folder, ignore_errors=True)
                failure = error
                continue
            return server, address
        raise failure

    def _serve(self) -> None:
        with self._socket:
            while self._open:
                try:
                    connection, _ = self._socket.accept()
                except OSError as error:
                    log.warning("the channel has closed: %s", error)
                    return
                if not self._open:
                    connection.close()
                    return
                try:
                    with _Messages(connection) as messages:
                        self._answer(messages)
                except (OSError, ValueError) as error:
                    log.info("a command was not heard out: %s", error)

    def _answer(self, messages: _Messages) -> None:
        mine = secrets.token_hex(16)
        messages.send(version=VERSION, nonce=mine)
        asked = messages.receive()
        command, theirs = str(asked.get("command")), str(asked.get("nonce"))
        if not _same(asked.get("proof"), _proof(self.key, "ask", mine, theirs, command)):
            raise ValueError("it did not have the key")
        do = self._commands.get(command)
        answer = "unknown" if do is None else "done" if do() else "busy"
        messages.send(answer=answer, proof=_proof(self.key, "answer", mine, theirs, answer))


def ask(address: str, key: str, command: str) -> None:
    """Send a command to the program with that channel. Raises ChannelError if it does not.

    Raises ConnectionError or FileNotFoundError if nobody is there (any more).
    """
    try:
        with _Messages(_connect(address)) as messages:
            greeting = messages.receive()
            if greeting.get("version") != VERSION:
                raise ChannelError("It is another version of the program, and does not understand this one.")
            theirs, mine = str(greeting.get("nonce")), secrets.token_hex(16)
            messages.send(version=VERSION, command=command, nonce=mine, proof=_proof(key, "ask", theirs, mine, command))
            answered = messages.receive()
    except (TimeoutError, BlockingIOError, ValueError):
        raise ChannelError("It does not answer.") from None
    answer = str(answered.get("answer"))
    if not _same(answered.get("proof"), _proof(key, "answer", theirs, mine, answer)):
        raise ChannelError("What answers there is not the program.")
    if answer == "busy":
        raise ChannelError("It is busy and does not answer.")
    if answer != "done":
        raise ChannelError("It is another version of the program, and does not know this command.")


def remove_left(address: str) -> None:
    """Remove the socket that a killed program has left, unless somebody does listen there."""
    folder, name = os.path.split(address)
    if name != _SOCKET or not os.path.basename(folder).startswith(_FOLDER):
        return
    with suppress(OSError):
        try:
            _connect(address).close()
        except ConnectionRefusedError:
            os.unlink(address)
            os.rmdir(folder)


class _Messages:
    """A connection that carries JSON objects. Waits no longer than ANSWER_SECONDS for each."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        connection.settimeout(ANSWER_SECONDS)
        self._lines = connection.makefile("rb")

    def __enter__(self) -> _Messages:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._connection.close()

    def send(self, **message: object) -> None:
        """Send an object of these fields. Raises OSError."""
        self._connection.sendall(json.dumps(message).encode() + b"\n")

    def receive(self) -> dict[str, Any]:
        """The next object. Raises ConnectionError at the end, OSError, and ValueError if it is none."""
        line = self._lines.readline(MOST_BYTES)
        if not line:
            raise ConnectionResetError("the other side has gone")
        message = json.loads(line)
        if not isinstance(message, dict):
            raise ValueError("not an object")
        return message


def _connect(address: str) -> socket.socket:
    place: tuple[str, int] | str
    if sys.platform == "win32":
        connection, place = socket.socket(socket.AF_INET), ("127.0.0.1", int(address))
    else:
        connection, place = socket.socket(socket.AF_UNIX), address
    try:
        connection.settimeout(ANSWER_SECONDS)
        connection.connect(place)
    except BaseException:
        connection.close()
        raise
    return connection


def _proof(key: str, *parts: str) -> str:
    return hmac.new(key.encode(), json.dumps(parts).encode(), hashlib.sha256).hexdigest()


def _same(given: object, proof: str) -> bool:
    return hmac.compare_digest(str(given).encode("utf-8", "replace"), proof.encode())
