"""Several keychain items of one name: which is the right one, and what becomes of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from ...domain.errors import ChangedSince, ChoiceNeeded, CortexError, DoubleNotText, SecretDiffers, SecretMissing
from ...domain.model import APP_SECRETS, App
from ...domain.secret import KeyEnds, Secret, SecretKind, SecretRef, well_formed
from .. import transitions
from .recovery import Recovery
from .removal import Removal
from .two_stores import TwoStores


class Doubles:
    """Has the keychain hold one item of a name again, and loses no key by that. Use it on the vault lane.

    The right one is the one whose ends are those of the row. Another key that is held under the name too goes to a free
    number of the app first, where the keychain check finds it as one that the list does not know.
    """

    def __init__(self, stores: TwoStores, recovery: Recovery, removal: Removal) -> None:
        self._stores = stores
        self._recovery = recovery
        self._removal = removal

    def keep_one(self, app_id: str, ref: SecretRef, chosen: int | None = None) -> Callable[[], None] | None:
        """Keep the right item of this name. Returns what takes that back, None where there is only one.

        chosen: which of `ChoiceNeeded.choices` a person chose. Raises ChoiceNeeded where one is needed; SecretDiffers
        where none of them holds a key; DoubleNotText where one could not be put back; AppGone, SecretElsewhere,
        FolderInDoubt, VaultError, StorageError.
        """
        stores = self._stores
        app = stores.app_here(app_id)
        found = stores.vault.read_all(ref)
        if len(found) < 2 or ref.version not in app.versions:
            return None
        stores.folder.require_removal()
        texts = [each for each in found if each is not None]
        if len(texts) < len(found):
            raise DoubleNotText(stores.vault.name)
        right = self._right(app, ref, texts, chosen)
        others = [each for each in texts if each != right]
        moved = [place for other in _distinct(ref.kind, others) for place in self._move(app, ref, other)]
        before = _ends(app, ref.version)
        if ref.kind is SecretKind.API_KEY:
            self._set_ends(app_id, ref.version, KeyEnds.of(right))
        self._removal.keep_one(app, ref, right)

        def take_back() -> None:
            if any(place.version in stores.repository.app(app_id).versions for place in moved):
                raise ChangedSince(app.label)
            for other in others:
                stores.vault.add_double(ref, other)
            self._set_ends(app_id, ref.version, before)
            self._removal.take_back(moved)

        return take_back

    def _right(self, app: App, ref: SecretRef, texts: Sequence[Secret], chosen: int | None) -> Secret:
        keys = _distinct(ref.kind, texts)
        if not keys:
            raise SecretDiffers(self._stores.vault.name)
        if chosen is not None and chosen < len(keys):
            return keys[chosen]
        fitting = keys
        if ref.kind is SecretKind.API_KEY:
            fitting = [key for key in keys if KeyEnds.of(key) == _ends(app, ref.version)]
        if len(fitting) != 1:
            raise ChoiceNeeded(tuple(map(KeyEnds.of, keys)))
        return fitting[0]

    def _move(self, app: App, ref: SecretRef, other: Secret) -> list[SecretRef]:
        """Store what is not the app's under a free number, whole with what belongs to it. Returns what was stored."""
        stores = self._stores
        app = stores.repository.app(app.id)
        if any(self._held(ref_of(ref, number, ref.kind)) == other for number in app.taken):
            return []  # by an attempt that was cut short
        number = self._recovery.free_number(app)
        stores.repository.change_app(app.id, partial(transitions.take_number, number=number))
        whole = {kind: self._held(ref_of(ref, ref.version, kind)) for kind in APP_SECRETS} | {ref.kind: other}
        written: list[SecretRef] = []
        try:
            for kind, secret in whole.items():
                if secret is not None:
                    written.append(ref_of(ref, number, kind))
                    stores.vault.store(written[-1], secret)
        except CortexError:
            with suppress(CortexError):
                self._removal.take_back(written)
            raise
        return written

    def _held(self, ref: SecretRef) -> Secret | None:
        try:
            return self._stores.vault.read(ref, may_ask=True)
        except (SecretMissing, SecretDiffers):
            return None

    def _set_ends(self, app_id: str, number: int, ends: KeyEnds) -> None:
        change = partial(transitions.change_ends, number=number, key_ends=ends)
        self._stores.repository.change_app(app_id, change)


def ref_of(ref: SecretRef, number: int, kind: SecretKind) -> SecretRef:
    """Return the place of this secret of another version of the same app."""
    return SecretRef(ref.org_id, ref.app_id, kind, number)


def _distinct(kind: SecretKind, texts: Sequence[Secret]) -> list[Secret]:
    """Return what can be keys, each once, always in the same order."""
    return [Secret(text) for text in sorted({each.reveal() for each in texts if well_formed(kind, each)})]


def _ends(app: App, number: int) -> KeyEnds:
    return next((kept.key_ends for kept in app.kept if kept.number == number), app.key_ends)
