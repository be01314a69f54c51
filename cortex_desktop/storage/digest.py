"""SHA-256 without OpenSSL, whose library takes 4 MB and is needed for nothing else before the first key.

Python's own `random` gets its hash in the same way. What is private to one version is missing in another, so
`hashlib` stays the last resort.
"""

from __future__ import annotations

try:
    from _sha2 import sha256  # type: ignore[import-not-found]  # Python 3.12 and later
except ImportError:
    try:
        from _sha256 import sha256  # type: ignore[import-not-found]
    except ImportError:
        from hashlib import sha256

_BLOCK = 1 << 18
"""Bytes in one step, of 1 ms, so that no other thread waits for long."""


def hex_digest(data: bytes | memoryview) -> str:
    """The SHA-256 of `data`: 64 lower-case hex digits."""
    if len(data) <= _BLOCK:
        return str(sha256(data).hexdigest())
    found, view = sha256(), memoryview(data)
    for at in range(0, len(view), _BLOCK):
        found.update(view[at : at + _BLOCK])
    return str(found.hexdigest())
