"""When the desktop's own file dialogs are used."""

from __future__ import annotations

from pathlib import Path

import pytest

from cortex_desktop.system.file_portal import has_file_portal

GNOME = """[portal]
DBusName=org.freedesktop.impl.portal.desktop.gnome
Interfaces=org.freedesktop.impl.portal.Access;org.freedesktop.impl.portal.FileChooser;
UseIn=gnome;budgie
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A folder as /usr/share, with the portal and GNOME's part of it."""
    for name, text in {
        "dbus-1/services/org.freedesktop.portal.Desktop.service": "[D-BUS Service]\n",
        "xdg-desktop-portal/portals/gnome.portal": GNOME,
        "xdg-desktop-portal/portals/keyring.portal": GNOME.replace("FileChooser", "Secret").replace("gnome", "KDE"),
        "xdg-desktop-portal/portals/damaged.portal": "no settings",
    }.items():
        file = tmp_path / "share" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return tmp_path / "share"


@pytest.mark.parametrize(("desktop", "has"), [("GNOME", True), ("ubuntu:GNOME", True), ("KDE", False), ("", False)])
def test_it_is_for_this_desktop(data: Path, desktop: str, has: bool) -> None:
    environment = {"XDG_CURRENT_DESKTOP": desktop, "XDG_DATA_DIRS": f"/nowhere:{data}", "HOME": "/nowhere"}
    assert has_file_portal(environment) is has


def test_without_the_portal_itself_there_is_none(data: Path) -> None:
    (data / "dbus-1/services/org.freedesktop.portal.Desktop.service").unlink()
    assert not has_file_portal({"XDG_CURRENT_DESKTOP": "GNOME", "XDG_DATA_DIRS": str(data)})


def test_the_persons_own_folder_counts(data: Path) -> None:
    environment = {"XDG_CURRENT_DESKTOP": "GNOME", "XDG_DATA_DIRS": "/nowhere", "XDG_DATA_HOME": str(data)}
    assert has_file_portal(environment)
