"""Stores and services are put together without opening anything."""

from __future__ import annotations

import threading
from pathlib import Path

from cortex_desktop.composition import Stores, compose
from cortex_desktop.domain.errors import CortexError
from cortex_desktop.domain.model import AppDetails
from cortex_desktop.services.damage import Damage
from cortex_desktop.storage.repository import TinyRepository
from tests.support.memory_vault import InMemoryVault


def test_putting_them_together_touches_neither_disk_nor_keychain(tmp_path: Path) -> None:
    threads = threading.active_count()
    compose(Stores.of(tmp_path / "data"))
    assert list(tmp_path.iterdir()) == []
    assert threading.active_count() == threads


def test_what_was_done_is_told_after_it_is_in_the_log(tmp_path: Path) -> None:
    told: list[int] = []
    log = tmp_path / "activity.jsonl"
    stores = Stores(tmp_path, TinyRepository(tmp_path), InMemoryVault())
    services = compose(stores, recorded=lambda: told.append(log.read_bytes().count(b"\n")))
    org = services.orgs.orgs()[0]
    services.apps.creation.create(org.id, AppDetails("NewHealth App"))
    assert told == [1]
    stores.close()


def test_a_log_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    told: list[CortexError] = []
    (tmp_path / "activity.jsonl").mkdir()
    stores = Stores(tmp_path, TinyRepository(tmp_path), InMemoryVault())
    services = compose(stores, not_recorded=told.append)
    made = services.apps.creation.create(services.orgs.orgs()[0].id, AppDetails("NewHealth App"))
    assert made.app in services.apps.listing.of_all_orgs(), "what was done stays done"
    assert len(told) == 1
    stores.close()


def test_damage_is_what_the_database_was_opened_with(tmp_path: Path) -> None:
    stores = Stores(tmp_path, TinyRepository(tmp_path), InMemoryVault())
    stores.repository.orgs()
    assert stores.damage() == Damage()
    stores.close()
    (tmp_path / "apps.json").write_bytes(b"{ torn")
    again = Stores(tmp_path, TinyRepository(tmp_path), InMemoryVault())
    again.repository.orgs()
    damage = again.damage()
    assert damage.found
    assert damage.set_aside
    again.close()
