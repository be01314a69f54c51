"""Creates apps in the real dialog, copies and rotates their keys, in turns with python-keyring's own class.

child_create.py FOLDER ROUNDS: prints one JSON object with lists of ms, one entry for each round.
"""

from __future__ import annotations

import sys
import time
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import TypeVar

from keyring.backends.SecretService import Keyring
from opened import OpenProgram, pause, until_called, until_painted, wait
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit, QPushButton, QWidget

from cortex_desktop.domain.model import new_id
from cortex_desktop.domain.secret import SecretKind, generate
from cortex_desktop.ui.apps.create_dialog import CreateAppDialog

W = TypeVar("W", bound=QWidget)

KEPT = timedelta(days=7)
SETTLE_MS = 250
"""Between measures: what follows a creation, e.g. the end of the dialog, must not disturb the next."""


class Bench(OpenProgram):
    """One program on a data folder, with its keychain unlocked."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.keyring = Keyring()

    def round(self) -> None:
        """One of each, one after the other."""
        self.bare()
        for sessions, name in ((True, "sessions"), (False, "signing")):
            app_id = self.create(name, sessions)
            if sessions:
                self.copy_and_rotate(app_id)
            self.tidy(app_id)
            self.watch("idle", partial(pause, SETTLE_MS))
            self.tidy(self.create(name, sessions, watched=True))

    def bare(self) -> None:
        """One write and one read with python-keyring's own class."""
        service, key = f"cortex-desktop-bench/{new_id()}", generate(SecretKind.API_KEY).reveal()
        pause(SETTLE_MS)
        begin = time.perf_counter()
        self.keyring.set_password(service, "api-key", key)
        middle = time.perf_counter()
        kept = self.keyring.get_password(service, "api-key")
        self.found["bare read"].append((time.perf_counter() - middle) * 1000)
        self.found["bare"].append((time.perf_counter() - begin) * 1000)
        assert kept == key
        self.keyring.delete_password(service, "api-key")

    def create(self, name: str, sessions: bool, watched: bool = False) -> str:
        """Create an app; its id. Note the ms from the click on Create App until the key is on screen, or, watched,
        the longest stall until 100 ms after that."""
        dialog = self._filled_dialog(sessions)
        viewport, reveal = self.apps.page.table.viewport(), self.program.tools.reveal
        click = partial(QTest.mouseClick, _part(dialog, QPushButton, "Create App"), Qt.MouseButton.LeftButton)
        run = partial(until_painted, click, [viewport], lambda: reveal.secret is not None)
        if watched:
            self.watch(name, run, 100)
        else:
            self.found[name].append(run())
        app_id: str = reveal.app_id
        return app_id

    def copy_and_rotate(self, app_id: str) -> None:
        """Copy the app's key, and rotate it."""
        self.program.tools.reveal.end()  # or copying would take what is on screen
        pause(SETTLE_MS)
        app = self.apps.model.find(app_id)
        assert app is not None
        copied = self.program.tools.clipboard.ticked
        self.found["copy"].append(
            until_called(lambda done: (copied.connect(done), self.program.console.actions["copy_key"].trigger()))
        )
        copied.disconnect()
        self.program.tools.clipboard.clear()
        pause(SETTLE_MS)
        rotate = partial(self.program.services.apps.rotation.rotate, app.id, KEPT)
        self.found["rotate"].append(until_called(lambda done: self.workspace.on_vault(rotate, done)))

    def tidy(self, app_id: str) -> None:
        """Remove the new app, so that each round finds the same number of rows and items."""
        stores, model = self.program.stores, self.apps.model
        pause(SETTLE_MS)
        self.program.tools.reveal.end()
        for toast in list(self.program.tools.toasts.shown):
            toast.leave()
        app = stores.repository.app(app_id)
        for number in range(1, app.last_version + 1):
            for ref in app.refs_of(number):
                stores.vault.remove(ref)
        stores.repository.drop_app(app_id)
        before = model.total
        self.workspace.reload()
        wait(lambda: model.total == before - 1, "the app did not go")
        pause(SETTLE_MS)

    def _filled_dialog(self, sessions: bool) -> CreateAppDialog:
        self.program.console.actions["new_app"].trigger()
        wait(_open_dialogs, "the Create App dialog did not open")
        dialog = _open_dialogs()[0]
        _part(dialog, QLineEdit, "Label").setText("Benchmark app")
        _part(dialog, QCheckBox, "Sessions").setChecked(sessions)
        pause(SETTLE_MS)
        return dialog


def _open_dialogs() -> list[CreateAppDialog]:
    return [w for w in QApplication.topLevelWidgets() if isinstance(w, CreateAppDialog) and w.isVisible()]


def _part(dialog: QWidget, kind: type[W], name: str) -> W:
    """The part of the dialog with this text or accessible name."""
    names = {part: (part.accessibleName(), getattr(part, "text", str)()) for part in dialog.findChildren(kind)}
    return next(part for part, known in names.items() if name in known)


def main() -> None:
    bench = Bench(Path(sys.argv[1]))
    bench.measure(bench.round, int(sys.argv[2]))
    bench.close_and_print()


if __name__ == "__main__":
    main()
