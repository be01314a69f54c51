"""The main job through the accessibility tree alone, on the real program in a process of its own (AT-SPI)."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.conftest import keychain_items, remove_keychain_items
from tests.support.atspi import HERE, Reader, Thing
from tests.support.keychain import needs_private_session

secretstorage = pytest.importorskip("secretstorage")
pytestmark = [needs_private_session, pytest.mark.skipif(not HERE, reason="needs AT-SPI (at-spi2-core)")]


@pytest.fixture
def reader() -> Iterator[Reader]:
    reader = Reader()
    yield reader
    reader.close()


@contextmanager
def running(reader: Reader, folder: Path) -> Iterator[Thing]:
    """The program's accessible tree."""
    process = subprocess.Popen(
        [sys.executable, "-m", "cortex_desktop", "--data-dir", str(folder)],
        env={**os.environ, "QT_LINUX_ACCESSIBILITY_ALWAYS_ON": "1"},
    )
    try:
        yield reader.program(process.pid)
        process.terminate()
        assert process.wait(20) == 0
    finally:
        if process.poll() is None:
            process.kill()
            process.wait()


def paste() -> str:
    return subprocess.run(["xclip", "-o", "-selection", "clipboard"], capture_output=True, text=True).stdout


def key_in_keychain() -> str:
    """The one key in the keychain."""
    (service,) = set(keychain_items())
    with closing(secretstorage.dbus_init()) as connection:
        (item,) = secretstorage.search_items(connection, {"service": service, "username": "api-key"})
        return item.get_secret().decode()


@pytest.fixture
def tidy(folder: Path) -> Iterator[None]:
    yield
    remove_keychain_items(folder)


def test_the_main_job(reader: Reader, folder: Path, tidy: None) -> None:
    with running(reader, folder) as program:
        program.find("No apps yet")
        program.find("Unlocked")
        program.find("New App", "push button").act()
        dialog = program.find("Create App", "dialog")
        dialog.find("Label", "text").write("NewHealth App")
        sessions, csrf = (dialog.find(name, "check box") for name in ("Sessions", "CSRF Protection"))
        assert (sessions.checked, csrf.checked) == (False, True)
        sessions.act("Toggle")
        reader.wait(lambda: sessions.checked)
        dialog.find("Create App", "push button").act()
        table = program.find("Apps", "table")
        table.find("NewHealth App", "cell")
        key = key_in_keychain()
        table.find(f"API key, shown, ends with {key[-4:]}")
        assert key not in table.words(), "it is told to eyes, not read out cell by cell"
        program.find("Copy key", "push button").act()
        program.find("API key copied")
        assert paste() == key
        program.find("Clear now", "push button").act()
        reader.wait(lambda: not program.has("API key copied"))
        assert paste() == ""

    with running(reader, folder) as program:
        cell = program.find("Apps", "table").find(f"API key, hidden, ends with {key[-4:]}")
        assert not program.has("No apps yet")
        words = program.words()
        assert "NewHealth App" in words
        assert key not in words
        assert key[4:18] not in words
        assert cell.role == "cell"


def test_the_first_visit_to_the_sandbox(reader: Reader, folder: Path, tidy: None) -> None:
    """From New App to an answer: an app that signs, its own sandbox, no account and no network."""
    with running(reader, folder) as program:
        program.find("Unlocked")
        program.find("New App", "push button").act()
        dialog = program.find("Create App", "dialog")
        dialog.find("Label", "text").write("EMR integration")
        dialog.find("Create App", "push button").act()
        program.find("Apps", "table").find("EMR integration", "cell")
        program.find("Requests", "push button").act()
        program.find("Make your first API request")
        for step, word in (("1 of 3, Start the sandbox", "Start"), ("2 of 3, Public org", "Send")):
            program.find(f"{step}, next").find(word, "push button").act()
            program.find(f"{step}, done")
        program.find("3 of 3, Accounts, next").find("Send", "push button").act()
        program.find("200 OK")
        answer = program.find("Answer", "tree")
        assert "john@my-org.example" in answer.words() or "list" in answer.words()
        line = reader.wait(lambda: next((t for t in program.walk() if t.name.startswith("Sandbox · 127.0.0.1:")), None))
        assert line.description == "No clients"


def test_the_keyboard_moves_the_reader_through_the_table(reader: Reader, folder: Path, tidy: None) -> None:
    """A reader speaks the cell with the focus, so each has words, and the selected row says that it is selected."""
    with running(reader, folder) as program:
        program.find("Unlocked")
        program.find("New App", "push button").act()
        dialog = program.find("Create App", "dialog")
        dialog.find("Label", "text").write("EMR integration")
        dialog.find("Create App", "push button").act()
        table = program.find("Apps", "table")
        table.find("EMR integration", "cell")
        cells = [thing for thing in table.children() if thing.role == "cell"]
        assert len(cells) == 11
        assert all(cell.name.strip() for cell in cells)
        assert all(cell.selected for cell in cells)


def test_why_a_label_is_refused_is_heard(reader: Reader, folder: Path) -> None:
    with running(reader, folder) as program:
        program.find("Unlocked")
        program.find("New App", "push button").act()
        dialog = program.find("Create App", "dialog")
        field = dialog.find("Label", "text")
        field.write("x" * 121)
        reader.wait(lambda: "It has 121 characters, and 120 are allowed." in field.description)
        assert not dialog.find("Create App", "push button").enabled


def test_a_folder_that_cannot_be_used_is_told(reader: Reader) -> None:
    folder = Path("/proc/cortex-desktop/data")  # nobody, not even root, makes folders there
    with running(reader, folder) as program:
        program.find("Try again", "push button")
        assert str(folder) in program.words()
        assert "Your apps and keys are as before." in program.words()
