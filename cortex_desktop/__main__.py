"""Arguments, then the program."""

from __future__ import annotations

import argparse
import gc
import stat
import sys
from pathlib import Path
from typing import NoReturn

from . import __version__


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments."""

    def error(self, message: str) -> NoReturn:
        print(f"cortex-desktop: {message} (see --help)", file=sys.stderr)
        raise SystemExit(2)


def _parser() -> _Parser:
    parser = _Parser(
        prog="cortex-desktop",
        description="A desktop org console for Medable Cortex. An independent program, not made by Medable.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Cortex Desktop {__version__}")
    parser.add_argument("--data-dir", metavar="DIR", help="where everything the program writes goes")
    parser.add_argument(
        "--self-check",
        action="store_true",
        help="do the main job for real in a temporary data folder, say how it went, and leave nothing behind",
    )
    parser.add_argument("--quit", action="store_true", help="have the program that is running close, and wait for it")
    parser.add_argument(
        "--remove-all-data",
        action="store_true",
        help="remove all apps, their keys from the keychain, and the data folder from this computer, after a question",
    )
    parser.add_argument("--yes", action="store_true", help="with --remove-all-data: do not ask")
    parser.add_argument("--report", metavar="FILE", help="with --self-check: write what was found as JSON")
    parser.add_argument("--screenshots", metavar="DIR", help="with --self-check: write pictures of each step")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Run the program. Returns the exit status: 0 after a normal quit, 1 when a self-check found something.

    Bad arguments end the process with status 2 and one line on stderr.
    """
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

    if chosen.self_check:
        return bootstrap.self_check(chosen.report, chosen.screenshots)
    if chosen.quit:
        return bootstrap.quit_running(chosen.data_dir)
    if chosen.remove_all_data:
        return bootstrap.remove_all_data(chosen.data_dir, ask=not chosen.yes)
    return bootstrap.run(chosen.data_dir)


if __name__ == "__main__":
    sys.exit(main())
