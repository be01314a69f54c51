"""What a data folder holds, and calls of the system that fail."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

posix_only = pytest.mark.skipif(os.name != "posix", reason="modes and folder sync are POSIX")

Image = dict[str, bytes]
"""Path below the folder -> content."""


def read_image(folder: Path) -> Image:
    """All files below the folder."""
    return {os.path.relpath(entry, folder): entry.read_bytes() for entry in folder.rglob("*") if entry.is_file()}


def write_image(folder: Path, image: Image) -> None:
    """Make the folder hold these files and no others."""
    for entry in folder.rglob("*"):
        if entry.is_file():
            entry.unlink()
    for path, data in image.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)


def names(folder: Path) -> list[str]:
    """What stands in the folder."""
    return sorted(entry.name for entry in folder.iterdir())


def asides(folder: Path, why: str) -> list[Path]:
    """The files that were set aside for this reason, oldest first."""
    return sorted(entry for entry in folder.iterdir() if f".{why}-" in entry.name)


def refuse(error: OSError | int = errno.ENOSPC) -> Callable[..., Any]:
    """A call that the system refuses."""

    def call(*_args: object, **_kwargs: object) -> None:
        raise OSError(error, os.strerror(error)) if isinstance(error, int) else error

    return call


def failing(number: int, error: OSError, real: Callable[..., Any]) -> Callable[..., Any]:
    """`real`, but its call `number`, from 1, raises `error`."""
    calls = []

    def call(*args: Any, **kwargs: Any) -> Any:
        calls.append(args)
        if len(calls) == number:
            raise error
        return real(*args, **kwargs)

    return call


def held_on_windows(winerror: int) -> OSError:
    """The error for a file that another program uses."""
    error = PermissionError(errno.EACCES, "in use")
    error.winerror = winerror  # type: ignore[attr-defined]  # there on Windows only
    return error
