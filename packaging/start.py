"""What the frozen program runs, as `python -m cortex_desktop` does."""

from cortex_desktop.__main__ import start

start()
