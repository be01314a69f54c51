"""What is pasted around a key does not hide it, and what only looks like one does not pass for it."""

from __future__ import annotations

import base64
import json
import random
import shlex
import string
import time
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cortex_desktop.domain.pasted import MOST_READ, Candidate, Found, Says, find_keys
from cortex_desktop.domain.secret import Look, Secret, SecretKind, look, redact, well_formed
from tests.corpus import pasted as corpus

KEY = "mwidxhb8ShcqmV1B9iOYJh"
OTHER = "GsAqlhnIMzrDeD8V2MBQWq"
SECRET = "Kzc8nwCQiKOgiwTIobaI3H6ryK4C5fC0QcYsuX0123456789abcdefghijABCDEF"
CSRF = "MvFkpcS0BCM9qpf4K0pFMyiE57e3VtI5Cb38NfQn6eWiPPp6CqZCOOrAljDZYWnU"
SIGNATURE = "aebe969cfe115268e9b7a170d8d87c71dab0fd5dd43942820c6aef4732993574"


def drawn(seed: int, length: int) -> str:
    return "".join(random.Random(seed).choices(LETTERS, k=length))


LETTERS = string.ascii_letters + string.digits
a_key = st.integers(0, 10_000).map(partial(drawn, length=22)).filter(lambda text: look(text) is Look.DRAWN)
a_secret = st.integers(0, 10_000).map(partial(drawn, length=64))
a_name = st.text(LETTERS + "_", min_size=1, max_size=98).map("c_{}".format)
fast = settings(deadline=None, database=None, derandomize=True, max_examples=100)
# What cannot stand beside a key, and cannot be taken for what it is called.
quiet = st.text(st.characters(exclude_categories=["L", "M", "N", "Pc"], exclude_characters="-.+="), max_size=40)


def keys(text: str) -> list[str]:
    return [key.secret.reveal() for key in find_keys(text).keys]


def secrets(text: str) -> list[str]:
    return [secret.secret.reveal() for secret in find_keys(text).secrets]


def taken(text: str) -> tuple[str | None, str | None]:
    """The key and the secret that are taken unasked."""
    found = find_keys(text)
    return found.key and found.key.secret.reveal(), found.secret and found.secret.reveal()


AROUND = {
    "alone": "{key}",
    "spaces": "  \t{key}\n\n",
    "no-break space": "\u00a0{key}\u202f",
    "zero width": "\u200b{key}\ufeff",
    "quotes": '"{key}"',
    "curly quotes": "“{key}”",
    "backticks": "`{key}`",
    "brackets": "<{key}>,",
    "a sentence": "The key of the ward tablet is {key}. Do not pass it on!",
    "the console": "API Key\n{key}\nSessions\nOn",
    "env": "# Cortex\nMEDABLE_ORG=newhealthco\nexport MEDABLE_API_KEY={key}\nPORT=8080\n",
    "env in quotes": "MEDABLE_API_KEY='{key}'",
    "yaml": "medable:\n  apiKey: {key}\n",
    "json": json.dumps({"label": "NewHealth App", "key": "{key}", "csrf": True}),
    "json in json": json.dumps(json.dumps({"apiKey": "{key}"})),
    "a query": "https://api.dev.medable.com/newhealthco/v2?client_key={key}&x=1",
    "a path": "https://api.dev.medable.com/newhealthco/v2/{key}/john@newhealthco.com",
    "a header": "medable-client-key: {key}\r\naccept: */*\r\n",
    "swift": 'request.setValue("{key}", forHTTPHeaderField: "Medable-Client-Key")',
    "curl": (
        "curl -X POST 'https://api.dev.medable.com/newhealthco/v2/accounts/login' \\\n"
        "  -H 'Medable-Client-Key: {key}' \\\n  -H 'Content-Type: application/json' \\\n"
        '  -d \'{"email": "john@newhealthco.com", "password": "abcdefghijklmnopqrstuv"}\''
    ),
    "curl of a browser": (
        f"curl 'https://api.medable.com/x/v2/y' -H 'medable-csrf-token: {CSRF}' -b 'md.sid=s%3Aab.{OTHER}xyz' "
        "--header=medable-client-key:{key} --compressed"
    ),
    "a signed request": (
        f"Medable-Client-Key: {{key}}\nMedable-Client-Signature: {SIGNATURE}\n"
        "Medable-Client-Timestamp: 1420070400000\nMedable-Client-Nonce: 0123456789abcdef"
    ),
}


