"""Whether a Linux desktop offers its own file dialogs to programs that bring no toolkit of that desktop."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_SERVICE = Path("dbus-1", "services", "org.freedesktop.portal.Desktop.service")
_DIALOGS = "org.freedesktop.impl.portal.filechooser"


def has_file_portal(environment: Mapping[str, str]) -> bool:
    """True if the portal of this desktop shows file dialogs, by what is installed: nothing is started or asked.

    Without one for this desktop a dialog of the portal would not open at all.
    """
    desktops = set(environment.get("XDG_CURRENT_DESKTOP", "").lower().split(":")) - {""}
    home = environment.get("XDG_DATA_HOME") or f"{environment.get('HOME', '')}/.local/share"
    system = environment.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share"
    folders = [Path(folder) for folder in (home, *system.split(":")) if folder]
    if not desktops or not any((folder / _SERVICE).is_file() for folder in folders):
        return False
    found = (file for folder in folders for file in (folder / "xdg-desktop-portal" / "portals").glob("*.portal"))
    return any(_shows_files(file, desktops) for file in found)


def _shows_files(portal: Path, desktops: set[str]) -> bool:
    """True if this part of the portal has file dialogs for one of these desktops."""
    from configparser import ConfigParser, Error  # for the few that have a portal: the start is short of time

    parser = ConfigParser(interpolation=None)
    try:
        parser.read_string(portal.read_text("utf-8").lower())
        said = parser["portal"]
    except (OSError, UnicodeDecodeError, Error, KeyError):
        return False
    here = {name.strip() for name in said.get("usein", "").split(";")}
    return _DIALOGS in said.get("interfaces", "").split(";") and bool(here & desktops)
