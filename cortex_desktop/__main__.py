"""Arguments, then a command, the self-check or the window."""

from __future__ import annotations

<<<<<<< HEAD
=======
import argparse
import gc
import stat
>>>>>>> system
import sys

from .cli.arguments import parse


def main(arguments: list[str] | None = None) -> int:
    """Run the program. Returns the exit status: 0 after a normal quit, 1 when a self-check found something.

    Bad arguments end the process with status 2 and one line on stderr.
    """
<<<<<<< HEAD
    chosen = parse(arguments)
    if chosen.quit or chosen.remove_all_data:
        from .cli import data
=======
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if not chosen.self_check and (chosen.report or chosen.screenshots):
        parser.error("--report and --screenshots go with --self-check")
    if chosen.yes and not chosen.remove_all_data:
        parser.error("--yes goes with --remove-all-data")
    if chosen.self_check + chosen.quit + chosen.remove_all_data > 1:
        parser.error("--self-check, --quit and --remove-all-data do not go together")
    if chosen.data_dir is not None:
        if not chosen.data_dir.strip():
            parser.error("--data-dir needs the name of a folder")
        try:
            found = Path(chosen.data_dir).expanduser().stat()
        except FileNotFoundError:
            pass  # it will be made
        except (OSError, RuntimeError):
            parser.error(f"--data-dir: {chosen.data_dir} cannot be a folder")
        else:
            if not stat.S_ISDIR(found.st_mode):
                parser.error(f"--data-dir: {chosen.data_dir} is not a folder")
    # For the budget of the start (docs/budgets.md): Python's own threshold has it look for garbage dozens of times while
    # modules are imported, and there is none.
    gc.set_threshold(100_000)
    from . import bootstrap
>>>>>>> system

        if chosen.quit:
            return data.quit_running(chosen.data_dir)
        return data.remove_all_data(chosen.data_dir, ask=not chosen.yes)
    if chosen.self_check:
        from .self_check import self_check

        return self_check(chosen.report, chosen.screenshots)
    from .ui.app import run

    return run(chosen.data_dir)


if __name__ == "__main__":
    sys.exit(main())
