"""The operating system chooses the keychain; the environment, files and plug-ins do not (H-K1)."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from keyring.backends import null

from cortex_desktop.domain.errors import VaultError, VaultProblem
from cortex_desktop.domain.secret import generate
from cortex_desktop.vault import opening
from tests.support.vaults import KEY, no_vault_threads_left, on_windows, some_ref

HEAVY = ("keyring", "secretstorage", "jeepney", "cryptography", "win32ctypes", "ssl", "urllib.request")


@pytest.mark.parametrize(
    ("platform", "name", "backend"),
    [
        ("linux", "Secret Service", "SecretService"),
        ("freebsd14", "Secret Service", "SecretService"),
        ("darwin", "Keychain", "macOS"),
        ("win32", "Credential Manager", "Windows"),
    ],
)
def test_the_system_chooses(platform: str, name: str, backend: str) -> None:
    vault = opening.open_vault(platform)
    assert (vault.name, vault.backend) == (name, backend)
    vault.close()


def test_importing_and_opening_loads_nothing_heavy() -> None:
    code = (
        "import sys\n"
        "from cortex_desktop.vault.opening import open_vault\n"
        "for platform in ('linux', 'darwin', 'win32'): open_vault(platform).close()\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout == "[]\n"


def test_keyrings_variables_are_taken_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("KEYRING_PROPERTY_PERSIST", "3")
    monkeypatch.setenv("KEYRINGS_OF_SATURN", "stay")
    opening.open_vault()
    assert "PYTHON_KEYRING_BACKEND" not in os.environ
    assert "KEYRING_PROPERTY_PERSIST" not in os.environ
    assert os.environ["KEYRINGS_OF_SATURN"] == "stay"


def test_the_environment_does_not_reach_windows_class(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.null.Keyring")
    monkeypatch.setenv("KEYRING_PROPERTY_PERSIST", "3")
    monkeypatch.setenv("KEYRING_PROPERTY_SET_PASSWORD", "gone")
    with on_windows() as windows, no_vault_threads_left():
        vault = opening.open_vault("win32")
        ref, secret = some_ref(), generate(KEY)
        vault.store(ref, secret)
        assert windows.targets[ref.service]["CredentialBlob"] == secret.reveal().encode("utf-16-le")
        assert windows.targets[ref.service]["Persist"] == 2
        vault.close()


@pytest.mark.parametrize("how", ["another class", "a changed object"])
def test_anything_but_the_exact_class_is_refused(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with on_windows(), no_vault_threads_left():
        windows = importlib.import_module("keyring.backends.Windows")
        genuine = windows.WinVaultKeyring

        def changed() -> object:
            keyring = genuine()
            keyring.set_password = lambda *_: None
            return keyring

        monkeypatch.setattr(windows, "WinVaultKeyring", null.Keyring if how == "another class" else changed)
        vault = opening.open_vault("win32")
        with pytest.raises(VaultError) as failure:
            vault.read(some_ref())
        assert (failure.value.problem, failure.value.detail) == (VaultProblem.FAILED, "not the expected class")
        vault.close()


def test_keyrings_own_functions_are_never_called() -> None:
    allowed = ("from keyring.backend ", "from keyring.backends.", "from keyring.errors ")
    for source in Path(opening.__file__).parent.glob("*.py"):
        for line in map(str.strip, source.read_text(encoding="utf-8").splitlines()):
            if line.startswith(("import keyring", "from keyring")):
                assert line.startswith(allowed), line
