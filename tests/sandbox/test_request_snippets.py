"""Code that is copied on the Requests page, run for real against the sandbox."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from cortex_desktop.domain.errors import CortexError
from cortex_desktop.domain.request import Request
from cortex_desktop.domain.secret import Secret
from cortex_desktop.domain.signing import sign
from cortex_desktop.services.request_snippets import Language, request_code

from .conftest import Made, World

RUN_HERE = [Language.CURL, Language.PYTHON, Language.JAVASCRIPT]
WAIT = 10
VECTORS = (
    ("GET", "/connections", "/connections;GET;"),
    ("GET", "/accounts/me?expand=true", "/accounts/me;GET;"),
    ("GET", "", "/;GET;"),
    ("POST", "/accounts/", "/accounts;POST;"),
    (
        "DELETE",
        "/c_prescriptions/5516ee1b34d8d934281699e3/c_notes/a b",
        "/c_prescriptions/5516ee1b34d8d934281699e3/c_notes/a%20b;DELETE;",
    ),
)


def begin(language: Language, code: str, made: Made, folder: Path) -> subprocess.Popen[str]:
    """Run the code with its input open."""
    commands = {
        Language.CURL: ("sh", "-c", code),
        Language.PYTHON: (sys.executable, "-c", code),
        Language.JAVASCRIPT: ("node", "-e", code),
    }
    command = commands[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")
    environment = {**os.environ, "MEDABLE_API_SECRET": made.secret.reveal()}
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, env=environment, cwd=folder, stdin=pipe, stdout=pipe, stderr=subprocess.STDOUT, text=True
    )


def run(language: Language, code: str, made: Made, folder: Path) -> str:
    """Run the code, and return what it prints."""
    return begin(language, code, made, folder).communicate(timeout=30)[0]


def filled(code: str) -> str:
    """The code after a person has filled in e-mail and password."""
    assert code.count("…") == 2
    return code.replace("…", "john@acme.example", 1).replace("…", "sandbox", 1)


@pytest.fixture
def signing(world: World) -> Made:
    world.clock.now()
    return world.apps.add(world.apps.add_org(), "Signing app")


@pytest.fixture
def with_sessions(world: World) -> Made:
    world.clock.now()
    return world.apps.add(world.apps.add_org(), "Session app", sessions=True)


@pytest.mark.parametrize("language", RUN_HERE)
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("", "acme"),
        ("/accounts?limit=2", "@acme.example"),
        ('accounts?paths[]=email&where={"name.first": {"$regex": "^A"}}', "ada@acme.example"),
        ("/c_examples/5516ee1b34d8d934281699e3/a b", "cortex.notFound.instance"),
        ("/accounts/nobody", "cortex.invalidArgument.invalidObjectId"),
    ],
)
def test_a_signed_request(
    endpoint: str, signing: Made, tmp_path: Path, language: Language, path: str, expected: str
) -> None:
    code = request_code(language, signing.app, endpoint, Request("acme", "GET", path), signing.key.reveal())
    assert signing.secret.reveal() not in code
    printed = run(language, code, signing, tmp_path)
    assert expected in printed
    assert "Traceback" not in printed


@pytest.mark.parametrize("language", RUN_HERE)
def test_a_signed_request_with_a_body(endpoint: str, signing: Made, tmp_path: Path, language: Language) -> None:
    body = json.dumps({"c_title": "it's “quoted” $HOME `x` \n ä"}, ensure_ascii=False).encode()
    request = Request("acme", "POST", "/c_examples", (("Accept-Language", "de"),), body)
    code = request_code(language, signing.app, endpoint, request, signing.key.reveal())
    assert json.loads(run(language, code, signing, tmp_path))["c_title"] == "it's “quoted” $HOME `x` \n ä"


@pytest.mark.parametrize("language", RUN_HERE)
def test_a_head_request(world: World, endpoint: str, signing: Made, tmp_path: Path, language: Language) -> None:
    code = request_code(language, signing.app, endpoint, Request("acme", "HEAD", "/accounts"), signing.key.reveal())
    assert "Error" not in run(language, code, signing, tmp_path)
    assert [(found.method, found.status) for found in world.received] == [("HEAD", 200)]


@pytest.mark.parametrize("csrf", [True, False])
@pytest.mark.parametrize("language", [Language.PYTHON, Language.JAVASCRIPT])
def test_a_request_of_a_login(world: World, endpoint: str, tmp_path: Path, language: Language, csrf: bool) -> None:
    """The program asks for the code of the text message, and then makes the very request, a write."""
    world.clock.now()
    made = world.apps.add(world.apps.add_org(), "Session app", sessions=True, csrf=csrf)
    request = Request("acme", "POST", "/c_examples", body=b'{"c_title": "written"}')
    code = filled(request_code(language, made.app, endpoint, request, made.key.reveal()))
    running = begin(language, code, made, tmp_path)
    ends = time.monotonic() + WAIT
    while not world.sandbox.messages() and time.monotonic() < ends:
        time.sleep(0.02)
    printed, _ = running.communicate(f"{world.sandbox.messages()[-1].code}\n", timeout=30)
    assert "john@acme.example" in printed
    assert '"c_title": "written"' in printed
    paths = [(found.path.removeprefix("/acme/v2"), found.status) for found in world.received]
    assert paths == [("/accounts/login", 200), ("/accounts/login", 200), ("/c_examples", 200)]


def test_curl_with_a_login(world: World, endpoint: str, with_sessions: Made, tmp_path: Path) -> None:
    """The comment says what a person adds when a code is asked for; the device's cookie is in the file by then."""
    request = Request("acme", "GET", "/accounts/me")
    code = filled(request_code(Language.CURL, with_sessions.app, endpoint, request, with_sessions.key.reveal()))
    assert "cortex.success.newLocation" in run(Language.CURL, code, with_sessions, tmp_path)
    added = re.search(r'"location": \{.*\}', code)
    assert added is not None
    location = added[0].replace("the code", world.sandbox.messages()[-1].code)
    again = code.replace('"password": "sandbox"}', f'"password": "sandbox", {location}}}')
    printed = run(Language.CURL, again, with_sessions, tmp_path)
    assert "fault" not in printed
    assert printed.count("john@acme.example") == 2


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize(("method", "path", "message"), VECTORS)
def test_what_is_signed(signing: Made, language: Language, method: str, path: str, message: str) -> None:
    """Also of the code that no compiler here runs: what it signs, and with what, is what `domain.signing` does."""
    request = Request("acme", method, path)
    code = request_code(language, signing.app, "https://api.example", request, signing.key.reveal())
    assert message in code
    ours = sign(signing.key, signing.secret, method, quote(path, safe="/?=&"), 1_420_070_400_000)
    key, text = signing.key.reveal() + signing.secret.reveal(), f"{message}1420070400000"
    assert hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest() == ours.signature
    together = {
        Language.CURL: f'"{signing.key.reveal()}$MEDABLE_API_SECRET"',
        Language.PYTHON: 'KEY + os.environ["MEDABLE_API_SECRET"]',
        Language.JAVASCRIPT: "key + process.env.MEDABLE_API_SECRET",
        Language.SWIFT: "(key + secret).utf8",
    }
    assert together[language] in code


