"""The command line's arguments."""

from __future__ import annotations

import argparse
import os
import stat
import sys
from pathlib import Path
from typing import NoReturn

from .. import __version__
from ..system.paths import DATA_DIR_VARIABLE


class _Parser(argparse.ArgumentParser):
    """Says in one line what is wrong with the arguments."""

    def error(self, message: str) -> NoReturn:
        print(f"cortex-desktop: {message} (see --help)", file=sys.stderr)
        raise SystemExit(2)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The arguments, `sys.argv` by default. Bad ones end the process with status 2 and one line on stderr."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if not chosen.self_check and (chosen.report or chosen.screenshots):
        parser.error("--report and --screenshots need --self-check")
    if chosen.yes and not chosen.remove_all_data:
        parser.error("--yes needs --remove-all-data")
    if chosen.self_check + chosen.quit + chosen.remove_all_data > 1:
        parser.error("--self-check, --quit and --remove-all-data cannot be combined")
    if chosen.command and (chosen.self_check or chosen.quit or chosen.remove_all_data):
        parser.error(f"{chosen.command} cannot be combined with --self-check, --quit and --remove-all-data")
    if chosen.data_dir is not None:
        _check_folder(parser, "--data-dir", chosen.data_dir)
    elif not chosen.self_check and (folder := os.environ.get(DATA_DIR_VARIABLE)):
        _check_folder(parser, DATA_DIR_VARIABLE, folder)
    return chosen


def _parser() -> _Parser:
    parser = _Parser(
        prog="cortex-desktop",
        description="A desktop org console for Medable Cortex. An independent program, not made by Medable.",
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"Cortex Desktop {__version__}")
    parser.add_argument("--data-dir", metavar="DIR", help="folder for everything that the program writes")
    parser.add_argument(
        "--self-check",
        action="store_true",
        help="create, copy and delete a key with the real keychain in a temporary folder, and leave nothing behind",
    )
    parser.add_argument(
        "--quit", action="store_true", help="close the program that is running, and wait until it has ended"
    )
    parser.add_argument(
        "--remove-all-data",
        action="store_true",
        help="remove all apps, their keys from the keychain, and the data folder from this computer, after a question",
    )
    parser.add_argument("--yes", action="store_true", help="with --remove-all-data: do not ask")
    parser.add_argument("--report", metavar="FILE", help="with --self-check: write what was found as JSON")
    parser.add_argument("--screenshots", metavar="DIR", help="with --self-check: write pictures of each step")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", title="commands")
    sandbox = commands.add_parser(
        "sandbox",
        help="answer requests on this computer as Cortex does, for all apps, until Ctrl+C",
        description="Answers requests on this computer as Cortex's documentation says that Cortex does, for all apps "
        "of the data folder, until Ctrl+C. Nothing of it was tried on a real Cortex.",
        allow_abbrev=False,
    )
    sandbox.add_argument("--port", metavar="N", type=_port, help="the port to use; otherwise the last one, or 8631")
    sandbox.add_argument("--parent", action="store_true", help=argparse.SUPPRESS)  # how the window starts it
    return parser


def _port(text: str) -> int:
    if text.isascii() and text.isdecimal() and 0 < int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError("a port is a number from 1 to 65535")


def _check_folder(parser: _Parser, where: str, name: str) -> None:
    """End the process if `name` cannot be a folder. where: it was given."""
    if not name.strip():
        parser.error(f"{where} needs the name of a folder")
    try:
        found = Path(name).expanduser().stat()
    except FileNotFoundError:
        return  # it will be made
    except (OSError, RuntimeError):
        parser.error(f"{where}: {name} cannot be a folder")
    if not stat.S_ISDIR(found.st_mode):
        parser.error(f"{where}: {name} is not a folder")
