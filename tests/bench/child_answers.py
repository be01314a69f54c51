"""Shows large answers on the Requests page in the real window.

child_answers.py FOLDER ROUNDS MANY: prints one JSON object: the ms from an answer's last byte until its tree is
painted, the longest stalls meanwhile, and the MB that the process holds after each of MANY answers of 8 MB.
"""

from __future__ import annotations

import json
import sys
import threading
import time
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from opened import OpenProgram, pause, wait
from PySide6.QtCore import QEvent, QObject

from cortex_desktop.domain.model import AppDetails
from cortex_desktop.ui.requests.request_card import Draft

PERSON = {
    "_id": "5516ee1b34d8d934281699e3",
    "object": "account",
    "created": "2026-11-23T12:00:00.000Z",
    "email": "john@newhealthco.example",
    "name": {"first": "John", "last": "Smith", "additional": ["Q.", "Público"]},
    "roles": ["000000000000000000000004", "000000000000000000000007"],
    "stats": {"lastLogin": {"time": "2026-11-23T12:00:00.000Z", "ip": "192.0.2.7"}, "logins": 214, "ok": True},
    "locked": False,
}


def body(size: int) -> bytes:
    """A list of accounts of about this many bytes."""
    one = json.dumps(PERSON, ensure_ascii=False)
    people = ",".join(one.replace("699e3", f"{number:05x}") for number in range(size // (len(one.encode()) + 1)))
    return f'{{"object":"list","data":[{people}],"hasMore":true}}'.encode()


class Painted(QObject):
    """When the tree was last painted, in seconds."""

    def __init__(self, watched: QObject) -> None:
        super().__init__(watched)
        self.at = 0.0
        watched.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() == QEvent.Type.Paint:
            self.at = time.perf_counter()
        return False


class Bench(OpenProgram):
    """One program whose org's endpoint is a server of this process."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.bodies = {"1 MB": body(1_000_000), "8 MB": body(8_000_000)}
        bodies = self.bodies

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                found = bodies["8 MB" if "large" in self.path else "1 MB"]
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(found)))
                self.end_headers()
                self.wfile.write(found)

            def log_message(self, *_: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        stores, org = self.program.stores, self.workspace.org
        assert org is not None
        stores.repository.save_org(replace(org, endpoint=f"http://127.0.0.1:{self._server.server_port}"))
        app = self.program.services.apps.creation.create(org.id, AppDetails("Large answers", sessions=True)).app
        self.workspace.reload()
        wait(lambda: self.workspace.org is not None and "127" in self.workspace.org.endpoint, "the org stayed")
        self.program.settings.set_text("requests_visited", "1")
        self.program.requests.open()
        self.presenter = self.program.requests.presenter
        self.presenter.set_target("cortex")
        self.presenter.try_app(app)
        workbench = self.program.services.requests().workbench
        send = workbench.send
        self.answered = 0.0

        def noted(*args: object) -> object:
            answer = send(*args)
            self.answered = time.perf_counter()
            return answer

        workbench.send = noted  # type: ignore[method-assign]
        self.tree = self.presenter.page.answer.tree
        self.painted = Painted(self.tree.viewport())
        pause(500)

    def send(self, name: str) -> None:
        """Send, and note how long the answer takes from its last byte to the screen."""
        path = "/c_examples?large" if name == "8 MB" else "/c_examples"
        self.presenter.page.request.show_draft(Draft("GET", path))
        self.answered = self.painted.at = 0.0
        self.presenter.send()
        wait(lambda: not self.presenter.is_sending and self.painted.at > self.answered > 0, "no answer was shown")
        self.found[f"shown {name}"].append((self.painted.at - self.answered) * 1000)

    def round(self) -> None:
        """Nothing, and each size once, in turns."""
        self.watch("idle", lambda: pause(200))
        for name in self.bodies:
            self.watch(name, lambda name=name: self.send(name), 300)

    def grow(self, answers: int) -> None:
        """Many large answers, one after the other."""
        for _ in range(answers):
            self.send("8 MB")
            pause(50)
            self.found["memory"].append(_resident_mb())


def _resident_mb() -> float:
    status = Path("/proc/self/status").read_text()
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))) / 1000


def main() -> None:
    bench = Bench(Path(sys.argv[1]))
    bench.measure(bench.round, int(sys.argv[2]))
    bench.grow(int(sys.argv[3]))
    bench.close_and_print()


if __name__ == "__main__":
    main()
