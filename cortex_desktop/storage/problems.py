"""Errors for a person: the database, the activity log or an export could not be read or written."""

from __future__ import annotations

import errno
import os
from pathlib import Path

from ..domain.errors import StorageError
from ..domain.text import QT_TRANSLATE_NOOP

_NO_SPACE = (errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC))
_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)
_IN_USE = (32, 33)  # Windows: ERROR_SHARING_VIOLATION, ERROR_LOCK_VIOLATION


def not_read(error: OSError, folder: Path) -> StorageError:
    """Return the error for when the system refused to read the database in `folder`."""
    title = QT_TRANSLATE_NOOP("core", "Your apps can't be opened")
    values = {"folder": str(folder)}
    if error.errno in _NOT_ALLOWED:
        return StorageError(
            title,
            QT_TRANSLATE_NOOP(
                "core", "Cortex Desktop is not allowed to read {folder}. Your keys are still in the keychain."
            ),
            QT_TRANSLATE_NOOP("core", "Allow your user to read this folder, then try again."),
            values,
        )
    return StorageError(
        title,
        QT_TRANSLATE_NOOP(
            "core", "The disk did not give back what is in {folder}. Your keys are still in the keychain."
        ),
        QT_TRANSLATE_NOOP("core", "Try again. If it happens again, check the disk."),
        values,
    )


def no_folder(error: OSError, folder: Path) -> StorageError:
    """Return the error for when the data folder is not there and cannot be made."""
    title, values = QT_TRANSLATE_NOOP("core", "Your apps can't be opened"), {"folder": str(folder)}
    if error.errno in (errno.EEXIST, errno.ENOTDIR):
        return StorageError(
            title,
            QT_TRANSLATE_NOOP("core", "{folder} is not a folder. Your apps and keys are as before."),
            QT_TRANSLATE_NOOP("core", "Move the file in its place away, or choose another data folder."),
            values,
        )
    return StorageError(
        title,
        QT_TRANSLATE_NOOP("core", "The folder {folder} can't be made. Your apps and keys are as before."),
        QT_TRANSLATE_NOOP("core", "Allow your user to make this folder, or choose another data folder."),
        values,
    )


def log_not_read(error: OSError, folder: Path) -> StorageError:
    """Return the error for when the system refused to read the activity log in `folder`."""
    values = {"folder": str(folder)}
    title = QT_TRANSLATE_NOOP("core", "The activity log can't be read")
    if error.errno in _NOT_ALLOWED:
        return StorageError(
            title,
            QT_TRANSLATE_NOOP(
                "core", "Cortex Desktop is not allowed to read {folder}. Apps and keys are not affected."
            ),
            QT_TRANSLATE_NOOP("core", "Allow your user to read this folder, then try again."),
            values,
        )
    return StorageError(
        title,
        QT_TRANSLATE_NOOP("core", "The disk did not give back what is in {folder}. Apps and keys are not affected."),
        QT_TRANSLATE_NOOP("core", "Try again. If it happens again, check the disk."),
        values,
    )


def not_written(error: OSError, folder: Path) -> StorageError:
    """Return the error for when the system refused to write the database in `folder`."""
    values = {"folder": str(folder)}
    if error.errno in _NO_SPACE:
        return StorageError(
            QT_TRANSLATE_NOOP("core", "The disk is full"),
            QT_TRANSLATE_NOOP("core", "The change was not saved. Your apps and keys are as before."),
            QT_TRANSLATE_NOOP("core", "Free some space on the disk that holds {folder}, then try again."),
            values,
        )
    title = QT_TRANSLATE_NOOP("core", "The change was not saved")
    if getattr(error, "winerror", None) in _IN_USE:
        return StorageError(
            title,
            QT_TRANSLATE_NOOP(
                "core",
                "Another program is using a file in {folder}. Your apps and keys are as before.",
            ),
            QT_TRANSLATE_NOOP("core", "Close programs that sync or scan this folder, then try again."),
            values,
        )
    if error.errno in _NOT_ALLOWED:
        return StorageError(
            title,
            QT_TRANSLATE_NOOP(
                "core",
                "Cortex Desktop is not allowed to write to {folder}. Your apps and keys are as before.",
            ),
            QT_TRANSLATE_NOOP("core", "Allow your user to write to this folder, then try again."),
            values,
        )
    return StorageError(
        title,
        QT_TRANSLATE_NOOP(
            "core",
            "The disk that holds {folder} reported a problem. Your apps and keys are as before.",
        ),
        QT_TRANSLATE_NOOP("core", "Try again. If it happens again, check the disk."),
        values,
    )


