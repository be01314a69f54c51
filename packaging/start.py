"""What the frozen program runs, as `python -m cortex_desktop` does."""

import sys

from cortex_desktop.__main__ import start
from cortex_desktop.system.environment import give_back

if sys.platform == "linux":
    give_back()
start()
