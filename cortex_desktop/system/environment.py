"""The person's environment, which the packaged program got from its starter with other values in it."""

from __future__ import annotations

import os
from collections.abc import Mapping, MutableMapping
from contextlib import suppress
from pathlib import Path

LIBRARIES = "LD_LIBRARY_PATH"


def started_with() -> dict[str, str]:
    """The environment that this process was started with, where the system tells (Linux); else nothing."""
    with suppress(OSError):
        held = Path("/proc/self/environ").read_bytes().split(b"\0")
        return dict(os.fsdecode(each).partition("=")[::2] for each in held if each)
    return {}


def give_back(environment: MutableMapping[str, str] = os.environ, before: Mapping[str, str] | None = None) -> None:
    """Restore the person's own values, so that programs we start get their libraries and plug-ins and not ours.

    Call it in the packaged program on Linux only: PyInstaller's starter has set the library path, kept the person's as
    NAME_ORIG, and added names of its own; then Python code of it has set Qt's paths. before: `started_with`. Our own
    libraries are found all the same: the loader has read its variable already, and Qt knows its own folder.
    """
    before = started_with() if before is None else before
    theirs = {name: held for name, held in before.items() if not name.startswith("_PYI_")}
    theirs.pop(LIBRARIES, None)
    original = theirs.pop(f"{LIBRARIES}_ORIG", "")
    if original:
        theirs[LIBRARIES] = original
    if before:
        for name in set(environment) - set(theirs):
            del environment[name]
        environment.update(theirs)
