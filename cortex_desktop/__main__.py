"""Arguments, then a command, the self-check or the window."""

from __future__ import annotations

import gc
import io
import logging
import os
import sys
import threading
import time
from typing import NoReturn

from .cli.arguments import parse

LAST_WORK_SECONDS = 1.0
"""How long the end of the process waits for work that is under way, such as the entry of the activity log."""


def main(arguments: list[str] | None = None) -> int:
    """Run the program. Returns the exit status: 0 after a normal quit, 1 when a self-check found something, or there is
    no screen, or a library of the system is missing.

    Bad arguments end the process with status 2 and one line on stderr.
    """
    chosen = parse(arguments)
    if chosen.quit or chosen.remove_all_data:
        from .cli import data

        if chosen.quit:
            return data.quit_running(chosen.data_dir)
        return data.remove_all_data(chosen.data_dir, ask=not chosen.yes)
    if chosen.command == "sandbox":
        from .cli.sandbox import run_sandbox

        return run_sandbox(chosen.data_dir, chosen.port, with_parent=chosen.parent)
    # For the budget of the start (docs/budgets.md): Python's own threshold has it look for garbage dozens of times
    # while modules are imported, and there is none.
    gc.set_threshold(100_000)
    try:
        if chosen.self_check:
            from .self_check import self_check

            return self_check(chosen.report, chosen.screenshots)
        from .ui.app import run
    except ImportError as error:
        from .system.screen import missing_library, tell_missing

        library = missing_library(error)
        if not library:
            raise
        tell_missing(library)
        return 1
    return run(chosen.data_dir)


def start() -> NoReturn:
    """Run the program as a process of its own, and end it with the exit status.

    A lane or a keychain call may still be busy. Its thread must not be alive when Python takes itself down: that would
    unwind it in the middle of C++ code, and abort the process (H-Q4).
    """
    _open_streams()
    status = main()
    end = time.monotonic() + LAST_WORK_SECONDS
    for thread in _others():
        thread.join(max(0.0, end - time.monotonic()))
    if _others():  # asked anew: one may have started another
        logging.shutdown()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)
    sys.exit(status)


def _open_streams() -> None:
    """Have all three standard streams, and none that refuses a character.

    Without a terminal they may be closed, as those of Windows' program for the Start menu are: what is said then goes
    nowhere. Redirected on Windows, they know the characters of one code page.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115  # for the whole run
        elif isinstance(stream, io.TextIOWrapper) and mode == "w":
            stream.reconfigure(errors="backslashreplace")


def _others() -> list[threading.Thread]:
    """Return the threads that are alive beside this one."""
    return [thread for thread in threading.enumerate() if thread is not threading.main_thread()]


if __name__ == "__main__":
    start()
