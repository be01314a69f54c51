"""What a key is handed over as: right for each kind of app, readable to its language, and masked on the screen.

Python, curl and Node.js run what they are given, against a server of the test's own that answers as the documentation
says Cortex does, and that checks what it is sent.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from cortex_desktop.domain.model import App, Environment, Org
from cortex_desktop.domain.secret import KeyEnds, SecretKind
from cortex_desktop.services.snippets import Snippet, first_request, first_request_to_read, masked, to_read, write

KEY = "mwidxhb8ShcqmV1B9iOYJh"
SECRET = "abcdefghijklmnopqrstuvwxyz0123456789abcdefghijklmnopqrstuvwxyz01"
TOKEN = "MvFkpcS0BCM9qpf4K0pFMyiE57e3VtI5Cb38NfQn6eWiPPp6CqZCOOrAljDZYWnU"
ORG = Org("00", "NewHealth", "newhealthco", Environment.DEVELOPMENT, "https://api.dev.medable.com")
ODD_ORG = replace(ORG, code="a b';$(touch x)`&\\(1)${2}", endpoint='https://x.example/"$HOME"')
SIGNING = App(
    id="00ff",
    org_id="00",
    label="NewHealth App",
    sessions=False,
    csrf=True,
    created=datetime(2026, 11, 23, tzinfo=UTC),
    key_ends=KeyEnds("mwid", "OYJh"),
    keychain="SecretService",
)
WITH_SESSIONS = replace(SIGNING, sessions=True)
WITHOUT_CSRF = replace(WITH_SESSIONS, csrf=False)
APPS = {"signing": SIGNING, "sessions": WITH_SESSIONS, "no csrf": WITHOUT_CSRF}

every_app = pytest.mark.parametrize("app", APPS.values(), ids=APPS)
every_org = pytest.mark.parametrize("org", [ORG, ODD_ORG], ids=["plain", "odd"])
every_snippet = pytest.mark.parametrize("snippet", Snippet, ids=lambda s: s.value)


class Cortex(BaseHTTPRequestHandler):
    """Answers as documented. What is wrong with a request is kept, and answered with a fault."""

    complaints: list[str]
    answered: list[str]
    csrf = False

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.check("login", self.path == "/newhealthco/v2/accounts/login" and set(body) == {"email", "password"})
        self.check("type", self.headers["content-type"] == "application/json")
        self.answer({"object": "account"}, {"Set-Cookie": "md.sid=abc; Path=/newhealthco", "Medable-Csrf-Token": TOKEN})

    def do_GET(self) -> None:
        if self.path == "/newhealthco/v2":
            self.check_signature()
            self.answer({"object": "org"})
        else:
            self.check("path", self.path == "/newhealthco/v2/accounts/me")
            self.check("session", self.headers["cookie"] == "md.sid=abc")
            self.check("token", self.headers["medable-csrf-token"] == (TOKEN if self.csrf else None))
            self.answer({"object": "account", "roles": []})

    def check_signature(self) -> None:
        if "medable-client-signature" in self.headers:
            message = f"/;GET;{self.headers['medable-client-timestamp']}"
            right = hmac.new((KEY + SECRET).encode(), message.encode(), hashlib.sha256).hexdigest()
            self.check("signature", self.headers["medable-client-signature"] == right)
            nonce = self.headers["medable-client-nonce"]
            self.check("nonce", len(nonce) == 16 and nonce.isalnum())

    def check(self, what: str, right: bool) -> None:
        if not right:
            self.complaints.append(what)

    def answer(self, body: dict[str, object], headers: dict[str, str] | None = None) -> None:
        self.check("key", self.headers["medable-client-key"] == KEY)
        self.answered.append(f"{self.command} {self.path.removeprefix('/newhealthco/v2')}".strip())
        self.send_response(200)
        for name, value in {"Content-Type": "application/json", **(headers or {})}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def cortex() -> Iterator[type[Cortex]]:
    """A server for one test. Its address is `org(cortex)`'s endpoint."""

    class Handler(Cortex):
        complaints: list[str] = []  # noqa: RUF012 (one class for each test)
        answered: list[str] = []  # noqa: RUF012

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        Handler.port = server.server_port
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield Handler
        server.shutdown()
        thread.join()


def run(command: list[str], cortex: type[Cortex], text: str, folder: Path) -> str:
    file = folder / "snippet"
    file.write_text(text, encoding="utf-8")
    ran = subprocess.run(
        [*command, str(file)],
        capture_output=True,
        text=True,
        timeout=60,
        cwd=folder,
        env={"MEDABLE_API_SECRET": SECRET, "PATH": "/usr/bin:/bin", "no_proxy": "127.0.0.1"},
    )
    assert ran.returncode == 0, ran.stderr
    assert cortex.complaints == []
    return ran.stdout