@pytest.mark.parametrize("fields", [{"sessions": True}, {"sessions": True, "csrf": False}, {"sessions": False}])
def test_swift_has_what_its_compiler_asks_for(world: World, fields: dict[str, Any]) -> None:
    """No compiler is at hand; what can be seen without one is that brackets and quotes are closed, and names made."""
    made = world.apps.add(world.apps.add_org(), "App", **fields)
    request = Request("acme", "POST", "/c_examples", (("X-Own", 'a "b" \\(c)'),), b'{"c_title": "\\n\x0b \\"q\\""}')
    code = request_code(Language.SWIFT, made.app, "https://api.example", request, made.key.reveal())
    without_texts = re.sub(r'#".*?"#|"(?:\\.|[^"\\])*"', "", code)
    assert '"' not in without_texts
    assert all(without_texts.count(a) == without_texts.count(b) for a, b in ("()", "{}", "[]"))
    assert '"a \\"b\\" \\\\(c)"' in code, "and nothing is put in where a text has a bracket"
    assert ("import CryptoKit" in code) is not made.app.sessions
    assert ("Medable-Csrf-Token" in code) is (made.app.sessions and made.app.csrf)


@pytest.mark.parametrize("language", list(Language))
def test_a_request_that_cannot_be_sent_is_no_code(signing: Made, language: Language) -> None:
    request = Request("acme", "GET", "https://elsewhere.example/")
    with pytest.raises(CortexError):
        request_code(language, signing.app, "https://api.example", request, Secret("x").reveal())


@pytest.mark.parametrize("language", list(Language))
def test_a_login_path_of_the_orgs_own(with_sessions: Made, language: Language) -> None:
    app, key = with_sessions.app, with_sessions.key.reveal()
    code = request_code(language, app, "https://api.example", Request("acme", "GET", "/accounts/me"), key, "/c_login")
    assert "/c_login" in code
    assert "/accounts/login" not in code
    login = Request("acme", "POST", "/c_login", body=b"{}")
    assert "verificationToken" not in request_code(language, app, "https://api.example", login, key, "/c_login")
