"""Several orgs: adding, changing, removing with all that is in them, restoring, and what becomes of their keys."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from cortex_desktop.domain.errors import KeyKnown, OnlyOrg, OrgError, OrgGone
from cortex_desktop.domain.model import AppDetails, Environment, Org, OrgState
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import SecretKind, generate
from cortex_desktop.services.apps.recovery import AT_ONCE
from cortex_desktop.services.orgs import Content
from cortex_desktop.services.periods import RESTORABLE
from tests.support.services import NOON, Office, failed

CLINIC = Org("", " Clinic ", "clinic", Environment.PRODUCTION, "https://api.medable.com/")


@pytest.fixture
def clinic(office: Office) -> Org:
    return office.orgs.add(CLINIC)


def purge(office: Office, org: Org) -> None:
    office.orgs.remove(org.id)
    office.orgs.purge(org.id)


def test_an_added_org_is_cleaned_and_new(office: Office, clinic: Org) -> None:
    assert clinic == replace(CLINIC, id=clinic.id, name="Clinic", endpoint="https://api.medable.com")
    assert int(clinic.id, 16)
    assert office.orgs.orgs()[1:] == [clinic]
    assert office.orgs.add(clinic).id != clinic.id
    with pytest.raises(OrgError):
        office.orgs.add(replace(CLINIC, code="/"))
    assert len(office.orgs.orgs()) == 3


def test_a_change_is_cleaned_and_touches_no_journal(office: Office, clinic: Org) -> None:
    changed = office.orgs.change(replace(clinic, name=" Renamed ", state=OrgState.REMOVING, purge_after=NOON))
    assert changed == replace(clinic, name="Renamed")
    assert office.orgs.orgs()[1] == changed
    with pytest.raises(OrgError):
        office.orgs.change(replace(clinic, endpoint="http://x"))
    office.orgs.remove(clinic.id)
    with pytest.raises(OrgGone):
        office.orgs.change(clinic)


def test_a_removed_org_takes_its_apps_out_of_sight_and_back(office: Office, clinic: Org) -> None:
    made = office.make("Web", clinic)
    hidden = office.deletion.delete(office.make("Deleted before", clinic).app.id)
    assert office.orgs.content(clinic.id) == Content(apps=1, deleted=1)
    assert not office.orgs.content(clinic.id).empty
    removed = office.orgs.remove(clinic.id)
    assert removed == replace(clinic, state=OrgState.REMOVED, purge_after=NOON + RESTORABLE)
    assert office.orgs.removed() == [removed]
    assert clinic not in office.orgs.orgs()
    with pytest.raises(OrgGone):
        office.orgs.remove(clinic.id)

    office.time += RESTORABLE - timedelta(microseconds=1)
    office.recover()
    assert office.orgs.restore(clinic.id) == clinic
    assert clinic in office.orgs.orgs()
    assert office.listing.of_org(clinic.id) == [made.app]
    assert office.use.secret(made.app.id) == made.key
    assert office.listing.deleted(clinic.id) == [hidden]


def test_when_its_time_is_up_everything_of_it_goes(office: Office, clinic: Org) -> None:
    other = office.make("Other")
    made = office.make("Web", clinic)
    office.rotation.rotate(made.app.id, timedelta(days=365))
    office.deletion.delete(office.make("Deleted before", clinic).app.id)
    office.orgs.remove(clinic.id)
    office.time += RESTORABLE
    report = office.recover()
    assert len(report.removed) == 2
    assert office.orgs.removed() == []
    assert [org.id for org in office.repository.orgs()] == [other.app.org_id]
    assert office.repository.apps() == (other.app,)
    assert set(office.vault.items) == set(other.app.refs)
    with pytest.raises(OrgGone):
        office.orgs.restore(clinic.id)


def test_for_good_at_once(office: Office, clinic: Org) -> None:
    office.make("Web", clinic)
    purge(office, clinic)
    assert office.orgs.removed() == []
    with pytest.raises(OrgGone):
        office.orgs.restore(clinic.id)
    office.recover()
    assert not office.vault.items


def test_one_that_was_restored_meanwhile_is_not_taken(office: Office, clinic: Org) -> None:
    made = office.make("Web", clinic)
    office.orgs.remove(clinic.id)
    office.orgs.restore(clinic.id)
    assert office.orgs.purge(clinic.id) == clinic
    office.recover()
    assert office.use.secret(made.app.id) == made.key


def test_one_restored_while_recovery_looks_is_not_taken(office: Office, clinic: Org, monkeypatch) -> None:
    made = office.make("Web", clinic)
    office.orgs.remove(clinic.id)
    office.time += RESTORABLE
    seen = office.repository.orgs()
    office.orgs.restore(clinic.id)
    monkeypatch.setattr(office.repository, "orgs", lambda: seen)
    assert not office.recover().removed
    assert office.use.secret(made.app.id) == made.key


def test_a_removed_org_without_a_date_waits(office: Office) -> None:
    """Only another hand writes such a row: rather keep its keys than guess."""
    odd = replace(office.orgs.add(CLINIC), state=OrgState.REMOVED, purge_after=None)
    office.make("Web", odd)
    office.repository.save_org(odd)
    assert not office.recover().removed
    assert office.orgs.removed() == [odd]


def test_an_empty_org_goes_even_while_the_keychain_is_locked(office: Office, clinic: Org) -> None:
    assert office.orgs.content(clinic.id).empty
    purge(office, clinic)
    office.vault.current = VaultState.LOCKED
    office.recover()
    assert len(office.repository.orgs()) == 1


def test_the_last_org_stays(office: Office, clinic: Org) -> None:
    office.orgs.remove(office.org.id)
    with pytest.raises(OnlyOrg):
        office.orgs.remove(clinic.id)
    assert office.orgs.orgs() == [clinic]


def test_while_the_keychain_is_locked_it_waits(office: Office, clinic: Org) -> None:
    made = office.make("Web", clinic)
    purge(office, clinic)
    office.vault.current = VaultState.LOCKED
    assert office.recover().waiting == (made.app.id,)
    assert set(office.vault.items) == set(made.app.refs)
    office.vault.current = VaultState.UNLOCKED
    assert office.recover().removed == (made.app.id,)
    assert not office.vault.items


def test_a_large_org_goes_piece_by_piece(office: Office, clinic: Org) -> None:
    for number in range(AT_ONCE + 1):
        office.make(f"App {number}", clinic, sessions=True)
    purge(office, clinic)
    first = office.recover()
    assert (len(first.removed), first.more) == (AT_ONCE, True)
    assert len(office.repository.orgs()) == 2
    second = office.recover()
    assert (len(second.removed), second.more) == (1, False)
    assert len(office.repository.orgs()) == 1
    assert not office.vault.items


def test_one_that_the_keychain_refuses_does_not_keep_the_others(office: Office, clinic: Org) -> None:
    for number in range(AT_ONCE + 1):
        office.make(f"App {number}", clinic, sessions=True)
    purge(office, clinic)
    office.vault.fail_next("remove", failed())
    report = office.recover()
    assert (len(report.removed), len(report.waiting), report.more) == (AT_ONCE - 1, 1, True)
    report = office.recover()
    assert (len(report.removed), len(report.waiting), report.more) == (1, 0, False)  # the refused one had its turn
    assert len(office.recover().removed) == 1
    assert not office.vault.items


@pytest.mark.parametrize("state", [VaultState.LOCKED, VaultState.MISSING, VaultState.FAILED])
def test_a_keychain_that_stopped_working_is_not_asked_for_each(office: Office, clinic: Org, state: VaultState) -> None:
    for number in range(AT_ONCE + 1):
        office.make(f"App {number}", clinic, sessions=True)
    purge(office, clinic)

    calls: list[str] = []

    def gives_up(call: str, ref: object) -> None:
        calls.append(call)
        if calls.count("remove") == 3:  # an app has two places
            office.vault.current = state

    office.vault.before = gives_up
    report = office.recover()
    assert (len(report.removed), len(report.waiting), report.more) == (1, AT_ONCE, False)
    assert calls[-2:] == ["remove", "state"]
    assert (calls.count("remove"), calls.count("state")) == (3, 2)


def test_a_key_of_a_removed_org_is_known_and_where(office: Office, clinic: Org) -> None:
    made = office.make("Web", clinic, sessions=True)
    office.orgs.remove(clinic.id)
    with pytest.raises(KeyKnown) as refusal:
        office.creation.import_key(office.org.id, AppDetails("Again", sessions=True), made.key)
    assert "of Clinic, which was removed" in str(refusal.value)
    with pytest.raises(OrgGone):
        office.creation.import_key(clinic.id, AppDetails("Again", sessions=True), generate(SecretKind.API_KEY))


def test_a_half_made_app_goes_with_its_org(office: Office, clinic: Org) -> None:
    made = office.make("Web", clinic)
    del office.vault.items[made.app.ref(SecretKind.API_SECRET)]
    purge(office, clinic)
    office.recover()
    assert not office.vault.items
    assert not office.repository.apps()
