"""What the frozen program does without, with the reason for each, and what must not be left in it.

The spec uses it to freeze, the build's check to see that nothing came back.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import PurePath
from typing import NamedTuple

SYSTEM = {"linux": "linux", "win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
EVERYWHERE = ("linux", "windows", "macos")

BUDGET_MB = {"linux": 130, "windows": 80, "macos": 130}
"""The most that the installed program may take, in MB of 10^6 bytes."""

PACKED_BUDGET_MB = {".exe": 27, ".msi": 27 if sys.platform == "win32" else 36, ".dmg": 45, ".deb": 45, ".xz": 45}
"""The most that one installer or archive may take. What is released is made on Windows; wixl, which makes the .msi on
Linux for the bench, knows the older of the two ways to compress one only."""


class Cut(NamedTuple):
    """Module names or patterns of paths to leave out of the program's folder; why; and on which systems."""

    names: tuple[str, ...]
    reason: str
    systems: tuple[str, ...] = EVERYWHERE


MODULES = (
    Cut(("tkinter", "turtle", "idlelib"), "Qt is the toolkit; Tk is 10 MB"),
    Cut(("unittest", "test", "doctest", "pydoc", "pdb"), "for developing only"),
    Cut(("setuptools", "pkg_resources", "pip", "distutils", "ensurepip"), "nothing is installed from inside"),
    Cut(("sqlite3",), "TinyDB is the database"),
    Cut(("bz2", "_bz2", "lzma", "_lzma"), "reading archives; zipfile and tarfile do without"),
    Cut(("_hashlib",), "the hash functions have their own code, which needs no OpenSSL in memory"),
    Cut(("anyio", "h2", "socksio"), "the HTTP client's ways for asynchronous programs, HTTP/2 and SOCKS"),
    Cut(
        ("httpx2._main", "attr", "certifi", "charset_normalizer", "click", "pygments", "requests", "rich", "urllib3"),
        "the HTTP client's own command, and libraries that could stand beside it",
    ),
    Cut(("werkzeug.debug", "watchdog", "colorama"), "a server for developing web sites, and its colours on Windows"),
    Cut(("asyncio", "multiprocessing", "xmlrpc", "ftplib"), "never called; libraries offer them for other uses"),
    Cut(("PySide6.QtDBus", "PySide6.QtSvgWidgets", "PySide6.QtOpenGL", "PySide6.QtTest"), "not imported"),
    Cut(("PySide6.QtNetwork",), "the one HTTP client is httpx2, for updates too"),
    Cut(("secretstorage", "jeepney", "cryptography"), "the Secret Service is Linux's", ("windows", "macos")),
    Cut(("win32ctypes",), "the Credential Manager is Windows'", ("linux", "macos")),
)

