"""Finds the app and the version that an API key belongs to, by the ends of the key that the database holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..domain.errors import SecretMissing
from ..domain.model import App, AppState
from ..domain.ports import Vault
from ..domain.secret import KeyEnds, Secret


@dataclass(frozen=True)
class KeyVersion:
    """A version of an app's key."""

    app: App
    number: int


def index_keys(apps: Iterable[App]) -> dict[KeyEnds, list[KeyVersion]]:
    """Map key ends to the current and kept versions that have them, oldest app first.

    Apps whose removal has begun are left out.
    """
    index: dict[KeyEnds, list[KeyVersion]] = {}
    for app in apps:
        if app.state is not AppState.DELETING:
            index.setdefault(app.key_ends, []).append(KeyVersion(app, app.version))
            for kept in app.kept:
                index.setdefault(kept.key_ends, []).append(KeyVersion(app, kept.number))
    return index


def find_key(key: Secret, apps: Iterable[App], vault: Vault) -> KeyVersion | None:
    """Return the version that is this key, or None. Read from the keychain only those with the same ends.

    Raises VaultError.
    """
    for version in index_keys(apps).get(KeyEnds.of(key), ()):
        try:
            if vault.read(version.app.refs_of(version.number)[0]) == key:
                return version
        except SecretMissing:
            continue
    return None
