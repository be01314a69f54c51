"""Everything the sandbox copies from Cortex, in one place: routes, order of checks, headers, defaults, each with its
basis. Nothing here was tried on a real Cortex."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Basis(Enum):
    """What an answer rests on. The value is what the header X-Cortex-Sandbox-Basis says."""

    DOCUMENTED = "documented"
    PUBLISHED = "published code"
    OURS = "our reading"


class Need(Enum):
    """Who may use a route."""

    KEY = "key"  # any app
    LOGIN = "login"  # any app; the handler wants one with Sessions
    IDENTITY = "identity"  # a person who is logged in, or a signature
    ADMINISTRATOR = "administrator"  # the same, with the role; a signature has it


@dataclass(frozen=True, slots=True)
class Route:
    """One row. path: below `/<org>/v2`, where <x> is any segment and <x...> the rest; handler: a method of `Handlers`;
    page: the documentation's page or the published file; through_maintenance: answered while the org is in maintenance.
    """

    methods: str
    path: str
    need: Need
    handler: str
    basis: Basis
    page: str
    through_maintenance: bool = False


_D, _C, _O = Basis.DOCUMENTED, Basis.PUBLISHED, Basis.OURS
_ORG = "docs: API, objects, organization"
_ACCOUNT = "docs: API, objects, account"
_PATHS = "docs: API, querying, property access"
_RETURNS = "docs: handling responses"
OWN_SOURCE = "chosen for the sandbox"
FAULTS_SOURCE = "docs: API, faults"

ROUTES = (
    Route("GET", "/", Need.KEY, "public_org", _D, _ORG, True),
    Route("PUT PATCH", "/", Need.ADMINISTRATOR, "change_org", _D, _ORG, True),
    Route("GET", "/orgs/<id>", Need.ADMINISTRATOR, "full_org", _D, _ORG, True),
    Route("PUT PATCH", "/orgs/<id>", Need.ADMINISTRATOR, "change_org", _D, _ORG, True),
    Route("GET", "/orgs/<id>/<path...>", Need.ADMINISTRATOR, "org_property", _D, _PATHS, True),
    Route("PUT", "/orgs/<id>/<path...>", Need.ADMINISTRATOR, "change_org_property", _D, _PATHS, True),
    Route("POST", "/accounts/login", Need.LOGIN, "log_in", _D, "docs: two-factor authentication", True),
    Route("GET", "/accounts/status", Need.KEY, "login_status", _C, "mdctl: mdctl-cli/tasks/credentials.js", True),
    Route("POST", "/accounts/me/logout", Need.IDENTITY, "log_out", _D, _ACCOUNT, True),
    Route("GET", "/accounts/me", Need.IDENTITY, "me", _D, _ACCOUNT),
    Route("POST", "/accounts/register", Need.KEY, "not_here", _O, OWN_SOURCE),
    Route("POST", "/accounts/request-password-reset", Need.KEY, "not_here", _O, OWN_SOURCE),
    Route("POST", "/accounts/reset-password", Need.KEY, "not_here", _O, OWN_SOURCE),
    Route("POST", "/accounts/me/update-password", Need.IDENTITY, "not_here", _O, OWN_SOURCE),
    Route("GET", "/accounts", Need.IDENTITY, "accounts", _D, _ACCOUNT),
    Route("GET", "/accounts/<id>", Need.IDENTITY, "account", _D, _ACCOUNT),
    Route("GET", "/accounts/<id>/<path...>", Need.IDENTITY, "account_property", _D, _PATHS),
    Route("GET", "/c_examples", Need.IDENTITY, "examples", _D, _RETURNS),
    Route("POST", "/c_examples", Need.IDENTITY, "add_example", _D, "docs: making requests"),
    Route("GET", "/c_examples/<id>", Need.IDENTITY, "example", _D, _RETURNS),
    Route("PUT PATCH", "/c_examples/<id>", Need.IDENTITY, "change_example", _D, "docs: making requests"),
    Route("DELETE", "/c_examples/<id>", Need.IDENTITY, "remove_example", _D, "docs: making requests"),
    Route("GET", "/c_examples/<id>/<path...>", Need.IDENTITY, "example_property", _D, _PATHS),
    Route("PUT POST DELETE", "/c_examples/<id>/<path...>", Need.IDENTITY, "change_example_property", _D, _PATHS),
    Route("GET", "/stats", Need.ADMINISTRATOR, "stats", _O, "docs: API, objects, stats (the record, not the route)"),
    Route("GET", "/logs", Need.ADMINISTRATOR, "logs", _O, "docs: API, objects, logs (the record, not the route)"),
    Route(
        "POST",
        "/developer/environment/export",
        Need.ADMINISTRATOR,
        "export",
        _C,
        "mdctl: mdctl-core-schemas/templates/env, mdctl-cli",
    ),
)

CHECKS = (
    ("host", _O),
    ("size", _D),
    ("org", _D),
    ("version", _D),
    ("key", _D),
    ("app", _D),
    ("maintenance", _D),
    ("policy", _C),
    ("json", _D),
    ("identity", _D),
    ("csrf", _D),
    ("role", _D),
    ("route", _D),
)
"""The checks in their order, which is our reading; the faults they answer with are documented."""

HOST_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})
MOST_BYTES = 1024 * 1024  # documented: 1024 KB
DEFAULT_LIMIT, MOST_LIMIT = 100, 1000  # documented
OPERATORS = frozenset({"$gt", "$gte", "$lt", "$lte", "$in", "$and", "$or", "$regex", "$all", "$size", "$elemMatch"})
"""Documented, and in the published parameter factory."""

LOCK_ATTEMPTS, LOCK_MINUTES = 5, 15  # published export; the minutes are our reading
MOST_TOKENS = 10  # documented

ADMINISTRATOR = "000000000000000000000004"  # published, as all ids of roles
PROVIDER = "000000000000000000000005"
INHERITED = "000000000000000000000006"
DEVELOPER = "000000000000000000000007"
ANONYMOUS = "000000000000000000000001"

ROLES = (
    {"_id": ADMINISTRATOR, "code": "administrator", "name": "Administrator"},
    {"_id": DEVELOPER, "code": "developer", "name": "Developer"},
    {"_id": PROVIDER, "code": "provider", "name": "Provider"},
)

PUBLIC_ORG = ("_id", "access", "code", "favicon", "locale", "logo", "name", "object", "schemasETag")  # documented
READ_ONLY_ORG = frozenset(
    {"_id", "access", "apps", "code", "created", "object", "roles", "schemasETag", "shared", "updated", "updater"}
)

ORG_SETTINGS = {
    # The documented settings, with the values of a published export.
    "configuration": {
        "allowSimultaneousLogins": False,
        "defaultIdentifierSortOrder": 0,
        "email": {
            "api_key": "",
            "from": "",
            "fromName": "",
            "locationBypass": [],
            "provider": "Medable",
            "providerVerifications": [],
            "registrations": [],
            "replyTo": "",
        },
        "minPasswordScore": 2,
        "passwordExpiryDays": 0,
        "passwordValidator": "",
        "pendingConnectionExpiry": 7,
        "storage": {"defaultLocation": "medable", "exportLocation": "medable", "defaultS3ReadUrlExpiry": 900},
        "urls": {
            "activateAccount": "",
            "connection": "",
            "createPassword": "",
            "resetPassword": "",
            "verifyAccount": "",
        },
    },
    "deployment": {},
    "favicon": "",
    "locale": "en_US",
    "logo": "",
    "maintenance": False,
    "maintenanceMessage": "",
    "name": "",
    "registration": {
        "activationRequired": False,
        "allow": False,
        "allowProviders": False,
        "invitationRequired": False,
        "manualProviderVerification": False,
    },
    "security": {"unauthorizedAccess": {"lockAttempts": LOCK_ATTEMPTS, "lockDuration": LOCK_MINUTES}},
    "support": {"disableSupportLogin": False, "pinnedAccount": ""},
    "tz": "UTC",
    "website": "",
}

OPTIONAL = {"org": {"deployment"}, "account": set[str](), "c_example": {"c_details"}}
"""Properties that are returned only if asked for with include[] or paths[]."""

PASSWORD = "sandbox"  # noqa: S105 (of people who do not exist)
PEOPLE = (
    # name before the @, first, last, mobile (from the range for fiction), role
    ("john", "John", "Field", "+15555550101", ADMINISTRATOR),
    ("ada", "Ada", "Stone", "+15555550102", DEVELOPER),
    ("ben", "Ben", "Rivers", "+15555550103", PROVIDER),
)

MOST_OBJECTS = 10_000
"""Objects of one org that can be written, so that the state stays small."""
MOST_LOG = 1_000
MOST_MESSAGES = 50
