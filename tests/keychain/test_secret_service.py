"""The real Secret Service: working, locked, missing, frozen, restarted.

The contract and interoperability run on the session's keychain, which dev.py makes for the tests; all that
breaks a keychain runs on private ones, started here.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from secretstorage import Collection

from cortex_desktop.domain.errors import NotFinished, SecretMissing, VaultError, VaultProblem, VaultTimeout
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import Secret, SecretRef, generate
from cortex_desktop.services.apps.recovery import RecoveryReport
from cortex_desktop.services.bulk import Bulk, Rotate
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.vault.deadline import DeadlineVault, Limits
from cortex_desktop.vault.keyring_vault import KeyringVault
from cortex_desktop.vault.opening import open_vault
from cortex_desktop.vault.secret_service import SecretServiceKeyring
from tests.support.keychain import (
    PrivateKeyring,
    SilentPrompter,
    needs_daemons,
    needs_private_session,
    private_bus,
    private_keyring,
)
from tests.support.services import app_services, create
from tests.support.vaults import (
    API_SECRET,
    KEY,
    VaultContract,
    no_vault_threads_left,
    other,
    some_ref,
    vault_threads,
    wait_until,
)

LIMITS = Limits(call=5, state=5, unlock=5)


@contextmanager
def opened(limits: Limits = LIMITS) -> Iterator[DeadlineVault]:
    with no_vault_threads_left():
        vault = DeadlineVault(
            lambda: KeyringVault(SecretServiceKeyring(), "Secret Service"), "Secret Service", "SecretService", limits
        )
        yield vault
        vault.close()


def problem_of(call) -> VaultProblem:
    with pytest.raises(VaultError) as failure:
        call()
    assert not isinstance(failure.value, VaultTimeout)
    return failure.value.problem


def within(seconds: float, start: float) -> bool:
    return time.monotonic() - start < seconds


@needs_private_session
class TestContract(VaultContract):
    @pytest.fixture
    def vault(self) -> Iterator[DeadlineVault]:
        with no_vault_threads_left():
            vault = open_vault()
            yield vault
            vault.close()

    def test_is_called_by_its_name(self, vault: DeadlineVault) -> None:
        assert (vault.name, vault.backend) == ("Secret Service", "SecretService")
        vault.state()
        assert (vault.name, vault.backend) == ("GNOME Keyring", "SecretService")

    def test_keyring_finds_what_we_store(self, vault: DeadlineVault, ref: SecretRef) -> None:
        from keyring.backends.SecretService import Keyring

        secrets = {kind: generate(kind) for kind in (KEY, API_SECRET)}
        for kind, secret in secrets.items():
            vault.store(other(ref, kind=kind), secret)
        for kind, secret in secrets.items():
            assert Keyring().get_password(ref.service, kind.value) == secret.reveal()
        # Same attributes throughout: keyring's own set replaces our item, rather than making a double.
        Keyring().set_password(ref.service, KEY.value, "b" * 22)
        assert vault.read(ref) == Secret("b" * 22)
        Keyring().delete_password(ref.service, KEY.value)
        with pytest.raises(SecretMissing):
            vault.read(ref)

    def test_we_find_what_keyring_stores(self, vault: DeadlineVault, ref: SecretRef) -> None:
        from keyring.backends.SecretService import Keyring

        secret = generate(KEY)
        Keyring().set_password(ref.service, ref.username, secret.reveal())
        assert vault.read(ref) == secret
        vault.store(ref, secret)
        vault.remove(ref)
        assert Keyring().get_password(ref.service, ref.username) is None

    def test_labels_and_attributes_name_nothing_private(self, vault: DeadlineVault, ref: SecretRef) -> None:
        import secretstorage

        vault.store(ref, generate(KEY))
        vault.store(other(ref, kind=API_SECRET), generate(API_SECRET))
        with closing(secretstorage.dbus_init()) as connection:
            items = list(secretstorage.Collection(connection).search_items({"service": ref.service}))
            assert sorted(item.get_label() for item in items) == [
                "Cortex Desktop API key",
                "Cortex Desktop API secret",
            ]
            attributes = items[0].get_attributes()
        assert attributes.pop("application") == "Python keyring library"
        assert attributes.pop("service") == ref.service
        assert attributes.pop("username") in (KEY.value, API_SECRET.value)
        assert attributes.keys() <= {"xdg:schema"}  # the service's own

    def test_doubles_are_all_removed(self, vault: DeadlineVault, ref: SecretRef) -> None:
        import secretstorage

        query = {"service": ref.service, "username": ref.username}
        with closing(secretstorage.dbus_init()) as connection:
            collection = secretstorage.Collection(connection)
            for number in range(3):  # keyring tells items of other programs apart, its look-up does not (H-K15)
                collection.create_item("double", {**query, "application": str(number)}, b"x" * 22)
            vault.store(ref, Secret("x" * 22))
            vault.remove(ref)
            assert not list(collection.search_items(query))


@pytest.fixture
def keyring() -> Iterator[PrivateKeyring]:
    with private_keyring() as keyring:
        yield keyring


@pytest.fixture
def vault(keyring: PrivateKeyring) -> Iterator[DeadlineVault]:
    with opened() as vault:
        yield vault


@needs_daemons
class TestLocked:
    def test_says_so_at_once_and_without_a_prompt(self, keyring: PrivateKeyring, vault: DeadlineVault) -> None:
        ref, secret = some_ref(), generate(KEY)
        vault.store(ref, secret)
        with closing(SilentPrompter()) as prompter:
            keyring.lock()
            start = time.monotonic()
            assert vault.state() is VaultState.LOCKED
            assert problem_of(lambda: vault.read(ref)) is VaultProblem.LOCKED
            assert problem_of(lambda: vault.store(some_ref(), secret)) is VaultProblem.LOCKED
            assert problem_of(lambda: vault.remove(ref)) is VaultProblem.LOCKED
            assert within(1, start)
            assert prompter.asked == []
        keyring.unlock()
        assert vault.state() is VaultState.UNLOCKED
        assert vault.read(ref) == secret

    def test_bulk_rotation_stops_where_it_locks_and_goes_on_once_unlocked(
        self, keyring: PrivateKeyring, vault: DeadlineVault, tmp_path: Path
    ) -> None:
        repository = TinyRepository(tmp_path)
        service = app_services(repository, vault)
        org = repository.orgs()[0].id
        apps = [create(service, org, f"App {number}").app for number in range(5)]
        old = [service.use.secret(app.id) for app in apps]
        bulk = Bulk(Rotate(timedelta(days=1)), apps, service)
        for _ in range(2):
            bulk.step()
        keyring.lock()
        while not bulk.over:
            bulk.step()
        assert isinstance(bulk.stopped, VaultError)
        assert bulk.stopped.problem is VaultProblem.LOCKED
        assert (len(bulk.changed), len(bulk.rest), bulk.refused) == (2, 3, [])
        keyring.unlock()
        bulk.resume()
        while not bulk.over:
            bulk.step()
        assert (len(bulk.changed), bulk.stopped) == (5, None)
        for app, before in zip(repository.apps(), old, strict=True):
            assert app.version == 2
            assert service.use.secret(app.id) != before
            assert vault.read(app.refs_of(1)[0]) == before
        undo = bulk.undo()
        assert undo is not None
        while not undo.over:
            undo.step()
        assert [service.use.secret(app.id) for app in apps] == old

    def test_a_prompt_that_is_dismissed_is_a_refusal(self, keyring: PrivateKeyring, vault: DeadlineVault) -> None:
        keyring.lock()
        # Nobody can show a prompt on this bus, so the service dismisses it itself.
        assert problem_of(vault.unlock) is VaultProblem.DENIED
        assert vault.state() is VaultState.LOCKED

    def test_a_prompt_that_nobody_answers_ends_in_time(self, keyring: PrivateKeyring) -> None:
        with opened(Limits(unlock=0.5)) as vault:
            keyring.lock()
            with closing(SilentPrompter()) as prompter:
                start = time.monotonic()
                with pytest.raises(VaultTimeout):
                    vault.unlock()
                assert within(2, start)
                assert "BeginPrompting" in prompter.asked
            assert vault.state() is VaultState.LOCKED
            keyring.unlock()
            assert vault.state() is VaultState.UNLOCKED

    def test_stop_waiting_ends_it_early(self, keyring: PrivateKeyring, vault: DeadlineVault) -> None:
        keyring.lock()
        with closing(SilentPrompter()) as prompter:
            stopping = threading.Thread(
                target=lambda: (wait_until(lambda: "BeginPrompting" in prompter.asked), vault.stop_waiting())
            )
            stopping.start()
            start = time.monotonic()
            with pytest.raises(VaultTimeout):
                vault.unlock()
            assert within(2, start)
            stopping.join()

    def test_no_default_collection_waits_for_unlock(self) -> None:
        with private_keyring(password=""), opened() as vault:
            with closing(SilentPrompter()) as prompter:
                assert vault.state() is VaultState.LOCKED
                assert problem_of(lambda: vault.store(some_ref(), generate(KEY))) is VaultProblem.LOCKED
                assert prompter.asked == []
            # The system asks for a new password then; here nobody can show that prompt.
            assert problem_of(vault.unlock) is VaultProblem.DENIED


@needs_daemons
class TestMissing:
    @pytest.mark.parametrize("address", [None, "", "unix:path=/nowhere", "tcp:host=localhost,port=1", "nonsense"])
    def test_without_a_bus(self, address: str | None, monkeypatch: pytest.MonkeyPatch) -> None:
        if address is None:
            monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
        else:
            monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
        self.assert_missing()

    def test_without_a_service(self) -> None:
        with private_bus():
            self.assert_missing()

    def assert_missing(self) -> None:
        with opened() as vault:
            start, ref = time.monotonic(), some_ref()
            assert vault.state() is VaultState.MISSING
            for call in (vault.unlock, lambda: vault.read(ref), lambda: vault.remove(ref)):
                assert problem_of(call) is VaultProblem.MISSING
            assert within(2, start)

    def test_comes_back_with_the_service(self, keyring: PrivateKeyring, vault: DeadlineVault) -> None:
        ref, secret = some_ref(), generate(KEY)
        vault.store(ref, secret)
        keyring.stop()
        assert vault.state() is VaultState.MISSING
        assert problem_of(lambda: vault.read(ref)) is VaultProblem.MISSING
        keyring.start()
        assert vault.state() is VaultState.UNLOCKED
        assert vault.read(ref) == secret


@needs_daemons
class TestRestarted:
    @pytest.mark.parametrize("call", ["store", "read", "remove"])
    def test_a_new_service_is_taken_up_by_the_next_call(
        self, keyring: PrivateKeyring, vault: DeadlineVault, call: str
    ) -> None:
        ref, secret = some_ref(), generate(KEY)
        vault.store(ref, secret)
        threads = vault_threads()
        keyring.stop()
        keyring.start()
        if call == "store":
            vault.store(other(ref, version=2), secret)
        elif call == "read":
            assert vault.read(ref) == secret
        else:
            vault.remove(ref)
            with pytest.raises(SecretMissing):
                vault.read(ref)
        assert vault_threads() == threads


@needs_daemons
class TestFrozen:
    def test_ends_in_time_and_works_again_afterwards(self, keyring: PrivateKeyring) -> None:
        with opened(Limits(call=0.4, state=0.4)) as vault:
            ref, secret = some_ref(), generate(KEY)
            vault.store(ref, secret)
            keyring.pause()
            try:
                for call in (
                    lambda: vault.read(ref),
                    lambda: vault.store(some_ref(), secret),
                    lambda: vault.remove(ref),
                ):
                    start = time.monotonic()
                    with pytest.raises(VaultTimeout):
                        call()
                    assert within(1, start)
                assert vault.state() is VaultState.FAILED
                # Not even the stuck threads stay: their connections were cut.
                wait_until(lambda: not vault_threads())
            finally:
                keyring.resume()
            assert vault.state() is VaultState.UNLOCKED
            assert vault.read(ref) == secret

    def test_a_store_given_up_does_not_happen_later(self, keyring: PrivateKeyring) -> None:
        with opened(Limits(call=0.4)) as vault:
            vault.state()
            ref = some_ref()
            keyring.pause()
            try:
                with pytest.raises(VaultTimeout):
                    vault.store(ref, generate(KEY))
            finally:
                keyring.resume()
            with pytest.raises(SecretMissing):
                vault.read(ref)

    @pytest.mark.parametrize("nth", [1, 2])
    def test_a_store_that_was_sent_and_given_up_leaves_nothing(
        self, keyring: PrivateKeyring, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
    ) -> None:
        """It freezes when it is about to be sent a secret, and thaws when nobody waits any more."""
        send, sent = Collection.create_item, []

        def frozen(*arguments: Any, **named: Any) -> object:
            sent.append(arguments)
            if len(sent) == nth:
                keyring.pause()
            return send(*arguments, **named)

        monkeypatch.setattr(Collection, "create_item", frozen)
        with opened(Limits(call=0.4, state=2)) as vault:
            repository = TinyRepository(tmp_path)
            apps = app_services(repository, vault)
            try:
                with pytest.raises(NotFinished):
                    create(apps, "0" * 32, "NewHealth App")
                assert apps.recovery.recover().waiting
            finally:
                keyring.resume()
            report = apps.recovery.recover()
            [app] = repository.apps()
            assert report == RecoveryReport(undone=(app.id,))
            time.sleep(0.3)  # GNOME Keyring 42 drops what a caller asked for that has hung up; another may not
            for place in app.any_refs_of(1):
                with pytest.raises(SecretMissing):
                    vault.read(place)


PLUGIN = """
from pathlib import Path
from keyring.backend import KeyringBackend
class Thief(KeyringBackend):
    priority = 99
    def get_password(self, service, username): return "stolen"
    def set_password(self, service, username, password): Path({loot!r}).write_text(password)
