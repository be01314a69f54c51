"""The sandbox as a process of its own, which ends with the program that started it."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from typing import Any

from ..domain.sandbox import AppSettings, Message, Received, SandboxNotStarted, SandboxRunning, Settings, settings_of

START_SECONDS = 20.0
STOP_SECONDS = 5.0


class ChildSandbox:
    """Starts, commands and stops a sandbox. From any thread, but no two calls at a time.

    Its key and secrets are its own to read: nothing of them passes through here.
    """

    def __init__(
        self,
        command: Sequence[str],
        *,
        on_received: Callable[[Received], object],
        on_message: Callable[[Message], object],
        on_ended: Callable[[], object],
    ) -> None:
        """command: what starts it, which calls `server.serve` with standard input as `parent`; the callbacks are called
        from a thread of this object's own, `on_ended` also when the sandbox ends by itself."""
        self._command = list(command)
        self._on_received, self._on_message, self._on_ended = on_received, on_message, on_ended
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._ready = threading.Event()
        self._first: Mapping[str, Any] = {}
        self.address = ""
        self.settings = Settings()

    @property
    def is_running(self) -> bool:
        """True from a successful `start` until the process ends."""
        return self._process is not None and self._process.poll() is None and bool(self.address)

    def start(self) -> str:
        """Start it and wait until it answers; returns its address. Blocks.

        Raises SandboxRunning if another one of the data folder runs, SandboxNotStarted otherwise.
        """
        if self.is_running:
            return self.address
        self._ready.clear()
        self._first = {}
        no_window = getattr(subprocess, "CREATE_NO_WINDOW", 0)
        try:
            self._process = subprocess.Popen(  # noqa: S603
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                creationflags=no_window,
            )
        except OSError as error:
            raise SandboxNotStarted(f"{error.strerror}.") from error
        self._reader = threading.Thread(target=self._read, args=(self._process,), name="sandbox", daemon=True)
        self._reader.start()
        self._ready.wait(START_SECONDS)
        if self._first.get("event") == "ready":
            self.settings = settings_of(self._first["settings"])
            self.address = str(self._first["address"])
            return self.address
        self.stop()
        if self._first.get("address"):
            raise SandboxRunning(str(self._first["address"]))
        raise SandboxNotStarted(str(self._first.get("reason", "")))

    def stop(self) -> None:
        """Stop it and wait until it is gone. Blocks for some seconds at most."""
        process, self._process, self.address = self._process, None, ""
        if process is None:
            return
        with suppress(OSError):
            assert process.stdin is not None  # noqa: S101
            process.stdin.close()  # which tells it
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if self._reader is not None and self._reader is not threading.current_thread():
            self._reader.join()

    def reset(self) -> None:
        """Forget people, objects, settings, logins and the log."""
        self.settings = Settings()
        self._send({"command": "reset"})

    def change(self, settings: Settings) -> None:
        """Change how it behaves."""
        self.settings = settings
        self._send({"command": "settings", "settings": asdict(settings)})

    def change_app(self, app_id: str, settings: AppSettings) -> None:
        """Change the settings of an app that only the sandbox knows."""
        self._send({"command": "app", "app_id": app_id, "settings": settings.document()})

    def _send(self, document: Mapping[str, object]) -> None:
        process = self._process
        if process is not None and process.stdin is not None:
            with suppress(OSError, ValueError):  # it ends, which `on_ended` tells
                process.stdin.write(json.dumps(document).encode() + b"\n")
                process.stdin.flush()

    def _read(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None  # noqa: S101
        with process.stdout as out:
            for line in out:
                with suppress(ValueError, TypeError):
                    self._take(json.loads(line))
        was_ready = self._first.get("event") == "ready"
        self._ready.set()
        process.wait()
        if was_ready:
            self._on_ended()

    def _take(self, document: Mapping[str, Any]) -> None:
        event = document.get("event")
        if event == "received":
            self._on_received(Received(**{found.name: document[found.name] for found in fields(Received)}))
        elif event == "message":
            self._on_message(Message(**{found.name: document[found.name] for found in fields(Message)}))
        elif not self._first and event in ("ready", "failed"):
            self._first = document
            self._ready.set()
