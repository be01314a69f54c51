"""What the build's parts share: running tools, saying what goes on, ending with one sentence."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NoReturn

from product import ROOT


def run(command: Sequence[str | Path], env: Mapping[str, str] | None = None, *, quiet: bool = False) -> None:
    """Run a tool in the project's folder; end when it fails. quiet: without what it prints to stdout."""
    try:
        status = subprocess.run(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL if quiet else None).returncode
    except FileNotFoundError:
        fail(f"{command[0]} is not installed")
    if status:
        fail(f"{Path(command[0]).name} failed with status {status}, see above")


def output_of(command: Sequence[str | Path]) -> str:
    """What a tool prints; end when it fails."""
    try:
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        fail(f"{command[0]} is not installed")
    except subprocess.CalledProcessError as error:
        fail(f"{Path(command[0]).name} failed with status {error.returncode}: {error.stderr.strip()}")


def checksum(file: Path) -> str:
    """The file's SHA-256 in hex."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def step(name: str) -> None:
    """Say what begins."""
    print(f"--- {name}", flush=True)


def fail(message: str) -> NoReturn:
    """End with one sentence."""
    sys.exit(f"package: {message}")
