"""What is in memory stays out of core dumps: real ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at Linux' core files")

CHILD = """
import os, resource, sys
key = "".join(["mwidxhb8ShcqmV", "1B9iOYJh"])
held = [f"{key}{number}" for number in range(100)]
if sys.argv[1] != "soft":
    from cortex_desktop.system.hardening import keep_memory_out_of_dumps
    keep_memory_out_of_dumps()
if sys.argv[1] != "both":
    resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
os.abort()
"""
KEY = b"mwidxhb8ShcqmV1B9iOYJh"


def core(folder: Path, mode: str) -> bytes | None:
    """What the system saved of a process that held the key and aborted; None when it saved nothing."""
    import resource

    if resource.getrlimit(resource.RLIMIT_CORE)[1] != resource.RLIM_INFINITY:
        pytest.skip("core files cannot be had here")
    if "/" in (pattern := Path("/proc/sys/kernel/core_pattern").read_text().strip()) or pattern.startswith("|"):
        pytest.skip("core files go elsewhere here")
    # A pytest that has run the program is hardened itself, and children inherit the filter.
    command = f"echo 0x33 > /proc/self/coredump_filter; exec '{sys.executable}' -c '{CHILD}' {mode}"
    assert subprocess.run(["/bin/sh", "-c", command], cwd=folder, check=False).returncode == -6
    found = [file.read_bytes() for file in folder.glob("core*")]
    return found[0] if found else None


def test_an_ordinary_process_is_saved_with_its_keys(tmp_path: Path) -> None:
    """Else the next test would prove nothing."""
    dump = core(tmp_path, "soft")
    assert dump is not None
    assert KEY in dump


def test_there_is_no_core_file(tmp_path: Path) -> None:
    assert core(tmp_path, "both") is None


def test_a_core_file_made_nevertheless_holds_no_memory(tmp_path: Path) -> None:
    """As a handler behind a pipe gets it, whatever the limit is."""
    dump = core(tmp_path, "filter")
    assert dump is not None
    assert KEY not in dump


def test_programs_we_start_may_have_core_files_again() -> None:
    code = (
        "import resource; from cortex_desktop.system.hardening import keep_memory_out_of_dumps as keep; keep();"
        "print(*resource.getrlimit(resource.RLIMIT_CORE)); print(open('/proc/self/coredump_filter').read().strip());"
        "import os; print(os.stat('/proc/self/mem').st_uid == os.getuid())"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split("\n")
    soft, hard = out[0].split()
    assert soft == "0"
    assert hard == "-1" or int(hard) >= 0
    assert int(out[1], 16) == 0
    assert out[2] == "True", "a process that cannot be looked at is refused by desktop portals"
