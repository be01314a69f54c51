"""Where the program writes, and who else can look there."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import platformdirs
import pytest

from cortex_desktop.system.paths import DATA_DIR_VARIABLE, data_dir, make_private, resources

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(DATA_DIR_VARIABLE, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))


@pytest.fixture
def no_umask() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_variable_is_the_contracts() -> None:
    assert DATA_DIR_VARIABLE == "CORTEX_DESKTOP_DATA_DIR"


def test_the_argument_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv(DATA_DIR_VARIABLE, str(tmp_path / "environment"))
    assert data_dir(str(tmp_path / "argument")) == tmp_path / "argument"
    assert data_dir() == tmp_path / "environment"


@pytest.mark.parametrize("value", [None, ""])
def test_otherwise_it_is_the_platforms_folder(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    if value is not None:
        monkeypatch.setenv(DATA_DIR_VARIABLE, value)
    assert data_dir() == Path(platformdirs.user_data_dir("Cortex Desktop", appauthor=False))
    assert data_dir().name == "Cortex Desktop"


def test_a_folder_may_be_named_from_here_or_from_home(tmp_path: Path) -> None:
    assert data_dir("below") == tmp_path / "below"
    assert data_dir("~/data") == tmp_path / "home" / "data"
    assert data_dir("~nobody-of-this-name/x").is_absolute()


def test_naming_a_folder_makes_nothing(tmp_path: Path) -> None:
    data_dir("below")
    assert not list(tmp_path.iterdir())


@posix_only
def test_a_new_folder_is_its_owners_alone(tmp_path: Path, no_umask: None) -> None:
    make_private(tmp_path / "a" / "b")
    assert mode(tmp_path / "a" / "b") == 0o700
    assert mode(tmp_path / "a") == 0o700


@posix_only
def test_a_new_folder_is_open_to_nobody_even_for_a_moment(
    tmp_path: Path, no_umask: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "chmod", lambda *_: None)
    make_private(tmp_path / "data")
    assert mode(tmp_path / "data") == 0o700


@posix_only
def test_an_empty_folder_that_others_could_read_is_closed(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o755)
    make_private(folder)
    assert mode(folder) == 0o700


@posix_only
def test_a_folder_in_use_keeps_its_mode(tmp_path: Path) -> None:
    (tmp_path / "of-others").write_text("")
    tmp_path.chmod(0o750)
    make_private(tmp_path)
    assert mode(tmp_path) == 0o750


def test_making_it_again_is_no_error(tmp_path: Path) -> None:
    make_private(tmp_path / "data")
    (tmp_path / "data" / "apps.json").write_text("{}")
    make_private(tmp_path / "data")
    assert (tmp_path / "data" / "apps.json").read_text() == "{}"


def test_a_file_in_its_place_is_an_os_error(tmp_path: Path) -> None:
    (tmp_path / "data").write_text("")
    for folder in (tmp_path / "data", tmp_path / "data" / "below"):
        with pytest.raises(OSError, match="data"):
            make_private(folder)


def test_resources_are_found() -> None:
    assert {"icons", "styles", "translations", "licences"} <= {entry.name for entry in resources().iterdir()}
