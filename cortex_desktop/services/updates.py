"""Whether there is a newer version: one small file, read over https, only when somebody asked.

Nothing is downloaded but that file, and nothing is sent but the request for it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ..domain.errors import UpdateError, UpdateProblem
from ..domain.request import Limits, Network

_VERSION = re.compile(r"\d{1,6}(\.\d{1,6}){1,3}", re.ASCII)
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")


@dataclass(frozen=True)
class Release:
    """The newest release. version: like "1.2.0"; page: the https address where a person gets it."""

    version: str
    page: str

    @property
    def host(self) -> str:
        """The host of the page."""
        return urlsplit(self.page).hostname or ""

    def newer_than(self, version: str) -> bool:
        """Whether it comes after this version."""
        return _numbers(self.version) > _numbers(version)


class UpdateCheck:
    """Asks a feed for the newest release. read: returns what is at an https address; raises UpdateError."""

    def __init__(self, network: Network, read: Callable[[str], bytes]) -> None:
        self._network = network
        self._read = read

    def use(self, limits: Limits, ca_file: Path | None) -> None:
        """As `Network.use`. From any thread."""
        self._network.use(limits, ca_file)

    def newest(self, feed: str) -> Release:
        """What the feed at this address names. Blocks; for the network lane. Raises UpdateError, CaFileError."""
        if not is_safe(feed):
            raise UpdateError(UpdateProblem.NOT_HTTPS)
        try:
            return release_of(self._read(feed))
        except (ValueError, RecursionError):
            raise UpdateError(UpdateProblem.STRANGE, urlsplit(feed).hostname or "") from None


def release_of(data: bytes) -> Release:
    """What a feed says: JSON with "version" and "page". Raises ValueError for anything else, RecursionError."""
    found = json.loads(data)
    if not isinstance(found, dict):
        raise ValueError("not an object")
    version, page = found.get("version"), found.get("page")
    if not isinstance(version, str) or not _VERSION.fullmatch(version):
        raise ValueError("no version")
    if not isinstance(page, str) or not is_safe(page):
        raise ValueError("no https page")
    return Release(version, page)


def is_safe(address: str) -> bool:
    """Whether this is the address of something on an https server, without a name and password in it."""
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    is_plain = address.isascii() and address.isprintable() and " " not in address and "\\" not in address
    return is_plain and parts.scheme == "https" and "@" not in parts.netloc and _HOST.fullmatch(host) is not None


def _numbers(version: str) -> list[int]:
    """The numbers of a version, without zeros at its end: 1.2 and 1.2.0 are one version."""
    numbers = [int(part) for part in re.findall(r"\d+", version)]
    while numbers and numbers[-1] == 0:
        numbers.pop()
    return numbers