@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
@pytest.mark.parametrize("key", [KEY, "c_my_portal", "3kZq9XbT0vLm7RwYc5HsDj"], ids=["key", "name", "digits"])
def test_a_key_is_found_in_what_stands_around_it(around: str, key: str) -> None:
    text = around.replace("{key}", key)
    assert keys(text) == [key]
    assert secrets(text) == []


@pytest.mark.parametrize(
    "text",
    [
        json.dumps({"apiKey": KEY, "apiSecret": SECRET}),
        f"{KEY}\n{SECRET}",
        f"{KEY}:{SECRET}",
        f"API Key\t{KEY}\nAPI Secret\t{SECRET}\nCSRF token\t{CSRF}\n",
        f"MEDABLE_API_SECRET={SECRET}\nMEDABLE_API_KEY={KEY}\nSHA={SIGNATURE}",
        f"key {KEY}, secret {SECRET} (and not {CSRF})",
    ],
    ids=["json", "lines", "colon", "table", "env", "sentence"],
)
def test_a_secret_is_found_beside_it(text: str) -> None:
    assert (keys(text), secrets(text)) == ([KEY], [SECRET])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "NewHealth App",
        KEY[:-1],
        KEY + "x",
        KEY[:-1] + "-",
        KEY + "é",
        f"x_{KEY}",
        f"eyJhbGciOiJSUzUxMiJ9.{KEY}.{KEY}",
        f"{KEY}==",
        f"a+{KEY}",
        f"{KEY}=8080",
        SIGNATURE,
        f"medable-csrf-token: {CSRF}",
        "b9b7a170d8d87c71dab0fd5dd4394282",
        "c_",
        "C_app",
        "abc_def",
        "KGA=" * 50,
    ],
)
def test_what_is_no_key_is_not_taken_for_one(text: str) -> None:
    assert find_keys(text) == Found()


def test_of_several_all_are_named_once_in_their_order() -> None:
    assert keys(f"{OTHER} {KEY} {OTHER}") == [OTHER, KEY]
    assert keys(f"dev key: {KEY}\nprod key: {OTHER}") == [KEY, OTHER]
    assert secrets(f"{SECRET} {CSRF}") == [SECRET, CSRF]


def test_what_is_called_a_key_goes_before_what_only_looks_like_one() -> None:
    assert keys(f"{OTHER} c_portal key={KEY}") == [KEY]
    assert keys(f"electroencephalographs {KEY} c_portal") == [KEY]


@fast
@given(st.one_of(a_key, a_name), quiet, quiet)
def test_a_key_is_found_between_anything_that_is_no_word(key: str, before: str, after: str) -> None:
    assert keys(before + key + after) == [key]


@fast
@given(a_key, a_secret, st.sampled_from(["\n", " ", ":", ", ", "\t", '","']))
def test_a_pair_is_taken_in_either_order(key: str, secret: str, between: str) -> None:
    for text in (f"key={key}{between}secret={secret}", f"secret: {secret}{between}key: {key}"):
        assert taken(text) == (key, secret)


@fast
@given(a_key, st.dictionaries(st.text(), st.one_of(st.text(), st.integers(), st.none())))
def test_in_any_json(key: str, others: dict[str, object]) -> None:
    assert keys(json.dumps({**others, "clientKey": key}))[0] == key


@fast
@given(a_key, st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=20), max_size=5))
def test_in_any_command_line(key: str, words: list[str]) -> None:
    assert key in keys(shlex.join(["curl", "-H", f"Medable-Client-Key: {key}", *words]))


@fast
@given(st.text())
def test_whatever_is_found_is_well_formed(text: str) -> None:
    found = find_keys(text)
    assert all(well_formed(SecretKind.API_KEY, key.secret) for key in found.keys)
    assert all(well_formed(SecretKind.API_SECRET, secret.secret) for secret in found.secrets)


