"""The sandbox as the window knows it: whether it runs, what it received, and the messages it would have sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum
from functools import partial

from PySide6.QtCore import QObject, Signal

from ...domain.errors import CortexError
from ...domain.sandbox import Message, Received, SandboxProcess, SandboxRunning
from ...services.workbench import SandboxMaker
from ...tasks.jobs import Jobs
from ...tasks.lanes import Lane

MOST_RECEIVED = 200
CLIENT_SECONDS = 600.0
"""For how long after a request a program elsewhere counts as a client."""


class SandboxState(Enum):
    """True if it runs."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    ELSEWHERE = "elsewhere"  # started in a terminal: it answers, but cannot be commanded from here


class SandboxControl(QObject):
    """Starts and stops the sandbox. changed: another state; received, messaged: there is one more of them."""

    changed = Signal()
    received = Signal()
    messaged = Signal()

    def __init__(self, jobs: Jobs, now: Callable[[], float], parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._now = now
        self._process: SandboxProcess | None = None
        self._last_client: float | None = None
        self.state = SandboxState.STOPPED
        self.address = ""
        self.requests: deque[Received] = deque(maxlen=MOST_RECEIVED)
        """From programs elsewhere, oldest first."""
        self.messages: deque[Message] = deque(maxlen=20)

    @property
    def answers(self) -> bool:
        """True while requests to it are answered."""
        return self.state in (SandboxState.RUNNING, SandboxState.ELSEWHERE)

    @property
    def runs_here(self) -> bool:
        """True while it runs in a process of this program's own."""
        return self.state is SandboxState.RUNNING

    @property
    def has_clients(self) -> bool:
        """True if it runs here, and a program elsewhere has used it lately."""
        lately = self._last_client is not None and self._now() - self._last_client < CLIENT_SECONDS
        return self.state is SandboxState.RUNNING and lately

    def start(self, make: SandboxMaker, done: Callable[[], object], failed: Callable[[CortexError], object]) -> None:
        """Start it, then call `done`; at once if it runs."""
        if self.answers:
            done()
            return
        if self.state is SandboxState.STARTING:
            return
        if self._process is None:
            hand_over = self._jobs.hand_over
            self._process = make(
                on_received=partial(hand_over, self, self._take),
                on_message=partial(hand_over, self, self._take_message),
                on_ended=lambda: hand_over(self, self._ended, None),
            )
        self._set(SandboxState.STARTING)

        def started(address: str) -> None:
            self.address = address
            self._set(SandboxState.RUNNING)
            done()

        def refused(error: CortexError) -> None:
            if isinstance(error, SandboxRunning):
                self.address = error.address
                self._set(SandboxState.ELSEWHERE)
                done()
                return
            self._set(SandboxState.STOPPED)
            failed(error)

        self._jobs.submit(Lane.NETWORK, self._process.start, self, started, refused)

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None and self.state is SandboxState.RUNNING:
            self._jobs.submit(Lane.NETWORK, self._process.stop, self, self._ended, _ignore)

    def reset(self) -> None:
        """Reset the sandbox: people, objects, logins and its log."""
        if self._process is not None and self.state is SandboxState.RUNNING:
            self._process.reset()
            self.requests.clear()
            self.messages.clear()
            self.received.emit()

    def forget_messages(self) -> None:
        """Show no code any more."""
        self.messages.clear()
        self.messaged.emit()

    def close(self) -> None:
        """Stop it, and wait until it is gone."""
        if self._process is not None:
            self._process.stop()

    def _set(self, state: SandboxState) -> None:
        self.state = state
        self.changed.emit()

    def _take(self, received: Received) -> None:
        if not received.own:
            self._last_client = self._now()
            self.requests.append(received)
            self.received.emit()

    def _take_message(self, message: Message) -> None:
        self.messages.append(message)
        self.messaged.emit()

    def _ended(self, _: object) -> None:
        self.address = ""
        self._set(SandboxState.STOPPED)


def _ignore(_: object) -> None:
    """Ignore the result."""
