"""Cortex's faults: how they are read from an answer, and what each means in plain words.

The codes and statuses are those of Cortex's documentation. The words are this program's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from .text import QT_TRANSLATE_NOOP, Text

_DEEPEST = 8
"""Levels of faults within faults that are read."""


class KeyVerdict(Enum):
    """What a fault means for the API key that was sent."""

    ACCEPTED = QT_TRANSLATE_NOOP("core", "The key was accepted; the problem is elsewhere.")
    UNKNOWN = QT_TRANSLATE_NOOP("core", "The key is not known there.")
    BARRED = QT_TRANSLATE_NOOP("core", "The key is known there, but it may not be used now.")
    ENDED = QT_TRANSLATE_NOOP("core", "The key is known there, but its time is over.")
    NOT_JUDGED = QT_TRANSLATE_NOOP("core", "This says nothing about the key.")


@dataclass(frozen=True, slots=True)
class FaultWords:
    """A fault for people. what: happened; key: what it means for the key; advice: what to do next."""

    what: Text
    key: Text
    advice: Text


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One kind of fault: its codes, its HTTP status and its words, which are sentences of context "core"."""

    err_code: str
    code: str
    status: int
    what: str
    key: KeyVerdict
    advice: str

    @property
    def words(self) -> FaultWords:
        """The fault for people."""
        return FaultWords(Text(self.what), Text(self.key.value), Text(self.advice))


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault as an answer holds it; what it left out is empty or 0. children: faults of single properties.

    A child's status is its own and never that of the answer.
    """

    err_code: str = ""
    code: str = ""
    status: int = 0
    name: str = ""
    message: str = ""
    reason: str = ""
    path: str = ""
    children: tuple[Fault, ...] = ()

    @property
    def kind(self) -> FaultKind:
        """The kind of fault, by its errCode, else by its code, else by its family, else any fault."""
        if not self.err_code:
            return _BY_CODE.get(self.code, _ANY)
        return KINDS.get(self.err_code) or _FAMILIES.get(_family(self.err_code), _ANY)

    @property
    def words(self) -> FaultWords:
        """The fault for people."""
        return self.kind.words

    @property
    def asks_for_code(self) -> bool:
        """True if the login goes on with a code that was sent to the person."""
        return self.err_code in _CODE_WANTED or self.code in _CODE_WANTED

    @property
    def session_is_over(self) -> bool:
        """True if the person has to log in again."""
        return self.err_code in _SESSION_OVER or self.code in _SESSION_OVER

    def is_a(self, err_code: str) -> bool:
        """True if this is the fault with this errCode, also if an older server left it out."""
        return err_code == (self.err_code or self.kind.err_code)


def fault_of(document: object, depth: int = 0) -> Fault | None:
    """The fault that this JSON document is, or None if it is something else."""
    if not isinstance(document, Mapping) or document.get("object") != "fault":
        return None
    status = document.get("status")
    children = document.get("faults")
    found = (
        [fault_of(child, depth + 1) for child in children] if isinstance(children, list) and depth < _DEEPEST else []
    )
    return Fault(
        err_code=_text(document, "errCode"),
        code=_text(document, "code"),
        status=status if isinstance(status, int) and not isinstance(status, bool) else 0,
        name=_text(document, "name"),
        message=_text(document, "message"),
        reason=_text(document, "reason"),
        path=_text(document, "path"),
        children=tuple(child for child in found if child is not None),
    )


def _text(document: Mapping[str, object], name: str) -> str:
    value = document.get(name)
    return value if isinstance(value, str) else ""


def _family(err_code: str) -> str:
    parts = err_code.split(".")
    return parts[1] if len(parts) > 1 and parts[0] == "cortex" else ""


_CODE_WANTED = frozenset(
    {
        "cortex.success.newLocation",
        "cortex.accessDenied.unverifiedLocation",
        "cortex.invalidArgument.locationToken",
        "cortex.expired.locationToken",
        "kNewLocation",
        "kUnverifiedLocation",
        "kCallbackNotFound",
        "kCallbackFormat",
    }
)
_SESSION_OVER = frozenset(
    {
        "cortex.accessDenied.sessionExpired",
        "cortex.accessDenied.notLoggedIn",
        "cortex.accessDenied.loggedInElsewhere",
        "cortex.expired.jwt",
        "kSessionExpired",
        "kNotLoggedIn",
        "kLoggedInElsewhere",
        "kTokenExpired",
    }
)

_LOG_IN = QT_TRANSLATE_NOOP("core", "Log in again, then send the request once more.")
_LATER = QT_TRANSLATE_NOOP("core", "Wait a little, then send it again.")
_CHECK_ORG = QT_TRANSLATE_NOOP("core", "Check the org’s code and endpoint on the Organization page.")
_CHECK_BODY = QT_TRANSLATE_NOOP("core", "Correct what the list below names, then send it again.")
_CHECK_PATH = QT_TRANSLATE_NOOP("core", "Check the path: its names, and the ids in it.")
_CHECK_QUERY = QT_TRANSLATE_NOOP("core", "Check where and sort: JSON, with names and operators that Cortex knows.")
_FORGET_DEVICE = QT_TRANSLATE_NOOP("core", "Forget this computer’s login, then log in again with a new code.")
_ASK_ADMINISTRATOR = QT_TRANSLATE_NOOP("core", "Ask an administrator of the org.")
_LOOK_AT_APP = QT_TRANSLATE_NOOP("core", "Look at the app’s settings in the web console.")
_READ_AGAIN = QT_TRANSLATE_NOOP("core", "Read it again, then write your change into the new version.")
_SIGN_AGAIN = QT_TRANSLATE_NOOP(
    "core", "Sign path;METHOD;milliseconds with the API key followed by the API secret, in lower-case hexadecimal."
)
_SUPPORT = QT_TRANSLATE_NOOP(
    "core", "Send it again. If it happens again, contact support with the time of the request."
)

_A, _N = KeyVerdict.ACCEPTED, KeyVerdict.NOT_JUDGED
_BARRED, _ENDED, _UNKNOWN = KeyVerdict.BARRED, KeyVerdict.ENDED, KeyVerdict.UNKNOWN
_DENIED = "kAccessDenied"
_INVALID = "kInvalidArgument"


_TABLE = [
    # --- the address -------------------------------------------------------------------------------------
    FaultKind(
        "cortex.notFound.env",
        "kOrgControlInvalidOrg",
        404,
        QT_TRANSLATE_NOOP("core", "There is no org with this code"),
        _N,
        _CHECK_ORG,
    ),
    FaultKind(
        "cortex.notFound.org", "kNotFound", 404, QT_TRANSLATE_NOOP("core", "There is no such org"), _N, _CHECK_ORG
    ),
    FaultKind(
        "cortex.invalidArgument.missingEnvCode",
        _INVALID,
        400,
        QT_TRANSLATE_NOOP("core", "The address lacks the org’s code"),
        _N,
        QT_TRANSLATE_NOOP("core", "The address is https://host/org code/v2/…"),
    ),
    FaultKind(
        "cortex.invalidArgument.invalidApiVersion",
        _INVALID,
        400,
        QT_TRANSLATE_NOOP("core", "The address names another version than v2"),
        _N,
        QT_TRANSLATE_NOOP("core", "Write v2 after the org’s code."),
    ),
    FaultKind(
        "cortex.invalidArgument.envDisabled",
        "kOrgDisabled",
        400,
        QT_TRANSLATE_NOOP("core", "The org is switched off"),
        _N,
        _ASK_ADMINISTRATOR,
    ),
    FaultKind(
        "cortex.accessDenied.maintenance",
        "kMaintenance",
        403,
        QT_TRANSLATE_NOOP("core", "The org is in maintenance"),
        _N,
        _LATER,
    ),
    FaultKind(
        "cortex.accessDenied.deploymentInProgress",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The org is being deployed"),
        _N,
        QT_TRANSLATE_NOOP("core", "Wait until the deployment is finished, then send it again."),
    ),
    # --- the app and its key -----------------------------------------------------------------------------
    FaultKind(
        "cortex.accessDenied.noCredentialsSupplied",
        "kNoCredentialsSupplied",
        403,
        QT_TRANSLATE_NOOP("core", "The request carried no key"),
        _N,
        QT_TRANSLATE_NOOP("core", "Send the API key in the header Medable-Client-Key."),
    ),
    FaultKind(
        "cortex.notFound.app",
        "kNotFound",
        404,
        QT_TRANSLATE_NOOP("core", "No app of this org has this key"),
        _UNKNOWN,
        QT_TRANSLATE_NOOP("core", "Cortex makes its own keys. Copy the key from the web console, and check the org."),
    ),
    FaultKind(
        "cortex.accessDenied.app",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The app may not be used from here"),
        _BARRED,
        _LOOK_AT_APP,
    ),
    FaultKind(
        "cortex.accessDenied.appDisabled",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The app is disabled"),
        _BARRED,
        QT_TRANSLATE_NOOP("core", "Enable the app where it was disabled, or use another key."),
    ),
    FaultKind(
        "cortex.accessDenied.appSuspended",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The app is suspended"),
        _BARRED,
        _ASK_ADMINISTRATOR,
    ),
    FaultKind(
        "cortex.accessDenied.appReadOnly",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The app may only read"),
        _A,
        QT_TRANSLATE_NOOP("core", "Use GET, or the key of an app that may write."),
    ),
    FaultKind(
        "cortex.expired.app",
        "kExpired",
        410,
        QT_TRANSLATE_NOOP("core", "The app has expired"),
        _ENDED,
        QT_TRANSLATE_NOOP("core", "Set a later date for the app, or use another key."),
    ),
    FaultKind(
        "cortex.notFound.appRsa",
        "kNotFound",
        404,
        QT_TRANSLATE_NOOP("core", "The app has no valid key pair for tokens"),
        _A,
        QT_TRANSLATE_NOOP("core", "Generate a key pair for the app in the web console."),
    ),
    # --- signatures and tokens ---------------------------------------------------------------------------
    FaultKind(
        "cortex.accessDenied.invalidRequestSignature",
        "kInvalidRequestSignature",
        403,
        QT_TRANSLATE_NOOP("core", "The signature does not match"),
        _A,
        _SIGN_AGAIN,
    ),
    FaultKind(
        "cortex.invalidArgument.staleRequestSignature",
        "kStaleRequestSignature",
        400,
        QT_TRANSLATE_NOOP("core", "The signature is too old or too new"),
        _A,
        QT_TRANSLATE_NOOP("core", "Set this computer’s clock. The answer’s header Medable-Server-Time has the time."),
    ),
    FaultKind(
        "cortex.accessDenied.principal",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The app may not act for this account"),
        _A,
        QT_TRANSLATE_NOOP("core", "Leave Medable-Client-Account out, or allow the app to act for others."),
    ),
    FaultKind(
        "cortex.notFound.principal",
        "kNotFound",
        404,
        QT_TRANSLATE_NOOP("core", "The account to act for does not exist"),
        _A,
        QT_TRANSLATE_NOOP("core", "Check the id in Medable-Client-Account."),
    ),
    FaultKind(
        "cortex.accessDenied.invalidJwt",
        "kInvalidCredentials",
        403,
        QT_TRANSLATE_NOOP("core", "The token is not valid"),
        _N,
        QT_TRANSLATE_NOOP("core", "Make a new token for this app."),
    ),
    FaultKind(
        "cortex.accessDenied.invalidJwtApp",
        "kInvalidCredentials",
        403,
        QT_TRANSLATE_NOOP("core", "The token belongs to another app"),
        _N,
        QT_TRANSLATE_NOOP("core", "Use the key and the token of the same app."),
    ),
    FaultKind(
        "cortex.expired.jwt",
        "kTokenExpired",
        410,
        QT_TRANSLATE_NOOP("core", "The token has expired"),
        _A,
        QT_TRANSLATE_NOOP("core", "Log in again, or make a new token."),
    ),
    FaultKind(
        "cortex.accessDenied.maxJwtPerSubject",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The account has as many tokens of this app as it may have"),
        _A,
        QT_TRANSLATE_NOOP("core", "Revoke a token that is not used any more."),
    ),
    FaultKind(
        "cortex.accessDenied.scope",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The token’s scope does not allow this"),
        _A,
        QT_TRANSLATE_NOOP("core", "Use a token with this scope."),
    ),
    FaultKind(
        "cortex.accessDenied.scoped",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The token may not do this"),
        _A,
        QT_TRANSLATE_NOOP("core", "Use a token with this scope."),
    ),
    # --- logging in --------------------------------------------------------------------------------------
    FaultKind(
        "cortex.success.newLocation",
        "kNewLocation",
        200,
        QT_TRANSLATE_NOOP("core", "A code was sent"),
        _A,
        QT_TRANSLATE_NOOP("core", "Enter the code from the text message, then log in."),
    ),
    FaultKind(
        "cortex.accessDenied.unverifiedLocation",
        "kUnverifiedLocation",
        403,
        QT_TRANSLATE_NOOP("core", "A code that was sent earlier still waits"),
        _A,
        QT_TRANSLATE_NOOP("core", "Enter that code, then log in."),
    ),
    FaultKind(
        "cortex.invalidArgument.locationToken",
        _INVALID,
        400,
        QT_TRANSLATE_NOOP("core", "The code is wrong"),
        _A,
        QT_TRANSLATE_NOOP("core", "Type the newest code once more."),
    ),
    FaultKind(
        "cortex.expired.locationToken",
        "kExpired",
        410,
        QT_TRANSLATE_NOOP("core", "The code has expired"),
        _A,
        QT_TRANSLATE_NOOP("core", "Log in without a code to get a new one."),
    ),
    FaultKind(
        "cortex.invalidArgument.locationAlreadyVerified",
        "kLocationAlreadyVerified",
        400,
        QT_TRANSLATE_NOOP("core", "This device is verified already"),
        _A,
        QT_TRANSLATE_NOOP("core", "Log in without a code."),
    ),
    FaultKind(
        "cortex.accessDenied.locationAccessRevoked",
        "kLocationAccessRevoked",
        403,
        QT_TRANSLATE_NOOP("core", "This device was blocked"),
        _A,
        _FORGET_DEVICE,
    ),
    FaultKind(
        "cortex.accessDenied.locationClientMismatch",
        "kLocationClientMismatch",
        403,
        QT_TRANSLATE_NOOP("core", "This device was verified for another app"),
        _A,
        _FORGET_DEVICE,
    ),
    FaultKind(
        "cortex.invalidArgument.locationFingerprint",
        "kInvalidFingerprint",
        400,
        QT_TRANSLATE_NOOP("core", "The device’s cookie is damaged"),
        _A,
        _FORGET_DEVICE,
    ),
    FaultKind(
        "cortex.invalidArgument.fingerprintMismatch",
        "kFingerprintMismatch",
        400,
        QT_TRANSLATE_NOOP("core", "The device’s cookie does not belong to this login"),
        _A,
        _FORGET_DEVICE,
    ),
    FaultKind(
        "cortex.accessDenied.invalidCredentials",
        "kInvalidCredentials",
        403,
        QT_TRANSLATE_NOOP("core", "E-mail or password is wrong"),
        _A,
        QT_TRANSLATE_NOOP("core", "Type them again. Too many tries lock the account."),
    ),
    FaultKind(
        "cortex.accessDenied.badPassword",
        "kInvalidCredentials",
        403,
        QT_TRANSLATE_NOOP("core", "The password is wrong"),
        _A,
        QT_TRANSLATE_NOOP("core", "Type it again. Too many tries lock the account."),
    ),
    FaultKind(
        "cortex.accessDenied.accountLocked",
        "kAccountLocked",
        403,
        QT_TRANSLATE_NOOP("core", "The account is locked"),
        _A,
        QT_TRANSLATE_NOOP("core", "Wait until the lock ends, or ask an administrator to unlock it."),
    ),
    FaultKind(
        "cortex.accessDenied.passwordExpired",
        "kPasswordExpired",
        403,
        QT_TRANSLATE_NOOP("core", "The password has expired"),
        _A,
        QT_TRANSLATE_NOOP("core", "Change the password in the web console."),
    ),
    FaultKind(
        "cortex.accessDenied.accountActivationRequired",
        "kAccountActivationRequired",
        403,
        QT_TRANSLATE_NOOP("core", "The account is not activated"),
        _A,
        QT_TRANSLATE_NOOP("core", "Follow the link in the activation e-mail."),
    ),
    FaultKind(
        "cortex.accessDenied.notLoggedIn",
        "kNotLoggedIn",
        403,
        QT_TRANSLATE_NOOP("core", "Nobody is logged in"),
        _A,
        _LOG_IN,
    ),
    FaultKind(
        "cortex.accessDenied.sessionExpired",
        "kSessionExpired",
        403,
        QT_TRANSLATE_NOOP("core", "The login has timed out"),
        _A,
        _LOG_IN,
    ),
    FaultKind(
        "cortex.accessDenied.loggedInElsewhere",
        "kLoggedInElsewhere",
        403,
        QT_TRANSLATE_NOOP("core", "Another login of this account ended this one"),
        _A,
        _LOG_IN,
    ),
    FaultKind(
        "cortex.accessDenied.sessionOrgMismatch",
        "kSessionOrgMismatch",
        403,
        QT_TRANSLATE_NOOP("core", "The login’s cookie belongs to another org"),
        _A,
        QT_TRANSLATE_NOOP("core", "Log in to this org, and send each org’s cookie to that org only."),
    ),
    FaultKind(
        "cortex.accessDenied.csrfTokenMismatch",
        "kCSRFTokenMismatch",
        403,
        QT_TRANSLATE_NOOP("core", "The CSRF token is missing or not the latest"),
        _A,
        QT_TRANSLATE_NOOP("core", "Send the value of Medable-Csrf-Token from the last answer that had one."),
    ),
    FaultKind(
        "cortex.error.sessionRequired",
        "kSessionRequired",
        500,
        QT_TRANSLATE_NOOP("core", "This needs an app with Sessions"),
        _A,
        QT_TRANSLATE_NOOP("core", "Use the key of an app with Sessions, or sign the request instead of logging in."),
    ),
    FaultKind(
        "cortex.error.sessionInitFailure",
        "kError",
        500,
        QT_TRANSLATE_NOOP("core", "The server could not start the login’s session"),
        _A,
        _FORGET_DEVICE,
    ),
    FaultKind(
        "cortex.error.couldNotReadCookies",
        "kError",
        500,
        QT_TRANSLATE_NOOP("core", "The server could not read the cookies"),
        _A,
        _FORGET_DEVICE,
    ),
    FaultKind(
        "cortex.accessDenied.supportDisabled",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The org does not allow the support to log in"),
        _A,
        _ASK_ADMINISTRATOR,
    ),
    FaultKind(
        "cortex.accessDenied.supportPinned",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The org allows one support account only"),
        _A,
        _ASK_ADMINISTRATOR,
    ),
    # --- what may be done --------------------------------------------------------------------------------
    FaultKind(
        "cortex.accessDenied.role",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "The account’s role does not allow this"),
        _A,
        QT_TRANSLATE_NOOP("core", "Log in with an account that has the role, for example an administrator."),
    ),
    FaultKind(
        "cortex.accessDenied.route",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "This route is not allowed for the app or the account"),
        _A,
        _ASK_ADMINISTRATOR,
    ),
    FaultKind(
        "cortex.accessDenied.policy",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "A policy of the org does not allow this"),
        _A,
        _ASK_ADMINISTRATOR,
    ),
    FaultKind(
        "cortex.accessDenied.unspecified",
        _DENIED,
        403,
        QT_TRANSLATE_NOOP("core", "This is not allowed"),
        _A,
        _ASK_ADMINISTRATOR,
    ),
    FaultKind(
        "cortex.throttled.policy",
        "kThrottled",
        429,
        QT_TRANSLATE_NOOP("core", "Too many requests: a policy of the org slows them down"),
        _A,
        _LATER,
    ),
    FaultKind(
        "cortex.throttled.unspecified", "kThrottled", 429, QT_TRANSLATE_NOOP("core", "Too many requests"), _A, _LATER
    ),
    FaultKind(
        "cortex.tooBusy.unspecified", "kTooBusy", 429, QT_TRANSLATE_NOOP("core", "The server is busy"), _A, _LATER
    ),
    # --- the request -------------------------------------------------------------------------------------
    FaultKind(
        "cortex.invalidArgument.object",
        "kInvalidObject",
        400,
        QT_TRANSLATE_NOOP("core", "There is no such object"),
        _A,
        QT_TRANSLATE_NOOP("core", "Names in paths are plural, such as accounts; those of your own begin with c_."),
    ),
    FaultKind(
        "cortex.notFound.route",
        "kNotFound",
        404,
        QT_TRANSLATE_NOOP("core", "There is no such route"),
        _A,
        QT_TRANSLATE_NOOP("core", "Check the path and the method."),
    ),
    FaultKind(
        "cortex.notFound.property",
        "kNotFound",
        404,
        QT_TRANSLATE_NOOP("core", "The object has no such property"),
        _A,
        _CHECK_PATH,
    ),
    FaultKind(
        "cortex.notFound.instance",
        "kNotFound",
        404,
        QT_TRANSLATE_NOOP("core", "There is no object with this id"),
        _A,
        _CHECK_PATH,
    ),
    FaultKind(
        "cortex.invalidArgument.invalidObjectId",
        _INVALID,
        400,
        QT_TRANSLATE_NOOP("core", "This is no id"),
        _A,
        QT_TRANSLATE_NOOP("core", "An id has 24 hexadecimal digits."),
    ),
    FaultKind(
        "cortex.invalidArgument.query",
        _INVALID,
        400,
        QT_TRANSLATE_NOOP("core", "The query is not valid"),
        _A,
        _CHECK_QUERY,
    ),
    FaultKind(
        "cortex.invalidArgument.badDbValue",
        _INVALID,
        400,
        QT_TRANSLATE_NOOP("core", "The query compares with a value that is not valid"),
        _A,
        _CHECK_QUERY,
    ),
    FaultKind(
        "cortex.invalidArgument.invalidJSON",
        _INVALID,
        400,
        QT_TRANSLATE_NOOP("core", "The body is not JSON"),
        _A,
        QT_TRANSLATE_NOOP("core", "Correct the body. Put names and texts in double quotes."),
    ),
    FaultKind(
        "cortex.invalidArgument.validation",
        "kValidationError",
        400,
        QT_TRANSLATE_NOOP("core", "Some values are not valid"),
        _A,
        _CHECK_BODY,
    ),
    FaultKind(
        "cortex.invalidArgument.unspecified",
        _INVALID,
        400,
        QT_TRANSLATE_NOOP("core", "Something in the request is not valid"),
        _A,
        _CHECK_BODY,
    ),
    FaultKind(
        "cortex.invalidArgument.required",
        "kRequired",
        400,
        QT_TRANSLATE_NOOP("core", "A value is missing"),
        _A,
        _CHECK_BODY,
    ),
    FaultKind(
        "cortex.validation.required", "kRequired", 400, QT_TRANSLATE_NOOP("core", "A value is missing"), _A, _CHECK_BODY
    ),
    FaultKind(
        "cortex.invalidArgument.maxLength",
        _INVALID,
        400,
        QT_TRANSLATE_NOOP("core", "A text is too long"),
        _A,
        _CHECK_BODY,
    ),
    FaultKind(
        "cortex.invalidArgument.customName",
        _INVALID,
        400,
        QT_TRANSLATE_NOOP("core", "A name of your own does not begin with c_"),
        _A,
        _CHECK_BODY,
    ),
    FaultKind(
        "cortex.invalidArgument.iPv4AddrOrCidr",
        "kInvalidIPv4AddrOrCidr",
        400,
        QT_TRANSLATE_NOOP("core", "This is no IPv4 address or range"),
        _A,
        QT_TRANSLATE_NOOP("core", "Write it like 192.0.2.7 or 192.0.2.0/24."),
    ),
    FaultKind(
        "cortex.invalidArgument.versionRequired",
        _INVALID,
        428,
        QT_TRANSLATE_NOOP("core", "The version you read is missing in what you write"),
        _A,
        _READ_AGAIN,
    ),
    FaultKind(
        "cortex.conflict.versionOutOfDate",
        "kConflict",
        409,
        QT_TRANSLATE_NOOP("core", "It was changed since you read it"),
        _A,
        _READ_AGAIN,
    ),
    FaultKind(
        "cortex.conflict.staleDocument",
        "kStaleDocument",
        409,
        QT_TRANSLATE_NOOP("core", "It was changed meanwhile"),
        _A,
        _READ_AGAIN,
    ),
    FaultKind(
        "cortex.conflict.sequencing",
        "kSequencingError",
        409,
        QT_TRANSLATE_NOOP("core", "It was changed by two requests at a time"),
        _A,
        _READ_AGAIN,
    ),
    FaultKind(
        "cortex.conflict.duplicateKey",
        "kDuplicateKey",
        409,
        QT_TRANSLATE_NOOP("core", "There is one with this value already"),
        _A,
        QT_TRANSLATE_NOOP("core", "Use the one that is there, or another value."),
    ),
    FaultKind(
        "cortex.conflict.uniqueInArray",
        "kDuplicateKey",
        409,
        QT_TRANSLATE_NOOP("core", "The list has this value already"),
        _A,
        QT_TRANSLATE_NOOP("core", "Use the one that is there, or another value."),
    ),
    FaultKind(
        "cortex.tooLarge.unspecified",
        "kRequestTooLarge",
        413,
        QT_TRANSLATE_NOOP("core", "The request is too large"),
        _N,
        QT_TRANSLATE_NOOP("core", "Cortex takes 1024 kB by default. Send less at a time."),
    ),
    FaultKind(
        "cortex.timeout.dbQuery",
        "kTimeout",
        408,
        QT_TRANSLATE_NOOP("core", "The query took too long"),
        _A,
        QT_TRANSLATE_NOOP("core", "Narrow the query: fewer objects, indexed properties."),
    ),
    FaultKind(
        "cortex.accepted.mediaNotReady",
        "kMediaNotReady",
        202,
        QT_TRANSLATE_NOOP("core", "The file is still being prepared"),
        _A,
        _LATER,
    ),
    # --- the sandbox's own, which Cortex does not have ----------------------------------------------------
    FaultKind(
        "sandbox.unavailable.keychainLocked",
        "kSandboxKeychainLocked",
        503,
        QT_TRANSLATE_NOOP("core", "The keychain is locked, so the sandbox cannot look at keys"),
        _N,
        QT_TRANSLATE_NOOP("core", "Unlock the keychain, then send it again."),
    ),
    FaultKind(
        "sandbox.unavailable.keychain",
        "kSandboxKeychain",
        503,
        QT_TRANSLATE_NOOP("core", "The sandbox could not read the key from the keychain"),
        _N,
        QT_TRANSLATE_NOOP("core", "Look at the keychain’s state in Cortex Desktop, then send it again."),
    ),
    FaultKind(
        "sandbox.unavailable.storage",
        "kSandboxStorage",
        503,
        QT_TRANSLATE_NOOP("core", "The sandbox could not read or write its data folder"),
        _N,
        QT_TRANSLATE_NOOP("core", "Check the disk and the data folder, then send it again."),
    ),
    FaultKind(
        "sandbox.accessDenied.host",
        "kSandboxHost",
        403,
        QT_TRANSLATE_NOOP("core", "The sandbox answers to this computer’s own names only"),
        _N,
        QT_TRANSLATE_NOOP("core", "Use localhost, 127.0.0.1 or [::1] in the address."),
    ),
    FaultKind(
        "sandbox.tooLarge.state",
        "kSandboxFull",
        413,
        QT_TRANSLATE_NOOP("core", "The sandbox is full"),
        _A,
        QT_TRANSLATE_NOOP("core", "Delete some objects, or reset the sandbox."),
    ),
    FaultKind(
        "sandbox.error.defect",
        "kSandboxError",
        500,
        QT_TRANSLATE_NOOP("core", "Something went wrong inside the sandbox"),
        _N,
        QT_TRANSLATE_NOOP("core", "Send it again. If it happens again, reset the sandbox."),
    ),
]

KINDS: Mapping[str, FaultKind] = {kind.err_code: kind for kind in _TABLE}
"""Every fault with words of its own, by its errCode."""


def _family_kind(family: str, status: int, what: str, key: KeyVerdict, advice: str) -> FaultKind:
    return FaultKind(f"cortex.{family}.unspecified", "", status, what, key, advice)


_ANY = FaultKind("", "", 0, QT_TRANSLATE_NOOP("core", "The server reported a problem"), _N, _SUPPORT)
_FAMILIES = {
    "accepted": _family_kind(
        "accepted", 202, QT_TRANSLATE_NOOP("core", "The server is still working on it"), _A, _LATER
    ),
    "accessDenied": _family_kind(
        "accessDenied", 403, QT_TRANSLATE_NOOP("core", "This is not allowed"), _A, _ASK_ADMINISTRATOR
    ),
    "conflict": _family_kind(
        "conflict", 409, QT_TRANSLATE_NOOP("core", "This conflicts with what is there"), _A, _READ_AGAIN
    ),
    "error": _family_kind("error", 500, QT_TRANSLATE_NOOP("core", "The server failed"), _N, _SUPPORT),
    "expired": _family_kind("expired", 410, QT_TRANSLATE_NOOP("core", "Something has expired"), _A, _LOG_IN),
    "invalidArgument": _family_kind(
        "invalidArgument", 400, QT_TRANSLATE_NOOP("core", "Something in the request is not valid"), _A, _CHECK_BODY
    ),
    "notFound": _family_kind("notFound", 404, QT_TRANSLATE_NOOP("core", "It was not found"), _A, _CHECK_PATH),
    "notImplemented": _family_kind(
        "notImplemented", 501, QT_TRANSLATE_NOOP("core", "The server cannot do this"), _A, _CHECK_PATH
    ),
    "success": _family_kind(
        "success", 200, QT_TRANSLATE_NOOP("core", "It worked, and there is more to do"), _A, _CHECK_BODY
    ),
    "throttled": _family_kind("throttled", 429, QT_TRANSLATE_NOOP("core", "Too many requests"), _A, _LATER),
    "timeout": _family_kind("timeout", 408, QT_TRANSLATE_NOOP("core", "The server took too long"), _A, _LATER),
    "tooBusy": _family_kind("tooBusy", 429, QT_TRANSLATE_NOOP("core", "The server is busy"), _A, _LATER),
    "tooLarge": _family_kind(
        "tooLarge",
        413,
        QT_TRANSLATE_NOOP("core", "It is too large"),
        _A,
        QT_TRANSLATE_NOOP("core", "Cortex takes 1024 kB by default. Send less at a time."),
    ),
    "unsupportedMediaType": _family_kind(
        "unsupportedMediaType",
        415,
        QT_TRANSLATE_NOOP("core", "The server does not take this kind of body"),
        _A,
        QT_TRANSLATE_NOOP("core", "Send JSON with the header Content-Type: application/json."),
    ),
    "unsupportedOperation": _family_kind(
        "unsupportedOperation", 501, QT_TRANSLATE_NOOP("core", "The server cannot do this here"), _A, _CHECK_PATH
    ),
    "validation": _family_kind(
        "validation", 400, QT_TRANSLATE_NOOP("core", "Some values are not valid"), _A, _CHECK_BODY
    ),
}


def _kind_of_code(code: str) -> FaultKind:
    """The one fault with this code; where several share it, their family tells as much as can be known."""
    kinds = [kind for kind in _TABLE if kind.code == code]
    return kinds[0] if len({kind.what for kind in kinds}) == 1 else _FAMILIES[_family(kinds[0].err_code)]


_BY_CODE = {kind.code: _kind_of_code(kind.code) for kind in _TABLE}
