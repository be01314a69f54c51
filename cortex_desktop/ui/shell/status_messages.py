"""What the program tells by itself: errors, damage, a keychain that is locked or silent, work that was settled."""

from __future__ import annotations

from datetime import datetime

from PySide6.QtCore import QObject, Signal, Slot

from ...domain.errors import CortexError, Defect
from ...domain.ports import VaultState
from ...services.apps import RecoveryReport
from ...services.keychain import KeychainStatus
from ..apps.controller import AppsController
from ..apps.page import AppsPage
from ..kit.dialog_host import DialogHost
from ..kit.i18n import long_time, translate_text
from ..kit.toasts import TOAST_SECONDS, Toast, Toasts
from ..kit.widgets import Look


class StatusMessages(QObject):
    """Puts what it has to say into toasts, banners and dialogs.

    folder_asked: show the data folder, where the log is.
    """

    folder_asked = Signal()

    def __init__(
        self, look: Look, controller: AppsController, page: AppsPage, dialogs: DialogHost, toasts: Toasts
    ) -> None:
        super().__init__(page)
        self._look = look
        self._controller = controller
        self._page = page
        self._dialogs = dialogs
        self._toasts = toasts
        controller.keychain_changed.connect(self._show_keychain)
        controller.recovered.connect(self._show_recovered)
        controller.failed.connect(self.show_error)
        controller.load_failed.connect(self._show_load_failed)
        controller.waiting.busy.connect(self._show_busy)
        controller.waiting.slow.connect(self._offer_stop)
        page.unlock_asked.connect(self._banner_acted)

    @Slot(object)
    def _show_keychain(self, status: KeychainStatus) -> None:
        banner = self._page.keychain_banner
        values = {"keychain": status.name}
        match status.state:
            case VaultState.UNLOCKED:
                self._page.put_keychain_banner_away()
            case VaultState.LOCKED:
                text = self.tr(
                    "Apps are listed, but keys can't be shown, copied or created until {keychain} is unlocked."
                )
                banner.show_message(
                    "warning",
                    "lock",
                    self.tr("Your keychain is locked"),
                    text.format(**values),
                    self.tr("Unlock…"),
                )
            case VaultState.MISSING:
                text = self.tr(
                    "Apps are listed, but keys can't be shown, copied or created. "
                    "Start or install a keychain service, then try again."
                )
                banner.show_message(
                    "warning", "circle-alert", self.tr("No keychain was found"), text, self.tr("Try again")
                )
            case VaultState.FAILED:
                text = self.tr("{keychain} gives no answer. Keys that are already stored are not affected.")
                banner.show_message(
                    "warning",
                    "circle-alert",
                    self.tr("The keychain does not answer"),
                    text.format(**values),
                    self.tr("Try again"),
                )

    @Slot()
    def _banner_acted(self) -> None:
        status = self._controller.status
        if status is not None and status.state is VaultState.LOCKED:
            self._controller.unlock()
        else:
            self._controller.look_at_keychain()

    @Slot(object)
    def _show_recovered(self, report: RecoveryReport) -> None:
        text = []
        if report.finished:
            text.append(self.tr("%n change(s) completed.", "", len(report.finished)))
        if report.undone:
            text.append(self.tr("%n change(s) undone.", "", len(report.undone)))
        self._passing(self.tr("The last session was settled"), " ".join(text), icon="info", tone="accent")

    def show_damage(self, set_aside: str, restored_from: datetime | None, apps: int | None, unreadable: int) -> None:
        """Say that the database was damaged and what became of it. Stays until it is dismissed.

        set_aside: name of the file that keeps the damaged content, empty when there was none; restored_from: when
        the backup in its place was saved, with so many apps; unreadable: rows that make no sense and are skipped.
        """
        text = []
        if restored_from is not None:
            text.append(
                self.tr("It was restored with %n app(s) as of {time}.", "", apps or 0).format(
                    time=long_time(restored_from)
                )
            )
        elif set_aside or not unreadable:
            text.append(self.tr("There was no backup to restore, so the list starts anew. Keys stay in the keychain."))
        if set_aside:
            text.append(self.tr("The damaged file is kept as {name}.").format(name=set_aside))
        if unreadable:
            text.append(self.tr("%n entry(s) cannot be read and were left in the file as they are.", "", unreadable))
        self._page.storage_banner.show_message(
            "warning",
            "triangle-alert",
            self.tr("Your app list was damaged"),
            " ".join(text),
            dismissable=True,
        )

    def show_changed_outside(self) -> None:
        """Say that another program wrote the database. Stays until it is dismissed."""
        self._page.storage_banner.show_message(
            "info",
            "info",
            self.tr("Your app list was changed by another program"),
            self.tr(
                "It is shown as it is now. A copy is kept in the data folder. Check keychain finds what does not match."
            ),
            dismissable=True,
        )

    @Slot(object)
    def show_error(self, error: CortexError) -> None:
        """Say what went wrong, what it means and what to do."""
        if isinstance(error, Defect):
            return  # `show_crash` does
        self._passing(
            translate_text(error.title),
            f"{translate_text(error.message)} {translate_text(error.advice)}",
            icon="circle-alert",
            tone="danger",
            seconds=20,
        )

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

    @Slot(object)
    def _show_load_failed(self, error: CortexError) -> None:
        self._page.load_failed(
            translate_text(error.title), f"{translate_text(error.message)} {translate_text(error.advice)}"
        )

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
            toast.set_text(self.tr("A prompt of the system may be open behind this window."))
            toast.acted.connect(self._controller.stop_waiting)

    def _waiting_toast(self, action: str = "") -> Toast:
        title = self.tr("Waiting for {keychain}…").format(
            keychain=self._controller.keychain_name or self.tr("the keychain")
        )
        return self._toasts.show(title, icon="loader-circle", tone="muted", action=action, topic="waiting")

    def _passing(self, title: str, text: str, *, icon: str, tone: str, seconds: int = TOAST_SECONDS) -> None:
        self._toasts.show(title, text, icon=icon, tone=tone).count_down(seconds)
