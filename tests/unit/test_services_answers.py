"""What is shown of an answer: the same document, without what is secret, however large it is."""

from __future__ import annotations

import json

import pytest

from cortex_desktop.domain.request import Answer, Credentials, Form
from cortex_desktop.domain.secret import Secret
from cortex_desktop.services.answers import SMALL, masked_text, parsed, shown, take_apart, text_of

KEY = "mwidxhb8ShcqmV1B9iOYJh"


def answer(body: bytes, form: Form = Form.JSON, *, is_whole: bool = True) -> Answer:
    return Answer(200, (), body, len(body), is_whole, 0.1, form, "https://api.example/x")


@pytest.mark.parametrize("size", [10, SMALL // 40])
def test_a_document_is_the_same_however_large(size: int) -> None:
    rows = [{"n": n, "name": {"first": 'a "b", c'}, "list": [1, [], {}], "none": None} for n in range(size)]
    document = {"object": "list", "data": rows, "more": {}, "empty": []}
    for text in (json.dumps(document), json.dumps(document, indent=1), json.dumps(rows)):
        assert parsed(text) == json.loads(text)


@pytest.mark.parametrize("end", ["", "]", "]}x", '],"a"}', '],"a":1,}', "],}", ",]}", "],1:2}"])
def test_what_is_no_json_is_refused(end: str) -> None:
    text = '{"data": [' + ", ".join(["1"] * SMALL) + end
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    with pytest.raises(json.JSONDecodeError):
        parsed(text)


@pytest.mark.parametrize("padding", [0, SMALL])
def test_secrets_are_masked(padding: int) -> None:
    document = {
        "object": "account",
        "key": {"secret": "one-secret"},
        "echo": KEY,
        "pad": "x" * padding,
        "configuration": {"email": {"api_key": "two-secret"}},
        "p\u00e4ss": 1,
    }
    found = shown(answer(json.dumps(document).encode()), Credentials(Secret(KEY)))
    text = found.text or text_of(found.document)
    for secret in ("one-secret", "two-secret", KEY):
        assert secret not in text
    assert json.loads(text)["p\u00e4ss"] == 1


@pytest.mark.parametrize("padding", [0, SMALL])
@pytest.mark.parametrize("name", ["password", "PassWord", "API_KEY", "apiSecret", "token", "p\\u0061ssword"])
def test_a_name_however_written(name: str, padding: int) -> None:
    body = f'{{"pad": "{"x" * padding}", "a": [{{"{name}": "one-secret"}}]}}'.encode()
    found = shown(answer(body), Credentials(Secret(KEY)))
    assert "one-secret" not in str(found)


def test_a_cut_text_is_masked_wherever_it_is_cut() -> None:
    text = '{"data": [' + ", ".join([f'{{"password": "one-secret,", "a": "{KEY}"}}'] * (SMALL // 20))
    for cut in range(len(text) - 60, len(text)):
        found = shown(answer(text[:cut].encode(), is_whole=False), Credentials(Secret("another")))
        assert found.document is None
        assert "one-s" not in str(found.text)
        assert KEY not in str(found.text)


def test_text_that_is_no_json_stays() -> None:
    assert masked_text("<html>Hello, world</html>") == "<html>Hello, world</html>"


def test_a_document_is_taken_apart() -> None:
    people = [{"n": number} for number in range(2_000)]
    document = {"object": "list", "data": people, "stats": {"a": 1}}
    take_apart(document)
    assert document == {}
    assert people == []
    take_apart([])
    take_apart("text")
