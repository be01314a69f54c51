"""The real sandbox in this process, on the stores of a test: `Stores` that make it instead of a child."""

from __future__ import annotations

from collections.abc import Callable

from cortex_desktop.composition import Stores
from cortex_desktop.domain.model import App, Org
from cortex_desktop.domain.sandbox import STATE_FILE, AppSettings, Message, Received, Settings
from cortex_desktop.sandbox.app import Sandbox
from cortex_desktop.sandbox.server import Server
from cortex_desktop.storage.document_file import DocumentFile


class _Apps:
    """`LocalApps`: the repository, read anew at each request."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores

    def version(self) -> object:
        return object()

    def orgs(self) -> list[Org]:
        return list(self._stores.repository.orgs())

    def apps(self) -> list[App]:
        return list(self._stores.repository.apps())


class LocalSandbox:
    """`SandboxProcess` on a free port, in threads of this process."""

    def __init__(
        self,
        stores: Stores,
        on_received: Callable[[Received], object],
        on_message: Callable[[Message], object],
        on_ended: Callable[[], object],
    ) -> None:
        self._ended = on_ended
        store = DocumentFile(stores.folder / STATE_FILE)
        self.sandbox = Sandbox(_Apps(stores), stores.vault, store, on_received=on_received, on_message=on_message)
        self._server: Server | None = None
        self.address = ""
        self.settings = Settings()

    @property
    def is_running(self) -> bool:
        return self._server is not None

    def start(self) -> str:
        self._server = Server(self.sandbox)
        self._server.start()
        self.address = self._server.address
        return self.address

    def stop(self) -> None:
        if self._server is not None:
            self._server.stop()
            self.sandbox.close()
            self._server = None

    def crash(self) -> None:
        """End by itself."""
        self.stop()
        self._ended()

    def reset(self) -> None:
        self.settings = Settings()
        self.sandbox.reset()

    def change(self, settings: Settings) -> None:
        self.settings = settings
        self.sandbox.state.put_settings(settings)

    def change_app(self, app_id: str, settings: AppSettings) -> None:
        self.sandbox.state.put_app_settings(app_id, settings)


class LocalStores(Stores):
    """Stores whose sandbox runs in this process. made: that sandbox."""

    made: LocalSandbox

    def sandbox(
        self,
        *,
        on_received: Callable[[Received], object],
        on_message: Callable[[Message], object],
        on_ended: Callable[[], object],
    ) -> LocalSandbox:
        self.made = LocalSandbox(self, on_received, on_message, on_ended)
        return self.made
