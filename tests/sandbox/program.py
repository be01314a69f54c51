"""A sandbox in a process of its own, as the command makes one, with two apps in a keychain in memory.

python program.py FOLDER [--port N] [--parent]
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from cortex_desktop.domain.model import App, Environment, Org
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind
from cortex_desktop.sandbox.server import serve
from cortex_desktop.storage.document_file import DocumentFile
from tests.support.memory_vault import InMemoryVault

ORG = Org("0" * 32, "Acme", "acme", Environment.DEVELOPMENT, "https://api.dev.medable.com")
SESSION_KEY, SIGNING_KEY, SIGNING_SECRET = "SessionAppKey123456789", "SigningAppKey123456789", "S" * 64


class Apps:
    """`LocalApps`: one app with Sessions, one that signs."""

    def __init__(self, count: int = 2) -> None:
        created = datetime(2026, 1, 1, tzinfo=UTC)
        self.vault = InMemoryVault()
        self._apps = []
        for number in range(count):
            sessions = number == 0
            key = SESSION_KEY if sessions else SIGNING_KEY if number == 1 else f"OtherAppKey{number:011}"
            ends = KeyEnds.of(Secret(key))
            app = App(f"{number:032x}", ORG.id, f"App {number}", sessions, True, created, ends, "memory")
            self.vault.store(app.ref(SecretKind.API_KEY), Secret(key))
            if not sessions:
                self.vault.store(app.ref(SecretKind.API_SECRET), Secret(SIGNING_SECRET))
            self._apps.append(app)

    def version(self) -> object:
        return 1

    def orgs(self) -> list[Org]:
        return [ORG]

    def apps(self) -> list[App]:
        return self._apps


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--port", type=int)
    parser.add_argument("--parent", action="store_true")
    given = parser.parse_args()
    apps = Apps()
    parent = sys.stdin.fileno() if given.parent else None
    store = DocumentFile(given.folder / "sandbox.json")
    sys.exit(serve(given.folder, apps, apps.vault, store, port=given.port, parent=parent))
