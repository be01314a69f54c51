"""A file is replaced wholly or not at all, whatever fails on the way."""

from __future__ import annotations

import errno
import os
import sys
from pathlib import Path

import pytest

from cortex_desktop.storage import durable
from cortex_desktop.storage.durable import append_durably, copy_aside, make_folder, sweep_temps, write_durably
from tests.support.data_folder import failing, held_on_windows, names, posix_only, refuse


@pytest.fixture
def path(tmp_path: Path) -> Path:
    found = tmp_path / "apps.json"
    found.write_bytes(b"old")
    return found


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_replaces_the_file_and_leaves_nothing_else(path: Path) -> None:
    write_durably(path, b"a\nb\r\n\x1a\x00c")
    assert path.read_bytes() == b"a\nb\r\n\x1a\x00c", "bytes stay as they are"
    assert names(path.parent) == ["apps.json"]


def test_a_file_with_two_names_is_closed_before_it_is_replaced(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows replaces no file that is open."""
    copy = path.with_name("copy.json")
    os.link(path, copy)
    opened: set[int] = set()
    real_open, real_close, real_replace = os.open, os.close, os.replace

    def open_it(name: Path, *how: int) -> int:
        fd = real_open(name, *how)
        if Path(name) == path:
            opened.add(fd)
        return fd

    def close_it(fd: int) -> None:
        opened.discard(fd)
        real_close(fd)

    def replace_it(source: Path, target: Path) -> None:
        assert not opened
        real_replace(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "open", open_it)
        patch.setattr(durable.os, "close", close_it)
        patch.setattr(durable.os, "replace", replace_it)
        append_durably(path, b" and new", 3)
    assert (path.read_bytes(), copy.read_bytes()) == (b"old and new", b"old")


@posix_only
def test_the_file_is_for_its_owner_alone(path: Path) -> None:
    path.chmod(0o644)
    umask = os.umask(0)
    try:
        write_durably(path, b"new")
    finally:
        os.umask(umask)
    assert mode(path) == 0o600


def test_a_file_planted_under_the_temporary_name_is_not_written_to(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    planted = path.with_name(f".apps.json.{b'known'.hex()}.tmp")
    planted.write_bytes(b"theirs")
    monkeypatch.setattr(durable.os, "urandom", lambda _bytes: b"known")
    with pytest.raises(FileExistsError):
        write_durably(path, b"new")
    assert (path.read_bytes(), planted.read_bytes()) == (b"old", b"theirs")


def test_short_writes_are_completed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "write", lambda fd, data: real(fd, data[:3]))
        write_durably(path, b"0123456789")
    assert path.read_bytes() == b"0123456789"


def test_data_is_synced_before_the_name_moves_and_the_folder_after(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    order = []
    replace, fsync = os.replace, os.fsync
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "replace", lambda a, b: (order.append("replace"), replace(a, b)))
        patch.setattr(durable.os, "fsync", lambda fd: (order.append("fsync"), fsync(fd)))
        write_durably(path, b"new")
    assert order == (["fsync", "replace", "fsync"] if os.name == "posix" else ["fsync", "replace"])


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("call", ["open", "write", "fsync", "replace"])
def test_a_failure_leaves_the_old_file_and_no_other(
    path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, call, failing(1, OSError(code, "no"), getattr(os, call)))
        with pytest.raises(OSError, match="no"):
            write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(path.parent) == ["apps.json"]


@posix_only
@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP])
def test_a_folder_that_cannot_be_synced_is_no_failure(path: Path, monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "fsync", failing(2, OSError(code, "no"), os.fsync))
        write_durably(path, b"new")
    assert path.read_bytes() == b"new"


@posix_only
def test_a_folder_whose_sync_fails_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "fsync", failing(2, OSError(errno.EIO, "no"), os.fsync))
        with pytest.raises(OSError, match="no"):
            write_durably(path, b"new")


@pytest.mark.parametrize("winerror", [5, 32, 33])
def test_a_file_held_by_another_program_on_windows_is_waited_for(
    path: Path, monkeypatch: pytest.MonkeyPatch, winerror: int
) -> None:
    pauses: list[float] = []
    with monkeypatch.context() as patch:
        patch.setattr(durable.time, "sleep", pauses.append)
        patch.setattr(durable.os, "replace", failing(1, held_on_windows(winerror), os.replace))
        write_durably(path, b"new")
    assert path.read_bytes() == b"new"
    assert pauses == [0.05]


def test_waiting_for_another_program_ends_after_two_and_a_half_seconds(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    with monkeypatch.context() as patch:
        patch.setattr(durable.time, "sleep", pauses.append)
        patch.setattr(durable.os, "replace", refuse(held_on_windows(32)))
        with pytest.raises(OSError, match="in use"):
            write_durably(path, b"new")
    assert sum(pauses) == pytest.approx(2.5)
    assert max(pauses) == 1.0
    assert names(path.parent) == ["apps.json"]


@pytest.mark.parametrize("winerror", [2, 112])
def test_other_errors_are_not_waited_out(path: Path, monkeypatch: pytest.MonkeyPatch, winerror: int) -> None:
    pauses: list[float] = []
    with monkeypatch.context() as patch:
        patch.setattr(durable.time, "sleep", pauses.append)
        patch.setattr(durable.os, "replace", failing(1, held_on_windows(winerror), os.replace))
        with pytest.raises(OSError, match="in use"):
            write_durably(path, b"new")
    assert pauses == []


@pytest.mark.skipif(sys.platform == "win32", reason="fcntl is POSIX")
@pytest.mark.parametrize(("answer", "synced"), [(None, []), (errno.ENOTSUP, ["fsync"]), (errno.EIO, errno.EIO)])
def test_macos_is_asked_to_empty_the_drive_s_cache(
    path: Path, monkeypatch: pytest.MonkeyPatch, answer: int | None, synced: list[str] | int
) -> None:
    import fcntl

    asked, fsyncs = [], []

    def full_fsync(_fd: int, command: int) -> int:
        asked.append(command)
        if answer:
            raise OSError(answer, "no")
        return 0

    with path.open("rb") as file, monkeypatch.context() as patch:
        patch.setattr(durable.sys, "platform", "darwin")
        patch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
        patch.setattr(fcntl, "fcntl", full_fsync)
        patch.setattr(durable.os, "fsync", lambda _fd: fsyncs.append("fsync"))
        if isinstance(synced, int):
            with pytest.raises(OSError, match="no"):
                durable.flush_to_disk(file.fileno())
        else:
            durable.flush_to_disk(file.fileno())
            assert fsyncs == synced
    assert asked == [51]


def test_what_the_file_system_kept_differently_never_gets_the_name(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "write", lambda fd, data: real(fd, bytes(len(data))))
        with pytest.raises(OSError, match="error"):
            write_durably(path, b"new")
    assert path.read_bytes() == b"old"
    assert names(path.parent) == ["apps.json"]


def test_a_file_of_another_length_is_not_added_to(path: Path) -> None:
    with pytest.raises(OSError, match="error"):
        append_durably(path, b"new", 2)
    assert path.read_bytes() == b"old"


@pytest.mark.parametrize(
    "calls", [{"open": 1}, {"write": 1}, {"write": 2}, {"fsync": 1}, {"write": 2, "ftruncate": 1}], ids=str
)
def test_an_append_that_fails_is_cut_off_again_or_shows(
    path: Path, monkeypatch: pytest.MonkeyPatch, calls: dict[str, int]
) -> None:
    real = os.write
    with monkeypatch.context() as patch:
        patch.setattr(durable.os, "write", lambda fd, data: real(fd, data[:2]))
        for call, number in calls.items():
            patch.setattr(durable.os, call, failing(number, OSError(errno.ENOSPC, "full"), getattr(durable.os, call)))
        with pytest.raises(OSError, match="full"):
            append_durably(path, b"new", 3)
    assert path.read_bytes() == (b"oldne" if "ftruncate" in calls else b"old")


def test_an_append_to_a_file_with_a_second_name_leaves_that_as_it_is(path: Path) -> None:
    path.write_bytes(b"first\n")
    other = path.with_name("other")
    os.link(path, other)
    append_durably(path, b"second\n", 6)
    append_durably(path, b"third\n", 13)
    assert (path.read_bytes(), other.read_bytes()) == (b"first\nsecond\nthird\n", b"first\n")


@pytest.mark.parametrize("links", [True, False])
def test_a_copy_aside_never_takes_a_name_in_use(path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    target = path.with_name("aside")
    with monkeypatch.context() as patch:
        if not links:
            patch.setattr(durable.os, "link", failing(1, OSError(errno.EPERM, "no links"), os.link))
        copy_aside(path, target)
    assert target.read_bytes() == b"old"
    path.write_bytes(b"new")
    with pytest.raises(FileExistsError):
        copy_aside(path, target)


def test_only_own_temporary_files_are_swept(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    others = [".apps.json.tmp2", ".other.json.1.tmp", "apps.json.1.tmp", "apps.json.bak"]
    for name in others:
        path.with_name(name).write_bytes(b"")
    with monkeypatch.context() as patch:  # killed before the name moved
        patch.setattr(durable, "remove_quietly", lambda _path: None)
        patch.setattr(durable.os, "replace", failing(1, OSError(errno.EIO, "no"), os.replace))
        with pytest.raises(OSError, match="no"):
            write_durably(path, b"new")
    assert len(names(path.parent)) == len(others) + 2
    sweep_temps(path)
    assert names(path.parent) == sorted(["apps.json", *others])


@posix_only
def test_folders_are_made_for_their_owner_alone(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir(0o755)
    (tmp_path / "in-use").mkdir(0o755)
    (tmp_path / "in-use/file").write_bytes(b"")
    for name in ("new/folder", "empty", "in-use"):
        make_folder(tmp_path / name)
    assert [mode(tmp_path / name) for name in ("new/folder", "empty", "in-use")] == [0o700, 0o700, 0o755]
