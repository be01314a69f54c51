"""What the sandbox answers with: documents and faults."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..domain.documents import Document
from ..domain.faults import KINDS
from .table import Basis


@dataclass(slots=True)
class Reply:
    """A document to answer with. lines: each element of the list `document` on a line of its own."""

    document: object
    basis: Basis
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cookies: list[str] = field(default_factory=list)
    lines: bool = False


class Refusal(Exception):
    """A fault. reason: in words, without any secret; path: what it is about; children: faults of properties.

    basis: what it rests on where that is not the documented table of faults.
    """

    def __init__(
        self,
        err_code: str,
        reason: str = "",
        path: str = "",
        children: Sequence[Document] = (),
        basis: Basis | None = None,
        name: str = "error",
    ) -> None:
        super().__init__(err_code)
        self.err_code = err_code
        self.name = name
        self.reason = reason
        self.path = path
        self.children = children
        self.basis = basis or (Basis.DOCUMENTED if err_code.startswith("cortex.") else Basis.OURS)
        self.headers: dict[str, str] = {}
        self.cookies: list[str] = []
        self.expected = self.signed = ""  # messages of a signature that does not match

    def reply(self) -> Reply:
        """The fault's document."""
        document = fault_document(self.err_code, self.reason, self.path, self.name)
        if self.children:
            document["faults"] = list(self.children)
        return Reply(document, self.basis, document["status"], self.headers, self.cookies)


def fault_document(err_code: str, reason: str = "", path: str = "", name: str = "error") -> Document:
    """A fault as Cortex writes it."""
    kind = KINDS[err_code]
    document: Document = {
        "object": "fault",
        "name": name,
        "code": kind.code,
        "errCode": err_code,
        "status": kind.status,
        "message": kind.what,
    }
    if reason:
        document["reason"] = reason
    if path:
        document["path"] = path
    return document


def invalid(children: Sequence[Document]) -> Refusal:
    """The fault of a body some of whose properties are not valid."""
    return Refusal("cortex.invalidArgument.validation", children=children)


def required(path: str) -> Document:
    """The child of a validation fault for a property that is missing."""
    return fault_document("cortex.validation.required", "Required property", path, "validation")


def wrong_type(path: str, expected: str) -> Document:
    """The child of a validation fault for a value of another type."""
    return fault_document("cortex.invalidArgument.unspecified", f"Expected {expected}.", path, "validation")
