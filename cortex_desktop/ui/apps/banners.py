"""What stands above the Apps page while something is wrong with keychain or database."""

from __future__ import annotations

from PySide6.QtCore import QObject, Slot

from ...domain.errors import CortexError
from ...domain.ports import VaultState
from ...services.damage import Damage
from ...services.keychain import KeychainStatus
from ..kit.i18n import long_time, translate_text
from ..workspace import Workspace
from .page import AppsPage


class Banners(QObject):
    """Shows the workspace's troubles on the page."""

    def __init__(self, workspace: Workspace, page: AppsPage) -> None:
        super().__init__(page)
        self._workspace = workspace
        self._page = page
        workspace.keychain_changed.connect(self._show_keychain)
        workspace.load_failed.connect(self._show_load_failed)
        workspace.damage_found.connect(self.show_damage)
        page.unlock_asked.connect(self._banner_acted)

    @Slot(KeychainStatus)
    def _show_keychain(self, status: KeychainStatus) -> None:
        banner = self._page.keychain_banner
        values = {"keychain": status.name}
        match status.state:
            case VaultState.UNLOCKED:
                self._page.put_keychain_banner_away()
            case VaultState.LOCKED:
                text = self.tr(
                    "Apps are listed, but keys can't be shown, copied or created until {keychain} is unlocked."
                )
                banner.show_message(
                    "warning",
                    "lock",
                    self.tr("Your keychain is locked"),
                    text.format(**values),
                    self.tr("Unlock…"),
                )
            case VaultState.MISSING if status.why is not None:
                why = status.why
                text = f"{translate_text(why.message)} {translate_text(why.advice)}"
                banner.show_message("warning", "circle-alert", translate_text(why.title), text, self.tr("Try again"))
            case VaultState.MISSING:
                text = self.tr(
                    "Apps are listed, but keys can't be shown, copied or created. "
                    "Start or install a keychain service, then try again."
                )
                banner.show_message(
                    "warning", "circle-alert", self.tr("No keychain was found"), text, self.tr("Try again")
                )
            case VaultState.FAILED:
                text = self.tr("{keychain} gives no answer. Keys that are already stored are not affected.")
                banner.show_message(
                    "warning",
                    "circle-alert",
                    self.tr("The keychain does not answer"),
                    text.format(**values),
                    self.tr("Try again"),
                )

    @Slot()
    def _banner_acted(self) -> None:
        if self._workspace.is_locked:
            self._workspace.unlock()
        else:
            self._workspace.look_at_keychain()

    @Slot(CortexError)
    def _show_load_failed(self, error: CortexError) -> None:
        self._page.load_failed(
            translate_text(error.title), f"{translate_text(error.message)} {translate_text(error.advice)}"
        )

    @Slot(Damage)
    def show_damage(self, damage: Damage) -> None:
        """Show what was wrong with the database and how it was repaired. Stays until it is dismissed."""
        if damage.found:
            title, text = self.tr("Your app list was damaged"), self._damage_words(damage)
            self._page.storage_banner.show_message("warning", "triangle-alert", title, text, dismissable=True)
        elif damage.while_running:
            if damage.set_aside:
                text = self.tr(
                    "The list here stays in use and is saved. The other version is kept as {name} in the data folder; "
                    "no key was changed."
                ).format(name=damage.set_aside)
            else:
                text = self.tr("The list here stays in use and is saved again. No key was changed.")
            title = self.tr("Another program has replaced your app list")
            self._page.storage_banner.show_message("warning", "triangle-alert", title, text, dismissable=True)
        elif damage.changed_outside:
            self._page.storage_banner.show_message(
                "info",
                "info",
                self.tr("Your app list was changed by another program"),
                self.tr(
                    "It is shown as it is now. A copy is kept in the data folder. Check keychain finds what does not "
                    "match."
                ),
                dismissable=True,
            )

    def _damage_words(self, damage: Damage) -> str:
        text = []
        if damage.restored_from is not None:
            restored = self.tr("It was restored with %n app(s) as of {time}.", "", damage.apps or 0)
            text.append(restored.format(time=long_time(damage.restored_from)))
        elif damage.set_aside or not damage.unreadable:
            text.append(self.tr("There was no backup to restore, so the list starts anew. Keys stay in the keychain."))
        if damage.set_aside:
            text.append(self.tr("The damaged file is kept as {name}.").format(name=damage.set_aside))
        if damage.unreadable:
            words = self.tr("%n entry(s) cannot be read and were left in the file as they are.", "", damage.unreadable)
            text.append(words)
        return " ".join(text)
