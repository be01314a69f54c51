"""Faults as they are read from answers, and their words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cortex_desktop.domain.faults import KINDS, Fault, KeyVerdict, fault_of

# As Cortex's documentation has them.
DOCUMENTED = """
    cortex.notFound.app kNotFound 404
    cortex.notFound.env kOrgControlInvalidOrg 404
    cortex.accessDenied.appDisabled kAccessDenied 403
    cortex.expired.app kExpired 410
    cortex.accessDenied.noCredentialsSupplied kNoCredentialsSupplied 403
    cortex.accessDenied.csrfTokenMismatch kCSRFTokenMismatch 403
    cortex.accessDenied.loggedInElsewhere kLoggedInElsewhere 403
    cortex.accessDenied.invalidRequestSignature kInvalidRequestSignature 403
    cortex.invalidArgument.staleRequestSignature kStaleRequestSignature 400
    cortex.invalidArgument.object kInvalidObject 400
    cortex.invalidArgument.versionRequired kInvalidArgument 428
    cortex.error.sessionRequired kSessionRequired 500
    cortex.success.newLocation kNewLocation 200
    cortex.throttled.policy kThrottled 429
    cortex.tooLarge.unspecified kRequestTooLarge 413
"""
FAMILIES = """
    accepted accessDenied conflict error expired invalidArgument notFound notImplemented success throttled timeout
    tooBusy tooLarge unsupportedMediaType unsupportedOperation validation
""".split()


@pytest.mark.parametrize("line", DOCUMENTED.strip().splitlines())
def test_codes_and_statuses(line: str) -> None:
    err_code, code, status = line.split()
    kind = KINDS[err_code]
    assert (kind.code, kind.status) == (code, int(status))


def test_every_kind_has_three_sentences() -> None:
    for kind in KINDS.values():
        words = kind.words
        assert all(str(text) for text in (words.what, words.key, words.advice))
        assert str(words.advice).endswith((".", "…"))
        assert not str(words.what).endswith(".")
        assert 200 <= kind.status <= 503


@pytest.mark.parametrize("family", FAMILIES)
def test_an_unknown_fault_is_explained_by_its_family(family: str) -> None:
    words = Fault(err_code=f"cortex.{family}.neverHeardOf").words
    assert str(words.what) != "The server reported a problem"


@pytest.mark.parametrize(
    ("code", "what"),
    [
        ("kCSRFTokenMismatch", "The CSRF token is missing or not the latest"),
        ("kAccessDenied", "This is not allowed"),  # several faults have it
        ("kExpired", "Something has expired"),
        ("kNeverHeardOf", "The server reported a problem"),
        ("", "The server reported a problem"),
    ],
)
def test_a_fault_without_an_err_code(code: str, what: str) -> None:
    fault = fault_of({"object": "fault", "code": code, "status": 403})
    assert fault is not None
    assert str(fault.words.what) == what


def test_what_it_means_for_the_key() -> None:
    assert KINDS["cortex.notFound.app"].key is KeyVerdict.UNKNOWN
    assert KINDS["cortex.accessDenied.appSuspended"].key is KeyVerdict.BARRED
    assert KINDS["cortex.expired.app"].key is KeyVerdict.ENDED
    assert KINDS["cortex.notFound.env"].key is KeyVerdict.NOT_JUDGED
    assert KINDS["cortex.accessDenied.invalidRequestSignature"].key is KeyVerdict.ACCEPTED


def test_what_a_login_does_next() -> None:
    for code in ("kNewLocation", "kUnverifiedLocation", "kCallbackNotFound"):
        assert Fault(code=code).asks_for_code
    assert Fault(err_code="cortex.expired.locationToken").asks_for_code
    for code in ("kSessionExpired", "kNotLoggedIn", "kLoggedInElsewhere", "kTokenExpired"):
        assert Fault(code=code).session_is_over
    assert not Fault(code="kAccessDenied").session_is_over


def test_is_a() -> None:
    assert Fault(code="kStaleRequestSignature").is_a("cortex.invalidArgument.staleRequestSignature")
    assert not Fault(code="kAccessDenied").is_a("cortex.accessDenied.app")
    assert not Fault(err_code="cortex.expired.app", code="kExpired").is_a("cortex.expired.jwt")


@pytest.mark.parametrize("document", [None, 1, "fault", [], {}, {"object": "account"}, {"object": ["fault"]}])
def test_what_is_no_fault(document: object) -> None:
    assert fault_of(document) is None


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=10,
)


@given(
    st.dictionaries(
        st.sampled_from(["errCode", "code", "status", "message", "reason", "path", "faults", "name"]), json_values
    )
)
def test_a_fault_of_any_form_is_read(document: dict[str, object]) -> None:
    fault = fault_of({**document, "object": "fault"})
    assert fault is not None
    assert str(fault.words.what)


def test_faults_within_faults_end_somewhere() -> None:
    document: dict[str, object] = {"object": "fault"}
    for _ in range(100):
        document = {"object": "fault", "faults": [document]}
    fault, depth = fault_of(document), 0
    while fault is not None and fault.children:
        fault, depth = fault.children[0], depth + 1
    assert depth == 8
