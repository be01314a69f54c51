"""A release feed on this machine, over https, that answers as it is told."""

from __future__ import annotations

import socket
import ssl
import threading
from contextlib import suppress
from pathlib import Path

from tests.support.certificates import server_side
from tests.support.wire import Wire


class Feed:
    """`answer` is sent to whoever asks; while it is None, nothing is. asked: the requests; address: where it is;
    ca_file: the certificate to trust."""

    def __init__(self, folder: Path) -> None:
        self.answer: bytes | None = b""
        self.asked: list[bytes] = []
        self._context, self.ca_file = server_side(folder)
        self._closed = threading.Event()
        self._wire = Wire(self._serve)
        self.address = f"https://127.0.0.1:{self._wire.port}/release.json"

    def say(self, body: bytes, status: str = "200 OK", *more: str) -> None:
        """Answer with this from now on."""
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *more, "", ""]
        self.answer = "\r\n".join(lines).encode() + body

    def close(self) -> None:
        self._closed.set()
        self._wire.close()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(ssl.SSLError), self._context.wrap_socket(connection, server_side=True) as secure:
            self.asked.append(secure.recv(65536))
            if self.answer is None:
                self._closed.wait(30)
            else:
                secure.sendall(self.answer)
