"""The packaged program, run as its user runs it."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from cortex_desktop import __version__

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="measured on X11, and ended by a signal")
START_BAR = 1.1
LEAST_PAIRS, MOST_PAIRS = 5, 25


def run(program: Path, *arguments: str, **how: object) -> subprocess.CompletedProcess[str]:
    done = subprocess.run([program, *arguments], capture_output=True, text=True, timeout=120, check=False, **how)
    assert "Traceback" not in done.stderr
    return done


def test_it_says_its_version(packaged: Path) -> None:
    assert run(packaged, "--version").stdout == f"Cortex Desktop {__version__}\n"


def test_bad_arguments_get_one_line(packaged: Path) -> None:
    done = run(packaged, "--no-such-option")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1


def test_self_check(packaged: Path, tmp_path: Path) -> None:
    report, pictures = tmp_path / "report.json", tmp_path / "pictures"
    done = run(packaged, "--self-check", "--report", str(report), "--screenshots", str(pictures))
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(report.read_text("utf-8"))
    assert found["ok"]
    assert len(found["steps"]) >= 8
    assert len(list(pictures.glob("*.png"))) >= len(found["steps"])


def test_in_a_folder_with_spaces_and_other_scripts(packaged: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "Über Programme 程序"
    shutil.copytree(packaged.parent, elsewhere, symlinks=True)
    done = run(elsewhere / packaged.name, "--self-check")
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_takes_nothing_from_the_environment_of_python(packaged: Path, tmp_path: Path) -> None:
    (tmp_path / "cortex_desktop.py").write_text("raise SystemExit('taken from PYTHONPATH')")
    (tmp_path / "sitecustomize.py").write_text("raise SystemExit('taken from PYTHONPATH')")
    env = {**os.environ, "PYTHONPATH": str(tmp_path), "PYTHONHOME": str(tmp_path)}
    assert run(packaged, "--version", env=env, cwd=tmp_path).returncode == 0


@on_linux
@pytest.mark.timeout(180)
def test_it_starts_as_quickly_as_from_source(packaged: Path, tmp_path: Path) -> None:
    """In turns, and the best of each: what other programs on the machine take is not the program's."""
    from tests.support.x11 import MappedWindows

    source, frozen = [], []
    with MappedWindows() as windows:
        for number in range(MOST_PAIRS):
            source.append(start_seconds(windows, [sys.executable, "-m", "cortex_desktop"], tmp_path))
            frozen.append(start_seconds(windows, [str(packaged)], tmp_path))
            if number == 0:  # read from the disk, where the others find it in memory
                source.clear()
                frozen.clear()
            if len(frozen) >= LEAST_PAIRS and min(frozen) <= START_BAR * min(source):
                break
    print(f"\nto the window: source {min(source) * 1000:.0f} ms, packaged {min(frozen) * 1000:.0f} ms")
    assert min(frozen) <= START_BAR * min(source)


def start_seconds(windows: object, command: list[str], folder: Path) -> float:
    """From the start of the process to its window on screen; then it is told to end, and must do so well."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    windows.forget()  # type: ignore[attr-defined]
    begin = time.monotonic()
    with subprocess.Popen([*command, "--data-dir", str(folder / "data")], env=env) as process:
        try:
            took = windows.wait(30) - begin  # type: ignore[attr-defined]
            wait_for_signals(process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(20) == 0
        finally:
            process.kill()
    return took


def wait_for_signals(process: subprocess.Popen[bytes]) -> None:
    """Until it has its own answer to SIGTERM: before that it would end as any process does."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        status = Path(f"/proc/{process.pid}/status").read_text()
        caught = int(next(line.split()[1] for line in status.splitlines() if line.startswith("SigCgt")), 16)
        if caught >> (signal.SIGTERM - 1) & 1:
            return
        time.sleep(0.02)
    raise TimeoutError("it hears no signals")
