"""The errors that people see: what happened, what it means for their keys, what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum

from .folder import Standing
from .secret import KeyEnds
from .text import QT_TRANSLATE_NOOP, Text


class CortexError(Exception):
    """Base of all errors that a person may see. Its texts never hold a key or a secret.

    title: what happened; message: what it means; advice: what to do next.
    """

    def __init__(self, title: str, message: str, advice: str, values: Mapping[str, str] | None = None) -> None:
        self.title = Text(title, values or {})
        self.message = Text(message, values or {})
        self.advice = Text(advice, values or {})
        super().__init__(f"{self.title}. {self.message} {self.advice}")


class Defect(CortexError):
    """The program itself failed. Crash capture holds the details."""

    def __init__(self) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "Something went wrong inside Cortex Desktop"),
            QT_TRANSLATE_NOOP("core", "What was stored before is still there."),
            QT_TRANSLATE_NOOP("core", "Check whether your last action took effect."),
        )


class LabelError(CortexError):
    """The label does not follow the rules of `rules.clean_label`."""


class DetailError(CortexError):
    """Notes or an owner do not follow the rules of `rules.clean_notes` and `rules.clean_owner`."""


class KeyFormError(CortexError):
    """The text to import is no API key, or no API secret."""

    def __init__(self) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "This is not an API key"),
            QT_TRANSLATE_NOOP(
                "core",
                "A key has 22 letters and digits, or is the name of an app that begins with c_. A secret has 64 "
                "letters and digits, and only an app without Sessions has one. Nothing was added.",
            ),
            QT_TRANSLATE_NOOP("core", "Copy the key from the web console once more."),
        )


class KeyKnown(CortexError):
    """An app already has the key that a person imports.

    label: of that app; deleted: the app can be restored; removed: its org can be restored.
    """

    def __init__(self, label: str, org: str, *, deleted: bool, removed: bool = False) -> None:
        message = QT_TRANSLATE_NOOP("core", "It belongs to “{label}” of {org}. Nothing was added.")
        advice = QT_TRANSLATE_NOOP("core", "Use that app, or paste another key.")
        if removed:
            message = QT_TRANSLATE_NOOP(
                "core", "It belongs to “{label}” of {org}, which was removed. Nothing was added."
            )
            advice = QT_TRANSLATE_NOOP("core", "Restore that organization from its page, under Recently removed.")
        elif deleted:
            message = QT_TRANSLATE_NOOP(
                "core", "It belongs to “{label}” of {org}, which was deleted. Nothing was added."
            )
            advice = QT_TRANSLATE_NOOP("core", "Restore that app from Recently deleted.")
        super().__init__(
            QT_TRANSLATE_NOOP("core", "This key is here already"), message, advice, {"label": label, "org": org}
        )


class OrgError(CortexError):
    """An org's details do not follow the rules of `rules.clean_org`. field: which one of `Org`."""

    def __init__(
        self, field: str, title: str, message: str, advice: str, values: Mapping[str, str] | None = None
    ) -> None:
        self.field = field
        super().__init__(title, message, advice, values)


class VaultProblem(Enum):
    """The five ways in which a keychain refuses."""

    MISSING = "missing"  # there is no keychain to talk to
    LOCKED = "locked"  # it wants its password first
    DENIED = "denied"  # it, or the person at its prompt, refused
    FULL = "full"  # it takes no more items
    FAILED = "failed"  # anything else, including no answer in time


class VaultError(CortexError):
    """A keychain call failed. problem: in which of the five ways.

    detail: the kind of the original error, for the log; never its text, which may quote what was stored.
    """

    def __init__(self, problem: VaultProblem, keychain: str, detail: str = "") -> None:
        self.problem = problem
        self.detail = detail
        title, message, advice = _VAULT_WORDS[problem]
        super().__init__(title, message, advice, {"keychain": keychain})