# --- what is taken, what is asked -----------------------------------------------------------------------------------

THIRD = "w6rEEXNRujmNcPreoT3s8x"
JWT_SECRET = "q" + SECRET[1:]


@pytest.mark.parametrize(
    "text",
    [
        f"<key>UILaunchStoryboardName</key><key>K</key><string>{KEY}</string>",
        f'{{"header":[{{"key":"Medable-Client-Key","value":"{KEY}"}}],"query":[{{"key":"c_study","value":"1"}}]}}',
        f'<configuration><add key="PersistentStoreManager" value="{KEY}" /></configuration>',
        f"- name: AuthenticationProvider\n  value: {KEY}\n",
        f"| Name | Value |\n|---|---|\n| UIRequiredDeviceFamily | {KEY} |\n",
    ],
    ids=["plist", "Postman", "web.config", "YAML", "Markdown"],
)
def test_a_word_that_labels_a_value_is_not_the_value(text: str) -> None:
    assert keys(text) == [KEY]


def test_a_name_of_an_app_never_beats_a_drawn_key_unasked() -> None:
    assert taken(f"Medable-Client-Key: c_portal\nvalue {KEY}") == (None, None)
    assert taken(f"key: c_study\nvalue: {KEY}")[0] in (None, KEY)
    assert taken(f"Medable-Client-Key: c_study\nMEDABLE_KEY={KEY}")[0] in (None, KEY)
    assert taken("Medable-Client-Key: c_portal")[0] == "c_portal"
    assert keys('{"data": [{"object": "c_study", "c_name": "c_site"}]}') == []


@pytest.mark.parametrize(
    "text",
    [
        f"MEDABLE_CLIENT_KEY={KEY}\nJWT_SECRET={JWT_SECRET}\n",
        f"MEDABLE_CLIENT_KEY={KEY}\nJWT_SECRET={SIGNATURE}\n",
        f"MEDABLE_CLIENT_KEY={KEY}\nSESSION_SECRET={JWT_SECRET}\n",
        f"MEDABLE_CLIENT_KEY={KEY}\nAPI_SECRET={JWT_SECRET}\n",
        f"MEDABLE_KEY_DEV={KEY}\nMEDABLE_SECRET_PROD={JWT_SECRET}\n",
        f"[medable]\nkey={KEY}\n[acme]\nsecret={JWT_SECRET}\n",
        json.dumps({"medable": {"apiKey": KEY}, "auth": {"apiSecret": JWT_SECRET}}),
        f"{KEY}\n{JWT_SECRET}",
    ],
)
def test_only_a_secret_named_as_this_apis_beside_the_key_is_taken_unasked(text: str) -> None:
    assert taken(text) == (KEY, None)


@pytest.mark.parametrize(
    "text",
    [
        f"MEDABLE_API_KEY={KEY}\nPORT=80\nMEDABLE_API_SECRET={SECRET}\nJWT_SECRET={JWT_SECRET}\n",
        f"MEDABLE_CLIENT_KEY={KEY}\nMEDABLE_SECRET={SECRET}\n",
        json.dumps({"medable": {"clientKey": KEY, "apiSecret": SECRET}}),
        f"API Key\t{KEY}\nAPI Secret\t{SECRET}\n",
        f"<app><key>apiKey</key><string>{KEY}</string><key>apiSecret</key><string>{SECRET}</string></app>",
    ],
)
def test_and_that_one_is(text: str) -> None:
    assert taken(text) == (KEY, SECRET)


def test_a_drawn_key_is_no_label() -> None:
    assert taken(json.dumps({"label": "NewHealth App", "key": KEY, "text": "the tablet", "value": 1})) == (KEY, None)


def test_a_secret_alone_is_meant() -> None:
    assert taken(SECRET) == taken(f"API Secret: {SECRET}") == (None, SECRET)
    assert taken(f"JWT_SECRET={SECRET}") == taken(f"secret={SECRET}") == (None, None)


