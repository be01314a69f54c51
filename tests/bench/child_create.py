"""Creates apps in the real window, in turn with bare writes and reads of the keychain.

child_create.py FOLDER ROUNDS: prints one JSON object with lists of ms, one entry for each round.
"""

from __future__ import annotations

import json
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from keyring.backends.SecretService import Keyring
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QPushButton, QWidget
from watching import Heartbeat, pause, timed, wait

from cortex_desktop.domain.model import new_id
from cortex_desktop.domain.secret import SecretKind, generate
from cortex_desktop.ui.app import make_application, open_program
from cortex_desktop.ui.apps.create_dialog import CreateAppDialog

W = TypeVar("W", bound=QWidget)

SETTLE_MS = 250
"""Between rounds: what follows a creation, e.g. the end of the dialog, must not disturb the next."""


class Bench:
    """One program on a data folder, with its keychain unlocked."""

    def __init__(self, folder: Path) -> None:
        self.app = make_application()
        self.program = open_program(self.app, folder)
        self.window = self.program.window
        self.keyring = Keyring()
        self.heart = Heartbeat()
        self.found: dict[str, list[float]] = defaultdict(list)
        self.program.window.show()
        self.program.start()
        wait(lambda: self.program.workspace.status is not None, "the keychain gave no answer")
        wait(lambda: self.program.apps.presenter.model.total > 0, "the apps were not loaded")

    def round(self) -> None:
        """One of each, one after the other."""
        self.found["bare"].append(self.bare())
        for sessions, name in ((True, "sessions"), (False, "signing")):
            self.found[name].append(self.create(sessions))
            self.heart.start()
            pause(SETTLE_MS)
            idle, _ = self.heart.stop()
            self.create(sessions, watched=name)
            self.found["stall idle"].append(idle)

    def bare(self) -> float:
        """One write and one read with python-keyring's own class, in ms."""
        service, key = f"cortex-desktop-bench/{new_id()}", generate(SecretKind.API_KEY).reveal()
        pause(SETTLE_MS)
        begin = time.perf_counter()
        self.keyring.set_password(service, "api-key", key)
        kept = self.keyring.get_password(service, "api-key")
        took = (time.perf_counter() - begin) * 1000
        assert kept == key
        self.keyring.delete_password(service, "api-key")
        return took

    def create(self, sessions: bool, watched: str = "", then: Callable[[str], None] | None = None) -> float:
        """From the click on Create App until the key is on screen, in ms.

        watched: note the longest stall under this name, from the click until 100 ms after the key is there; then: gets
        the app's id before all is tidied up.
        """
        dialog = self._filled_dialog(sessions)
        viewport, reveal = self.program.apps.presenter.page.table.viewport(), self.program.tools.reveal
        if watched:
            self.heart.start()
        took = timed(
            partial(QTest.mouseClick, _part(dialog, QPushButton, "Create App"), Qt.MouseButton.LeftButton),
            [viewport],
            lambda: reveal.secret is not None,
        )
        if watched:
            pause(100)
            stall, busy = self.heart.stop()
            self.found[f"stall {watched}"].append(stall)
            self.found[f"busy {watched}"].append(busy)
        app_id = reveal.app_id
        if then is not None:
            then(app_id)
        self._tidy(app_id)
        return took

    def _filled_dialog(self, sessions: bool) -> CreateAppDialog:
        self.program.console.actions["new_app"].trigger()
        wait(_open_dialogs, "the Create App dialog did not open")
        dialog = _open_dialogs()[0]
        _part(dialog, QLineEdit, "Label").setText("Benchmark app")
        _part(dialog, QCheckBox, "Sessions").setChecked(sessions)
        pause(SETTLE_MS)
        return dialog

    def _tidy(self, app_id: str) -> None:
        """Take the new app away again, so that each round finds the same number of rows and items."""
        stores = self.program.stores
        pause(SETTLE_MS)
        self.program.tools.reveal.end()
        for toast in list(self.program.tools.toasts.shown):
            toast.leave()
        app = stores.repository.app(app_id)
        for number in range(1, app.last_version + 1):
            for ref in app.refs_of(number):
                stores.vault.remove(ref)
        stores.repository.drop_app(app_id)
        before = self.program.apps.presenter.model.total
        self.program.workspace.reload()
        wait(lambda: self.program.apps.presenter.model.total == before - 1, "the app did not go")
        pause(SETTLE_MS)

    def close(self) -> None:
        """End the program as a person would."""
        self.window.close()
        self.program.close()


def _open_dialogs() -> list[CreateAppDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, CreateAppDialog) and w.isVisible()]


def _part(dialog: QWidget, kind: type[W], name: str) -> W:
    """The part of the dialog with this text or accessible name, which are part of the outside contract."""
    names = {part: (part.accessibleName(), getattr(part, "text", str)()) for part in dialog.findChildren(kind)}
    return next(part for part, known in names.items() if name in known)


def main() -> int:
    """Measure and tell."""
    bench = Bench(Path(sys.argv[1]))
    bench.round()  # imports, the first connection, the first dialog: not what is measured here
    bench.found.clear()
    for _ in range(int(sys.argv[2])):
        bench.round()
    bench.close()
    print(json.dumps(bench.found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
