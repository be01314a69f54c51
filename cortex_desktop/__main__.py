"""Arguments, then a command, the self-check or the window."""

from __future__ import annotations

import gc
import sys

from .cli.arguments import parse


def main(arguments: list[str] | None = None) -> int:
    """Run the program. Returns the exit status: 0 after a normal quit, 1 when a self-check found something.

    Bad arguments end the process with status 2 and one line on stderr.
    """
    chosen = parse(arguments)
    if chosen.quit or chosen.remove_all_data:
        from .cli import data

        if chosen.quit:
            return data.quit_running(chosen.data_dir)
        return data.remove_all_data(chosen.data_dir, ask=not chosen.yes)
    # For the budget of the start (docs/budgets.md): Python's own threshold has it look for garbage dozens of times
    # while modules are imported, and there is none.
    gc.set_threshold(100_000)
    if chosen.self_check:
        from .self_check import self_check

        return self_check(chosen.report, chosen.screenshots)
    from .ui.app import run

    return run(chosen.data_dir)


if __name__ == "__main__":
    sys.exit(main())
