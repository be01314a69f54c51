"""The main job as the Cortex guide tells it: real window, real keychain, real database, real clipboard."""

from __future__ import annotations

import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication, QCheckBox, QLineEdit
from tinydb import TinyDB

from cortex_desktop.domain.secret import SecretKind
from cortex_desktop.ui.kit.dialog import Question
from tests.support.gui import CTRL, Desk, Key, clipboard_text, pasted_elsewhere

MASKED = re.compile(r"[0-9A-Za-z]{4}•{14}[0-9A-Za-z]{4}")
# keyring's own public API on its own class, in a process of its own: what another program would do.
ASK_KEYRING = """
import sys, keyring.backends.{module} as backend
sys.stdout.write(backend.{name}().get_password(sys.argv[1], sys.argv[2]))
"""
KEYRING_CLASS = {
    "linux": ("SecretService", "Keyring"),
    "darwin": ("macOS", "Keyring"),
    "win32": ("Windows", "WinVaultKeyring"),
}


def ask_keyring(service: str, username: str) -> str:
    """What the keyring library finds in the system's keychain."""
    module, name = KEYRING_CLASS[sys.platform]
    code = ASK_KEYRING.format(module=module, name=name)
    return subprocess.run(
        [sys.executable, "-c", code, service, username], capture_output=True, text=True, check=True
    ).stdout


def test_by_keyboard_alone_and_again_after_a_restart(start_really: Callable[..., Desk], folder: Path) -> None:
    desk = start_really()
    desk.key(Key.Key_N, CTRL)
    dialog = desk.dialog()
    assert QApplication.focusWidget() is desk.find("Label", QLineEdit, dialog)
    sessions, csrf = (desk.find(name, QCheckBox, dialog) for name in ("Sessions", "CSRF Protection"))
    assert (sessions.isChecked(), csrf.isChecked()) == (False, True)
    desk.type("NewHealth App")
    desk.key(Key.Key_Tab)
    desk.key(Key.Key_Space)
    assert sessions.isChecked()
    desk.key(Key.Key_Return)
    desk.no_dialog()

    key = desk.key_seen("NewHealth App")
    assert re.fullmatch(r"[0-9A-Za-z]{22}", key)
    assert desk.selected() == "NewHealth App"
    app = desk.app("NewHealth App")
    service = f"cortex-desktop/{app.org_id}/{app.id}/1"
    assert re.fullmatch(r"cortex-desktop/[0-9a-f]+/[0-9a-f]+/1", service)
    assert ask_keyring(service, "api-key") == key

    desk.key(Key.Key_C, CTRL)
    desk.toast("API key copied")
    assert clipboard_text() == key
    if sys.platform == "linux":
        assert pasted_elsewhere(desk.qtbot) == key
    desk.close()
    assert key not in clipboard_text()

    desk = start_really()
    desk.wait(lambda: desk.labels() == ["NewHealth App"], "the app is there again")
    assert desk.key_seen("NewHealth App") == f"{key[:4]}{'•' * 14}{key[-4:]}"
    assert desk.values("Sessions") == ["On"]
    assert desk.values("CSRF Protection") == ["On"]
    assert desk.values("Status") == ["Enabled"]
    desk.close()
    assert no_file_holds(folder, key)


def test_by_mouse_as_in_the_guide(program: Desk) -> None:
    """Steps 1 to 6, with Sessions left off: then the app has a secret beside its key."""
    assert program.window.windowTitle() == "Apps – Cortex Desktop"
    program.click("New App", within=program.apps.page.empty)
    dialog = program.dialog()
    program.click_at(program.find("Label", QLineEdit, dialog))
    program.type("EMR integration")
    program.click("CSRF Protection")
    program.click("Create App")
    program.no_dialog()
    key = program.key_seen("EMR integration")
    assert re.fullmatch(r"[0-9A-Za-z]{22}", key)
    assert key == program.kept("EMR integration")
    assert re.fullmatch(r"[0-9A-Za-z]{64}", program.kept("EMR integration", SecretKind.API_SECRET))
    assert program.values("Sessions") == ["Off"]
    assert program.values("CSRF Protection") == ["Off"]
    program.click("Copy key", within=program.toast("App created"))
    program.toast("API key copied")
    assert clipboard_text() == key
    assert not any("App created" in toast for toast in program.toasts()), "one answer at a time"


def test_what_the_folder_holds(start_really: Callable[..., Desk], folder: Path) -> None:
    desk = start_really()
    desk.create("With sessions", sessions=True, csrf=False)
    desk.create("Signing")
    secrets = [desk.kept("With sessions"), desk.kept("Signing"), desk.kept("Signing", SecretKind.API_SECRET)]
    desk.close()
    with TinyDB(folder / "apps.json") as db:
        apps = sorted((app for app in db.table("apps")), key=lambda app: app["label"])
        assert len(db.table("orgs")) == 1
    fields = ("label", "sessions", "csrf", "enabled")
    assert [tuple(app[f] for f in fields) for app in apps] == [
        ("Signing", False, True, True),
        ("With sessions", True, False, True),
    ]
    for secret in secrets:
        assert no_file_holds(folder, secret)
    if sys.platform != "win32":
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in folder.rglob("*") if file.is_file()} == {0o600}


def test_deleting_taking_back_and_deleting_for_good_on_the_real_keychain(program: Desk) -> None:
    app = program.create("Ward tablet", sessions=True)
    key = program.kept("Ward tablet")
    program.key(Key.Key_Delete)
    program.dialog()
    program.click("Delete")
    program.wait(lambda: not program.labels(), "the app has gone")
    program.click("Undo", within=program.toast("deleted"))
    program.wait(lambda: program.labels() == ["Ward tablet"], "the app is back")
    program.select("Ward tablet")
    program.key(Key.Key_C, CTRL)
    program.toast("API key copied")
    assert clipboard_text() == key
    program.key(Key.Key_Delete)
    program.dialog()
    program.click("Delete")
    program.wait(lambda: not program.labels(), "the app has gone")
    service = app.ref(SecretKind.API_KEY).service
    assert ask_keyring(service, "api-key") == key
    program.choose("Recently deleted", program.open_menu("File"))
    deleted = program.dialog()
    program.click("Delete now")
    program.wait(lambda: deleted.findChild(Question) is not None, "it asks")
    program.click("Delete now", within=deleted.findChild(Question))
    program.wait(lambda: not program.program.stores.repository.apps(), "the row has gone")
    with pytest.raises(subprocess.CalledProcessError):  # keyring finds nothing, and nothing cannot be written out
        ask_keyring(service, "api-key")


def no_file_holds(folder: Path, secret: str) -> bool:
    return not any(secret.encode() in file.read_bytes() for file in folder.rglob("*") if file.is_file())
