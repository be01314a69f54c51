"""What tests share: the program on real and on pretended stores, and the watch over what they leave behind."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from tests.support.gui import Desk
    from tests.support.memory_vault import InMemoryVault

_applications: list[QApplication] = []


@pytest.fixture(scope="session")
def qapp() -> QApplication:
    """The application as the program makes it. pytest-qt's `qtbot` works with this one."""
    from cortex_desktop.ui.app import make_application

    if not _applications:
        _applications.append(make_application())  # kept to the end: Qt crashes when it goes before its widgets
    return _applications[0]


@pytest.fixture(autouse=True)
def _leave_nothing(request: pytest.FixtureRequest) -> Iterator[None]:
    """For tests with windows. It is set up before the program, and so looks after that is closed."""
    if "qapp" not in request.fixturenames:
        yield
        return
    request.getfixturevalue("qapp")
    from tests.support.leaks import nothing_left

    with nothing_left():
        yield


@pytest.fixture(autouse=True)
def _nothing_moves() -> Iterator[None]:
    """The system asks for less motion: what comes on screen is at once where it belongs."""
    # Not `monkeypatch`: made first, it would be undone last, after the fixtures of a test.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cortex_desktop.system.motion.wants_less_motion", lambda: True)
        yield


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder, made as the program makes one."""
    from cortex_desktop.system.paths import make_private

    folder = tmp_path / "data"
    make_private(folder)
    return folder


@pytest.fixture
def vault() -> InMemoryVault:
    """A keychain in memory."""
    from tests.support.memory_vault import InMemoryVault

    return InMemoryVault()


@pytest.fixture
def start(qapp: QApplication, qtbot, folder: Path, vault: InMemoryVault) -> Iterator[Callable[..., Desk]]:
    """`start()` opens the window on the data folder and the keychain in memory; again after `close()`.

    vault, repository, program: others than the usual ones; ready: as in `Desk.start`.
    """
    from cortex_desktop.composition import Stores
    from cortex_desktop.storage.repository import TinyRepository
    from cortex_desktop.ui.app import Program
    from tests.support.clock import TestClock
    from tests.support.gui import Desk

    desks: list[Desk] = []

    def start(
        *,
        ready: bool = True,
        vault: InMemoryVault = vault,
        repository: Callable[[Path], TinyRepository] = TinyRepository,
        program: type[Program] = Program,
    ) -> Desk:
        desks.append(Desk(qapp, Stores(folder, repository(folder), vault), qtbot, program, TestClock()))
        return desks[-1].start(ready=ready)

    yield start
    for desk in desks:
        desk.close()


@pytest.fixture
def desk(start: Callable[..., Desk]) -> Desk:
    """The window, open and empty, on a keychain in memory."""
    return start()


@pytest.fixture
def open_with(folder: Path, vault: InMemoryVault, start: Callable[..., Desk]) -> Callable[..., Desk]:
    """`open_with(apps)` opens the window on these apps; takes what `stored_apps` takes."""
    from tests.support.gui import stored_apps

    def open_with(apps: Collection[str], **fields: object) -> Desk:
        stored_apps(folder, vault, apps, **fields)
        desk = start()
        desk.wait(lambda: len(desk.labels()) == len(apps))
        return desk

    return open_with


@pytest.fixture
def start_really(qapp: QApplication, qtbot, folder: Path) -> Iterator[Callable[..., Desk]]:
    """As `start`, with the operating system's keychain. What was stored there is removed afterwards."""
    from cortex_desktop.composition import Stores
    from tests.support.gui import Desk

    if sys.platform == "linux" and os.environ.get("CORTEX_DESKTOP_PRIVATE_SESSION") != "1":
        pytest.skip("would use your own keychain; `python3 dev.py test` gives a private one")
    desks: list[Desk] = []

    def start_really(*, ready: bool = True) -> Desk:
        desks.append(Desk(qapp, Stores.of(folder), qtbot))
        return desks[-1].start(ready=ready)

    yield start_really
    for desk in desks:
        desk.close()
    remove_keychain_items(folder)


@pytest.fixture
def program(start_really: Callable[..., Desk]) -> Desk:
    """The window, open and empty, on the operating system's keychain."""
    return start_really()


def remove_keychain_items(folder: Path) -> None:
    """Remove from the real keychain what the database in this folder knows, and check that this was all."""
    from cortex_desktop.storage.repository import TinyRepository
    from cortex_desktop.vault.opening import open_vault

    with closing(open_vault()) as vault:
        for app in TinyRepository(folder).apps():
            for ref in (ref for number in app.versions for ref in app.any_refs_of(number)):
                vault.remove(ref)
    if sys.platform == "linux":
        assert not keychain_items(), "items were left in the keychain"


def keychain_items() -> list[str]:
    """The services of all our items in the Secret Service, but for claims, which stay as long as their folders."""
    import secretstorage

    with closing(secretstorage.dbus_init()) as connection:
        items = secretstorage.search_items(connection, {})
        services = [item.get_attributes().get("service", "") for item in items]
    return [each for each in services if each.startswith("cortex-desktop/") and not each.endswith("/claim")]


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--packaged`: `dev.py package` gives it. `--long`: soaks and fuzzing; figures are in tests/faults/README.md."""
    parser.addoption("--packaged", help="run tests/packaged alone, on the packaged program with this path")
    parser.addoption("--long", action="store_true", help="run the long forms of the fault tests, for an hour or so")
