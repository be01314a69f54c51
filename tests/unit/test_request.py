"""What may be shown of a request and its answer."""

from __future__ import annotations

import pytest

from cortex_desktop.domain.request import mask_document, mask_header


@pytest.mark.parametrize(
    ("name", "value", "shown"),
    [
        ("Medable-Client-Key", "abcdefghijklmnopqrstuv", "abcd…stuv"),
        ("medable-csrf-token", "T" * 64, "TTTT…TTTT"),
        ("Medable-Client-Key", "c_x", "…"),
        ("Cookie", "md.sid=secret; md.fingerprint=device", "md.sid=…; md.fingerprint=…"),
        ("Set-Cookie", "md.sid=se=cret; Path=/acme; HttpOnly", "md.sid=…; Path=/acme; HttpOnly"),
        ("Authorization", "Bearer x", "…"),
        ("Medable-Client-Timestamp", "1700000000000", "1700000000000"),
        ("Content-Type", "application/json", "application/json"),
    ],
)
def test_headers(name: str, value: str, shown: str) -> None:
    assert mask_header(name, value) == shown


def test_documents() -> None:
    account = {"object": "account", "key": {"fingerprint": "f" * 36, "secret": "s" * 32}, "email": "john@acme.example"}
    org = {"object": "org", "configuration": {"email": {"api_key": "SG.secret", "from": "a@b.example"}}}
    assert mask_document({"object": "list", "data": [account, org], "hasMore": False}) == {
        "object": "list",
        "data": [
            {"object": "account", "key": "…", "email": "john@acme.example"},
            {"object": "org", "configuration": {"email": {"api_key": "…", "from": "a@b.example"}}},
        ],
        "hasMore": False,
    }
    assert mask_document({"email": "a", "password": "b", "location": {"verificationToken": "1"}}) == {
        "email": "a",
        "password": "…",
        "location": {"verificationToken": "…"},
    }
    assert mask_document({"key": "value", "data": True, "password": ""}) == {
        "key": "value",
        "data": True,
        "password": "",
    }
