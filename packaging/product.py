"""What the installers say about the program, in one place."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RESOURCES = ROOT / "resources"
PROGRAM = "cortex-desktop"
NAME = "Cortex Desktop"
PUBLISHER = "Cortex Desktop contributors"
SUMMARY = "Org console for Medable Cortex with API keys in the system’s keychain"
COPYRIGHT = "MIT licence. Qt and PySide6 under the LGPLv3."
# For macOS and AppStream. Whoever publishes under another name changes it here, before the first release.
APP_ID = "io.github.cortex_desktop.CortexDesktop"


def version() -> str:
    """The program's version, from the package."""
    found = re.search(r'^__version__ = "(.+)"$', (ROOT / "cortex_desktop/__init__.py").read_text("utf-8"), re.M)
    if found is None:
        raise ValueError("cortex_desktop/__init__.py names no version")
    return found[1]


def architecture() -> str:
    """This machine's, as file names have it: x86_64, arm64."""
    return {"AMD64": "x86_64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())


def homepage() -> str:
    """Where the project lives, an https address without a slash at its end; "" if the build does not know it."""
    return os.environ.get("CORTEX_DESKTOP_HOMEPAGE", "").rstrip("/")


def build_notes() -> str:
    """Return the facts about the build for the frozen program: `resources/build.json`."""
    home = homepage()
    notes = {
        "version": version(),
        "commit": os.environ.get("CORTEX_DESKTOP_COMMIT", ""),
        "python": ".".join(map(str, sys.version_info[:3])),
        "homepage": home,
        # The newest release's own file, as GitHub serves it under one address for ever.
        "feed": f"{home}/releases/latest/download/release.json" if home else "",
    }
    return json.dumps(notes, indent=2) + "\n"
