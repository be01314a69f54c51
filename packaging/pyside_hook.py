"""Runs before PyInstaller's own hook loads PySide6, so that it is loaded as the program wants it."""

import gc

gc.disable()  # as `cortex_desktop.__main__` does later on; until then it would take 6 ms

from cortex_desktop.system import pyside  # noqa: E402

pyside.load()
