"""Bulk actions: asks what must be asked, runs the action step by step, and reports its result."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication

from ...domain.errors import CortexError, VaultError, VaultProblem
from ...domain.model import App
from ...domain.ports import VaultState
from ...services.apps.services import AppServices
from ...services.bulk import Bulk, BulkAction, Delete, Disable, Enable, Restore, Rotate
from ...services.keychain import KeychainStatus
from ...tasks.lanes import Lane
from ..kit.i18n import place_of
from ..kit.tools import Tools
from ..kit.waiting import Waiting
from ..kit.widgets import announce
from ..workspace import ListedApp, Workspace
from .bulk_bar import BulkBar

TELL_MS = 200
"""How often the table and the bar are brought up to date while it runs: both cost a good part of a frame."""

PAINT_MS = 20
"""For so long the next step waits then: beside a lane that computes, painting would wait for Python's lock."""

TYPED_FROM = 10
"""From so many apps on, deleting wants their number typed: a click too many must not be enough."""


class BulkPresenter(QObject):
    """One bulk work at a time. Everything else can be done meanwhile: each step waits its turn on its lane.

    changed: it has begun, ended, or can no longer be undone; idle: it has come to an end, or to a stop.
    """

    changed = Signal()
    idle = Signal()

    def __init__(self, tools: Tools, workspace: Workspace, apps: AppServices, bar: BulkBar) -> None:
        super().__init__(bar)
        self._look = tools.look
        self._dialogs = tools.dialogs
        self._workspace = workspace
        self._services = apps
        self._bar = bar
        self._bulk: Bulk | None = None
        self._undo: Bulk | None = None
        self._org_id = ""
        self._is_read = True  # the result was dismissed
        self._reached = 0
        self._rows: dict[str, ListedApp] = {}
        self._running = False
        self._stopping = False
        self._held = False
        self._resume_when_unlocked = False
        self._asked = False  # to unlock, for the one under way
        self._told = QElapsedTimer()
        self._late = QTimer(self)  # a step takes long: show first what was done before it
        self._late.setSingleShot(True)
        self._late.setInterval(TELL_MS)
        self._late.timeout.connect(self._tell)
        self._painted = QTimer(self)
        self._painted.setSingleShot(True)
        self._painted.setInterval(PAINT_MS)
        self._painted.timeout.connect(self._next)
        self._waiting = Waiting(tools.look.clock, self)
        self._waiting.slow.connect(bar.slow)
        bar.stop_asked.connect(self.stop)
        bar.stop_waiting_asked.connect(workspace.stop_waiting)
        bar.resume_asked.connect(self.resume)
        bar.undo_asked.connect(self.undo)
        bar.list_asked.connect(self.show_list)
        bar.dismissed.connect(self._dismissed)
        workspace.entered.connect(self._entered)
        workspace.keychain_changed.connect(self._keychain_changed)
        workspace.failed.connect(self._forget_resume)

    # What it is about

    @property
    def running(self) -> bool:
        """True if it is under way."""
        return self._running

    @property
    def can_undo(self) -> bool:
        """True if the last one can be taken back."""
        return not self._running and self._undo is not None and self._is_here()

    @property
    def can_resume(self) -> bool:
        """True if the last one stopped with a rest."""
        return not self._running and self._bulk is not None and bool(self._bulk.rest) and self._is_here()

    def _is_here(self) -> bool:
        """True if the last one was about apps of the current org."""
        org = self._workspace.org
        return org is not None and org.id == self._org_id

    @Slot()
    def _entered(self) -> None:
        """Another org is the current one. What it was about the other shows again there; one under way shows always."""
        self._bar.setVisible(self._running or (not self._is_read and self._is_here()))
        self.changed.emit()

    @Slot()
    def _dismissed(self) -> None:
        self._is_read = True

    # What a person does

    def set_enabled(self, apps: Sequence[App], enabled: bool) -> None:
        """Enable or disable these apps."""
        if enabled:
            self._begin(Enable(), apps)
        elif not self._running:
            self._dialogs.ask_to_disable(apps, partial(self._begin, Disable(), list(apps)))

    def restore(self, apps: Sequence[App]) -> None:
        """Bring these deleted apps back."""
        self._begin(Restore(), apps)

    def ask_rotate(self, apps: Sequence[App]) -> None:
        """Ask for how long the old keys should be kept, and rotate."""
        org = self._workspace.org
        if org is None or self._running or not self._dialogs.free:
            return
        from .rotate_dialog import RotateDialog

        words, in_doubt = self._dialogs.warned(Rotate, apps), self._workspace.in_doubt
        place, window = place_of(org), self._dialogs.window
        title = self.tr("Rotate %Ln API key(s)", "", len(apps))
        dialog = RotateDialog(self._look, place, window, title, words, in_doubt=in_doubt)

        def submit(keep: timedelta) -> None:
            dialog.set_busy(False)
            dialog.accept()
            self._begin(Rotate(keep), apps)

        dialog.submitted.connect(submit)
        self._dialogs.open(dialog)

    def ask_delete(self, apps: Sequence[App]) -> None:
        """Delete these apps, after a question."""
        if self._running or not self._dialogs.free:
            return
        from ..kit.dialog import Question

        count = len(apps)
        heading = self.tr("Delete %Ln app(s)?", "", count)
        text = self.tr(
            "For 30 days you can restore them from Recently deleted. Then their API keys leave the keychain and "
            "cannot be brought back. Nothing changes in Cortex: it still accepts keys that it made."
        )
        words = self._dialogs.warned(Delete, apps)
        question = Question(
            self._look,
            heading if words is None else words.heading,
            text if words is None else f"{text} {words.sentence}",
            self.tr("Delete"),
            self._dialogs.window,
            typed=str(count) if count >= TYPED_FROM else "",
        )
        org = self._workspace.org
        question.add_link(self.tr("Open the apps in the web console"), org.console if org is not None else "")
        question.confirmed.connect(partial(self._begin, Delete(), list(apps)))
        self._dialogs.open(question)

    @Slot()
    def stop(self) -> None:
        """Stop after the step under way."""
        if self._running:
            self._stopping = True
            self._bar.stopping()

    @Slot()
    def resume(self) -> None:
        """Go on with the rest; unlock a locked keychain first."""
        if not self.can_resume or self._bulk is None:
            return
        status = self._workspace.status
        if self._bulk.action.needs_keychain and status is not None and status.state is VaultState.LOCKED:
            self._resume_when_unlocked = True
            self._workspace.unlock()
            return
        self._bulk.resume()
        self._run(self._bulk)

    @Slot()
    def undo(self) -> None:
        """Take the last one back."""
        if self.can_undo and self._undo is not None:
            self._start(self._undo)

    @Slot()
    def show_list(self) -> None:
        """Show which apps it was about."""
        if self._bulk is None or self._running or not self._dialogs.free:
            return
        from .bulk_report import BulkReport

        dialog = BulkReport(self._look, self._bar.outcome(self._bulk)[0], self._bulk, self._dialogs.window)
        dialog.copied.connect(self._copy_labels)
        self._dialogs.open(dialog)

    def hold_window(self) -> bool:
        """True if closing must wait: once, until the step under way has ended; then `idle` is emitted."""
        if not self._running or self._held:
            return False
        self._held = True
        self.stop()
        return True

    # Step by step

    def _begin(self, action: BulkAction, apps: Sequence[App]) -> None:
        """Begin the action, unless one is running."""
        self._start(Bulk(action, apps, self._services))

    def _start(self, bulk: Bulk) -> None:
        org = self._workspace.org
        if not self._running and bulk.total and org is not None:
            self._bulk = bulk
            self._org_id = org.id
            self._asked = False
            self._run(bulk)

    def _run(self, bulk: Bulk) -> None:
        self._running = True
        self._stopping = self._held = False
        self._resume_when_unlocked = False
        self._undo = None
        self._bar.begin(bulk)
        self.changed.emit()
        self._told.start()
        self._painted.start()

    @Slot()
    def _next(self) -> None:
        """The next step, or the end."""
        bulk = self._bulk
        if bulk is None:
            return
        over = bulk.over or self._stopping
        if self._rows and (over or self._told.elapsed() >= TELL_MS):
            self._tell()
            self._painted.start()  # and then goes on
        elif over:
            self._end(bulk)
        else:
            if bulk.action.needs_keychain:
                self._waiting.begin()
            self._step(bulk)

    def _step(self, bulk: Bulk) -> None:
        lane = Lane.VAULT if bulk.action.needs_keychain else Lane.DISK
        self._workspace.submit(
            lane,
            lambda: [ListedApp(app) for app in bulk.step()],
            partial(self._stepped, bulk),
            partial(self._failed, bulk),
        )

    def _stepped(self, bulk: Bulk, rows: list[ListedApp]) -> None:
        if bulk.action.needs_keychain:
            self._waiting.end()
        self._rows.update({row.app.id: row for row in rows})
        self._reached = bulk.reached
        self._late.start()
        self._next()

    def _failed(self, bulk: Bulk, error: CortexError) -> None:
        """Report what was done before the defect, so that the rest can be tried again."""
        if bulk.action.needs_keychain:
            self._waiting.end()
        bulk.stopped = error
        self._next()

    def _end(self, bulk: Bulk) -> None:
        self._running = False
        self._late.stop()  # a last step that did nothing has set it off, and it would talk over the outcome
        self._undo = bulk.undo()
        self._is_read = False
        self._bar.show_outcome(bulk, undoable=self._undo is not None)
        self._bar.setVisible(self._is_here())
        if bulk.action.needs_keychain:
            self._workspace.look_at_keychain()
            self._workspace.recover()  # an old key that would not go yet
            if isinstance(bulk.action, Restore) and not bulk.reached and _is_locked(bulk.stopped) and not self._asked:
                self._asked = self._resume_when_unlocked = True
                self._workspace.unlock()
        self.changed.emit()
        self.idle.emit()

    @Slot()
    def _tell(self) -> None:
        """Bring bar and table up to date."""
        self._late.stop()
        self._told.start()
        if not self._stopping:
            self._bar.progress(self._reached)
        rows, self._rows = self._rows, {}
        if rows and self._bulk is not None and isinstance(self._bulk.action, Delete):
            self._workspace.remove(rows.keys())
        elif rows:
            self._workspace.put_all(list(rows.values()))

    @Slot(KeychainStatus)
    def _keychain_changed(self, status: KeychainStatus) -> None:
        if self._resume_when_unlocked and status.state is VaultState.UNLOCKED:
            self.resume()

    @Slot()
    def _forget_resume(self) -> None:
        self._resume_when_unlocked = False

    @Slot(str)
    def _copy_labels(self, labels: str) -> None:
        QGuiApplication.clipboard().setText(labels)
        announce(self._bar, self.tr("Labels copied"))


def _is_locked(error: CortexError | None) -> bool:
    return isinstance(error, VaultError) and error.problem is VaultProblem.LOCKED
