"""KWallet's empty answer after a crash, with a stand-in on a real bus: see `tests.support.kwallet`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import KeychainEmpty
from cortex_desktop.domain.folder import Standing
from cortex_desktop.vault.opening import open_vault
from tests.support.keychain import needs_daemons, private_bus
from tests.support.kwallet import KWallet, kwallet
from tests.support.vaults import no_vault_threads_left
from tests.support.worlds import Desk

pytestmark = needs_daemons


@pytest.fixture
def wallet(tmp_path: Path) -> Iterator[KWallet]:
    with private_bus() as bus, kwallet(bus.address, tmp_path) as wallet:
        yield wallet


@pytest.fixture
def desk(tmp_path: Path, wallet: KWallet) -> Iterator[Desk]:
    with no_vault_threads_left():
        vault = open_vault()
        yield Desk(tmp_path, vault)
        vault.close()


def test_a_wallet_that_never_held_anything_takes_the_first_key(desk: Desk) -> None:
    run = desk.start()
    assert run.standing is Standing.NEW
    assert run.doctor.survey() == []
    made = run.make(sessions=False)
    assert desk.vault.name == "KWallet"
    assert run.standing is Standing.KNOWN
    assert run.key() == made.key
    run.quit()
    assert desk.start().standing is Standing.KNOWN


@pytest.mark.parametrize("restarts", [True, False])
def test_an_empty_answer_after_a_crash_takes_nothing_for_gone(desk: Desk, wallet: KWallet, restarts: bool) -> None:
    """Whether the program was started anew meanwhile or not."""
    run = desk.start()
    made = run.make()
    run.apps.rotation.rotate(made.app.id, timedelta(0))  # whose old key is due
    key = run.key()
    wallet.crash()
    wallet.start(empty=True)
    if restarts:
        run.quit()
        run = desk.start(recovers=False)
        assert run.standing is Standing.UNKNOWN
    app = run.app()
    for call in (
        run.key,
        run.folder.require_removal,
        run.doctor.survey,
        lambda: run.doctor.check(app.id),
        lambda: run.apps.rotation.rotate(app.id, timedelta(0)),
    ):
        with pytest.raises(KeychainEmpty):
            call()
    [left] = run.recover().not_removed
    assert isinstance(left.error, KeychainEmpty), "told, and tried again"
    assert run.app() == app
    assert run.doctor.findings() == []
    wallet.crash()
    wallet.start()
    assert run.key() == key
    assert not run.recover().not_removed
    assert run.held(run.app(), 1) is None
