"""Certificates of authorities that a person wants trusted besides the system's."""

from __future__ import annotations

import ssl
from pathlib import Path

from ..domain.request import CaFileError


def trust_also(trust: ssl.SSLContext, path: Path) -> None:
    """Add the authorities of this PEM file. Reads it. Raises CaFileError."""
    try:
        trust.load_verify_locations(path)
    except (OSError, ValueError) as error:  # an SSLError, which is an OSError, is about what the file holds
        raise CaFileError(str(path), is_readable=isinstance(error, ssl.SSLError | ValueError)) from error


def check_ca_file(path: Path) -> None:
    """Raise CaFileError unless this file holds certificates. Reads it."""
    trust_also(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), path)
