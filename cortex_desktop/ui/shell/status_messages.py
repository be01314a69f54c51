"""What the program says by itself: errors, crashes, work that was settled, a keychain that takes long."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal, Slot

from ...domain.errors import (
    CortexError,
    Defect,
    FolderInDoubt,
    SecretDiffers,
    SecretMissing,
    VaultError,
    VaultProblem,
)
from ...domain.ports import VaultState
from ...services.apps.recovery import NotRemoved, RecoveryReport
from ...services.keychain import KeychainStatus
from ..kit.i18n import short, translate_text
from ..kit.toasts import TOAST_SECONDS, Toast
from ..kit.tools import Tools
from ..workspace import Workspace


class StatusMessages(QObject):
    """Puts it into toasts and dialogs.

    folder_asked: show the data folder, where the log is.
    """

    folder_asked = Signal()

    def __init__(self, tools: Tools, workspace: Workspace) -> None:
        super().__init__(tools.dialogs)
        self._look = tools.look
        self._dialogs = tools.dialogs
        self._toasts = tools.toasts
        self._workspace = workspace
        self._locked: set[str] = set()  # topics of errors that unlocking mends
        self._not_removed: set[str] = set()  # ids of apps of which that was said
        tools.settings.refused = self._show_not_saved
        self._folder = tools.settings.folder
        workspace.keychain_changed.connect(self._keychain_changed)
        workspace.recovered.connect(self._show_recovered)
        workspace.not_removed.connect(self._show_not_removed)
        workspace.failed.connect(self.show_error)
        workspace.waiting.busy.connect(self._show_busy)
        workspace.waiting.slow.connect(self._offer_stop)

    @Slot(RecoveryReport)
    def _show_recovered(self, report: RecoveryReport) -> None:
        text = []
        if report.finished:
            text.append(self.tr("%n change(s) completed.", "", len(report.finished)))
        if report.undone:
            text.append(self.tr("%n change(s) undone.", "", len(report.undone)))
        self._passing(self.tr("Interrupted changes were resolved"), " ".join(text), icon="info", tone="accent")

    @Slot(object)
    def _show_not_removed(self, failed: tuple[NotRemoved, ...]) -> None:
        """Say once for each app that a key is still in the keychain, and why. A folder in doubt says so itself."""
        new = [
            each
            for each in failed
            if each.app.id not in self._not_removed and not isinstance(each.error, FolderInDoubt)
        ]
        if not new:
            return
        self._not_removed.update(each.app.id for each in new)
        if len(new) == 1:
            title = self.tr("A key of “{label}” could not be removed").format(label=short(new[0].app.label))
        else:
            title = self.tr("Keys of %Ln app(s) could not be removed", "", len(new))
        reason = translate_text(new[0].error.message)
        again = self.tr("It is tried again every hour and at each start.")
        self._passing(title, f"{reason} {again}", icon="circle-alert", tone="danger", seconds=20)

    @Slot(CortexError)
    def show_error(self, error: CortexError) -> None:
        """Say what went wrong, what it means and what to do."""
        if isinstance(error, Defect):
            return  # `show_crash` does
        topic = f"error: {error.title.source}"
        if isinstance(error, VaultError) and error.problem is VaultProblem.LOCKED:
            self._locked.add(topic)
        action, act = self._way_out(error)
        toast = self._passing(
            translate_text(error.title),
            f"{translate_text(error.message)} {translate_text(error.advice)}",
            icon="circle-alert",
            tone="danger",
            seconds=20,
            topic=topic,
            action=action,
        )
        toast.acted.connect(act)

    def _way_out(self, error: CortexError) -> tuple[str, Callable[[], object]]:
        """What a person can do about it at once: the button's word, empty for nothing, and what it does."""
        status = self._workspace.status
        if isinstance(error, SecretMissing | SecretDiffers):
            return self.tr("Check keychain…"), self._workspace.check_asked.emit
        if not isinstance(error, VaultError) or status is None or status.state is not VaultState.UNLOCKED:
            return "", lambda: None  # a banner offers the same
        if error.problem is VaultProblem.LOCKED:
            return self.tr("Unlock…"), self._workspace.unlock
        if error.problem in (VaultProblem.MISSING, VaultProblem.FAILED):
            return self.tr("Try again"), self._workspace.look_at_keychain
        return "", lambda: None

    def _show_not_saved(self) -> None:
        text = self.tr("The file settings.ini in {folder} cannot be written. Apps and keys are not affected.")
        self._passing(
            self.tr("Preferences are not kept"),
            text.format(folder=self._folder),
            icon="circle-alert",
            tone="danger",
            seconds=20,
        )

    @Slot(KeychainStatus)
    def _keychain_changed(self, status: KeychainStatus) -> None:
        if status.state is VaultState.UNLOCKED:
            for topic in self._locked:
                self._toasts.leave(topic)
            self._locked.clear()

    @Slot(str)
    def show_crash(self, report: str) -> None:
        """Say that something went wrong inside the program: also over an open dialog, which may be stuck by it."""
        from .crash_dialog import CrashDialog

        shown = self._dialogs.window.findChild(CrashDialog)
        if shown is not None and shown.isVisible():
            shown.add(report)
            return
        below = self._dialogs.current
        dialog = CrashDialog(self._look, report, below or self._dialogs.window)
        dialog.folder_asked.connect(self.folder_asked)
        if below is None:
            self._dialogs.open(dialog)
        else:
            dialog.open()

    @Slot(bool)
    def _show_busy(self, busy: bool) -> None:
        if not busy:
            self._toasts.leave("waiting")
        elif self._dialogs.free:
            self._waiting_toast()

    @Slot()
    def _offer_stop(self) -> None:
        if self._dialogs.free:
            toast = self._waiting_toast(self.tr("Stop waiting"))
            toast.set_text(self.tr("A system prompt may be open behind this window."))
            toast.acted.connect(self._workspace.stop_waiting)

    def _waiting_toast(self, action: str = "") -> Toast:
        title = self.tr("Waiting for {keychain}…").format(
            keychain=self._workspace.keychain_name or self.tr("the keychain")
        )
        return self._toasts.show(title, icon="loader-circle", tone="muted", action=action, topic="waiting")

    def _passing(
        self,
        title: str,
        text: str,
        *,
        icon: str,
        tone: str,
        seconds: int = TOAST_SECONDS,
        topic: str = "",
        action: str = "",
    ) -> Toast:
        toast = self._toasts.show(title, text, icon=icon, tone=tone, topic=topic, action=action)
        toast.count_down(seconds)
        return toast
