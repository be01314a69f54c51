"""Logins: sessions, their CSRF tokens, codes for new places, and lock-outs. Kept in memory only."""

from __future__ import annotations

import secrets
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from ..domain.sandbox import Message
from ..domain.secret import ALPHABET
from .reply import Refusal
from .table import MOST_MESSAGES, Basis

MOST_SESSIONS = 2_000
MOST_WRONG_CODES = 5
_TOKEN_LENGTH = 64  # as the documentation's sample
_OLD_TOKENS = 20


def random_text(length: int) -> str:
    """Random letters and digits."""
    return "".join(secrets.choice(ALPHABET) for _ in range(length))


@dataclass(slots=True)
class Session:
    """A login of an account through an app. ended: the fault to answer with once it is over, else "".

    duration: seconds of inactivity after which it ends; account_key: given to its holder only.
    """

    sid: str
    org_id: str
    app_id: str
    account_id: str
    duration: int
    last_used: float
    token: str = field(default_factory=lambda: random_text(_TOKEN_LENGTH))
    old_tokens: deque[str] = field(default_factory=lambda: deque(maxlen=_OLD_TOKENS))
    account_key: dict[str, str] = field(
        default_factory=lambda: {"fingerprint": random_text(36), "secret": random_text(32)}
    )
    ended: str = ""

    def next_token(self) -> str:
        """Replace the CSRF token by a new one."""
        self.old_tokens.append(self.token)
        self.token = random_text(_TOKEN_LENGTH)
        return self.token


@dataclass(slots=True)
class _Code:
    code: str
    until: float
    device: str
    wrong: int = 0


@dataclass(slots=True)
class _Attempts:
    failed: int = 0
    locked_until: float = 0.0


class Sessions:
    """All logins of one run. Not thread-safe: the caller holds the state's lock."""

    def __init__(self, now: Callable[[], float]) -> None:
        """now: seconds since 1970."""
        self._now = now
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._codes: dict[tuple[str, str], _Code] = {}  # by account and app
        self._attempts: dict[str, _Attempts] = {}  # by account
        self.messages: deque[Message] = deque(maxlen=MOST_MESSAGES)

    # --- sessions -----------------------------------------------------------------------------------------

    def begin(self, org_id: str, app_id: str, account_id: str, duration: int, *, alone: bool) -> Session:
        """Log an account in. alone: its other sessions end."""
        if alone:
            for other in self._sessions.values():
                if other.account_id == account_id and not other.ended:
                    other.ended = "cortex.accessDenied.loggedInElsewhere"
        session = Session(random_text(32), org_id, app_id, account_id, duration, self._now())
        self._sessions[session.sid] = session
        while len(self._sessions) > MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def find(self, sid: str, org_id: str, app_id: str) -> Session:
        """The session of a cookie, which is used now. Raises Refusal if there is none, or it is over."""
        session = self._sessions.get(sid)
        if session is None:
            raise Refusal("cortex.accessDenied.notLoggedIn")
        if session.org_id != org_id:
            raise Refusal("cortex.accessDenied.sessionOrgMismatch")
        if session.app_id != app_id:
            reason = "This login was made with another app's key."
            raise Refusal("cortex.accessDenied.notLoggedIn", reason, basis=Basis.OURS)
        if not session.ended and self._now() - session.last_used > session.duration:
            session.ended = "cortex.accessDenied.sessionExpired"
        if session.ended:
            raise Refusal(session.ended)
        session.last_used = self._now()
        return session

    def end(self, session: Session) -> None:
        """Log out."""
        self._sessions.pop(session.sid, None)

    def end_all(self) -> None:
        """Forget every login, code and lock."""
        self._sessions.clear()
        self._codes.clear()
        self._attempts.clear()
        self.messages.clear()

    def check_token(self, session: Session, sent: str) -> None:
        """Raise Refusal, in words, unless this is the session's CSRF token."""
        if secrets.compare_digest(session.token.encode(), sent.encode(errors="replace")):
            return
        if not sent:
            reason = "The request has no header Medable-Csrf-Token. Send the value from the last answer that had one."
        elif sent in session.old_tokens:
            reason = "This token is an old one. Each answer may bring a new one: keep the latest."
        elif any(sent == other.token or sent in other.old_tokens for other in self._sessions.values()):
            reason = "This token belongs to another login. Keep a token with the cookies it came with."
        else:
            reason = "This token was never given out here. Send the value from the last answer unchanged."
        raise Refusal("cortex.accessDenied.csrfTokenMismatch", reason)

    # --- codes --------------------------------------------------------------------------------------------

    def send_code(self, message: Message, account_id: str, app_id: str, device: str, life: int) -> Message:
        """Put a code for this device into the inbox: `message` with the code in it, which is returned."""
        code = f"{secrets.randbelow(1_000_000):06}"
        self._codes[account_id, app_id] = _Code(code, self._now() + life, device)
        sent = replace(message, code=code)
        self.messages.append(sent)
        return sent

    def waits_for_code(self, account_id: str, app_id: str, device: str) -> bool:
        """True if a code that was sent for this device can still be used."""
        code = self._codes.get((account_id, app_id))
        return code is not None and code.device == device and code.until > self._now()

    def check_code(self, account_id: str, app_id: str, device: str, sent: str) -> bool:
        """True if this is the code, which is used up then; False if there is none. Raises Refusal if it is wrong."""
        code = self._codes.get((account_id, app_id))
        if code is None or code.device != device:
            return False
        if code.until <= self._now():
            del self._codes[account_id, app_id]
            raise Refusal("cortex.expired.locationToken")
        if not secrets.compare_digest(code.code.encode(), sent.encode(errors="replace")):
            code.wrong += 1
            if code.wrong >= MOST_WRONG_CODES:
                del self._codes[account_id, app_id]
            raise Refusal("cortex.invalidArgument.locationToken")
        del self._codes[account_id, app_id]
        return True

    # --- lock-out -----------------------------------------------------------------------------------------

    def check_lock(self, account_id: str) -> None:
        """Raise Refusal while the account is locked after wrong passwords."""
        attempts = self._attempts.get(account_id)
        if attempts is None or not attempts.locked_until:
            return
        left = attempts.locked_until - self._now()
        if left > 0:
            reason = f"Too many wrong passwords. The lock ends in {int(left // 60) + 1} min."
            raise Refusal("cortex.accessDenied.accountLocked", reason)
        del self._attempts[account_id]

    def count_wrong_password(self, account_id: str, most: int, minutes: int) -> None:
        """Lock the account if this was one wrong password too many."""
        attempts = self._attempts.setdefault(account_id, _Attempts())
        attempts.failed += 1
        if 0 < most <= attempts.failed:
            attempts.locked_until = self._now() + minutes * 60

    def forget_wrong_passwords(self, account_id: str) -> None:
        """Start counting anew."""
        self._attempts.pop(account_id, None)
