"""The user and the name of this computer, for the activity log."""

from __future__ import annotations

import os
import sys


def user_and_computer() -> tuple[str, str]:
    """The name of the operating system's user and the computer's; may ask a directory server, so not on the GUI thread.

    What the environment says of the user does not count, since anybody can set it.
    """
    import platform  # rarely needed, and it shows in the start-up time

    return _user(), platform.node()


def _user() -> str:
    if sys.platform == "win32":
        try:
            return os.getlogin()  # there it asks the system
        except OSError:
            return ""
    import pwd

    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # containers run under numbers without a name
        return str(os.geteuid())
