"""What `child_network.py` asks: a sandbox with many apps, or an empty Werkzeug app, on a port that it prints.

child_sandbox.py sandbox [APPS ACCOUNTS] | empty. Ends when standard input does.
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from werkzeug.wrappers import Request, Response

from cortex_desktop.domain.sandbox import Settings
from cortex_desktop.sandbox.app import Sandbox
from cortex_desktop.sandbox.server import Server
from cortex_desktop.sandbox.state import person
from cortex_desktop.sandbox.table import ANONYMOUS
from tests.sandbox.conftest import MemoryStore
from tests.sandbox.program import ORG, Apps


@Request.application
def empty(request: Request) -> Response:
    return Response('{"object": "list"}', mimetype="application/json")


def sandbox(apps: int, accounts: int) -> Sandbox:
    directory = Apps(apps)
    made = Sandbox(directory, directory.vault, MemoryStore())
    # Counting goes on, only nobody is turned away; and one person needs no code to log in.
    made.state.put_settings(Settings(rate_limit=10**9))
    state = made.state.org(ORG)
    made.state.put_org_settings(state, {"configuration": {"email": {"locationBypass": ["john@acme.example"]}}})
    more = range(accounts - len(state.accounts))
    made.state.put_accounts(ORG.id, [person(ORG, f"p{n}@acme.example", "P", str(n), "", ANONYMOUS, 0) for n in more])
    return made


if __name__ == "__main__":
    app = empty if sys.argv[1] == "empty" else sandbox(int(sys.argv[2]), int(sys.argv[3]))
    server = Server(app)
    server.start()
    print(server.port, flush=True)
    sys.stdin.read()
    server.stop()