def at(cortex: type[Cortex]) -> Org:
    return replace(ORG, endpoint=f"http://127.0.0.1:{cortex.port}")


@every_app
def test_python_does_what_it_should(app: App, cortex: type[Cortex], tmp_path: Path) -> None:
    cortex.csrf = app.csrf
    out = run([sys.executable, "-I"], cortex, write(Snippet.PYTHON, at(cortex), app, KEY), tmp_path)
    assert cortex.answered == (["POST /accounts/login", "GET /accounts/me"] if app.sessions else ["GET"])
    assert "'object': 'account', 'roles'" in out or "'object': 'org'" in out


@pytest.mark.skipif(not shutil.which("node"), reason="Node.js is not here")
def test_node_signs_as_it_should(cortex: type[Cortex], tmp_path: Path) -> None:
    out = run(["node"], cortex, write(Snippet.JAVASCRIPT, at(cortex), SIGNING, KEY), tmp_path)
    assert cortex.answered == ["GET"]
    assert "org" in out


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not here")
@pytest.mark.parametrize("app", [SIGNING, WITH_SESSIONS], ids=["signing", "sessions"])
def test_curl_does_what_it_should(app: App, cortex: type[Cortex], tmp_path: Path) -> None:
    run(["sh"], cortex, write(Snippet.CURL, at(cortex), app, KEY), tmp_path)
    assert cortex.answered == (["POST /accounts/login"] if app.sessions else ["GET"])


@every_app
@every_org
def test_each_is_read_by_its_language(org: Org, app: App, tmp_path: Path) -> None:
    compile(write(Snippet.PYTHON, org, app, KEY), "snippet.py", "exec")
    checks = {Snippet.CURL: ["sh", "-n"], Snippet.ENV: ["sh", "-n"], Snippet.JAVASCRIPT: ["node", "--check"]}
    for snippet, command in checks.items():
        if shutil.which(command[0]):
            file = tmp_path / "snippet.js"
            file.write_text(write(snippet, org, app, KEY, SECRET), encoding="utf-8")
            read = subprocess.run([*command, str(file)], capture_output=True, text=True)
            assert read.returncode == 0, read.stderr


def test_the_documented_example_of_a_signature_comes_out() -> None:
    """Of cortex-facts 4, from the code that the Python snippet has."""
    lines: dict[str, object] = {}
    text = write(Snippet.PYTHON, ORG, SIGNING, "abcdefghijklmnopqrstuv").split("with urllib")[0]
    text = text.replace('os.environ["MEDABLE_API_SECRET"]', f'"{SECRET}"').replace("time.time()", "1420070400")
    exec(text, lines)  # noqa: S102 (our own snippet)
    request = lines["signed"]("GET", "/connections")  # type: ignore[operator]
    signature = request.get_header("Medable-client-signature")
    assert signature == "aebe969cfe115268e9b7a170d8d87c71dab0fd5dd43942820c6aef4732993574"


@pytest.mark.skipif(not shutil.which("sh"), reason="for POSIX shells")
@every_app
@every_org
def test_a_shell_reads_the_environment_file_word_for_word(org: Org, app: App, tmp_path: Path) -> None:
    file = tmp_path / ".env"
    file.write_text(write(Snippet.ENV, org, app, KEY, SECRET), encoding="utf-8")
    script = (
        'set -a; . ./.env; printf "%s\\0" "$MEDABLE_ENDPOINT" "$MEDABLE_ORG" "$MEDABLE_API_KEY" "$MEDABLE_API_SECRET"'
    )
    ran = subprocess.run(["sh", "-c", script], capture_output=True, check=True, cwd=tmp_path, env={})
    secret = "" if app.sessions else SECRET
    assert ran.stdout.decode().split("\0")[:-1] == [org.endpoint, org.code, KEY, secret]
    assert not ran.stderr


def test_a_plain_environment_file_needs_no_quotes() -> None:
    assert write(Snippet.ENV, ORG, WITH_SESSIONS, KEY) == (
        "MEDABLE_ENDPOINT=https://api.dev.medable.com\nMEDABLE_ORG=newhealthco\nMEDABLE_API_KEY=mwidxhb8ShcqmV1B9iOYJh\n"
    )


@pytest.mark.parametrize("snippet", [Snippet.PYTHON, Snippet.JAVASCRIPT, Snippet.SWIFT], ids=lambda s: s.value)
def test_the_token_is_sent_only_where_it_applies(snippet: Snippet) -> None:
    texts = {name: write(snippet, ORG, app, KEY) for name, app in APPS.items()}
    assert [name for name, text in texts.items() if "medable-csrf-token" in text] == ["sessions"]
    assert [name for name, text in texts.items() if "Medable-Client-Signature" in text] == ["signing"]
    assert "mdctl" in texts["signing"], "where the signing is from is said"
    assert not any("«" in text for text in texts.values())


