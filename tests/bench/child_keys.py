"""Creates, copies and rotates keys in a full keychain, each in turn with the same done by python-keyring's own class.

child_keys.py FOLDER ROUNDS: prints one JSON object with lists of ms, one entry for each round.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

from child_create import SETTLE_MS, Bench
from PySide6.QtCore import QEventLoop, QTimer
from watching import PATIENCE_MS, pause

KEPT = timedelta(days=7)


class KeysBench(Bench):
    """One program on a data folder."""

    def round(self) -> None:
        """One of each, one after the other."""
        self.found["bare store"].append(self.bare())
        self.found["create"].append(self.create(True, then=self.use))

    def use(self, app_id: str) -> None:
        """Copy the new app's key, and rotate it."""
        program = self.program
        program.tools.reveal.end()  # or copying would take what is on screen
        pause(SETTLE_MS)
        app = program.apps.presenter.model.find(app_id)
        assert app is not None
        self.found["bare read"].append(self.bare_read(app.refs[0].service))
        copied = program.tools.clipboard.ticked
        copy = program.console.actions["copy_key"]
        self.found["copy"].append(_until(lambda done: (copied.connect(done), copy.trigger())))
        copied.disconnect()
        program.tools.clipboard.clear()
        pause(SETTLE_MS)
        rotate = partial(program.services.apps.rotation.rotate, app.id, KEPT)
        self.found["rotate"].append(
            _until(lambda done: program.workspace.on_vault(rotate, done, lambda error: sys.exit(str(error))))
        )

    def bare_read(self, service: str) -> float:
        """One read with python-keyring's own class, in ms."""
        begin = time.perf_counter()
        assert self.keyring.get_password(service, "api-key")
        return (time.perf_counter() - begin) * 1000


def _until(act: Callable[[Callable[..., None]], object]) -> float:
    """Run `act` in the event loop; the ms until it calls what it is given."""
    loop, times = QEventLoop(), []

    def done(*_: object) -> None:
        times.append(time.perf_counter())
        loop.quit()

    def begin() -> None:
        times.append(time.perf_counter())
        act(done)

    QTimer.singleShot(0, begin)
    QTimer.singleShot(PATIENCE_MS, loop, loop.quit)
    loop.exec()
    if len(times) < 2:
        raise TimeoutError("the keychain did not answer")
    return (times[1] - times[0]) * 1000


def main() -> int:
    """Measure and tell."""
    bench = KeysBench(Path(sys.argv[1]))
    bench.round()  # imports and first connections: not what is measured here
    bench.found.clear()
    for _ in range(int(sys.argv[2])):
        bench.round()
    bench.close()
    print(json.dumps(bench.found))
    return 0


if __name__ == "__main__":
    sys.exit(main())
