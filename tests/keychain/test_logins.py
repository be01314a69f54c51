"""Remembered logins in a real GNOME Keyring, over restarts, copies and removals."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import FolderInDoubt, VaultError, VaultProblem
from cortex_desktop.domain.secret import LoginRef, Secret
from cortex_desktop.vault.opening import open_vault
from tests.support.keychain import PrivateKeyring, needs_daemons, private_keyring
from tests.support.vaults import no_vault_threads_left
from tests.support.worlds import Desk, Run

pytestmark = needs_daemons
HERE = "https://api.example"
DEVICE = Secret("0123456789abcdef" * 4)


@pytest.fixture
def keyring() -> Iterator[PrivateKeyring]:
    with private_keyring() as keyring:
        yield keyring


@pytest.fixture
def desk(tmp_path: Path, keyring: PrivateKeyring) -> Iterator[Desk]:
    with no_vault_threads_left():
        vault = open_vault()
        yield Desk(tmp_path, vault)
        vault.close()


def listed(run: Run) -> list[LoginRef]:
    items = run.vault.list_items()  # type: ignore[attr-defined]  # the real one lists
    return [item.ref for item in items if isinstance(item.ref, LoginRef)]


def test_it_is_there_after_a_restart_and_gone_when_forgotten(desk: Desk) -> None:
    run = desk.start()
    app = run.make().app
    run.apps.logins.remember(app.id, HERE, DEVICE)
    run.quit()
    run = desk.start()
    assert run.apps.logins.device(run.app(), HERE) == DEVICE
    assert listed(run) == [LoginRef(app.org_id, 1)]
    assert run.doctor.survey() == []
    assert run.doctor.check(app.id) == []
    run.apps.logins.forget(app.id, HERE)
    assert listed(run) == []
    run.quit()
    run = desk.start()
    assert run.apps.logins.device(run.app(), HERE) is None


def test_a_locked_keychain_keeps_nothing_and_loses_nothing(desk: Desk, keyring: PrivateKeyring) -> None:
    run = desk.start()
    app = run.make().app
    run.apps.logins.remember(app.id, HERE, DEVICE)
    keyring.lock()
    for act in (
        lambda: run.apps.logins.remember(app.id, HERE, Secret("another")),
        lambda: run.apps.logins.forget(app.id, HERE),
        lambda: run.apps.logins.device(run.app(), HERE),
    ):
        with pytest.raises(VaultError) as failure:
            act()
        assert failure.value.problem is VaultProblem.LOCKED
    keyring.unlock()
    assert run.apps.logins.device(run.app(), HERE) == DEVICE


def test_a_copy_leaves_it_alone_and_all_data_takes_it_along(desk: Desk) -> None:
    run = desk.start()
    app = run.make().app
    run.apps.logins.remember(app.id, HERE, DEVICE)
    run.quit()
    copy = desk.start(desk.copy("copy"))
    with pytest.raises(FolderInDoubt):
        copy.apps.logins.forget(app.id, HERE)
    copy.doctor.survey()
    list(copy.apps.own_keys.steps())
    copy.apps.deletion.remove_everything()
    copy.quit()
    run = desk.start()
    assert run.apps.logins.device(run.app(), HERE) == DEVICE
    run.quit()
    command = [sys.executable, "-m", "cortex_desktop", "--data-dir", str(desk.folder), "--remove-all-data", "--yes"]
    assert subprocess.run(command, capture_output=True, timeout=60).returncode == 0
    assert desk.vault.list_items() == []  # type: ignore[attr-defined]
    assert not desk.folder.exists()
