"""The first API request of an app, ready to run."""

from __future__ import annotations

import shlex

from ..domain.model import App, Org

LOGIN_BODY = '{"email": "…", "password": "…"}'


def first_request(org: Org, app: App, key: str) -> str:
    """A curl command for POSIX shells that makes the app's first request with this API key.

    An app with Sessions signs a person in; an app without signs each request, so it starts with the public org,
    which a key alone may read (cortex-facts 7).
    """
    url = shlex.quote(_base(org) + _path(org, app))
    return " \\\n  ".join([f"curl {url}", *_options(app, key)])


def first_request_to_read(org: Org, app: App) -> str:
    """The same command for the screen: the key masked, the address on two lines, no line continuations."""
    key = f"{app.key_ends.head}…{app.key_ends.tail}"
    return "\n  ".join([f"curl {_base(org)}", _path(org, app), *_options(app, key)])


def _base(org: Org) -> str:
    return org.endpoint.rstrip("/")


def _path(org: Org, app: App) -> str:
    return f"/{org.code}/v2/accounts/login" if app.sessions else f"/{org.code}/v2"


def _options(app: App, key: str) -> list[str]:
    header = "-H " + shlex.quote(f"Medable-Client-Key: {key}")
    if not app.sessions:
        return [header]
    return [header, "-H 'Content-Type: application/json'", f"-d {shlex.quote(LOGIN_BODY)}"]


def masked(app: App) -> str:
    """The key's ends with fixed dots between, e.g. mwid••••••••••••••OYJh (22 characters)."""
    return f"{app.key_ends.head}{'•' * 14}{app.key_ends.tail}"
