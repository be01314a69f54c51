"""`--quit` and `--remove-all-data`."""

from __future__ import annotations

import sys
from contextlib import suppress
from pathlib import Path

from ..composition import Stores, compose
from ..domain.errors import CortexError, FolderInDoubt
from ..domain.folder import Standing
from ..sandbox.folder_lock import running_at
from ..system.folder_lock import NAME as LOCK_NAME
from ..system.instance import AlreadyRunning, Instance
from ..system.paths import data_dir
from ..system.removal import remove_folder


def quit_running(data_folder: str | None) -> int:
    """End the program that runs with this data folder. Returns 0 when none runs any more, else 1."""
    folder = data_dir(data_folder)
    if not (folder / LOCK_NAME).exists():  # asking must not make it, in who knows what folder
        return 0
    instance = Instance(folder)
    try:
        instance.quit_first()
    except AlreadyRunning as error:
        print(f"cortex-desktop: {error}", file=sys.stderr)
        return 1
    instance.release()
    return 0


def remove_all_data(data_folder: str | None, *, ask: bool) -> int:
    """Remove all keys from the keychain, then the data folder. Returns 0 when nothing is left, else 1.

    ask: have the person type a word first. The keys go first, since without the rows nobody could find them. Nothing
    is asked or removed where it is in doubt what the folder is.
    """
    folder = data_dir(data_folder)
    if not folder.is_dir():
        print(f"There is nothing to remove: {folder} does not exist.")
        return 0
    instance = Instance(folder)
    try:
        instance.acquire()
    except AlreadyRunning as error:
        print(f"cortex-desktop: {error} Nothing was removed.", file=sys.stderr)
        return 1
    try:
        return _remove_all(folder, instance, ask=ask)
    finally:
        instance.release()


def _remove_all(folder: Path, instance: Instance, *, ask: bool) -> int:
    stores = Stores.of(folder)
    try:
        apps = compose(stores).apps
        standing = apps.stores.folder.standing()
        if standing not in (Standing.UNKNOWN, Standing.NEW, Standing.KNOWN):
            doubt = FolderInDoubt(standing)
            print(f"cortex-desktop: {doubt} Open the program on this folder and answer there.", file=sys.stderr)
            print("Nothing was removed.")
            return 1
        if ask and not _agreed(folder):
            print("Nothing was removed.")
            return 1
        others = ", ".join(apps.stores.folder.providers())
        number = apps.deletion.remove_everything()
        unreadable = stores.repository.unreadable
    except CortexError as error:
        print(f"cortex-desktop: {error} The data folder stays as long as keys may be left.", file=sys.stderr)
        return 1
    finally:
        stores.close()
    print(f"Removed {number} {'app' if number == 1 else 'apps'} and their keys.")
    if others:
        print(f"Keys that were stored in {others} stay there.")
    if unreadable:
        print(f"{unreadable} apps of the list could not be read. Look in the keychain for cortex-desktop/.")
    return remove_folder(folder, instance.release)


def _agreed(folder: Path) -> bool:
    print(f"This removes all apps, their keys from the keychain, and what the program keeps in {folder}.")
    with suppress(OSError):
        address = running_at(folder)
        if address is not None:
            print(f"A sandbox of this folder runs at {address}: its clients will find no app any more.")
    try:
        return input('Type "remove" to confirm: ').strip().casefold() == "remove"
    except EOFError:
        return False
