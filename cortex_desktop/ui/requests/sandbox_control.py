"""The sandbox as the window knows it: whether it runs, what it received, and the messages it would have sent."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal, Slot

from ...domain.errors import CortexError
from ...domain.sandbox import Message, Received, SandboxProcess, SandboxRunning, Settings
from ...tasks.jobs import Jobs
from ...tasks.lanes import Lane
from ..kit.clock import Clock

if TYPE_CHECKING:
    from ...services.workbench import SandboxMaker

MOST_RECEIVED = 200
CLIENT_SECONDS = 600.0
"""For how long after a request a program elsewhere counts as a client."""
LOOK_SECONDS = 2.0
"""How often to look whether a sandbox that was started in a terminal still runs."""
COUNT_SECONDS = 60.0
"""How often to count the clients anew."""


class SandboxState(Enum):
    """True if it runs."""

    STOPPED = "stopped"
    STARTING = "starting"
    RUNNING = "running"
    ELSEWHERE = "elsewhere"  # started in a terminal: it answers, but cannot be commanded from here


class SandboxControl(QObject):
    """Starts and stops the sandbox.

    changed: another state, or other clients; received, messaged: there is one more; broke_off: it ended, and nobody had
    stopped it.

    find: where a sandbox of the data folder answers, None if none runs; for the disk lane.
    """

    changed = Signal()
    received = Signal()
    messaged = Signal()
    broke_off = Signal()

    def __init__(self, jobs: Jobs, clock: Clock, find: Callable[[], str | None], parent: QObject) -> None:
        super().__init__(parent)
        self._jobs = jobs
        self._now = clock.now
        self._find = find
        self._is_looking = False
        self._later = clock.timer(self)
        self._later.timeout.connect(self._look_again)
        self._process: SandboxProcess | None = None
        self._is_stopping = False
        self._clients: dict[str, float] = {}  # when each program asked last
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
    def clients(self) -> int:
        """How many programs elsewhere have used it lately, as they call themselves; 0 unless it runs here."""
        if self.state is not SandboxState.RUNNING:
            return 0
        return sum(self._now() - asked < CLIENT_SECONDS for asked in self._clients.values())

    @Slot()
    def look(self) -> None:
        """Find out whether a sandbox that was started in a terminal runs."""
        if not self._is_looking and self.state in (SandboxState.STOPPED, SandboxState.ELSEWHERE):
            self._is_looking = True
            self._jobs.submit(Lane.DISK, self._find, self, self._seen, self._not_seen)

    def _seen(self, address: str | None) -> None:
        self._is_looking = False
        if self.state is SandboxState.ELSEWHERE and address is None:
            self._ended(None)
        elif self.state is SandboxState.STOPPED and address:
            self.address = address
            self._set(SandboxState.ELSEWHERE)
        elif self.state is SandboxState.ELSEWHERE:
            self._later.start(LOOK_SECONDS)

    def _not_seen(self, _: CortexError) -> None:
        self._is_looking = False

    @Slot()
    def _look_again(self) -> None:
        if self.state is SandboxState.ELSEWHERE:
            self.look()
        elif self.state is SandboxState.RUNNING:
            self.changed.emit()
            if self.clients:
                self._later.start(COUNT_SECONDS)

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
            self._is_stopping = False
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

        self._jobs.submit(Lane.SANDBOX, self._process.start, self, started, refused)

    def stop(self) -> None:
        """Stop it."""
        if self._process is not None and self.state is SandboxState.RUNNING:
            self._is_stopping = True
            self._jobs.submit(Lane.SANDBOX, self._process.stop, self, self._ended, _ignore)

    def reset(self) -> None:
        """Reset the sandbox: people, objects, logins and its log."""
        if self._process is not None and self.state is SandboxState.RUNNING:
            self._process.reset()
            self.requests.clear()
            self.messages.clear()
            self.received.emit()

    @property
    def settings(self) -> Settings:
        """How it behaves, while it runs in a process of this program's own."""
        return self._process.settings if self._process is not None else Settings()

    def change(self, settings: Settings) -> None:
        """Change how it behaves."""
        if self._process is not None and self.state is SandboxState.RUNNING:
            self._process.change(settings)

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
        if state is SandboxState.ELSEWHERE:
            self._later.start(LOOK_SECONDS)
        self.changed.emit()

    def _take(self, received: Received) -> None:
        if not received.own:
            before = self.clients
            self._clients[received.agent] = self._now()
            self.requests.append(received)
            self.received.emit()
            if self.clients != before:
                self._later.start(COUNT_SECONDS)
                self.changed.emit()

    def _take_message(self, message: Message) -> None:
        self.messages.append(message)
        self.messaged.emit()

    def _ended(self, _: object) -> None:
        broke_off = self.state is SandboxState.RUNNING and not self._is_stopping
        self.address = ""
        self._clients.clear()
        self._set(SandboxState.STOPPED)
        if broke_off:
            self.broke_off.emit()


def _ignore(_: object) -> None:
    """Ignore the result."""
