"""One request on its way through the checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, unquote

from werkzeug.wrappers import Request

from ..domain.documents import Document
from ..domain.sandbox import AppSettings, Settings
from .keys import FoundApp
from .reply import Refusal
from .sessions import Session
from .state import OrgState
from .table import ADMINISTRATOR, ROUTES, Route

_ID_DIGITS = frozenset("0123456789abcdef")


@dataclass
class Call:
    """What is known of a request so far. target: path and query as the request line has them; names: values of the
    route's <x>; rest: those of <x...>; acts_alone: a signature without a person."""

    request: Request
    target: str
    now: float
    settings: Settings
    segments: list[str] = field(default_factory=list)  # below /<org>/v2
    org_code: str = ""
    found: FoundApp | None = None
    org: OrgState | None = None
    app_settings: AppSettings = field(default_factory=AppSettings)
    route: Route | None = None
    names: dict[str, str] = field(default_factory=dict)
    rest: list[str] = field(default_factory=list)
    body: Any = None
    session: Session | None = None
    account: Document | None = None
    acts_alone: bool = False
    gives_token: bool = False
    cookies: list[str] = field(default_factory=list)

    @property
    def method(self) -> str:
        """The method whose answer is made: a HEAD is answered as a GET without its body."""
        return "GET" if self.request.method == "HEAD" else self.request.method

    @property
    def app(self) -> FoundApp:
        """The app, once its key was found."""
        if self.found is None:
            raise Refusal("cortex.accessDenied.noCredentialsSupplied")
        return self.found

    @property
    def state(self) -> OrgState:
        """The org's state, once the key was found."""
        if self.org is None:
            raise Refusal("cortex.accessDenied.noCredentialsSupplied")
        return self.org

    @property
    def is_administrator(self) -> bool:
        """True if the request may change the org: a signature without a person may, too."""
        return self.acts_alone or (self.account is not None and ADMINISTRATOR in self.account["roles"])

    def object_body(self) -> Document:
        """The body, which must be a JSON object. Raises Refusal."""
        if not isinstance(self.body, dict):
            raise Refusal("cortex.invalidArgument.unspecified", "The body must be a JSON object.")
        return self.body

    def id_named(self, name: str = "id") -> str:
        """An id in the path. Raises Refusal if it is none."""
        text = self.names[name]
        if len(text) != 24 or not set(text) <= _ID_DIGITS:
            raise Refusal("cortex.invalidArgument.invalidObjectId", path=text)
        return text


def target_of(environ: dict[str, Any]) -> str:
    """Path and query as the request line has them: not decoded, since that is what is signed."""
    raw = environ.get("RAW_URI")
    if not isinstance(raw, str):  # called without a server
        query = environ.get("QUERY_STRING", "")
        return quote(environ.get("PATH_INFO", "").encode("latin-1")) + (f"?{query}" if query else "")
    if raw.startswith("/"):
        return raw
    return "/" + raw.partition("://")[2].partition("/")[2]  # as to a proxy


def segments_of(target: str) -> list[str]:
    """The decoded segments of a path; repeated slashes count as one."""
    return [unquote(part) for part in target.partition("?")[0].split("/") if part]


@dataclass(frozen=True, slots=True)
class Matched:
    """A route with the values of its names."""

    route: Route
    names: dict[str, str]
    rest: list[str]


def match(method: str, segments: Sequence[str]) -> Matched | list[str]:
    """The first route for this path and method; otherwise the methods that the path takes, none if it is unknown."""
    methods: list[str] = []
    for route, pattern in _PATTERNS:
        found = _matched(route, pattern, segments)
        if found is not None:
            if method in route.methods.split():
                return found
            methods += route.methods.split()
    return sorted(set(methods))


_PATTERNS = [(route, [part for part in route.path.split("/") if part]) for route in ROUTES]


def _matched(route: Route, pattern: list[str], segments: Sequence[str]) -> Matched | None:
    takes_rest = bool(pattern) and pattern[-1].endswith("...>")
    if len(segments) < len(pattern) if takes_rest else len(segments) != len(pattern):
        return None
    names: dict[str, str] = {}
    for part, segment in zip(pattern, segments, strict=False):
        if part.endswith("...>"):
            return Matched(route, names, list(segments[len(pattern) - 1 :]))
        if part.startswith("<"):
            names[part[1:-1]] = segment
        elif part != segment:
            return None
    return Matched(route, names, [])
