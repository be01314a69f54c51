"""Bring `resources/translations` up to date with the sources: `python packaging/translations.py [--check]`.

cortex_en.ts holds the English plural forms; another language gets a full cortex_<code>.ts beside it (make an empty
file and run this). Qt Linguist edits them. The .qm files are what the program loads. Run it in .venv.

--check changes nothing, and exits 1 when a file is behind the sources or a translation is unfinished.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

import PySide6

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "resources" / "translations"
TOOLS = Path(PySide6.__file__).parent


def tool(name: str, *arguments: str | Path) -> None:
    """Run one of Qt's translation tools, which PySide6 carries; its words are shown only when it fails."""
    # PySide6 runs lupdate and lrelease through this module; its scripts may not be on the PATH.
    code = f"import sys; from PySide6.scripts.pyside_tool import {name}; sys.exit({name}())"
    done = subprocess.run([sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, cwd=ROOT)
    if done.returncode:
        sys.exit(f"{name}: {done.stdout}{done.stderr}")


def update(ts: Path, qm: Path) -> None:
    """Bring one language's source texts up to date and compile it."""
    english = ["-pluralonly"] if ts.stem.endswith("_en") else []
    sources = sorted((ROOT / "cortex_desktop").rglob("*.py"))
    tool("lupdate", *english, "-no-obsolete", "-locations", "none", *sources, "-ts", ts)
    tool("lrelease", "-silent", ts, "-qm", qm)


def main() -> int:
    """Update all languages, or check them."""
    behind = []
    for ts in sorted(FOLDER.glob("*.ts")):
        if "--check" not in sys.argv:
            update(ts, ts.with_suffix(".qm"))
            continue
        with tempfile.TemporaryDirectory() as folder:
            fresh = Path(folder) / ts.name
            fresh.write_bytes(ts.read_bytes())
            update(fresh, fresh.with_suffix(".qm"))
            same = all(
                fresh.with_suffix(end).read_bytes() == ts.with_suffix(end).read_bytes() for end in (".ts", ".qm")
            )
            if not same or "unfinished" in fresh.read_text("utf-8"):
                behind.append(ts.name)
    if behind:
        print("behind the sources:", *behind, "- run python packaging/translations.py and translate what is new")
    return 1 if behind else 0


if __name__ == "__main__":
    sys.exit(main())