def link_leads_nowhere(path: Path) -> StorageError:
    """Return the error for when the database is a symbolic link whose target is not there."""
    return StorageError(
        QT_TRANSLATE_NOOP("core", "Your apps can't be opened"),
        QT_TRANSLATE_NOOP(
            "core", "{file} is a link to {target}, and there is nothing. Your keys are still in the keychain."
        ),
        QT_TRANSLATE_NOOP("core", "Connect the disk that holds it, or put the file back, then try again."),
        {"file": str(path), "target": os.path.realpath(path)},
    )


def overtaken(folder: Path) -> StorageError:
    """Return the error for when another program has written a newer database meanwhile."""
    return StorageError(
        QT_TRANSLATE_NOOP("core", "Another program is at work on this folder"),
        QT_TRANSLATE_NOOP(
            "core", "It has changed {folder} meanwhile. Nothing more is saved from here, so that its work stays whole."
        ),
        QT_TRANSLATE_NOOP("core", "Close Cortex Desktop here and open it again: it then shows the newer list."),
        {"folder": str(folder)},
    )


def not_repaired(folder: Path) -> StorageError:
    """Return the error for when the database in `folder` is damaged and nothing could be put in its place."""
    return StorageError(
        QT_TRANSLATE_NOOP("core", "Your apps can't be opened"),
        QT_TRANSLATE_NOOP(
            "core",
            "The file that lists them is damaged and can't be replaced. Your keys are still in the keychain.",
        ),
        QT_TRANSLATE_NOOP("core", "Free some space and allow your user to write to {folder}, then try again."),
        {"folder": str(folder)},
    )


def not_exported(error: OSError, folder: Path) -> StorageError:
    """Return the error for when a file that a person asked for cannot be written to `folder`."""
    title = QT_TRANSLATE_NOOP("core", "The export was not saved")
    values = {"folder": str(folder)}
    if error.errno in _NO_SPACE:
        return StorageError(
            title,
            QT_TRANSLATE_NOOP("core", "The disk is full. The activity log itself is complete."),
            QT_TRANSLATE_NOOP("core", "Free some space or choose another place than {folder}, then export again."),
            values,
        )
    return StorageError(
        title,
        QT_TRANSLATE_NOOP("core", "{folder} cannot be written to. The activity log itself is complete."),
        QT_TRANSLATE_NOOP("core", "Choose another place, then export again."),
        values,
    )


def in_data_folder(folder: Path) -> StorageError:
    """Return the error for an export into the program's own folder."""
    return StorageError(
        QT_TRANSLATE_NOOP("core", "The export was not saved"),
        QT_TRANSLATE_NOOP("core", "{folder} is where Cortex Desktop keeps its own files."),
        QT_TRANSLATE_NOOP("core", "Choose another place, then export again."),
        {"folder": str(folder)},
    )


def not_text() -> StorageError:
    """Return the error for when something cannot be put into a file."""
    return StorageError(
        QT_TRANSLATE_NOOP("core", "The change was not saved"),
        QT_TRANSLATE_NOOP("core", "It holds characters that can't be stored. Nothing was changed."),
        QT_TRANSLATE_NOOP("core", "Type the text again by hand, then save."),
    )


def too_new() -> StorageError:
    """Return the error for when a later version of this program wrote the database."""
    return StorageError(
        QT_TRANSLATE_NOOP("core", "A newer version saved your apps"),
        QT_TRANSLATE_NOOP("core", "This version can't read them. Nothing was changed; your keys are safe."),
        QT_TRANSLATE_NOOP("core", "Install the newest version of Cortex Desktop."),
    )


def not_migrated() -> StorageError:
    """Return the error for when an older database could not be brought to this version's form."""
    return StorageError(
        QT_TRANSLATE_NOOP("core", "Your apps can't be brought up to date"),
        QT_TRANSLATE_NOOP("core", "An older version saved them, and converting them failed. Nothing was changed."),
        QT_TRANSLATE_NOOP("core", "Go back to the version you used before, and report this problem."),
    )
