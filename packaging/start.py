"""What the frozen program runs, as `python -m cortex_desktop` does."""

from cortex_desktop.__main__ import start
from cortex_desktop.system.environment import give_back

give_back()
start()