def test_a_placeholder_is_named_where_a_key_should_stand() -> None:
    for text in (
        "xxxxxxxxxxxxxxxxxxxxxx",
        "client_key: yourMedableClientKey12",
        '{"apiKey": "0000000000000000000000"}',
    ):
        assert find_keys(text).placeholder in text
        assert find_keys(text).placeholder
    for text in (
        f"key={KEY}\nOLD_KEY=xxxxxxxxxxxxxxxxxxxxxx",
        "key=deadbeef01234567890abc",
        "yourMedableClientKey12 a",
    ):
        assert not find_keys(text).placeholder


@pytest.mark.parametrize(
    "text",
    [
        f"BEGIN;\nINSERT INTO apps (api_key) VALUES ('{KEY}');\nCOMMIT;",  # no armor
        f"medable_key={KEY} run=5f637b5a-0ff2-b551-7938-fb0f95e91d19",
        json.dumps({"id": "5f637b5a-0ff2-b551-7938-fb0f95e91d19", "values": [{"key": "clientKey", "value": KEY}]}),
        f"Client key\n==========\n\n.. code-block:: text\n\n   {KEY}\n",
    ],
)
def test_what_is_no_name_does_not_name(text: str) -> None:
    assert taken(text) == (KEY, None)


def test_a_key_that_begins_like_an_escape_stays_whole() -> None:
    assert taken("--set medable.clientKey=3DNBgafpB55OC5tuTWaPMB") == ("3DNBgafpB55OC5tuTWaPMB", None)
    assert taken(f"medable.clientKey=3D{KEY}") == (KEY, None)


@pytest.mark.parametrize(
    "text", [f"The key for Stripe is {KEY}", f"Der Schlüssel für GitHub lautet {KEY}", f"sendGridKey: {KEY}"]
)
def test_a_key_for_another_service_is_not_offered(text: str) -> None:
    assert keys(text) == []


@pytest.mark.parametrize("text", [f"kubectl get pod {KEY}", f"See ticket {KEY} for Medable."])
def test_what_a_sentence_does_not_call_a_key_is_asked_about(text: str) -> None:
    assert (keys(text), taken(text)) == ([KEY], (None, None))


def test_a_file_in_base64_is_read() -> None:
    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    env = encoded(f"PORT=80\nMEDABLE_CLIENT_KEY={KEY}\nSESSION_SECRET={SECRET}\n")
    assert taken(f"kind: Secret\ndata:\n  .env: {env}\n") == taken(env) == (KEY, None)
    armored = encoded(f"-----BEGIN PRIVATE KEY-----\n{SECRET}\n{KEY}\n-----END PRIVATE KEY-----\n")
    assert keys(f"data:\n  tls.key: {armored}\n") == []


def test_each_of_several_keys_has_its_own_secret() -> None:
    found = find_keys(f"[dev]\nkey={KEY}\nsecret={SECRET}\n[prod]\nkey={OTHER}\nsecret={JWT_SECRET}\n")
    assert found.key is found.secret is None
    assert [(key.secret, key.beside) for key in found.keys] == [
        (Secret(KEY), Secret(SECRET)),
        (Secret(OTHER), Secret(JWT_SECRET)),
    ]
    assert [key.called for key in found.keys] == ["dev / key", "prod / key"]


def test_nothing_within_armor_is_offered() -> None:
    body = "\n".join([SECRET] * 4 + [THIRD])
    for end in ("-----END PRIVATE KEY-----", ""):
        text = f'MEDABLE_KEY={KEY}\nPRIVATE_KEY="-----BEGIN PRIVATE KEY-----\n{body}\n{end}"\n'
        for pasted in (text, text.replace("\n", "\\n"), json.dumps({"env": text})):
            assert (keys(pasted), secrets(pasted)) == ([KEY], [])


@pytest.mark.parametrize(
    "text",
    [json.dumps({"note": f"New key:\n{KEY}"}), f"client_key%3D{KEY}", f"New key:\\n{KEY}", f'"\\u0022{KEY}\\u0022"'],
)
def test_escapes_before_a_key_are_known(text: str) -> None:
    assert taken(text)[0] == KEY
    assert KEY not in redact(text)


