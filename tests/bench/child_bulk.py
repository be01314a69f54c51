"""Disables a thousand of many apps in the real window, and takes it back.

child_bulk.py FOLDER ROUNDS CHANGED: prints one JSON object with lists of ms, one entry for each round.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

from opened import OpenProgram, pause, until_painted
from PySide6.QtCore import QItemSelection, QItemSelectionModel

SETTLE_MS = 400


class Bench(OpenProgram):
    """One program on a data folder."""

    changed = 0

    def round(self) -> None:
        """Disable, and undo: timed, and then watched for stalls, since the watch itself takes time."""
        bulk = self.apps.bulk
        for watched in (False, True):
            self.select()
            self.act("disable", self.apps.disable_several, watched)
            self.act("undo", bulk.undo, watched)

    def select(self) -> None:
        """Select the first apps that are listed, all of them enabled."""
        model, last = self.apps.model, self.apps.model.columnCount() - 1
        self.apps.page.search.setText("is:enabled")
        rows = QItemSelection(model.index(0, 0), model.index(self.changed - 1, last))
        flags = QItemSelectionModel.SelectionFlag
        self.apps.page.table.selectionModel().select(rows, flags.ClearAndSelect | flags.Rows)
        self.apps.page.search.clear()
        if len(self.apps.page.several()) != self.changed:
            raise RuntimeError("another number of apps is selected")
        pause(SETTLE_MS)

    def act(self, name: str, act: Callable[[], object], watched: bool) -> None:
        """Note how long it takes until the outcome is painted, or the longest stall until 100 ms after."""
        before, bulk = self.enabled(), self.apps.bulk
        run = partial(until_painted, act, [self.apps.page.bulk], lambda: not bulk.running)
        if watched:
            self.watch(name, run, 100)
        else:
            self.found[name].append(run())
        if abs(self.enabled() - before) != self.changed:
            raise RuntimeError("another number of apps was changed")
        pause(SETTLE_MS)

    def enabled(self) -> int:
        """The number of enabled apps in the database."""
        return sum(app.enabled for app in self.program.stores.repository.apps())


def main() -> None:
    bench = Bench(Path(sys.argv[1]))
    bench.changed = int(sys.argv[3])
    bench.measure(bench.round, int(sys.argv[2]))
    bench.close_and_print()


if __name__ == "__main__":
    main()
