"""Rules of the house that import-linter cannot see: what is loaded when, and names that break other people's code."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import cortex_desktop

PACKAGE = Path(cortex_desktop.__file__).parent
ROOT = PACKAGE.parent


def loaded_by(module: str) -> set[str]:
    """All modules that are loaded once this one is, in a fresh Python."""
    script = f"import sys, {module}; print(*sys.modules)"
    return set(subprocess.check_output([sys.executable, "-c", script], cwd=ROOT, text=True, timeout=30).split())


@pytest.mark.parametrize(
    ("module", "too_much"),
    [
        ("cortex_desktop.__main__", {"PySide6", "cortex_desktop.composition", "cortex_desktop.ui"}),
        (
            "cortex_desktop.ui.app",
            {"keyring", "tinydb", "secretstorage", "platformdirs", "PySide6.QtNetwork", "PySide6.QtTest"}
            | {"cortex_desktop.composition", "cortex_desktop.storage", "cortex_desktop.self_check"}
            | {"cortex_desktop.system.channel"},
        ),
        ("cortex_desktop.ui.apps.import_key_dialog", {"cortex_desktop.domain.pasted"}),
        ("cortex_desktop.composition", {"PySide6", "keyring"}),
        ("cortex_desktop.cli.data", {"PySide6"}),
        ("cortex_desktop.tasks.lanes", {"PySide6"}),
        ("cortex_desktop.services.apps.services", {"PySide6", "keyring", "tinydb"}),
        ("cortex_desktop.storage.repository", {"PySide6", "keyring"}),
        ("cortex_desktop.vault.opening", {"PySide6", "tinydb", "keyring"}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_nothing_is_loaded_before_it_is_needed(module: str, too_much: set[str]) -> None:
    loaded = loaded_by(module)
    assert module in loaded
    assert not loaded & too_much


def test_no_name_hides_a_module_that_others_import() -> None:
    folders = {path.name for path in PACKAGE.iterdir() if path.is_dir()} | {path.name for path in ROOT.iterdir()}
    assert not folders & {"secrets", "platform", "logging"}
    assert not (ROOT / "packaging" / "__init__.py").exists()


def test_nothing_nests_event_loops_or_kills_threads() -> None:
    forbidden = {"processEvents", "terminate"}
    for file in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            assert not (isinstance(node, ast.Attribute) and node.attr in forbidden), f"{file.name}:{node.lineno}"
            if isinstance(node, ast.Attribute) and node.attr == "exec":  # a dialog is opened, never executed
                owner = ast.unparse(node.value)
                assert owner in {"app", "loop"}, f"{file.name}:{node.lineno}"