@pytest.mark.parametrize("text", ["{}", "MEDABLE_CLIENT_KEY={}", "Medable-Client-Key: {}", '{{"apiKey": "{}"}}'])
@pytest.mark.parametrize("word", corpus.WORDS)
def test_a_word_or_placeholder_is_refused(text: str, word: str) -> None:
    found = find_keys(text.format(word))
    assert found == Found(placeholder=found.placeholder)
    assert found.placeholder in ("", word)


def test_several_keys_are_named_and_those_commented_out_are_last() -> None:
    found = find_keys(f"#MEDABLE_KEY_OLD={THIRD}\nMEDABLE_KEY_DEV={KEY}\n\nMEDABLE_KEY_PROD={OTHER}\n")
    assert found.key is None
    assert [(key.called, key.aside, key.line, key.says) for key in found.keys] == [
        ("MEDABLE_KEY_DEV", False, 2, Says.OURS),
        ("MEDABLE_KEY_PROD", False, 4, Says.OURS),
        ("MEDABLE_KEY_OLD", True, 1, Says.OURS),
    ]


@pytest.mark.parametrize(
    "aside",
    [
        "# MEDABLE_KEY={}",
        "// MEDABLE_KEY={}",
        "<!-- MEDABLE_KEY={} -->",
        "/*\n * MEDABLE_KEY={}\n */",
        "PORT=1 # MEDABLE_KEY={}",
        "OLD_MEDABLE_KEY={}",
    ],
)
def test_what_is_commented_out_is_asked_for_or_left(aside: str) -> None:
    text = aside.format(OTHER)
    assert taken(text) == (None, None)
    assert keys(text) == [OTHER]
    assert taken(f"{text}\nMEDABLE_KEY={KEY}") == (KEY, None)


def test_what_is_switched_off_is_so_too() -> None:
    headers = [
        {"key": "Medable-Client-Key", "value": OTHER, "disabled": True},
        {"key": "Medable-Client-Key", "value": KEY},
    ]
    found = find_keys(json.dumps({"header": headers}))
    assert [(key.secret, key.aside) for key in found.keys] == [(Secret(KEY), False), (Secret(OTHER), True)]


@pytest.mark.parametrize(
    "text",
    [
        f"ACME_API_KEY={KEY}",
        f"weatherly:\n  api_key: {KEY}\n  api_secret: {SECRET}\n",
        f'curl https://api.weatherly.com/v1 \\\n  -H "x-api-key: {KEY}"',
        f"GET /x HTTP/1.1\nHost: api.weatherly.com\nX-API-Key: {KEY}\n",
        f"Weatherly.init('{KEY}')",
        f"curl https://api.stripe.com/v1?key={KEY}",
        f"2026-11-28 10:01:02 INFO [{KEY}] GET /x",
        f"https://open.spotify.com/track/{KEY}",
        f"{{'sid': '{KEY}'}}",
        f"API keys: {KEY}, {OTHER}",
        f"MEDABLE_KEY=yourMedableClientKey12\n{KEY}",
    ],
)
def test_where_another_may_be_meant_it_asks(text: str) -> None:
    assert taken(text) == (None, None)


def test_a_name_that_is_shown_holds_no_key() -> None:
    found = find_keys(json.dumps({OTHER: {"apiKey": KEY}, "c" * 500: {"apiKey": THIRD}}))
    assert all(OTHER not in key.called and len(key.called) <= 200 for key in found.keys)


def test_an_entity_is_not_resolved() -> None:
    text = f'<!DOCTYPE x [<!ENTITY a "{KEY}">]><x><apiKey>&a;</apiKey><b>{OTHER}</b></x>'
    assert taken(text)[0] != KEY
    bomb = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 12))
    assert find_keys(f'<!DOCTYPE x [<!ENTITY a0 "{KEY} ">{bomb}]><x>&a11;</x>').key is None


# --- the figures -----------------------------------------------------------------------------------------------------


def test_the_figures_hold_for_a_small_draw() -> None:
    figures = corpus.measure(4, seed=7)
    assert len(corpus.FORMATS) >= 60
    assert figures.hold, (figures.missed, figures.foreign, figures.words)


# --- any text, of any length -----------------------------------------------------------------------------------------

