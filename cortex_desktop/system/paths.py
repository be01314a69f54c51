"""Where the program reads and writes."""

from __future__ import annotations

import os
import sys
from pathlib import Path

DATA_DIR_VARIABLE = "CORTEX_DESKTOP_DATA_DIR"


def data_dir(argument: str | None = None) -> Path:
    """The folder for everything the program writes: the argument, else the environment's, else the platform's."""
    chosen = argument or os.environ.get(DATA_DIR_VARIABLE)
    if chosen:
        return Path(os.path.expanduser(chosen)).absolute()  # Path's own raises where there is no such user
    import platformdirs  # only now: its import shows in the start-up time

    return Path(platformdirs.user_data_dir("Cortex Desktop", appauthor=False))


def make_private(folder: Path) -> None:
    """Make the folder, if need be with its parents, each readable by its owner alone (0700). Raises OSError.

    A folder that is there is closed to others only while it is empty: someone may have named one they share.
    """
    for path in (*reversed(folder.parents), folder):  # `parents=True` would make them as open as the umask lets it
        if not path.is_dir():
            path.mkdir(mode=0o700, exist_ok=True)
    if sys.platform != "win32" and not any(folder.iterdir()):
        folder.chmod(0o700)


def resources() -> Path:
    """The folder of icons, styles, translations and licences: beside the package, or inside it once installed."""
    inside = Path(__file__).parent.parent / "resources"
    return inside if inside.is_dir() else inside.parent.parent / "resources"
