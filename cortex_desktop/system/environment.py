"""The person's environment, which the packaged program got from its starter with another value in it."""

from __future__ import annotations

import os
from collections.abc import MutableMapping

LIBRARIES = "LD_LIBRARY_PATH"


def give_back(environment: MutableMapping[str, str] = os.environ) -> None:
    """Restore the person's own library path, so that programs we start get their libraries and not ours.

    Call it in the packaged program only: PyInstaller's starter has set it, and kept the person's as NAME_ORIG. Our
    own libraries are found all the same, as the loader has read the variable already.
    """
    original = environment.pop(f"{LIBRARIES}_ORIG", "")
    if original:
        environment[LIBRARIES] = original
    else:
        environment.pop(LIBRARIES, None)