PIECES = (
    KEY,
    SECRET,
    "c_app",
    "key",
    "apiKey",
    "secret",
    "name",
    "value",
    "=",
    ":",
    '"',
    "'",
    "\\",
    "\n",
    " ",
    "{",
    "}",
)
PIECES += (
    "[",
    "]",
    "<a",
    "<key>",
    "</key>",
    "/>",
    "<!--",
    "-->",
    "# ",
    "//",
    "- ",
    "|",
    ",",
    "\t",
    "%3D",
    "\\n",
    "&amp;",
)
PIECES += ("-----BEGIN X-----", "-----END X-----", "curl -H ", "VALUES (", "\0", "\ud800", "é", "bXdpZA==", "10:00")


@settings(fast, max_examples=400)
@given(st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=5)), max_size=40).map("".join))
def test_it_never_fails(text: str) -> None:
    found = find_keys(text)
    assert found.key is None or found.key is found.keys[0]


@pytest.mark.parametrize(
    "text", ["[" * 100_000, "<a>" * 50_000 + KEY, '{"a":' * 100_000, "-----BEGIN X-----\n" * 50_000]
)
def test_nor_where_structure_is_too_deep(text: str) -> None:
    find_keys(text)


NASTY = (
    "a",
    "c_",
    f"{KEY} ",
    f"{KEY}-",
    f"{KEY}/",
    "- ",
    "\\",
    '\\"',
    '"',
    "{",
    "<a ",
    "<!--",
    "</a>",
    "&",
    "%25",
    " ",
    "\n",
)
NASTY += (
    ": ",
    "[ ",
    "a,b\n",
    '"a","b"\n',
    "a | b\n",
    "{\n",
    "- a:\n",
    "key=",
    ") values (",
    "a://",
    "# ",
    "Y19",
    "QUJD=",
)
NASTY += (
    "-----BEGIN X-----",
    "> ",
    "(",
    "/* ",
    "`",
    "'a",
    "_.",
    "for",
    "a b ",
    "\u20ac",
    "<a></b>",
    "https://",
    '-----BEGIN X-----"',
)


def cost(text: str) -> float:
    began = time.process_time()
    find_keys(text)
    return time.process_time() - began


@pytest.mark.parametrize("piece", NASTY)
def test_a_nasty_text_takes_linear_time(piece: str) -> None:
    few, many = (piece * (size // len(piece)) + f"\nkey={KEY}" for size in (20_000, 200_000))
    # Ten times the text: quadratic time would be a hundred times as much.
    assert min(cost(many) for _ in range(3)) < 30 * max(cost(few), 0.004)


def test_many_values_in_one_line_take_linear_time() -> None:
    values = [f'a{n}("{drawn(n, 22)}"' for n in range(4_000)]
    few, many = (" ".join(values[:count]) for count in (400, 4_000))
    assert min(cost(many) for _ in range(3)) < 30 * max(cost(few), 0.004)


def test_of_a_long_text_the_structure_is_not_read_and_that_is_said() -> None:
    pair = f"<key>Medable-Client-Key</key><string>{KEY}</string>"
    assert find_keys(pair).whole
    found = find_keys("x\n" * (MOST_READ // 2) + pair)
    assert not found.whole
    assert [key.secret for key in found.keys] == [Secret(KEY)]
    assert found.key is None
    found = find_keys("x\n" * (MOST_READ // 2) + f"Medable-Client-Key: {KEY}")
    assert found.key == Candidate(Secret(KEY), "Medable-Client-Key", Says.OURS, line=MOST_READ // 2 + 1)


def test_all_of_20_megabytes_is_read() -> None:
    line = '    "x-request-id": "{}", "status": 200, "url": "https://api.medable.com/acme/v2/accounts"\n'
    block = "".join(line.format(drawn(n, 22)) for n in range(1_000))
    text = block * (20_000_000 // len(block)) + f'"medable-client-key": "{KEY}"\n'
    began = time.process_time()
    assert taken(text) == (KEY, None)
    assert time.process_time() - began < 3, "a second where nothing else runs"


def test_nothing_of_it_is_shown() -> None:
    assert KEY[4:] not in repr(find_keys(f"{KEY} {SECRET}"))
