"""Several orgs: adding, changing, removing with all that is in them, restoring, and what becomes of their keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import KeyKnown, OnlyOrg, OrgError, OrgGone, VaultError, VaultProblem
from cortex_desktop.domain.model import AppDetails, Environment, Org, OrgState
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import SecretKind, generate
from cortex_desktop.services.apps.recovery import AT_ONCE
from cortex_desktop.services.apps.services import AppServices
from cortex_desktop.services.orgs import Content, OrgService
from cortex_desktop.services.periods import RESTORABLE
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.vault.memory import InMemoryVault
from tests.support.services import app_services, create

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
CLINIC = Org("", " Clinic ", "clinic", Environment.PRODUCTION, "https://api.medable.com/")


class Clock:
    time = NOON

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def vault() -> InMemoryVault:
    return InMemoryVault()


@pytest.fixture
def repository(tmp_path: Path) -> TinyRepository:
    return TinyRepository(tmp_path)


@pytest.fixture
def orgs(repository: TinyRepository, clock: Clock) -> OrgService:
    return OrgService(repository, clock)


@pytest.fixture
def apps(repository: TinyRepository, vault: InMemoryVault, clock: Clock) -> AppServices:
    return app_services(repository, vault, clock)


@pytest.fixture
def clinic(orgs: OrgService) -> Org:
    return orgs.add(CLINIC)


def test_an_added_org_is_cleaned_and_new(orgs: OrgService, clinic: Org) -> None:
    assert clinic == replace(CLINIC, id=clinic.id, name="Clinic", endpoint="https://api.medable.com")
    assert int(clinic.id, 16)
    assert orgs.orgs()[1:] == [clinic]
    assert orgs.add(clinic).id != clinic.id
    with pytest.raises(OrgError):
        orgs.add(replace(CLINIC, code="/"))
    assert len(orgs.orgs()) == 3


def test_a_change_is_cleaned_and_touches_no_journal(orgs: OrgService, clinic: Org) -> None:
    changed = orgs.change(replace(clinic, name=" Renamed ", state=OrgState.REMOVING, purge_after=NOON))
    assert changed == replace(clinic, name="Renamed")
    assert orgs.orgs()[1] == changed
    with pytest.raises(OrgError):
        orgs.change(replace(clinic, endpoint="http://x"))
    orgs.remove(clinic.id)
    with pytest.raises(OrgGone):
        orgs.change(clinic)


def test_a_removed_org_takes_its_apps_out_of_sight_and_back(
    orgs: OrgService, apps: AppServices, vault: InMemoryVault, clinic: Org, clock: Clock
) -> None:
    made = create(apps, clinic.id, "Web")
    hidden = apps.deletion.delete(create(apps, clinic.id, "Deleted before").app.id)
    assert orgs.content(clinic.id) == Content(apps=1, deleted=1)
    assert not orgs.content(clinic.id).empty
    removed = orgs.remove(clinic.id)
    assert removed == replace(clinic, state=OrgState.REMOVED, purge_after=NOON + RESTORABLE)
    assert orgs.removed() == [removed]
    assert clinic not in orgs.orgs()
    with pytest.raises(OrgGone):
        orgs.remove(clinic.id)

    clock.time += RESTORABLE - timedelta(microseconds=1)
    apps.recovery.recover()
    assert orgs.restore(clinic.id) == clinic
    assert clinic in orgs.orgs()
    assert apps.listing.of_org(clinic.id) == [made.app]
    assert apps.use.secret(made.app.id) == made.key
    assert apps.listing.deleted(clinic.id) == [hidden]


def test_when_its_time_is_up_everything_of_it_goes(
    orgs: OrgService, apps: AppServices, repository: TinyRepository, vault: InMemoryVault, clinic: Org, clock: Clock
) -> None:
    other = create(apps, orgs.orgs()[0].id, "Other")
    made = create(apps, clinic.id, "Web")
    apps.rotation.rotate(made.app.id, timedelta(days=365))
    apps.deletion.delete(create(apps, clinic.id, "Deleted before").app.id)
    orgs.remove(clinic.id)
    clock.time += RESTORABLE
    report = apps.recovery.recover()
    assert len(report.finished) == 2
    assert orgs.removed() == []
    assert [org.id for org in repository.orgs()] == [other.app.org_id]
    assert repository.apps() == (other.app,)
    assert set(vault.items) == set(other.app.refs)
    with pytest.raises(OrgGone):
        orgs.restore(clinic.id)


def test_for_good_at_once(orgs: OrgService, apps: AppServices, vault: InMemoryVault, clinic: Org) -> None:
    create(apps, clinic.id, "Web")
    orgs.remove(clinic.id)
    orgs.purge(clinic.id)
    assert orgs.removed() == []
    with pytest.raises(OrgGone):
        orgs.restore(clinic.id)
    apps.recovery.recover()
    assert not vault.items


def test_one_that_was_restored_meanwhile_is_not_taken(orgs: OrgService, apps: AppServices, clinic: Org) -> None:
    made = create(apps, clinic.id, "Web")
    orgs.remove(clinic.id)
    orgs.restore(clinic.id)
    assert orgs.purge(clinic.id) == clinic
    apps.recovery.recover()
    assert apps.use.secret(made.app.id) == made.key


def test_one_restored_while_recovery_looks_is_not_taken(
    orgs: OrgService, apps: AppServices, repository: TinyRepository, clinic: Org, clock: Clock, monkeypatch
) -> None:
    made = create(apps, clinic.id, "Web")
    orgs.remove(clinic.id)
    clock.time += RESTORABLE
    seen = repository.orgs()
    orgs.restore(clinic.id)
    monkeypatch.setattr(repository, "orgs", lambda: seen)
    assert not apps.recovery.recover().finished
    assert apps.use.secret(made.app.id) == made.key


def test_a_removed_org_without_a_date_waits(orgs: OrgService, apps: AppServices, repository: TinyRepository) -> None:
    """Only another hand writes such a row: rather keep its keys than guess."""
    odd = replace(orgs.add(CLINIC), state=OrgState.REMOVED, purge_after=None)
    create(apps, odd.id, "Web")
    repository.save_org(odd)
    assert not apps.recovery.recover().finished
    assert orgs.removed() == [odd]


def test_an_empty_org_goes_even_while_the_keychain_is_locked(
    orgs: OrgService, apps: AppServices, repository: TinyRepository, vault: InMemoryVault, clinic: Org
) -> None:
    assert orgs.content(clinic.id).empty
    orgs.remove(clinic.id)
    orgs.purge(clinic.id)
    vault.current = VaultState.LOCKED
    apps.recovery.recover()
    assert len(repository.orgs()) == 1


def test_the_last_org_stays(orgs: OrgService, clinic: Org) -> None:
    orgs.remove(orgs.orgs()[0].id)
    with pytest.raises(OnlyOrg):
        orgs.remove(clinic.id)
    assert orgs.orgs() == [clinic]


def test_while_the_keychain_is_locked_it_waits(
    orgs: OrgService, apps: AppServices, vault: InMemoryVault, clinic: Org
) -> None:
    made = create(apps, clinic.id, "Web")
    orgs.remove(clinic.id)
    orgs.purge(clinic.id)
    vault.current = VaultState.LOCKED
    assert apps.recovery.recover().waiting == (made.app.id,)
    assert set(vault.items) == set(made.app.refs)
    vault.current = VaultState.UNLOCKED
    assert apps.recovery.recover().finished == (made.app.id,)
    assert not vault.items


def test_a_large_org_goes_piece_by_piece(
    orgs: OrgService, apps: AppServices, repository: TinyRepository, vault: InMemoryVault, clinic: Org
) -> None:
    for number in range(AT_ONCE + 1):
        create(apps, clinic.id, f"App {number}", sessions=True)
    orgs.remove(clinic.id)
    orgs.purge(clinic.id)
    first = apps.recovery.recover()
    assert (len(first.finished), first.more) == (AT_ONCE, True)
    assert len(repository.orgs()) == 2
    second = apps.recovery.recover()
    assert (len(second.finished), second.more) == (1, False)
    assert len(repository.orgs()) == 1
    assert not vault.items


def test_one_that_the_keychain_refuses_does_not_keep_the_others(
    orgs: OrgService, apps: AppServices, vault: InMemoryVault, clinic: Org
) -> None:
    for number in range(AT_ONCE + 1):
        create(apps, clinic.id, f"App {number}", sessions=True)
    orgs.remove(clinic.id)
    orgs.purge(clinic.id)
    vault.fail_next("remove", VaultError(VaultProblem.FAILED, vault.name))
    report = apps.recovery.recover()
    assert (len(report.finished), len(report.waiting), report.more) == (AT_ONCE - 1, 1, True)
    report = apps.recovery.recover()
    assert (len(report.finished), len(report.waiting), report.more) == (1, 0, False)  # the refused one had its turn
    assert len(apps.recovery.recover().finished) == 1
    assert not vault.items


@pytest.mark.parametrize("state", [VaultState.LOCKED, VaultState.MISSING, VaultState.FAILED])
def test_a_keychain_that_does_not_work_any_more_is_not_asked_for_each(
    orgs: OrgService, apps: AppServices, vault: InMemoryVault, clinic: Org, state: VaultState
) -> None:
    for number in range(AT_ONCE + 1):
        create(apps, clinic.id, f"App {number}", sessions=True)
    orgs.remove(clinic.id)
    orgs.purge(clinic.id)

    calls: list[str] = []

    def gives_up(call: str, ref: object) -> None:
        calls.append(call)
        if calls.count("remove") == 3:  # an app has two places
            vault.current = state

    vault.before = gives_up
    report = apps.recovery.recover()
    assert (len(report.finished), len(report.waiting), report.more) == (1, AT_ONCE, False)
    assert calls == ["state", "remove", "remove", "remove", "state"]


def test_a_key_of_a_removed_org_is_known_and_where(orgs: OrgService, apps: AppServices, clinic: Org) -> None:
    made = create(apps, clinic.id, "Web", sessions=True)
    orgs.remove(clinic.id)
    with pytest.raises(KeyKnown) as refusal:
        apps.creation.import_key(orgs.orgs()[0].id, AppDetails("Again", sessions=True), made.key)
    assert "of Clinic, which was removed" in str(refusal.value)
    with pytest.raises(OrgGone):
        apps.creation.import_key(clinic.id, AppDetails("Again", sessions=True), generate(SecretKind.API_KEY))


def test_a_half_made_app_goes_with_its_org(
    orgs: OrgService, apps: AppServices, repository: TinyRepository, vault: InMemoryVault, clinic: Org
) -> None:
    made = create(apps, clinic.id, "Web")
    del vault.items[made.app.ref(SecretKind.API_SECRET)]
    orgs.remove(clinic.id)
    orgs.purge(clinic.id)
    apps.recovery.recover()
    assert not vault.items
    assert not repository.apps()
