"""Opens, scrolls and searches a long activity log in the real window.

child_activity.py FOLDER ROUNDS ENTRIES: prints one JSON object: for each thing done the ms until it was painted with
its words, one entry for each round; for each search also the ms until all was found, and the longest stalls meanwhile.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections import defaultdict
from collections.abc import Callable
from functools import partial
from pathlib import Path

from watching import Heartbeat, pause, timed, wait

from cortex_desktop.domain.activity import Action
from cortex_desktop.ui.app import make_application, open_program

WORDS = ("kiosk", "john", "created", "ärzte portal 7", "nowhere")
"""In a third of the entries, in all, in the words of one action, in a few, in none."""


class Bench:
    """One program on a data folder with a log of so many entries."""

    def __init__(self, folder: Path, entries: int) -> None:
        self.app = make_application()
        self.program = open_program(self.app, folder)
        self.entries = entries
        self.found: dict[str, list[float]] = defaultdict(list)
        self.program.window.show()
        self.program.start()
        wait(lambda: self.program.workspace.status is not None, "the keychain gave no answer")
        wait(lambda: not self.program.activity.reader.checking, "the log was not checked")
        pause(300)

    def open(self) -> None:
        """Open the page for the first time."""
        begin = time.perf_counter()
        self.program.activity.open()
        desk = self.program.activity.presenter
        self.page, self.model = desk.page, desk.model
        self.page.apps.setCurrentIndex(1)  # the entries are of made-up orgs
        wait(lambda: self._words_are_there(), "nothing was listed")
        self.found["open"].append((time.perf_counter() - begin) * 1000)
        wait(lambda: self.page._complete, "not all was listed")

    def search(self) -> None:
        """Search for each word, and for nothing again."""
        for word in (*WORDS, ""):
            heart = Heartbeat()
            heart.start()
            begin = time.perf_counter()
            took = self._until_painted(partial(self.page.search.setText, word))
            while not self.page._complete:
                pause(5)
            self.found[f"first {word}"].append(took)
            self.found[f"all {word}"].append((time.perf_counter() - begin) * 1000)
            stall, busy = heart.stop()
            self.found["stall search"].append(stall)
            self.found["busy search"].append(busy)

    def scroll(self) -> None:
        """Jump to places all over the log, and page through it."""
        bar = self.page.table.verticalScrollBar()
        chance = random.Random(1)
        for _ in range(20):
            place = chance.randrange(bar.maximum())
            self.found["jump"].append(self._until_painted(partial(bar.setValue, place)))
            page_down = partial(bar.setValue, place + bar.pageStep())
            self.found["page down"].append(self._until_painted(page_down))

    def add(self) -> None:
        """Do something, until it stands on top."""
        self.page.table.scrollToTop()
        pause(100)
        recorder = self.program.services.recorder
        count = self.model.rowCount()
        act = partial(recorder.log_itself, Action.EXPORTED, count=1)
        self.found["add"].append(self._until_painted(act, lambda: self.model.rowCount() > count))

    def idle(self) -> None:
        """The stalls of a second in which nothing is done."""
        heart = Heartbeat()
        heart.start()
        pause(1000)
        self.found["stall idle"].append(heart.stop()[0])

    def close(self) -> None:
        """End the program as a person would."""
        self.program.window.close()
        self.program.close()

    def _words_are_there(self) -> bool:
        """Whether each row on screen is known."""
        table = self.page.table
        if not self.model.rowCount():
            return False
        first, last = table.rowAt(0), table.rowAt(table.viewport().height() - 1)
        rows = range(max(first, 0), (last if last >= 0 else self.model.rowCount() - 1) + 1)
        return all(self.model.line(row) is not None for row in rows)

    def _until_painted(self, act: Callable[[], object], also: Callable[[], bool] = lambda: True) -> float:
        def ready() -> bool:
            if self.page._complete and not self.model.rowCount():
                return also()  # nothing found, which is said
            return self._words_are_there() and also()

        took = timed(act, [self.page.table.viewport(), self.page.empty], ready)
        pause(20)
        return took


def peak_kb() -> int:
    """The most that was resident."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0])


def main() -> int:
    """Measure and tell."""
    bench = Bench(Path(sys.argv[1]), int(sys.argv[3]))
    bench.found["kb before"].append(peak_kb())
    bench.open()
    for _ in range(int(sys.argv[2])):
        bench.idle()
        bench.search()
        bench.scroll()
        bench.add()
    bench.found["kb after"].append(peak_kb())
    bench.close()
    print(json.dumps(bench.found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
