"""What the frozen program runs: the package's own `main`, as `python -m cortex_desktop` does."""

import sys

from cortex_desktop.__main__ import main
from cortex_desktop.system.environment import give_back

give_back()
sys.exit(main())
