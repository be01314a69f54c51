"""The sandbox as people run it: its own process, beside the program that changes apps, on a real keychain."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import httpx2
import pytest

from cortex_desktop.domain.model import AppDetails
from cortex_desktop.domain.secret import Secret, SecretKind
from cortex_desktop.domain.signing import sign
from cortex_desktop.services.apps.services import AppServices
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.vault.opening import open_vault
from tests.support.keychain import PrivateKeyring, SilentPrompter, needs_daemons, private_keyring
from tests.support.services import app_services

ROOT = Path(__file__).parents[2]
SCRIPT = f"""
import sys
sys.path[:0] = [{str(ROOT)!r}]
from pathlib import Path
from cortex_desktop.sandbox.server import serve
from cortex_desktop.storage.folder_apps import FolderApps
from cortex_desktop.storage.document_file import DocumentFile
from cortex_desktop.vault.opening import open_vault

folder = Path(sys.argv[1])
store = DocumentFile(folder / "sandbox.json")
sys.exit(serve(folder, FolderApps(folder), open_vault(), store, parent=sys.stdin.fileno()))
"""


@dataclass
class Running:
    """The program with its stores, and a sandbox beside it."""

    keyring: PrivateKeyring
    apps: AppServices
    org_id: str
    folder: Path
    address: str

    def ask(self, key: Secret, secret: Secret | None = None) -> str:
        """What `GET /accounts` says: "list", or the fault's errCode. Unsigned requests ask for the public org."""
        path = "" if secret is None else "/accounts"
        headers = {"Medable-Client-Key": key.reveal()}
        if secret is not None:
            headers = sign(key, secret, "GET", path, int(time.time() * 1000)).headers(key)
        with httpx2.Client(trust_env=False, timeout=20) as client:
            document = client.get(f"{self.address}/my-org/v2{path}", headers=headers).json()
        return str(document.get("errCode", document["object"]))


@pytest.fixture
def running(folder: Path) -> Iterator[Running]:
    with private_keyring() as keyring, closing(open_vault()) as vault:
        repository = TinyRepository(folder)
        (org,) = repository.orgs()
        command = [sys.executable, "-c", SCRIPT, str(folder)]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            address = process.stdout.readline().partition('"address": "')[2].partition('"')[0]
            yield Running(keyring, app_services(repository, vault), org.id, folder, address)
        finally:
            process.stdin.close()
            assert process.wait(20) == 0
            process.stdout.close()
            repository.close()


@needs_daemons
def test_each_change_of_an_app_is_felt_by_the_next_request(running: Running) -> None:
    apps = running.apps
    created = apps.creation.create(running.org_id, AppDetails("Signing", sessions=False))
    app, key = created.app, created.key
    secret = apps.stores.vault.read(app.ref(SecretKind.API_SECRET))
    assert running.ask(key, secret) == "list"
    apps.stores.repository.change_app(app.id, lambda app: replace(app, enabled=False))
    assert running.ask(key, secret) == "cortex.accessDenied.appDisabled"
    apps.stores.repository.change_app(app.id, lambda app: replace(app, enabled=True))
    rotated = apps.rotation.rotate(app.id, timedelta(hours=1))
    newer = apps.stores.vault.read(rotated.app.ref(SecretKind.API_SECRET))
    assert running.ask(rotated.key, newer) == "list"
    assert running.ask(key, secret) == "list"  # until its date
    apps.deletion.delete(app.id)
    assert running.ask(rotated.key, newer) == "cortex.notFound.app"
    for path in running.folder.rglob("*"):
        if path.is_file():
            text = path.read_bytes()
            assert not any(found.reveal().encode() in text for found in (key, secret, rotated.key, newer)), path


@needs_daemons
def test_a_locked_keychain_is_told_without_a_prompt(running: Running) -> None:
    created = running.apps.creation.create(running.org_id, AppDetails("Session", sessions=True))
    with closing(SilentPrompter()) as prompter:
        running.keyring.lock()
        assert running.ask(created.key) == "sandbox.unavailable.keychainLocked"
        assert prompter.asked == []
    running.keyring.unlock()
    assert running.ask(created.key) == "org"
