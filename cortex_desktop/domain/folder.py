"""What a data folder knows of itself, and what its claim in the keychain says of it."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from enum import Enum


class Standing(Enum):
    """What a data folder is, seen from the keychain. Keys are purged without a question in NEW and KNOWN ones only."""

    NEW = "new"  # no claim was ever written for it
    KNOWN = "known"
    UNKNOWN = "unknown"  # the keychain is locked or does not answer
    MOVED = "moved"  # it stands elsewhere than the claim says, and there is nothing there any more
    RESTORED = "restored"  # the keychain knows of later changes, or of others, than the folder
    COPY = "copy"  # it stands elsewhere than the claim says, and the folder there has the same identity
    OTHER_KEYCHAIN = "other keychain"  # it once had a claim, which is not in this keychain
    VIEWER = "viewer"  # a copy that the person keeps for looking only

    @property
    def allows_removal(self) -> bool:
        """True if nothing speaks against removing what the rows give up."""
        return self in (Standing.NEW, Standing.KNOWN)


class Answer(Enum):
    """What a person says that a folder in doubt is."""

    GO_ON = "go on"  # this is the folder to work in from now on
    VIEWER = "viewer"  # a copy, for looking only
    OWN_KEYS = "own keys"  # a copy that gets keys of its own
    ASK_AGAIN = "ask again"  # takes back VIEWER


@dataclass(frozen=True, slots=True)
class Session:
    """A run of the program that changed the folder. id: random; first: the generation of its first change."""

    id: str
    first: int


@dataclass(frozen=True, slots=True)
class FolderRecord:
    """What the database says of its folder. It is saved with the first change of each run.

    id: random, "" before the first change; generation: of the last change; sessions: oldest first; is_claimed: a claim
    was written; seen: the time up to which the clock was trusted, aware, in UTC; viewer: where the person chose to
    look only, else ""; becoming: the identity that it gets with keys of its own, while that is under way, else "".
    """

    id: str = ""
    generation: int = 0
    sessions: tuple[Session, ...] = ()
    is_claimed: bool = False
    seen: datetime | None = None
    viewer: str = ""
    becoming: str = ""

    def includes(self, session: str, step: int) -> bool:
        """True if the change `step` of this session is part of the folder's history."""
        for number, each in enumerate(self.sessions):
            if each.id == session:
                later = self.sessions[number + 1 :]
                return step <= (later[0].first - 1 if later else self.generation)
        return False


@dataclass(frozen=True, slots=True)
class Claim:
    """What the keychain says of a folder: the last session and change that it heard of, and where the folder stood.

    keychain: the provider's name; orgs: the first digits of the ids of its orgs.
    """

    session: str
    step: int
    path: str
    keychain: str
    orgs: tuple[str, ...] = ()

    def to_text(self) -> str:
        """Return the claim as the keychain holds it."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Claim | None:
        """Return the claim that `to_text` wrote, None for anything else."""
        try:
            found = json.loads(text)
            claim = cls(found["session"], found["step"], found["path"], found["keychain"], tuple(found.get("orgs", ())))
        except (ValueError, TypeError, KeyError, RecursionError):
            return None
        texts = (claim.session, claim.path, claim.keychain, *claim.orgs)
        return claim if type(claim.step) is int and all(isinstance(text, str) for text in texts) else None
