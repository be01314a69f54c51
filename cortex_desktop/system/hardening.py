"""Keep what is in memory, keys among it, out of crash dumps."""

from __future__ import annotations

import sys
from contextlib import suppress


def keep_memory_out_of_dumps() -> None:
    """Ask the system to leave our memory out of what it saves when the program crashes.

    Call it before the first key is read. Failing is no reason not to work; a system that refuses is as it was.
    """
    if sys.platform == "win32":
        import ctypes

        with suppress(AttributeError, OSError):
            # WER_FAULT_REPORTING_FLAG_NOHEAP: error reports go without the heap.
            ctypes.WinDLL("kernel32").WerSetFlags(1)
        return
    import resource

    with suppress(OSError, ValueError):
        # The soft limit alone: programs that we start, a file manager say, may raise it again.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
    if sys.platform == "linux":
        # The limit does not hold for a handler behind a pipe (apport, systemd), but this does: dump no mapping.
        # PR_SET_DUMPABLE would do more and break more: the desktop portals then refuse to talk to us, and with them
        # go dark mode and opening folders (flatpak/xdg-desktop-portal#785 and #1490).
        with suppress(OSError), open("/proc/self/coredump_filter", "w", encoding="ascii") as mappings:
            mappings.write("0")