Path({loaded!r}).touch()
"""
SCRIPT = """
from cortex_desktop.domain.secret import Secret, SecretKind, SecretRef
from cortex_desktop.vault.opening import open_vault
vault, ref = open_vault(), SecretRef("a" * 32, "b" * 32, SecretKind.API_KEY, 1)
vault.store(ref, Secret("k" * 22))
assert vault.read(ref) == Secret("k" * 22)
vault.close()
"""


@needs_daemons
def test_no_plugin_variable_or_file_can_choose(keyring: PrivateKeyring, tmp_path: Path) -> None:
    loot, loaded = tmp_path / "loot", tmp_path / "loaded"
    (tmp_path / "thief.py").write_text(PLUGIN.format(loot=str(loot), loaded=str(loaded)))
    info = tmp_path / "thief-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thief\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[keyring.backends]\nthief = thief\n")
    config = tmp_path / "python_keyring" / "keyringrc.cfg"
    config.parent.mkdir()
    config.write_text(
        textwrap.dedent(f"""\
            [backend]
            default-keyring=thief.Thief
            keyring-path={tmp_path}
            """)
    )
    env = {
        **os.environ,
        "PYTHON_KEYRING_BACKEND": "keyring.backends.null.Keyring",
        "KEYRING_PROPERTY_PREFERRED_COLLECTION": "/nowhere",
        "PYTHONPATH": f"{tmp_path}{os.pathsep}{Path.cwd()}",
        "XDG_CONFIG_HOME": str(tmp_path),
        "XDG_DATA_HOME": str(tmp_path),
    }
    told = subprocess.run([sys.executable, "-c", SCRIPT], env=env, capture_output=True, text=True)
    assert (told.returncode, told.stderr, told.stdout) == (0, "", "")
    assert not loot.exists()
    assert not loaded.exists()
    with opened() as vault:
        assert vault.read(SecretRef("a" * 32, "b" * 32, KEY, 1)) == Secret("k" * 22)
