"""Files that are whole after a crash: they have the old content or the new, never a mixture."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

FILE_MODE = 0o600
FOLDER_MODE = 0o700

# A virus scanner, an indexer or a sync client holds files for moments on Windows; 2.5 s in all.
PATIENCE = (0.05, 0.1, 0.2, 0.4, 0.75, 1.0)
_HELD_BY_OTHERS = (5, 32, 33)  # ERROR_ACCESS_DENIED, ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION
_NO_FOLDER_SYNC = (errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP)


def through_link(path: Path) -> Path:
    """Return the file that a write to `path` replaces: where a symbolic link points, else itself.

    Raises FileNotFoundError for a link whose target is missing: what it was to hold is elsewhere.
    """
    return path.resolve(strict=True) if path.is_symlink() else path


def write_durably(path: Path, data: bytes) -> None:
    """Replace the file at `path` by `data`, mode 0600; it is on the disk when this returns.

    Where it is a symbolic link, the file that it points to is replaced. Raises OSError. The file is then as it was,
    unless only the last step failed: syncing the folder.
    """
    path = through_link(path)
    temp = _write_temp(path, data)
    try:
        if temp.read_bytes() != data:  # a file system that takes everything and keeps something else
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        _patiently(lambda: os.replace(temp, path))
    except BaseException:
        remove_quietly(temp)
        raise
    sync_folder(path.parent)


def append_durably(path: Path, data: bytes, at: int) -> None:
    """Add `data` to the file at `path`, which is `at` bytes long; it is on the disk when this returns.

    Where it has a second name, as in a copy of the folder that was made of hard links, only this one is changed.

    Raises OSError. The file is then as it was, unless cutting it back failed too, which its length tells.
    """
    # No handle is kept: on Windows nobody could replace or remove the file meanwhile.
    fd = _patiently(lambda: os.open(path, os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0)))
    try:
        found = os.fstat(fd)
        if found.st_size != at:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        if found.st_nlink == 1:
            try:
                _write_all(fd, data)
                flush_to_disk(fd)
            except BaseException:
                with contextlib.suppress(OSError):
                    os.ftruncate(fd, at)
                    flush_to_disk(fd)
                raise
    finally:
        with contextlib.suppress(OSError):  # what is synced is safe
            os.close(fd)
    if found.st_nlink > 1:
        write_durably(path, path.read_bytes() + data)


def create_durably(path: Path) -> None:
    """Make an empty file, mode 0600, unless one is there. Raises OSError."""
    os.close(os.open(path, os.O_WRONLY | os.O_CREAT, FILE_MODE))
    sync_folder(path.parent)


def cut_durably(path: Path, at: int) -> None:
    """Cut the file to `at` bytes, durably. Raises OSError."""
    fd = _patiently(lambda: os.open(path, os.O_WRONLY | getattr(os, "O_BINARY", 0)))
    try:
        os.ftruncate(fd, at)
        flush_to_disk(fd)
    finally:
        os.close(fd)


def replace_lightly(path: Path, data: bytes) -> None:
    """Replace the file as `write_durably` does, but wait for the disk once: a power cut may leave the old content.

    Raises OSError.
    """
    path = through_link(path)
    temp = _write_temp(path, data)
    try:
        _patiently(lambda: os.replace(temp, path))
    except BaseException:
        remove_quietly(temp)
        raise


def read_region(path: Path, at: int, length: int) -> bytes:
    """Return up to `length` bytes of the file, from `at` on. Raises OSError."""
    # No handle is kept: see `append_durably`.
    with _patiently(lambda: path.open("rb", buffering=0)) as file:
        file.seek(at)
        parts = []
        while length > 0 and (part := file.read(length)):
            parts.append(part)
            length -= len(part)
        return b"".join(parts)


def read_whole(path: Path) -> bytes | None:
    """Return the bytes of the file, or None when there is no such file. Raises OSError."""
    try:
        return _patiently(path.read_bytes)
    except FileNotFoundError:
        return None


def copy_aside(source: Path, target: Path) -> None:
    """Give the file at `source` a second, durable name `target`, which must be new. Raises OSError.

    It is a hard link where the file system has them, so that it works on a full disk too; otherwise a copy.
    """
    try:
        os.link(os.path.realpath(source), target)  # link() itself does not follow symbolic links
    except FileExistsError:
        raise
    except OSError:
        write_durably(target, source.read_bytes())
    else:
        sync_folder(target.parent)


def make_folder(folder: Path) -> None:
    """Make the folder, and its parents, for its owner alone. Leave one in use as it is. Raises OSError."""
    if not folder.parent.is_dir():
        make_folder(folder.parent)
    folder.mkdir(mode=FOLDER_MODE, exist_ok=True)
    # A folder with other things in it may be anybody's, e.g. /tmp: closing it to others would break them.
    if os.name == "posix" and folder.stat().st_mode & 0o077 and not any(folder.iterdir()):
        with contextlib.suppress(OSError):
            folder.chmod(FOLDER_MODE)


def make_private(path: Path) -> None:
    """Close the file to all but its owner, if it is there and that is possible."""
    with contextlib.suppress(OSError):
        if os.name == "posix" and path.stat().st_mode & 0o077:
            path.chmod(FILE_MODE)


def sweep_temps(path: Path) -> None:
    """Remove what killed writes of `path`, or of names that begin with it, left behind. Only its writer may."""
    for each in {path, Path(os.path.realpath(path))}:
        with contextlib.suppress(OSError):
            for entry in each.parent.iterdir():
                if entry.name.startswith(f".{each.name}") and entry.name.endswith(".tmp"):
                    remove_quietly(entry)


def _write_temp(path: Path, data: bytes) -> Path:
    """Make a new file beside `path` with `data` in it, durably, and return its path."""
    temp = _temp_beside(path)
    # O_BINARY: without it Windows turns line feeds into two bytes.
    fd = os.open(temp, os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0), FILE_MODE)
    try:
        try:
            _write_all(fd, data)
            flush_to_disk(fd)
        finally:
            os.close(fd)
    except BaseException:
        remove_quietly(temp)
        raise
    return temp


def _temp_beside(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.urandom(8).hex()}.tmp")


def _write_all(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        written = os.write(fd, rest)
        if written <= 0:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        rest = rest[written:]


def flush_to_disk(fd: int) -> None:
    """Wait until what was written to the file is on the disk. Raises OSError."""
    if sys.platform == "darwin":
        # There fsync leaves the data in the drive's own cache, which a power cut empties.
        import fcntl

        try:
            fcntl.fcntl(fd, fcntl.F_FULLFSYNC)
        except OSError as error:
            if error.errno in (errno.EIO, errno.ENOSPC):
                raise
        else:
            return
    os.fsync(fd)


def _patiently(call: Callable[[], T]) -> T:
    """Return the result of `call`, tried again while another program on Windows holds the file. Raises OSError."""
    for pause in PATIENCE:
        try:
            return call()
        except OSError as error:
            if getattr(error, "winerror", None) not in _HELD_BY_OTHERS:
                raise
        time.sleep(pause)
    return call()


def sync_folder(folder: Path) -> None:
    """Make names in the folder durable. Windows has no such call, and needs none on NTFS."""
    if os.name != "posix":
        return
    fd = os.open(folder, os.O_RDONLY)
    try:
        flush_to_disk(fd)
    except OSError as error:
        if error.errno not in _NO_FOLDER_SYNC:
            raise
    finally:
        os.close(fd)


def remove_quietly(path: Path) -> None:
    """Remove the file, if it is there and that is possible."""
    with contextlib.suppress(OSError):
        path.unlink()
