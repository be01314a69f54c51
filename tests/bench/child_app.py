"""Cortex Desktop as a person starts it, with a watch on its window.

child_app.py FOLDER SECONDS APPS: run on this data folder with so many apps, stay up for SECONDS after rows and
keychain were there. Prints as JSON {"shown": ..., "page": ..., "rows": monotonic seconds, "shown_cpu": seconds of CPU
time} for 0 SECONDS, else {"peak_kb": ...}. Nothing is imported before the program does so itself: its own order is part
of what is measured.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import TYPE_CHECKING

from cortex_desktop.__main__ import main as run_program

if TYPE_CHECKING:
    from PySide6.QtGui import QPaintEvent
    from PySide6.QtWidgets import QMainWindow

    from cortex_desktop.ui.app import Program


class AfterImport:
    """Calls `act` with the module of this name as soon as the program has imported it."""

    def __init__(self, name: str, act: Callable[[ModuleType], None]) -> None:
        self._name = name
        self._act = act
        sys.meta_path.insert(0, self)  # type: ignore[arg-type]

    def find_spec(self, name: str, path: list[str] | None, target: object = None) -> ModuleSpec | None:
        """Python's own way to find the module, with `act` behind its end."""
        if name != self._name:
            return None
        sys.meta_path.remove(self)  # type: ignore[arg-type]
        spec = PathFinder.find_spec(name, path)
        assert spec is not None
        run = spec.loader.exec_module

        def run_and_act(module: ModuleType) -> None:
            run(module)
            self._act(module)

        spec.loader.exec_module = run_and_act
        return spec


class Watch:
    """Notes when the window was shown and when its rows were, and closes it in the end."""

    def __init__(self, seconds: float, apps: int) -> None:
        self.found: dict[str, float] = {}
        self._seconds = seconds
        self._apps = apps
        self._watches: list[object] = []
        self._watches_paints = not seconds  # what sees them takes memory of its own, which is not to be counted
        self._painted = False
        self._programs: list[Program] = []  # none until the window is filled

    def hook(self, app: ModuleType) -> None:
        """Watch the window's first paint as lightly as the bare window does: an event filter's imports cost."""
        from PySide6.QtCore import QTimer

        paint, start = app.MainWindow.paintEvent, app.Program.start

        def watched_paint(window: QMainWindow, event: QPaintEvent) -> None:
            if not self._painted:
                self._painted = True
                # Before the program's own, which goes on to fill the window.
                QTimer.singleShot(0, lambda: self._shown(window))
            paint(window, event)

        def watched_start(program: Program) -> None:
            self._programs.append(program)
            start(program)
            if self._watches_paints:
                self._attach_page(program)

        app.MainWindow.paintEvent, app.Program.start = watched_paint, watched_start

    def _attach_page(self, program: Program) -> None:
        from watching import AfterPaint

        page = program.apps.presenter.page
        place = page.table.viewport() if self._apps else page.empty
        self._watches.append(AfterPaint([page], self._page_shown))
        self._watches.append(AfterPaint([place], self._rows_shown, self._loaded))

    def _loaded(self) -> bool:
        return any(
            program.workspace.org is not None and program.apps.presenter.model.total == self._apps
            for program in self._programs
        )

    def _shown(self, window: QMainWindow) -> None:
        self.found["shown"] = time.monotonic()
        self.found["shown_cpu"] = time.process_time()
        self._close_in_time(window)

    def _page_shown(self) -> None:
        self.found["page"] = time.monotonic()

    def _rows_shown(self) -> None:
        self.found["rows"] = time.monotonic()

    def _close_in_time(self, window: QMainWindow) -> None:
        from PySide6.QtCore import QTimer

        there = "rows" in self.found if self._watches_paints else self._loaded()
        if there and self._programs[0].workspace.status is not None:
            QTimer.singleShot(int(self._seconds * 1000), window.close)
        else:
            QTimer.singleShot(20, lambda: self._close_in_time(window))


def main() -> int:
    """Run the program through its front door, and close its window once all was seen."""
    folder, seconds, apps = sys.argv[1], float(sys.argv[2]), int(sys.argv[3])
    watch = Watch(seconds, apps)
    AfterImport("cortex_desktop.ui.app", watch.hook)
    status = run_program(["--data-dir", folder])
    from child_bare import peak_kb

    found = {**watch.found, **({"peak_kb": peak_kb()} if seconds else {})}
    print("{" + ", ".join(f'"{name}": {value}' for name, value in found.items()) + "}")
    return status


if __name__ == "__main__":
    sys.exit(main())
