"""Check with Cortex: whether it knows the keys of apps. It is asked only when a person wants that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject, Slot

from ...domain.errors import CortexError, SecretMissing
from ...domain.model import App, Known, Org
from ...services.apps.use import AppUse
from ...tasks.lanes import Lane
from ..kit.i18n import short, translate_text
from ..kit.toasts import TOAST_SECONDS, Toast
from ..kit.tools import Tools
from ..kit.waiting import BUSY_SECONDS
from ..workspace import Workspace

if TYPE_CHECKING:
    from ...domain.request import Credentials, Stop
    from ...services.workbench import Check, RequestServices

TOPIC = "check with Cortex"


def known_words(known: Known) -> str:
    """What Cortex said of a key, in one or two words."""
    translate = QCoreApplication.translate
    return {
        Known.YES: translate("CortexCheck", "Known"),
        Known.NO: translate("CortexCheck", "Not known there"),
        Known.DISABLED: translate("CortexCheck", "Known, but disabled"),
        Known.SUSPENDED: translate("CortexCheck", "Known, but suspended"),
        Known.EXPIRED: translate("CortexCheck", "Known, but expired"),
        Known.NO_ORG: translate("CortexCheck", "This org is not known there"),
        Known.NOT_ASKED: translate("CortexCheck", "Could not be asked"),
    }[known]


class CortexCheck(QObject):
    """Asks one after the other, with a way to stop, and shows what came of it."""

    def __init__(
        self, tools: Tools, workspace: Workspace, use: AppUse, services: Callable[[], RequestServices]
    ) -> None:
        super().__init__(tools.toasts)
        self._toasts = tools.toasts
        self._settings = tools.settings
        self._workspace = workspace
        self._use = use
        self._services = services
        self._run = object()  # another one for each call of `ask`, and once that is over
        self._stop: Stop | None = None
        self._progress: Toast | None = None
        self._busy = tools.look.clock.timer(self)
        self._busy.timeout.connect(self._show_progress)
        self._waiting: list[App] = []
        self._found: list[tuple[App, Check]] = []
        self._without_key = 0
        self._org: Org | None = None

    @property
    def is_running(self) -> bool:
        """True while Cortex is asked."""
        return bool(self._waiting)

    def ask(self, apps: Sequence[App]) -> None:
        """Ask the current org's endpoint for each of these."""
        if not self.is_running and apps:
            self._org = self._workspace.org
            self._waiting, self._found, self._without_key = list(apps), [], 0
            self._busy.start(BUSY_SECONDS)
            self._next()

    @Slot()
    def stop(self) -> None:
        """Ask no more, and show what was found."""
        if self.is_running:
            if self._stop is not None:
                self._stop.stop()
            self._end()
            self._show(self.tr("Stopped before the others were asked."))

    def _end(self) -> None:
        self._waiting, self._run, self._stop = [], object(), None
        self._busy.stop()
        self._toasts.leave(TOPIC)

    @Slot()
    def _show_progress(self) -> None:
        """Show what is waited for; called again with each app once it was shown."""
        done = len(self._found) + self._without_key
        text = self.tr("{done} of {all}").format(done=done + 1, all=done + len(self._waiting))
        if self._progress is not None:
            self._progress.set_text(text)
            return
        toast = self._toasts.show(
            self.tr("Asking Cortex"), text, icon="clock", tone="muted", action=self.tr("Stop"), topic=TOPIC
        )
        toast.acted.connect(self.stop)
        toast.gone.connect(self._forget_progress)
        self._progress = toast

    @Slot()
    def _forget_progress(self) -> None:
        self._progress = None

    def _next(self) -> None:
        app, run = self._waiting[0], self._run
        if self._progress is not None:
            self._show_progress()

        def read() -> tuple[RequestServices, Credentials]:
            services = self._services()
            return services, services.workbench.credentials(app)

        def refused(error: CortexError) -> None:
            if run is not self._run:
                return
            if isinstance(error, SecretMissing) and len(self._waiting) + len(self._found) > 1:
                self._without_key += 1
                self._go_on()
            else:
                self._failed(run, error)

        self._workspace.on_vault(read, partial(self._send, run, app), refused)

    def _send(self, run: object, app: App, found: tuple[RequestServices, Credentials]) -> None:
        from ...domain.request import Stop

        if run is not self._run:
            return  # stopped
        self._stop = Stop()
        services, credentials = found
        assert self._org is not None
        services.workbench.use(*self._settings.network())
        work = partial(services.workbench.check, self._org, credentials, self._stop)
        checked, failed = partial(self._checked, run, app), partial(self._failed, run)
        self._workspace.submit(Lane.NETWORK, work, checked, failed)

    def _checked(self, run: object, app: App, check: Check) -> None:
        if run is not self._run:
            return
        self._found.append((app, check))
        self._workspace.on_disk(partial(self._use.note_check, app.id, check.known), self._workspace.put)
        self._go_on()

    def _go_on(self) -> None:
        self._waiting.pop(0)
        if self._waiting:
            self._next()
        else:
            self._end()
            self._show()

    def _failed(self, run: object, error: CortexError) -> None:
        if run is self._run:
            self._end()
            self._workspace.failed.emit(error)

    def _show(self, note: str = "") -> None:
        """Show what was found. note: a sentence more."""
        if len(self._found) != 1 or self._without_key or note:
            works = sum(check.known.works for _, check in self._found)
            title = self.tr("%Ln key(s) checked with Cortex", "", len(self._found))
            text = self.tr("%Ln of them work(s) there now. Each app’s details say more.", "", works)
            if self._without_key:
                text += " " + self.tr("%Ln key(s) missing from the keychain.", "", self._without_key)
            text = f"{text} {note}".strip()
        else:
            app, check = self._found[0]
            title = f"{short(app.label)}: {known_words(check.known)}"
            text = self._more(check)
        works = not self._without_key and all(check.known.works for _, check in self._found)
        icon, tone = ("check", "success") if works else ("info", "accent")
        self._toasts.show(title, text, icon=icon, tone=tone).count_down(TOAST_SECONDS)

    def _more(self, check: Check) -> str:
        if check.trouble is not None:
            return f"{translate_text(check.trouble.title)}. {translate_text(check.trouble.message)}"
        if check.known is Known.NO:
            return self.tr("Cortex makes its own keys. This one works in the sandbox on this computer.")
        if check.fault is not None:
            return translate_text(check.fault.words.what)
        return self.tr("Cortex takes this key.") if check.known.works else ""
