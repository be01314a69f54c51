"""The command line: bad arguments end with status 2 and one line; nobody sees a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import cortex_desktop
from cortex_desktop import __version__
from cortex_desktop.__main__ import main

ROOT = Path(cortex_desktop.__file__).parent.parent


def start(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the program as its own process, without a screen in case it gets as far as wanting one."""
    return subprocess.run(
        [sys.executable, "-W", "error", "-m", "cortex_desktop", *arguments],
        cwd=ROOT,
        env={**os.environ, "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_version() -> None:
    ran = start("--version")
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, f"Cortex Desktop {__version__}\n", "")


@pytest.mark.skipif(sys.platform == "win32", reason="closes streams with a POSIX shell")
@pytest.mark.parametrize(
    ("arguments", "status"), [("--version", 0), ("--no-such", 2), ("--data-dir {folder} --remove-all-data", 1)]
)
def test_it_works_without_standard_streams(arguments: str, status: int, tmp_path: Path) -> None:
    """As Windows' program for the Start menu has none."""
    (tmp_path / "data").mkdir()
    script = 'exec "$0" -W error -m cortex_desktop "$@" 0<&- 1>&- 2>"$ERRORS"'
    words = arguments.format(folder=tmp_path / "data").split()
    done = subprocess.run(
        ["sh", "-c", script, sys.executable, *words], cwd=ROOT, env={**os.environ, "ERRORS": str(tmp_path / "errors")}
    )
    assert done.returncode == status
    assert "Traceback" not in (tmp_path / "errors").read_text()


def test_a_name_in_another_script_can_be_printed_anywhere(tmp_path: Path) -> None:
    """As redirected output on Windows knows the characters of one code page."""
    ran = subprocess.run(
        [sys.executable, "-m", "cortex_desktop", "--data-dir", str(tmp_path / "程序"), "--remove-all-data"],
        cwd=ROOT,
        env={**os.environ, "PYTHONIOENCODING": "cp1252"},
        capture_output=True,
        text=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "")
    assert r"\u7a0b\u5e8f does not exist" in ran.stdout


def test_help_names_every_option() -> None:
    ran = start("--help")
    assert (ran.returncode, ran.stderr) == (0, "")
    for option in ("--data-dir", "--self-check", "--report", "--screenshots", "--version", "--help"):
        assert option in ran.stdout


def test_a_bad_argument_in_a_process_of_its_own() -> None:
    ran = start("--no-such-option")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert ran.stderr == "cortex-desktop: unrecognized arguments: --no-such-option (see --help)\n"


BAD = {
    "unknown option": ["--no-such-option"],
    "a word": ["apps.json"],
    "abbreviated": ["--data", "x"],
    "misspelt with a value": ["--datadir=x"],
    "data dir without a value": ["--data-dir"],
    "empty data dir": ["--data-dir", ""],
    "blank data dir": ["--data-dir", "  "],
    "report alone": ["--report", "r.json"],
    "screenshots alone": ["--screenshots", "shots"],
    "both alone": ["--report", "r.json", "--screenshots", "shots"],
    "report without a value": ["--self-check", "--report"],
    "self-check with a value": ["--self-check=yes"],
}


@pytest.mark.parametrize("arguments", BAD.values(), ids=BAD)
def test_bad_arguments_get_one_line_and_status_2(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    check_refused(arguments, capsys, monkeypatch, tmp_path)


# __main__ asks Path.exists, which raises for some of these and takes others for a folder yet to be made.


@pytest.mark.parametrize("name", ["file", "file/", "file/below"])
def test_a_data_dir_that_is_a_file(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    check_refused(["--data-dir", str(tmp_path) + "/" + name], capsys, monkeypatch, tmp_path)
    assert (tmp_path / "file").read_text() == "not a folder"


@pytest.mark.parametrize("name", ["file", "file/", "file/below"])
def test_so_for_the_environments_data_dir(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("CORTEX_DESKTOP_DATA_DIR", f"{tmp_path}/{name}")
    check_refused([], capsys, monkeypatch, tmp_path)
    check_refused(["--quit"], capsys, monkeypatch, tmp_path)


@pytest.mark.parametrize("name", ["~nobody-of-this-name/x", "x" * 300, "/x" * 3000], ids=["user", "name", "path"])
def test_a_data_dir_that_no_system_could_have(
    name: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    check_refused(["--data-dir", name], capsys, monkeypatch, tmp_path)


def check_refused(
    arguments: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, folder: Path
) -> None:
    """Refused before anything of the program is loaded or written."""
    monkeypatch.chdir(folder)
    for module in ("cortex_desktop.ui", "cortex_desktop.composition", "cortex_desktop.self_check"):
        monkeypatch.setitem(sys.modules, module, None)  # importing it fails
    before = sorted(folder.iterdir())
    with pytest.raises(SystemExit) as end:
        main(arguments)
    said = capsys.readouterr()
    assert (end.value.code, said.out) == (2, "")
    assert said.err.count("\n") == 1
    assert said.err.startswith("cortex-desktop: ")
    assert "Traceback" not in said.err
    assert sorted(folder.iterdir()) == before