class VaultTimeout(VaultError):
    """The keychain gave no answer before the deadline, or the person chose to stop waiting.

    Whether the call took effect is unknown, so nothing may be undone because of it.
    """

    def __init__(self, keychain: str) -> None:
        super().__init__(VaultProblem.FAILED, keychain, "no answer")
        values = {"keychain": keychain}
        self.title = Text(QT_TRANSLATE_NOOP("core", "The keychain does not answer"), values)
        self.message = Text(
            QT_TRANSLATE_NOOP("core", "{keychain} gave no answer. Keys that are already stored are not affected."),
            values,
        )
        self.advice = Text(
            QT_TRANSLATE_NOOP("core", "Look for a system prompt behind this window, answer it, and try again."),
            values,
        )
        self.args = (f"{self.title}. {self.message} {self.advice}",)


class NothingExposed(VaultError):
    """KeePassXC runs, and shares no group with other programs."""

    def __init__(self, keychain: str) -> None:
        super().__init__(VaultProblem.MISSING, keychain, "no exposed group")
        values = {"keychain": keychain}
        self.title = Text(QT_TRANSLATE_NOOP("core", "KeePassXC shares no group"), values)
        self.message = Text(
            QT_TRANSLATE_NOOP(
                "core", "Apps are listed, but keys can't be shown, copied or created until a database shares a group."
            ),
            values,
        )
        self.advice = Text(
            QT_TRANSLATE_NOOP(
                "core",
                "In KeePassXC open Database > Database Settings > Secret Service Integration, choose “Expose entries "
                "under this group”, and pick a group. Then try again.",
            ),
            values,
        )
        self.args = (f"{self.title}. {self.message} {self.advice}",)


class KeychainEmpty(VaultError):
    """The keychain holds nothing at all, as KWallet seems to after its service died and came back."""

    def __init__(self, keychain: str) -> None:
        super().__init__(VaultProblem.FAILED, keychain, "empty")
        values = {"keychain": keychain}
        self.title = Text(QT_TRANSLATE_NOOP("core", "The keychain seems to be empty"), values)
        self.message = Text(
            QT_TRANSLATE_NOOP(
                "core", "{keychain} holds nothing at all, as after a crash of its service. Nothing was changed."
            ),
            values,
        )
        self.advice = Text(
            QT_TRANSLATE_NOOP("core", "Log out of the desktop and in again. If it stays empty, restore the keychain."),
            values,
        )
        self.args = (f"{self.title}. {self.message} {self.advice}",)


class ItemRefused(VaultError):
    """The keychain is unlocked, and this item is not: it is locked by itself, as KeePassXC's can be."""

    def __init__(self, keychain: str) -> None:
        super().__init__(VaultProblem.DENIED, keychain, "item locked")


class NumberTaken(VaultError):
    """Another secret is stored under this number of the app. Nothing was stored or overwritten."""

    def __init__(self, keychain: str) -> None:
        super().__init__(VaultProblem.FAILED, keychain, "number taken")
        values = {"keychain": keychain}
        self.title = Text(QT_TRANSLATE_NOOP("core", "The keychain holds a newer key"), values)
        self.message = Text(
            QT_TRANSLATE_NOOP("core", "{keychain} holds a key that this list does not know. Nothing was changed."),
            values,
        )
        self.advice = Text(QT_TRANSLATE_NOOP("core", "Run the keychain check: it offers to use that key."), values)
        self.args = (f"{self.title}. {self.message} {self.advice}",)


class SecretMissing(CortexError):
    """The database has the app, but the keychain does not hold its secret.

    provider: the name of the program that stored it, by the app's row; "" where that is not known.
    """

    def __init__(self, keychain: str, provider: str = "") -> None:
        title = QT_TRANSLATE_NOOP("core", "The key is missing")
        message = QT_TRANSLATE_NOOP(
            "core", "{keychain} no longer holds this app's key. It was removed outside this program."
        )
        advice = QT_TRANSLATE_NOOP("core", "Rotate the key for a new one, or restore the keychain from a backup.")
        if provider not in ("", keychain):
            title = QT_TRANSLATE_NOOP("core", "The key is in another keychain")
            message = QT_TRANSLATE_NOOP(
                "core", "It was stored in {provider}. The keychain is {keychain} now, which does not hold it."
            )
            advice = QT_TRANSLATE_NOOP("core", "Switch back to {provider}, or type the key again in the app's menu.")
        super().__init__(title, message, advice, {"keychain": keychain, "provider": provider})


