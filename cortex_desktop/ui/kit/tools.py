"""What every page works with."""

from __future__ import annotations

from dataclasses import dataclass

from .clipboard import SecretClipboard
from .dialog_host import DialogHost
from .reveal import Reveal
from .settings import Settings
from .toasts import Toasts
from .widgets import Look


@dataclass(frozen=True)
class Tools:
    """One of each in the program."""

    look: Look
    settings: Settings
    dialogs: DialogHost
    toasts: Toasts
    clipboard: SecretClipboard
    reveal: Reveal

    def put_keys_away(self) -> None:
        """Hide what is revealed and clear the clipboard."""
        self.reveal.end()
        self.clipboard.clear()
