"""Files that a person asks for. They take their name when they are whole, and not before."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable
from pathlib import Path
from threading import Lock

from . import problems
from .durable import remove_quietly


class Exports:
    """`domain.ports.NewFiles`. folder: the program's own, in which no file may be made."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def begin(self, path: Path) -> WholeFile:
        """Begin a file that takes this name, and replaces what has it, when it is finished. Raises StorageError.

        Where the name is a symbolic link, the file is written where that points to, and the link stays.
        """
        try:
            path = Path(os.path.realpath(path))
            if path.parent == self._folder.resolve():
                raise problems.in_data_folder(self._folder)
            return WholeFile(path)
        except OSError as error:
            raise problems.not_exported(error, path.parent) from error


class WholeFile:
    """A text file in UTF-8 that is written under another name first. Line ends are as given."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._temp = path.with_name(f".{path.name[:60]}.{os.urandom(4).hex()}.tmp")
        self._lock = Lock()  # `drop` comes from another thread when the program ends
        self._file = self._temp.open("x", encoding="utf-8", errors="replace", newline="")
        with contextlib.suppress(OSError):  # as what it replaces, if there is something
            self._temp.chmod(stat.S_IMODE(path.stat().st_mode))

    def write(self, text: str) -> None:
        """Add text. Raises StorageError."""
        self._do(lambda: self._file.write(text))

    def finish(self) -> None:
        """Put the file on the disk under its name. Raises StorageError."""
        self._do(self._finish)

    def drop(self) -> None:
        """Remove the file if it is not finished. Never raises."""
        with self._lock:
            with contextlib.suppress(OSError):  # it may try to write what is left
                self._file.close()
            remove_quietly(self._temp)

    def _finish(self) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        os.replace(self._temp, self._path)

    def _do(self, step: Callable[[], object]) -> None:
        with self._lock:
            try:
                step()
            except OSError as error:
                raise problems.not_exported(error, self._path.parent) from error