class SecretElsewhere(CortexError):
    """The app's secrets are in another keychain than this one, e.g. on another operating system."""

    def __init__(self, keychain: str) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "The key is in another keychain"),
            QT_TRANSLATE_NOOP(
                "core", "This app was made on another system, whose keychain holds its key. {keychain} does not."
            ),
            QT_TRANSLATE_NOOP("core", "Use the app on that system, or create a new one here."),
            {"keychain": keychain},
        )


class SecretDiffers(CortexError):
    """The keychain holds another value than the one that the app's row describes."""

    def __init__(self, keychain: str) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "The keychain holds another key"),
            QT_TRANSLATE_NOOP(
                "core", "What {keychain} holds for this app is not the key on this list. Nothing was shown or copied."
            ),
            QT_TRANSLATE_NOOP("core", "Run the keychain check: it offers to use that key, or to make a new one."),
            {"keychain": keychain},
        )


class ChoiceNeeded(CortexError):
    """Only a person can tell which of several items is the right one. choices: the ends of what they hold."""

    def __init__(self, choices: tuple[KeyEnds, ...]) -> None:
        self.choices = choices
        super().__init__(
            QT_TRANSLATE_NOOP("core", "Which key is the right one?"),
            QT_TRANSLATE_NOOP(
                "core", "The keychain holds several for this app, and the list cannot tell them apart. Nothing changed."
            ),
            QT_TRANSLATE_NOOP("core", "Choose one in the keychain check."),
        )


class SecretNotText(SecretDiffers):
    """The keychain holds something that is no key at all: it is empty, too long, or no text."""

    def __init__(self, keychain: str) -> None:
        super().__init__(keychain)
        values = {"keychain": keychain}
        self.title = Text(QT_TRANSLATE_NOOP("core", "The keychain holds no key here"), values)
        self.message = Text(
            QT_TRANSLATE_NOOP(
                "core", "What {keychain} holds for this app is empty, too long or no text. Nothing was shown or copied."
            ),
            values,
        )
        self.advice = Text(QT_TRANSLATE_NOOP("core", "Run the keychain check: it offers to make a new key."), values)
        self.args = (f"{self.title}. {self.message} {self.advice}",)


class DoubleNotText(CortexError):
    """One of several keychain items of a name is no text, and could not be stored again."""

    def __init__(self, keychain: str) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "One of the entries is no text"),
            QT_TRANSLATE_NOOP("core", "It could not be put back once it is removed, so nothing was removed."),
            QT_TRANSLATE_NOOP("core", "Look at it in {keychain}, and remove it there if nobody needs it."),
            {"keychain": keychain},
        )


class FolderInDoubt(CortexError):
    """Nothing is removed from the keychain until it is known what this data folder is."""

    def __init__(self, standing: Standing) -> None:
        self.standing = standing
        message, advice = _DOUBT_WORDS[standing]
        super().__init__(QT_TRANSLATE_NOOP("core", "Nothing is removed for now"), message, advice)


class LookOnly(CortexError):
    """The folder is a view-only copy."""

    def __init__(self) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "This copy is view only"),
            QT_TRANSLATE_NOOP(
                "core", "Its keys belong to the folder that it was copied from, so none is made or changed here."
            ),
            QT_TRANSLATE_NOOP("core", "Work in that folder, or give this copy keys of its own first."),
        )


class AnswerNotPossible(CortexError):
    """This answer does not fit what the data folder is."""

    def __init__(self) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "This cannot be chosen here"),
            QT_TRANSLATE_NOOP("core", "What is known of this folder has changed meanwhile. Nothing was changed."),
            QT_TRANSLATE_NOOP("core", "Look at the choices that are offered now."),
        )


class VersionGone(CortexError):
    """The earlier version is no longer kept."""

    def __init__(self) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "This earlier key is gone"),
            QT_TRANSLATE_NOOP(
                "core", "The time to keep it has ended, and it is being removed. The present key is not affected."
            ),
            QT_TRANSLATE_NOOP("core", "Rotate the key for a new one, and keep the present one for longer."),
        )


