"""A server on this computer that does what it likes with a connection."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress


class Wire:
    """Accepts connections and lets `serve` do what it likes with each."""

    def __init__(self, serve: Callable[[socket.socket], None]) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._serve = serve
        self._open: list[socket.socket] = []
        self.port = self._listener.getsockname()[1]
        self.accepted = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        with suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self._open.append(connection)
                self.accepted.set()
                with suppress(OSError):
                    self._serve(connection)

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()
        self._thread.join()