FILES = (
    Cut(("PySide6/*translations/*",), "7 MB of Qt's own words in languages that the program does not speak"),
    Cut(("*/plugins/imageformats/libq[!s]*", "*/plugins/imageformats/q[!s]*"), "pictures are SVG and PNG"),
    Cut(("*/plugins/iconengines/*",), "icons are drawn by the program"),
    Cut(("*/plugins/generic/*",), "input devices without a desktop"),
    Cut(("*QtNetwork*", "*Qt6Network*", "*/plugins/tls/*", "*/plugins/networkinformation/*"), "httpx2 is used"),
    Cut(("*/plugins/platforms/*minimal*", "*/plugins/platforms/*offscreen*"), "test-only: no window"),
    Cut(("*/plugins/platforms/*direct2d*",), "the plug-in called windows is used", ("windows",)),
    Cut(("*opengl32sw*", "*[dD]3[dD]compiler*"), "20 MB; nothing is drawn with OpenGL", ("windows",)),
    Cut(("*/api-ms-win-*", "ucrtbase.dll"), "part of Windows 10 and later", ("windows",)),
    Cut(
        (
            "*/plugins/platforms/*linuxfb*",
            "*/plugins/platforms/*eglfs*",
            "*/plugins/platforms/*vnc*",
            "*/plugins/platforms/*vkkhr*",
            "*/plugins/egldeviceintegrations/*",
        ),
        "screens without a desktop",
        ("linux",),
    ),
    Cut(
        ("*/plugins/platformthemes/*gtk3*",),
        "20 MB of GTK, which would meet the system's own in one process",
        ("linux",),
    ),
    Cut(
        ("*/plugins/wayland-graphics-integration-client/*server*", "*/plugins/wayland-graphics-integration-server/*"),
        "for programs that are a Wayland server",
        ("linux",),
    ),
    Cut(
        (
            "*/plugins/wayland-shell-integration/*ivi*",
            "*/plugins/wayland-shell-integration/*fullscreen*",
            "*/plugins/wayland-shell-integration/*wl-shell*",
            "*/plugins/wayland-shell-integration/*qt-shell*",
        ),
        "shells of cars and kiosks; desktops have xdg-shell",
        ("linux",),
    ),
    Cut(("PySide6/Qt/qml/*", "PySide6/qml/*", "*Qt6Qml*", "*Qt6Quick*"), "widgets, no QML"),
    Cut(("*Qt6VirtualKeyboard*", "*virtualkeyboard*"), "needs QML"),
    Cut(("*Qt6Pdf*", "*Qt6Test*"), "not used"),
    Cut(("*.dist-info/RECORD", "*.dist-info/INSTALLER", "*.dist-info/REQUESTED"), "pip's notes about another folder"),
    Cut(("*.dist-info/direct_url.json", "*.dist-info/WHEEL", "*.dist-info/top_level.txt"), "pip's notes likewise"),
    Cut(("*.dist-info/sboms/*",), "the build writes one for the whole program"),
    Cut(("*.ts",), "sources of the .qm files"),
    Cut(
        ("*/resources/app-icon/*.svg", "*/resources/app-icon/*.ico", "*/resources/app-icon/*.icns"),
        "the window's icon is made of PNG files; installers bring the others",
    ),
    Cut(("*/resources/app-icon/*-512.png", "*/resources/app-icon/*-1024.png"), "no window asks for such sizes"),
    Cut(("*/__pycache__/*",), "the modules are in the archive"),
)

FORBIDDEN = (
    Cut(("mscms.dll", "*/mscms.dll", "icuuc.dll", "*/icuuc.dll"), "stand-ins of the Wine bench", ("windows",)),
    Cut(("*pytest*", "*hypothesis*", "*_testcapi*", "*_testinternalcapi*", "*mypy*", "*ruff*"), "for developing only"),
    Cut(("*upx*",), "compressed programs alarm virus scanners"),
)
"""What is not there to be cut, and must not come by another way."""

BROUGHT = (
    "libpython*",  # of the Python that builds
    "libffi.so*",  # its number differs from system to system
    "libxcb-cursor.so*",  # these seven are Qt's own needs, which many desktops do not have
    "libxcb-icccm.so*",
    "libxcb-image.so*",
    "libxcb-keysyms.so*",
    "libxcb-render-util.so*",
    "libxcb-util.so*",
    "libxkbcommon-x11.so*",
)
"""Of the build machine's own libraries on Linux the program takes these along; others are the system's, as they must
fit each other, its graphics drivers and its security updates."""


def excluded_modules() -> list[str]:
    """Names of modules that PyInstaller shall not collect here."""
    return [name for cut in MODULES if SYSTEM in cut.systems for name in cut.names]


def reason_to_cut(path: str, source: str = "") -> str:
    """Why the file at this path in the program's folder is left out, or "" when it stays.

    source: where it comes from on this machine, if known.
    """
    name = PurePath(path).as_posix()
    for cut in FILES:
        if SYSTEM in cut.systems and _matches(name, cut.names):
            return cut.reason
    from_system = SYSTEM == "linux" and source.startswith(("/usr/lib", "/lib"))
    if from_system and "lib-dynload" not in source and not _matches(PurePath(source).name, BROUGHT):
        return "the system's own"
    return ""


def what_came_back(paths: Iterable[str]) -> list[str]:
    """For each path in the program's folder that should not be there: the path and why."""
    found = []
    for path in paths:
        name = PurePath(path).as_posix()
        for cut in (*FILES, *FORBIDDEN):
            if SYSTEM in cut.systems and _matches(name, cut.names):
                found.append(f"{name}: {cut.reason}")
    return found


def _matches(name: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)