class TooManyVersions(CortexError):
    """The app has had `model.LAST_VERSION` versions."""

    def __init__(self) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "This key cannot be replaced any more"),
            QT_TRANSLATE_NOOP("core", "It was replaced almost 10,000 times. The present key is not affected."),
            QT_TRANSLATE_NOOP("core", "Create a new app instead."),
        )


class NotFinished(CortexError):
    """An operation on both stores stopped half-way. Recovery completes or undoes it."""

    def __init__(self, label: str) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "Not finished yet"),
            QT_TRANSLATE_NOOP(
                "core", "“{label}” is saved, but the keychain has not confirmed it yet. Nothing is lost."
            ),
            QT_TRANSLATE_NOOP(
                "core",
                "It is completed or undone as soon as the keychain answers, at the latest at the next start.",
            ),
            {"label": label},
        )


class StorageError(CortexError):
    """The database or the log could not be read or written. What was on disk before is still there."""


class AppGone(CortexError):
    """The app is no longer in the database, or is being removed."""

    def __init__(self) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "This app is gone"),
            QT_TRANSLATE_NOOP("core", "It was deleted meanwhile. Other apps are not affected."),
            QT_TRANSLATE_NOOP("core", "Select another app."),
        )


class ChangedSince(CortexError):
    """An action cannot be reversed: the app was changed again."""

    def __init__(self, label: str) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "Changed since"),
            QT_TRANSLATE_NOOP("core", "“{label}” was changed again meanwhile, so it stays as it is now."),
            QT_TRANSLATE_NOOP("core", "Check it, and change it by hand if needed."),
            {"label": label},
        )


class OrgGone(CortexError):
    """The org is no longer in the database, or is removed."""

    def __init__(self) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "This organization is gone"),
            QT_TRANSLATE_NOOP("core", "It was removed meanwhile. Other organizations are not affected."),
            QT_TRANSLATE_NOOP("core", "Choose another organization."),
        )


class OnlyOrg(CortexError):
    """The last org cannot be removed."""

    def __init__(self) -> None:
        super().__init__(
            QT_TRANSLATE_NOOP("core", "This is your only organization"),
            QT_TRANSLATE_NOOP("core", "There must be one to work in. Nothing was removed."),
            QT_TRANSLATE_NOOP("core", "Add another organization first, then remove this one."),
        )


class UpdateProblem(Enum):
    """Why a check for updates failed."""

    NO_FEED = "no feed"  # no address is set
    NOT_HTTPS = "not https"
    NOT_SAFE = "not safe"  # the certificate is not the host's, or the answer leads away from HTTPS
    PROXY = "proxy"
    STRANGE = "strange"  # the answer names no release
    UNREACHABLE = "unreachable"


class UpdateError(CortexError):
    """The check for updates failed. host: as the address has it."""

    def __init__(self, problem: UpdateProblem, host: str = "") -> None:
        self.problem = problem
        message, advice = _UPDATE_WORDS[problem]
        title = QT_TRANSLATE_NOOP("core", "Could not check for updates")
        super().__init__(title, message, advice, {"host": host})


_DOUBT_WORDS = {
    Standing.UNKNOWN: (
        QT_TRANSLATE_NOOP("core", "It is not known yet whether this folder belongs to the keychain."),
        QT_TRANSLATE_NOOP("core", "Unlock the keychain, then try again."),
    ),
    Standing.MOVED: (
        QT_TRANSLATE_NOOP("core", "This folder was moved here from another place, or is a copy."),
        QT_TRANSLATE_NOOP("core", "Answer at the top of the window which it is."),
    ),
    Standing.RESTORED: (
        QT_TRANSLATE_NOOP("core", "This folder is older than the keychain, as after restoring a backup."),
        QT_TRANSLATE_NOOP("core", "Answer at the top of the window whether to use it."),
    ),
    Standing.COPY: (
        QT_TRANSLATE_NOOP("core", "This folder is a copy. The keys belong to the folder that it was copied from."),
        QT_TRANSLATE_NOOP(
            "core", "Answer at the top of the window what it is for, or delete the copy by hand: no key goes with it."
        ),
    ),
    Standing.OTHER_KEYCHAIN: (
        QT_TRANSLATE_NOOP("core", "The keys of this folder are in another keychain, or on another computer."),
        QT_TRANSLATE_NOOP("core", "Answer at the top of the window whether to use this keychain."),
    ),
    Standing.VIEWER: (
        QT_TRANSLATE_NOOP("core", "This folder is a view-only copy."),
        QT_TRANSLATE_NOOP("core", "Work in the folder that it was copied from, or delete the copy by hand."),
    ),
}

