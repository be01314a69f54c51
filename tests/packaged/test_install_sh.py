"""install.sh of the Linux archive: into a home of its own, over an older and a newer version, and out again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="Linux's archive")


@pytest.fixture
def archive(packaged: Path) -> Path:
    if not (packaged.parent / "install.sh").exists():
        pytest.skip("the frozen folder, not the archive")
    return packaged.parent


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    home = tmp_path / "Jörg's home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_DATA_HOME", str(home / ".local/share"))
    monkeypatch.delenv("CORTEX_DESKTOP_DATA_DIR", raising=False)
    return home


def install(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([folder / "install.sh", *arguments], capture_output=True, text=True, timeout=60)


def left(home: Path) -> list[str]:
    """What is there, folders that a desktop has anyway excepted."""
    found = (path.relative_to(home).as_posix() for path in home.rglob("*") if not path.is_dir())
    return sorted(path for path in found if not path.startswith(".cache/"))


def test_in_and_out_again(archive: Path, home: Path) -> None:
    done = install(archive)
    assert done.returncode == 0, done.stderr
    program = home / ".local/bin/cortex-desktop"
    assert subprocess.run([program, "--self-check"], capture_output=True).returncode == 0
    entry = (home / ".local/share/applications/cortex-desktop.desktop").read_text("utf-8")
    assert f'Exec="{home}/.local/opt/cortex-desktop/cortex-desktop"\n' in entry
    assert (home / ".local/share/icons/hicolor/48x48/apps/cortex-desktop.png").exists()
    done = install(home / ".local/opt/cortex-desktop", "--remove")
    assert done.returncode == 0, done.stderr
    assert left(home) == []


def test_over_a_running_program_and_then_with_all_data(archive: Path, home: Path) -> None:
    assert install(archive).returncode == 0
    data = home / ".local/share/Cortex Desktop"
    with subprocess.Popen([home / ".local/bin/cortex-desktop"]) as process:
        try:
            end = time.monotonic() + 20
            while not (data / "apps.json").exists():
                assert time.monotonic() < end
                time.sleep(0.05)
            assert install(archive).returncode == 0
            assert process.wait(5) == 0, "it was asked to close"
        finally:
            process.kill()
    assert (data / "apps.json").exists(), "an upgrade keeps the data"
    assert install(archive, "--remove").returncode == 0
    assert (data / "apps.json").exists(), "so does removing the program"
    assert install(archive).returncode == 0
    done = install(archive, "--remove", "--all-data")
    assert done.returncode == 0, done.stderr
    assert left(home) == []


def test_a_newer_version_is_not_replaced(archive: Path, home: Path) -> None:
    assert install(archive).returncode == 0
    known = home / ".local/opt/cortex-desktop/share/doc/cortex-desktop/VERSION"
    known.write_text("99.10.0\n")
    done = install(archive)
    assert done.returncode == 1
    assert "newer version 99.10.0" in done.stderr
    assert known.read_text() == "99.10.0\n"


def test_a_full_disk_leaves_what_was_there(archive: Path, home: Path, tmp_path: Path) -> None:
    assert install(archive).returncode == 0
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "cp").write_text(
        f"#!/bin/sh\n{shutil.which('cp')} \"$@\"\necho 'cp: No space left on device' >&2\nexit 1\n"
    )
    (tools / "cp").chmod(0o755)
    env = {**os.environ, "PATH": f"{tools}:{os.environ['PATH']}"}
    done = subprocess.run([archive / "install.sh"], capture_output=True, text=True, env=env)
    assert done.returncode == 1
    assert "what was installed before is untouched" in done.stderr
    assert not (home / ".local/opt/cortex-desktop.new").exists()
    assert subprocess.run([home / ".local/bin/cortex-desktop", "--version"], capture_output=True).returncode == 0