@every_snippet
@every_app
def test_a_secret_is_only_in_what_says_so(snippet: Snippet, app: App) -> None:
    text = write(snippet, ORG, app, KEY, SECRET)
    assert text.count(KEY) == 1
    assert (SECRET in text) is (SecretKind.API_SECRET in snippet.kinds(app))
    assert (SECRET in text) is (snippet is Snippet.ENV and not app.sessions)


@every_snippet
@every_app
def test_on_screen_it_is_the_same_but_masked(snippet: Snippet, app: App) -> None:
    shown, real = to_read(snippet, ORG, app), write(snippet, ORG, app, KEY, SECRET)
    assert KEY[4:-4] not in shown
    if snippet is not Snippet.CURL:
        assert shown.replace("mwid…OYJh", KEY).replace("SECRET=…", f"SECRET={SECRET}") == real


def test_swift_has_what_its_compiler_asks_for() -> None:
    """No compiler is at hand; what can be seen without one is that brackets and quotes are closed."""
    for app in APPS.values():
        text = write(Snippet.SWIFT, ORG, app, KEY)
        assert text.count('"') % 2 == 0
        assert all(text.count(a) == text.count(b) for a, b in ("()", "{}", "[]"))


# The curl command


def as_a_shell_reads_it(command: str) -> list[str]:
    return shlex.split(command.replace("\\\n", ""))


def test_an_app_with_sessions_signs_a_person_in() -> None:
    assert first_request(ORG, WITH_SESSIONS, KEY) == (
        "curl https://api.dev.medable.com/newhealthco/v2/accounts/login \\\n"
        "  -H 'Medable-Client-Key: mwidxhb8ShcqmV1B9iOYJh' \\\n"
        "  -H 'Content-Type: application/json' \\\n"
        '  -d \'{"email": "…", "password": "…"}\''
    )


def test_a_signing_app_reads_the_public_org() -> None:
    assert first_request(ORG, SIGNING, KEY) == (
        "curl https://api.dev.medable.com/newhealthco/v2 \\\n  -H 'Medable-Client-Key: mwidxhb8ShcqmV1B9iOYJh'"
    )


def test_a_shell_reads_it_word_for_word() -> None:
    *curl, body = as_a_shell_reads_it(first_request(ORG, WITH_SESSIONS, KEY))
    assert curl == [
        "curl",
        "https://api.dev.medable.com/newhealthco/v2/accounts/login",
        "-H",
        f"Medable-Client-Key: {KEY}",
        "-H",
        "Content-Type: application/json",
        "-d",
    ]
    assert set(json.loads(body)) == {"email", "password"}
    assert as_a_shell_reads_it(first_request(ORG, SIGNING, KEY)) == [*curl[:1], curl[1][:-15], *curl[2:4]]


@pytest.mark.skipif(not shutil.which("sh"), reason="for POSIX shells")
@every_app
@every_org
def test_a_real_shell_runs_one_curl_and_nothing_else(org: Org, app: App) -> None:
    command = first_request(org, app, KEY)
    script = "curl() { printf '%s\\0' curl \"$@\"; }; " + command
    ran = subprocess.run(["sh", "-c", script], capture_output=True, check=True, env={"HOME": "elsewhere"})
    words = ran.stdout.decode().split("\0")[:-1]
    assert words == as_a_shell_reads_it(command)
    assert words[1].startswith(f"{org.endpoint}/{org.code}/v2")
    assert not ran.stderr


def test_an_endpoint_with_a_slash_at_its_end_gets_no_second_one() -> None:
    org = replace(ORG, endpoint=ORG.endpoint + "/")
    assert first_request(org, SIGNING, KEY) == first_request(ORG, SIGNING, KEY)
    assert first_request_to_read(org, SIGNING) == first_request_to_read(ORG, SIGNING)


@every_app
def test_on_screen_it_says_the_same_without_the_key(app: App) -> None:
    shown = first_request_to_read(ORG, app)
    real = " ".join(as_a_shell_reads_it(first_request(ORG, app, KEY)))
    assert KEY not in shown
    assert KEY[4:-4] not in shown
    assert "Medable-Client-Key: mwid…OYJh" in shown
    joined = "".join(line.strip() if n == 1 else " " + line.strip() for n, line in enumerate(shown.split("\n"))).strip()
    assert " ".join(shlex.split(joined)).replace("mwid…OYJh", KEY) == real


def test_a_masked_key_tells_its_ends_only() -> None:
    assert masked(SIGNING) == "mwid••••••••••••••OYJh"
    assert len(masked(SIGNING)) == len(KEY)
