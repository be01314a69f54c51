"""Reads a release feed: one small file over https, with nothing sent but the request for it."""

from __future__ import annotations

import time

import httpx2

from ..domain.errors import UpdateError, UpdateProblem
from ..domain.request import Trouble
from .client import HttpNetwork, proxy_for
from .trouble import trouble_of

SECONDS = 15.0
MOST_BYTES = 65_536
MOST_REDIRECTS = 5
_PROBLEMS = {
    Trouble.CERTIFICATE: UpdateProblem.NOT_SAFE,
    Trouble.TLS: UpdateProblem.NOT_SAFE,
    Trouble.PROXY: UpdateProblem.PROXY,
    Trouble.PROXY_ASKS: UpdateProblem.PROXY,
    Trouble.NOT_HTTP: UpdateProblem.STRANGE,
}


def read_feed(network: HttpNetwork, address: str) -> bytes:
    """What the feed at this https address holds. Blocks for 15 seconds, or for a name lookup.

    Redirects are followed to https addresses only. No cookie is kept, and no name or version of this program is sent.
    Raises UpdateError, CaFileError.
    """
    deadline = time.monotonic() + SECONDS
    url = httpx2.URL(address)
    for _ in range(MOST_REDIRECTS + 1):
        if url.scheme != "https" or not url.host or url.userinfo:
            raise UpdateError(UpdateProblem.NOT_SAFE if str(url) != address else UpdateProblem.NOT_HTTPS, url.host)
        found = _ask(network, url, deadline)
        if isinstance(found, bytes):
            return found
        url = found
    raise UpdateError(UpdateProblem.STRANGE, url.host)


def _ask(network: HttpNetwork, url: httpx2.URL, deadline: float) -> bytes | httpx2.URL:
    """The body at this address, or the address that it refers to."""
    proxy = proxy_for(str(url))
    try:
        left = max(deadline - time.monotonic(), 0.1)
        with (
            httpx2.Client(verify=network.trust(), proxy=proxy, trust_env=False, timeout=left) as client,
            client.stream("GET", url, headers={"User-Agent": "Mozilla/5.0"}) as response,
        ):
            location = response.headers.get("Location", "")
            if response.is_redirect and location:
                return url.join(location)
            if response.status_code == 407:
                raise UpdateError(UpdateProblem.PROXY, url.host)
            data = b""
            for piece in response.iter_bytes():
                data += piece
                if len(data) > MOST_BYTES:
                    raise UpdateError(UpdateProblem.STRANGE, url.host)
                if time.monotonic() > deadline:
                    raise UpdateError(UpdateProblem.UNREACHABLE, url.host)
            if response.status_code != 200:
                raise UpdateError(UpdateProblem.STRANGE, url.host)
            return data
    except (httpx2.HTTPError, httpx2.InvalidURL, OSError, ValueError, ImportError) as error:
        trouble = trouble_of(error, through_proxy=proxy is not None) if isinstance(error, httpx2.HTTPError) else None
        problem = UpdateProblem.UNREACHABLE if trouble is None else _PROBLEMS.get(trouble, UpdateProblem.UNREACHABLE)
        raise UpdateError(problem, url.host) from error
