"""What PySide6 loads when it is loaded our way, each time in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import shiboken6

UNPACKED = Path(shiboken6.__file__).parent / "files.dir"

LOAD = """
import sys, threading
from cortex_desktop.system import pyside
pyside.load()
from PySide6.QtCore import QObject, QTimer
def waits(name):
    return name in sys.modules and "__getattr__" in vars(sys.modules[name])
"""


def run(code: str, load: str = LOAD) -> str:
    done = subprocess.run([sys.executable, "-c", load + code], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_it_was_unpacked_when_the_environment_was_made() -> None:
    assert (UNPACKED / "shibokensupport" / "signature" / "parser.py").is_file()


def test_what_serves_programmers_waits() -> None:
    waiting = run("import dataclasses\nprint(*(name for name in pyside.FOR_ERRORS_AND_DOCS if waits(name)))").split()
    assert set(waiting) > {"inspect", "shibokensupport.signature.parser", "shibokensupport.signature.lib.pyi_generator"}


def test_a_wrong_call_is_told_with_its_signatures() -> None:
    said = run(
        """
try:
    QTimer("never")
except TypeError as error:
    print(error)
"""
    )
    assert "called with wrong argument types" in said
    assert "PySide6.QtCore.QTimer.__init__(parent: PySide6.QtCore.QObject | None = None" in said


def test_help_says_how_a_function_is_called() -> None:
    ask = "print(QTimer.singleShot.__doc__, QObject.__doc__)"
    assert run(ask) == run(ask, load="from PySide6.QtCore import QObject, QTimer\n")


def test_what_waits_works_when_asked() -> None:
    said = run(
        """
import base64, inspect, tempfile, textwrap
print(inspect.signature(waits), base64.b64encode(b"x"), textwrap.dedent("  y"), waits("inspect"))
with tempfile.TemporaryFile() as file:
    print(file.writable())
"""
    )
    assert said == "(name) b'eA==' y False\nTrue"


def test_it_has_no_more_names_than_it_should() -> None:
    assert run("import inspect\nprint(hasattr(inspect, '__path__'), waits('inspect'))") == "False True"
    said = run(
        """
import inspect
try:
    inspect.no_such_name
except AttributeError as error:
    print(error)
print(waits("inspect"))
"""
    )
    assert said == "module 'inspect' has no attribute 'no_such_name'\nFalse"


def test_threads_that_ask_at_once_all_get_it() -> None:
    said = run(
        """
import inspect
begin, found = threading.Barrier(8), []
def ask():
    begin.wait()
    found.append(inspect.signature(waits).parameters["name"].kind.name)
threads = [threading.Thread(target=ask) for _ in range(8)]
for thread in threads: thread.start()
for thread in threads: thread.join()
print(len(found), set(found))
"""
    )
    assert said == "8 {'POSITIONAL_OR_KEYWORD'}"


def test_import_is_pythons_own() -> None:
    assert run("import builtins\nprint(builtins.__import__ is builtins.__orig_import__)") == "True"


@pytest.mark.parametrize("name", ["snake_case", "true_property"])
def test_features_are_not_there(name: str) -> None:
    assert run(f"try:\n    from __feature__ import {name}\nexcept ImportError:\n    print('not there')") == "not there"
