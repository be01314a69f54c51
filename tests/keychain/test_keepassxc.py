"""The real KeePassXC as the keychain, with locks of single items, refusals, and nothing exposed. Only with `--long`.

Needs the program `keepassxc` and a screen; where it asks the person, `xdotool` presses the key.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import ItemRefused, VaultError, VaultProblem
from cortex_desktop.domain.findings import Problem
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import SecretKind
from cortex_desktop.vault.deadline import DeadlineVault
from cortex_desktop.vault.opening import open_vault
from tests.support.keychain import HERE, private_bus
from tests.support.vaults import no_vault_threads_left, wait_until
from tests.support.worlds import Desk

KEY = SecretKind.API_KEY
PROGRAMS = all(map(shutil.which, ("keepassxc", "keepassxc-cli")))

XML = """<?xml version="1.0" encoding="UTF-8"?><KeePassFile><Meta><DatabaseName>test</DatabaseName>
<CustomData><Item><Key>{name}</Key><Value>{{11111111-1111-1111-1111-111111111111}}</Value></Item></CustomData></Meta>
<Root><Group><UUID>EREREREREREREREREREREQ==</UUID><Name>Root</Name></Group></Root></KeePassFile>"""
CONFIG = """[General]
UpdateCheckMessageShown=true
SingleInstance=false
[GUI]
CheckForUpdates=false
[FdoSecrets]
Enabled=true
ShowNotification=false
ConfirmAccessItem={confirms}
ConfirmDeleteItem=false
"""


@pytest.fixture(autouse=True)
def only_when_asked_for(request: pytest.FixtureRequest) -> None:
    if not request.config.getoption("--long", default=False):
        pytest.skip("starts a program with a window each time: --long")
    if not (HERE and PROGRAMS and os.environ.get("DISPLAY")):
        pytest.skip("needs keepassxc and a screen")


@contextmanager
def keepassxc(*, exposes: bool = True, confirms: bool = False) -> Iterator[None]:
    """KeePassXC serves the keychain inside. exposes: a group is shared; confirms: the person is asked for each item."""
    with private_bus(), tempfile.TemporaryDirectory(prefix="cortex-") as place:
        folder = Path(place)
        (folder / "db.xml").write_text(XML.format(name="FDO_SECRETS_EXPOSED_GROUP" if exposes else "nothing"))
        (folder / "keepassxc").mkdir()
        (folder / "keepassxc" / "keepassxc.ini").write_text(CONFIG.format(confirms=str(confirms).lower()))
        env = {
            **os.environ,
            "HOME": place,
            "XDG_CONFIG_HOME": place,
            "XDG_CACHE_HOME": place,
            "XDG_RUNTIME_DIR": place,
            "QT_QPA_PLATFORM": "xcb",
        }
        make = ["keepassxc-cli", "import", "-p", str(folder / "db.xml"), str(folder / "db.kdbx")]
        offscreen = {**env, "QT_QPA_PLATFORM": "offscreen"}
        subprocess.run(make, input=b"pw\npw\n", env=offscreen, capture_output=True, check=True)
        program = subprocess.Popen(
            ["keepassxc", "--pw-stdin", str(folder / "db.kdbx")],
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        assert program.stdin is not None
        program.stdin.write(b"pw\n")
        program.stdin.close()
        try:
            yield
        finally:
            program.kill()
            program.wait()


@contextmanager
def vaults() -> Iterator[tuple[DeadlineVault, DeadlineVault]]:
    """Two programs' vaults, as KeePassXC remembers what it has let each of them have."""
    with no_vault_threads_left():
        both = open_vault(), open_vault()
        yield both
        for vault in both:
            vault.close()


def is_ready(vault: DeadlineVault) -> bool:
    return vault.state() is VaultState.UNLOCKED


