"""Saying why there is no window: no screen, or a library of the system that is missing."""

from __future__ import annotations

import os
import re
import sys
from contextlib import suppress

NO_SCREEN = (
    "there is no screen to open a window on: neither X11 nor Wayland answers. Start it in a desktop session; "
    "--self-check needs one too."
)
_LIBRARY = re.compile(r"\blib[\w.+-]+\.so[.\d]*|\blibxcb-cursor0\b")


def library_in(text: str) -> str:
    """Return the name of the system's library that a message is about; empty if it names none."""
    found = _LIBRARY.search(text)
    return found[0] if found else ""


def missing_library(error: ImportError) -> str:
    """Return the name of the system's library that kept Qt from being loaded; empty if it was something else."""
    return library_in(str(error)) if "cannot open shared object file" in str(error) else ""


def tell_missing(library: str) -> None:
    """Say which library of the system is missing."""
    tell(f"the system library {library} is missing. docs/installing.md lists what the program needs.")


def tell(text: str) -> None:
    """Say why there is no window: on the terminal, and in a box of the desktop for who started it from the menu."""
    sys.stderr.write(f"cortex-desktop: {text}\n")
    sys.stderr.flush()
    has_screen = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform != "linux" or sys.stderr.isatty() or not has_screen:
        return
    import shutil
    import subprocess

    words = f"Cortex Desktop: {text}"
    for command in (
        ["zenity", "--error", "--no-markup", f"--text={words}"],
        ["kdialog", "--error", words],
        ["notify-send", "Cortex Desktop", text],
        ["xmessage", words],
    ):
        if shutil.which(command[0]):
            with suppress(OSError):
                subprocess.Popen(  # noqa: S603  # our words, found on the PATH
                    command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
                )
            return
