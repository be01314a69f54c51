"""install.sh on a pretended archive: homes of any name, and libraries that are missing."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import cortex_desktop

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's archive")
LINUX = Path(cortex_desktop.__file__).parent.parent / "packaging" / "linux"
HOMES = ["plain", "a & b", "100 %", 'say "hi"', "$HOME", "back\\slash", "`id`", "Jörg's home", "a|b", "50%f"]


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    archive = tmp_path / "archive"
    for folder in ("share/applications", "share/icons", "share/metainfo", "share/doc/cortex-desktop"):
        (archive / folder).mkdir(parents=True)
    (archive / "share/doc/cortex-desktop/VERSION").write_text("1.0.0\n")
    shutil.copy(LINUX / "cortex-desktop.desktop", archive / "share/applications")
    shutil.copy(LINUX / "install.sh", archive)
    (archive / "cortex-desktop").write_text("#!/bin/sh\nexit 0\n")
    for program in ("install.sh", "cortex-desktop"):
        (archive / program).chmod(0o755)
    return archive


def install(archive: Path, home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    home.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": str(home / ".local/share"), **environment}
    return subprocess.run([archive / "install.sh"], env=env, capture_output=True, text=True, timeout=60)


def started_by(line: str) -> str:
    """The program of an Exec line, as the specification of desktop entries has it: string, then quotes, then codes."""
    text = re.sub(r"\\(.)", lambda m: {"s": " ", "n": "\n", "t": "\t", "r": "\r"}.get(m[1], m[1]), line)
    assert text.startswith('"')
    assert text.endswith('"')
    unquoted = re.sub(r'\\(["`$\\])', r"\1", text[1:-1])
    assert not re.search(r"(?<!%)%(?!%)", unquoted.replace("%%", "")), "a lone % is a field code"
    return unquoted.replace("%%", "%")


@pytest.mark.parametrize("name", HOMES)
def test_the_menu_entry_starts_the_program_whatever_the_home_is_called(
    archive: Path, tmp_path: Path, name: str
) -> None:
    home = tmp_path / "homes" / name
    done = install(archive, home)
    assert done.returncode == 0, done.stderr
    entry = (home / ".local/share/applications/cortex-desktop.desktop").read_text("utf-8")
    (line,) = [line for line in entry.splitlines() if line.startswith("Exec=")]
    assert started_by(line.removeprefix("Exec=")) == str(home / ".local/opt/cortex-desktop/cortex-desktop")
    usual = (LINUX / "cortex-desktop.desktop").read_text("utf-8")
    assert [ln for ln in entry.splitlines() if ln != line] == [
        ln for ln in usual.splitlines() if not ln.startswith("Exec=")
    ]


def test_a_line_break_in_the_home_is_refused(archive: Path, tmp_path: Path) -> None:
    done = install(archive, tmp_path / "two\nlines")
    assert done.returncode == 1
    assert "line break" in done.stderr


def test_a_missing_library_is_named_before_anything_is_installed(archive: Path, tmp_path: Path) -> None:
    (archive / "_internal").mkdir()
    (archive / "_internal/libQt6Gui.so.6").write_text("a library")
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "ldd").write_text("#!/bin/sh\nprintf '\\tlibEGL.so.1 => not found\\n\\tlibc.so.6 => /lib/libc.so.6\\n'\n")
    (tools / "ldd").chmod(0o755)
    home = tmp_path / "home"
    done = install(archive, home, PATH=f"{tools}:{os.environ['PATH']}")
    assert done.returncode == 1
    assert "libEGL.so.1" in done.stderr
    assert "libc.so.6" not in done.stderr
    assert list(home.iterdir()) == []
