"""All use cases of apps, built for two stores."""

from __future__ import annotations

from dataclasses import dataclass

from .create import AppCreation
from .delete import AppDeletion
from .doubles import Doubles
from .edit import AppEditing
from .listing import AppListing
from .logins import RememberedLogins
from .own_keys import OwnKeys
from .recovery import Recovery
from .removal import Removal
from .rotate import KeyRotation
from .two_stores import TwoStores
from .use import AppUse


@dataclass(frozen=True)
class AppServices:
    """The use cases of apps on the same two stores."""

    stores: TwoStores
    listing: AppListing
    creation: AppCreation
    editing: AppEditing
    use: AppUse
    rotation: KeyRotation
    deletion: AppDeletion
    removal: Removal
    recovery: Recovery
    own_keys: OwnKeys
    doubles: Doubles
    logins: RememberedLogins

    @classmethod
    def build(cls, stores: TwoStores) -> AppServices:
        """Build the use cases for these stores. Touches neither disk nor keychain."""
        removal = Removal(stores)
        recovery = Recovery(stores, removal)
        return cls(
            stores,
            AppListing(stores.repository),
            AppCreation(stores, recovery),
            AppEditing(stores, recovery, removal),
            AppUse(stores),
            KeyRotation(stores, recovery, removal),
            AppDeletion(stores, removal),
            removal,
            recovery,
            OwnKeys(stores),
            Doubles(stores, recovery, removal),
            RememberedLogins(stores, removal),
        )