_UPDATE_WORDS = {
    UpdateProblem.NO_FEED: (
        QT_TRANSLATE_NOOP("core", "This copy of Cortex Desktop knows no release feed."),
        QT_TRANSLATE_NOOP(
            "core", "Enter the address of a release feed in Preferences, or ask who gave you the program."
        ),
    ),
    UpdateProblem.NOT_HTTPS: (
        QT_TRANSLATE_NOOP(
            "core", "The address of the release feed is not an https address, so nothing was read from it."
        ),
        QT_TRANSLATE_NOOP("core", "Correct it in Preferences. It begins with https:// and holds no password."),
    ),
    UpdateProblem.NOT_SAFE: (
        QT_TRANSLATE_NOOP("core", "The connection to {host} is not safe, so nothing was read from it."),
        QT_TRANSLATE_NOOP("core", "Check this computer’s date and its network; a proxy may be reading along."),
    ),
    UpdateProblem.PROXY: (
        QT_TRANSLATE_NOOP("core", "The system’s proxy did not let the request to {host} through."),
        QT_TRANSLATE_NOOP("core", "Check the system’s proxy settings, or look at the project’s page with a browser."),
    ),
    UpdateProblem.STRANGE: (
        QT_TRANSLATE_NOOP("core", "{host} answered with something that does not name a release."),
        QT_TRANSLATE_NOOP("core", "Check the address of the release feed in Preferences, or try again later."),
    ),
    UpdateProblem.UNREACHABLE: (
        QT_TRANSLATE_NOOP("core", "{host} could not be reached."),
        QT_TRANSLATE_NOOP("core", "Check the network, then try again."),
    ),
}

_VAULT_WORDS = {
    VaultProblem.MISSING: (
        QT_TRANSLATE_NOOP("core", "No keychain was found"),
        QT_TRANSLATE_NOOP("core", "Apps are listed, but keys can't be shown, copied or created without {keychain}."),
        QT_TRANSLATE_NOOP(
            "core", "Start or install a keychain service (GNOME Keyring or KWallet on Linux), then try again."
        ),
    ),
    VaultProblem.LOCKED: (
        QT_TRANSLATE_NOOP("core", "Your keychain is locked"),
        QT_TRANSLATE_NOOP(
            "core",
            "Apps are listed, but keys can't be shown, copied or created until {keychain} is unlocked.",
        ),
        QT_TRANSLATE_NOOP("core", "Choose Unlock and enter the keychain's password."),
    ),
    VaultProblem.DENIED: (
        QT_TRANSLATE_NOOP("core", "The keychain refused"),
        QT_TRANSLATE_NOOP("core", "{keychain} did not let Cortex Desktop use this entry. Nothing was changed."),
        QT_TRANSLATE_NOOP("core", "Try again and allow access when the system asks."),
    ),
    VaultProblem.FULL: (
        QT_TRANSLATE_NOOP("core", "The keychain is full"),
        QT_TRANSLATE_NOOP(
            "core", "{keychain} has no room for more entries, so the key was not stored. Nothing was changed."
        ),
        QT_TRANSLATE_NOOP("core", "Remove entries that are no longer needed from the keychain, then try again."),
    ),
    VaultProblem.FAILED: (
        QT_TRANSLATE_NOOP("core", "The keychain could not do it"),
        QT_TRANSLATE_NOOP("core", "{keychain} reported a problem. Keys that are already stored are not affected."),
        QT_TRANSLATE_NOOP("core", "Try again. If it happens again, restart the keychain or the computer."),
    ),
}
