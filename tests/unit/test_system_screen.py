"""Where there is no window to be had, one line says why; and what we start gets the person's environment."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cortex_desktop
from cortex_desktop.system.environment import give_back
from cortex_desktop.system.screen import NO_SCREEN, missing_library

ROOT = Path(cortex_desktop.__file__).parent.parent
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="X11 and Wayland")


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program in a session that has only these variables of a screen."""
    screens = ("DISPLAY", "WAYLAND_DISPLAY", "WAYLAND_SOCKET", "QT_QPA_PLATFORM")
    env = {name: value for name, value in os.environ.items() if name not in screens} | environment
    command = [sys.executable, "-m", "cortex_desktop", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60)


@linux_only
@pytest.mark.parametrize(
    "environment",
    [
        {},
        {"DISPLAY": ":97"},
        {"WAYLAND_DISPLAY": "wayland-97"},
        {"WAYLAND_DISPLAY": "wayland-97", "DISPLAY": ":97"},
        {"QT_QPA_PLATFORM": "wayland"},
        {"QT_QPA_PLATFORM": "xcb"},
    ],
    ids=str,
)
def test_no_screen_is_one_line_and_status_1(tmp_path: Path, environment: dict[str, str]) -> None:
    done = run("--data-dir", str(tmp_path / "data"), **environment, PATH="", XDG_RUNTIME_DIR=str(tmp_path))
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"cortex-desktop: {NO_SCREEN}\n")


@linux_only
def test_the_self_check_says_that_it_needs_a_screen() -> None:
    done = run("--self-check", PATH="")
    assert done.returncode == 1
    assert done.stderr == f"cortex-desktop: {NO_SCREEN}\n"
    assert "--self-check needs one" in NO_SCREEN


@linux_only
def test_a_missing_library_is_named(tmp_path: Path) -> None:
    """As on a system without libEGL."""
    (tmp_path / "PySide6").mkdir()
    for module in ("__init__", "QtCore", "QtGui", "QtWidgets"):
        text = 'raise ImportError("libEGL.so.1: cannot open shared object file: No such file or directory")\n'
        (tmp_path / "PySide6" / f"{module}.py").write_text("" if module == "__init__" else text)
    for arguments in ((), ("--self-check",)):
        done = run(*arguments, PYTHONPATH=str(tmp_path), PATH="")
        assert done.returncode == 1
        assert done.stderr.count("\n") == 1
        assert "the system library libEGL.so.1 is missing" in done.stderr


@linux_only
def test_who_started_it_from_the_menu_sees_a_box(tmp_path: Path) -> None:
    (tmp_path / "zenity").write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/said\n')
    (tmp_path / "zenity").chmod(0o755)
    run("--data-dir", str(tmp_path / "data"), PATH=f"{tmp_path}:/usr/bin:/bin", DISPLAY=":97")
    said = tmp_path / "said"
    for _ in range(500):
        if said.exists() and said.read_text():
            break
        subprocess.run(["sleep", "0.01"], check=True)
    assert "--no-markup" in said.read_text()
    assert "no screen" in said.read_text()


def test_what_is_no_library_is_a_defect() -> None:
    assert missing_library(ImportError("No module named 'x'")) == ""
    assert missing_library(ImportError("libGL.so.1: cannot open shared object file: No such file")) == "libGL.so.1"


def test_children_get_the_persons_environment() -> None:
    started = {"LD_LIBRARY_PATH": "/opt/us/lib", "LD_LIBRARY_PATH_ORIG": "/home/me/lib", "PATH": "/opt/us:/bin"}
    started |= {"QT_PLUGIN_PATH": "/home/me/plugins", "_PYI_ARCHIVE_FILE": "/opt/us/cortex-desktop"}
    environment = {**started, "QT_PLUGIN_PATH": "/opt/us/plugins", "QML2_IMPORT_PATH": "/opt/us/qml"}
    give_back(environment, started)
    assert environment == {
        "LD_LIBRARY_PATH": "/home/me/lib",
        "PATH": "/opt/us:/bin",
        "QT_PLUGIN_PATH": "/home/me/plugins",
    }


def test_what_the_person_had_not_set_is_not_set() -> None:
    environment = {"LD_LIBRARY_PATH": "/opt/us", "LD_PRELOAD": "/home/me/x.so"}
    give_back(environment, dict(environment))
    assert environment == {"LD_PRELOAD": "/home/me/x.so"}


def test_where_the_system_does_not_tell_nothing_is_touched() -> None:
    environment = {"LD_LIBRARY_PATH": "/opt/us"}
    give_back(environment, {})
    assert environment == {"LD_LIBRARY_PATH": "/opt/us"}
