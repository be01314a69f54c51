"""Check with Cortex: whether it knows the keys of apps. It is asked only when a person wants that."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

from PySide6.QtCore import QCoreApplication, QObject

from ...domain.errors import CortexError, SecretMissing
from ...domain.model import App, Known, Org
from ...services.apps.use import AppUse
from ...tasks.lanes import Lane
from ..kit.i18n import short, translate_text
from ..kit.toasts import TOAST_SECONDS
from ..kit.tools import Tools
from ..workspace import Workspace

if TYPE_CHECKING:
    from ...domain.request import Credentials
    from ...services.workbench import Check, RequestServices


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
    """Asks one after the other, and shows what came of it."""

    def __init__(
        self, tools: Tools, workspace: Workspace, use: AppUse, services: Callable[[], RequestServices]
    ) -> None:
        super().__init__(tools.toasts)
        self._toasts = tools.toasts
        self._settings = tools.settings
        self._workspace = workspace
        self._use = use
        self._services = services
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
            self._next()

    def _next(self) -> None:
        app = self._waiting[0]

        def read() -> tuple[RequestServices, Credentials]:
            services = self._services()
            return services, services.workbench.credentials(app)

        def refused(error: CortexError) -> None:
            if isinstance(error, SecretMissing) and len(self._waiting) + len(self._found) > 1:
                self._without_key += 1
                self._go_on()
            else:
                self._failed(error)

        self._workspace.on_vault(read, partial(self._send, app), refused)

    def _send(self, app: App, found: tuple[RequestServices, Credentials]) -> None:
        from ...domain.request import Stop

        services, credentials = found
        assert self._org is not None
        services.workbench.use(*self._settings.network())
        work = partial(services.workbench.check, self._org, credentials, Stop())
        self._workspace.submit(Lane.NETWORK, work, partial(self._checked, app), self._failed)

    def _checked(self, app: App, check: Check) -> None:
        self._found.append((app, check))
        self._workspace.on_disk(partial(self._use.note_check, app.id, check.known), self._workspace.put)
        self._go_on()

    def _go_on(self) -> None:
        self._waiting.pop(0)
        if self._waiting:
            self._next()
        else:
            self._show()

    def _failed(self, error: CortexError) -> None:
        self._waiting = []
        self._workspace.failed.emit(error)

    def _show(self) -> None:
        if len(self._found) != 1 or self._without_key:
            works = sum(check.known.works for _, check in self._found)
            title = self.tr("%Ln key(s) checked with Cortex", "", len(self._found))
            text = self.tr("%Ln of them work(s) there now. Each app’s details say more.", "", works)
            if self._without_key:
                text += " " + self.tr("%Ln key(s) missing from the keychain.", "", self._without_key)
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