def test_nobody_is_asked_about_an_item_that_the_program_looks_up_by_itself(tmp_path: Path) -> None:
    with keepassxc(confirms=True), vaults() as (first, second):
        wait_until(lambda: is_ready(first), 20)
        made = Desk(tmp_path, first).start().make()
        with pytest.raises(ItemRefused) as refusal:
            second.read(made.app.ref(KEY))
        assert refusal.value.problem is VaultProblem.DENIED
        assert second.state() is VaultState.UNLOCKED
        found = Desk(tmp_path, second).start(recovers=False).doctor.check(made.app.id)
        assert [each.problem for each in found] == [Problem.REFUSED]


@contextmanager
def person(key: str) -> Iterator[list[str]]:
    """Somebody who presses this key in each window in which KeePassXC asks, inside. Yields the windows."""
    asked: list[str] = []
    is_over = threading.Event()

    def look() -> None:
        find = ["xdotool", "search", "--onlyvisible", "--class", "keepassxc"]
        while not is_over.wait(0.2):
            for window in subprocess.run(find, capture_output=True, text=True, check=False).stdout.split():
                name = subprocess.run(["xdotool", "getwindowname", window], capture_output=True, text=True, check=False)
                if window not in asked and "Access Request" in name.stdout:
                    asked.append(window)
                    subprocess.run(["xdotool", "windowfocus", "--sync", window, "key", key], check=False)

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield asked
    finally:
        is_over.set()
        thread.join()


@pytest.mark.timeout(150)
@pytest.mark.skipif(shutil.which("xdotool") is None, reason="needs xdotool, to press keys in KeePassXC's window")
def test_who_reveals_a_key_is_asked_by_keepassxc_and_their_no_is_a_refusal(tmp_path: Path) -> None:
    with keepassxc(confirms=True), vaults() as (first, second):
        wait_until(lambda: is_ready(first), 20)
        made = Desk(tmp_path, first).start().make()
        run = Desk(tmp_path, second).start(recovers=False)
        with person("Escape") as asked:
            with pytest.raises(VaultError) as refusal:
                run.apps.use.secret(made.app.id)
            assert refusal.value.problem is VaultProblem.DENIED
            assert len(asked) == 1
        assert second.state() is VaultState.UNLOCKED
        with person("Return") as asked:
            assert run.apps.use.secret(made.app.id) == made.key
            assert len(asked) == 1
            assert run.apps.use.secret(made.app.id) == made.key
            assert len(asked) == 1, "who said yes is not asked again"


def test_a_removal_that_is_refused_is_told_and_tried_again(tmp_path: Path) -> None:
    with keepassxc(confirms=True), vaults() as (first, second):
        wait_until(lambda: is_ready(first), 20)
        run = Desk(tmp_path, first).start()
        run.make()
        run.apps.rotation.rotate(run.app().id, timedelta(0))
        run.quit()
        later = Desk(tmp_path, second).start(recovers=False)
        report = later.recover()
        assert [each.app.id for each in report.not_removed] == [later.app().id]
        run = Desk(tmp_path, first).start()
        assert not run.recover().not_removed
        assert run.held(run.app(), 1) is None


def test_a_database_that_shares_no_group_says_what_to_do() -> None:
    with keepassxc(exposes=False), vaults() as (vault, _):
        wait_until(lambda: vault.state() is VaultState.MISSING and vault.name == "KeePassXC", 20)
        assert "Secret Service Integration" in str(vault.trouble)


def test_items_are_listed_and_a_claim_stays_one_item(tmp_path: Path) -> None:
    with keepassxc(), vaults() as (vault, _):
        wait_until(lambda: is_ready(vault), 20)
        desk = Desk(tmp_path, vault)
        for number in range(2):
            run = desk.start()
            run.make(f"App {number}")
            run.quit()
        assert sorted(item.ref.username for item in vault.list_items()) == ["api-key", "api-key", "claim"]
        run = desk.start()
        assert run.doctor.survey() == []
        run.apps.deletion.remove_everything()
        assert vault.list_items() == []
