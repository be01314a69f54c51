"""Small collections of JSON objects that are kept beside the database."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

Document = dict[str, Any]
"""A JSON object."""


class DocumentStore(Protocol):
    """Tables of JSON objects by id, without keys. From any thread. All methods raise StorageError."""

    def load(self) -> dict[str, dict[str, Document]]:
        """All tables. Empty if nothing is kept yet."""

    def change(self, changes: Mapping[str, Mapping[str, Document | None]]) -> None:
        """Write these objects, and remove those given as None, in one durable step."""

    def clear(self) -> None:
        """Remove everything."""
