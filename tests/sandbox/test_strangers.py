"""Clients that nobody here wrote: curl, Node's fetch and Python's own, and the snippets that the program hands out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cortex_desktop.services.snippets import Snippet, write

from .conftest import Made, World

curl = pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")


def node_version() -> int:
    node = shutil.which("node")
    if node is None:
        return 0
    text = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30).stdout
    found = re.match(r"v(\d+)", text)
    return int(found.group(1)) if found else 0


node = pytest.mark.skipif(node_version() < 18, reason="Node 18 or newer is not installed")


def run(command: list[str], **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    done = subprocess.run(command, capture_output=True, text=True, timeout=50, env={**kept, **environment})
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture
def sessions_app(world: World) -> Made:
    return world.apps.add(world.apps.add_org(), "Session app", sessions=True)


@pytest.fixture
def signing_app(world: World) -> Made:
    return world.apps.add(world.apps.add_org(), "Signing app")


@curl
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("each", [False, True])
def test_curl_logs_in(world: World, endpoint: str, sessions_app: Made, tmp_path: Path, host: str, each: bool) -> None:
    world.settings(csrf_each_reply=each)
    jar, head = tmp_path / "jar", tmp_path / "head"
    base = endpoint.replace("127.0.0.1", host) + "/acme/v2"

    def ask(path: str, *more: str) -> Any:
        common = ["curl", "-sS", "-b", str(jar), "-c", str(jar), "-D", str(head)]
        key = ["-H", f"Medable-Client-Key: {sessions_app.key.reveal()}"]
        return json.loads(run([*common, *key, *more, base + path]))

    def token() -> list[str]:
        found = re.search(r"(?im)^medable-csrf-token: (\w+)", head.read_text())
        assert found is not None
        return ["-H", f"Medable-Csrf-Token: {found.group(1)}"]

    def log_in(**location: object) -> Any:
        body = {"email": "john@acme.example", "password": "sandbox"}
        data = json.dumps({**body, "location": location} if location else body)
        return ask("/accounts/login", "-H", "Content-Type: application/json", "-d", data)

    assert log_in()["code"] == "kNewLocation"
    assert log_in(verificationToken=world.sandbox.messages()[-1].code, singleUse=False)["object"] == "account"
    assert ask("/accounts/me", *token())["email"] == "john@acme.example"
    written = ["-H", "Content-Type: application/json", "-d", '{"c_title": "by curl"}']
    note = ask("/c_examples", *token(), *written)
    assert ask(f"/c_examples/{note['_id']}", *token())["c_title"] == "by curl"
    assert ask("/accounts/me")["errCode"] == "cortex.accessDenied.csrfTokenMismatch"
    assert {found.agent.partition("/")[0] for found in world.received} == {"curl"}


@node
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_node_logs_in_and_signs(world: World, endpoint: str, sessions_app: Made, tmp_path: Path, host: str) -> None:
    signing = world.apps.add(sessions_app.org, "Signing app")
    script = tmp_path / "client.mjs"
    script.write_text(
        """
        import { createHmac, randomBytes } from "node:crypto";
        const { BASE, KEY, SIGNING_KEY, SIGNING_SECRET } = process.env;
        const headers = { "Medable-Client-Key": KEY, "Content-Type": "application/json" };
        const login = await fetch(BASE + "/accounts/login", {
          method: "POST", headers, body: JSON.stringify({ email: "john@acme.example", password: "sandbox" }),
        });
        console.log(JSON.stringify(await login.json()));
        console.log(JSON.stringify(login.headers.getSetCookie().map((cookie) => cookie.split("=")[0])));
        const timestamp = String(Date.now());
        const signed = {
          "Medable-Client-Key": SIGNING_KEY, "Medable-Client-Timestamp": timestamp,
          "Medable-Client-Nonce": randomBytes(8).toString("hex"),
          "Medable-Client-Signature": createHmac("sha256", SIGNING_KEY + SIGNING_SECRET)
            .update(`/accounts;GET;${timestamp}`).digest("hex"),
        };
        const accounts = await fetch(BASE + "/accounts?limit=2", { headers: signed });
        console.log(JSON.stringify(await accounts.json()));
        """
    )
    world.clock.now()
    out = run(
        ["node", str(script)],
        BASE=endpoint.replace("127.0.0.1", host) + "/acme/v2",
        KEY=sessions_app.key.reveal(),
        SIGNING_KEY=signing.key.reveal(),
        SIGNING_SECRET=signing.secret.reveal(),
    )
    login, cookies, accounts = map(json.loads, out.splitlines())
    assert login["code"] == "kNewLocation"
    assert cookies == ["md.fingerprint"]
    assert len(accounts["data"]) == 2


def snippet(kind: Snippet, made: Made, endpoint: str) -> str:
    """What the program hands out, for the sandbox as its endpoint."""
    return write(kind, replace(made.org, endpoint=endpoint), made.app, made.key.reveal(), made.secret.reveal())


@curl
@pytest.mark.skipif(sys.platform == "win32", reason="the command is for POSIX shells")
@pytest.mark.parametrize("sessions", [True, False])
def test_the_curl_snippet(world: World, endpoint: str, sessions: bool) -> None:
    made = world.apps.add(world.apps.add_org(), sessions=sessions)
    document = json.loads(run(["sh", "-c", snippet(Snippet.CURL, made, endpoint).replace("curl ", "curl -sS ", 1)]))
    if sessions:  # its e-mail and password are still to be filled in
        assert document["errCode"] == "cortex.accessDenied.invalidCredentials"
    else:
        assert document["code"] == "acme"


def test_the_python_snippet(world: World, endpoint: str, sessions_app: Made, signing_app: Made) -> None:
    world.clock.now()
    administrator = world.browser(world.apps.add(sessions_app.org))
    no_code = {"configuration": {"email": {"locationBypass": ["john@acme.example"]}}}
    assert administrator.ask("PUT", "", no_code).status_code == 200
    program = snippet(Snippet.PYTHON, sessions_app, endpoint)
    program = program.replace('"email": "…", "password": "…"', '"email": "john@acme.example", "password": "sandbox"')
    out = run([sys.executable, "-c", program])
    assert out.count("'email': 'john@acme.example'") == 2  # the login's answer, and who am I
    program = snippet(Snippet.PYTHON, signing_app, endpoint)
    out = run([sys.executable, "-c", program], MEDABLE_API_SECRET=signing_app.secret.reveal())
    assert "'code': 'acme'" in out
    assert world.received[-1].status == 200


@node
def test_the_javascript_snippet_that_signs(world: World, endpoint: str, signing_app: Made, tmp_path: Path) -> None:
    world.clock.now()
    script = tmp_path / "snippet.js"
    script.write_text(snippet(Snippet.JAVASCRIPT, signing_app, endpoint))
    out = run(["node", str(script)], MEDABLE_API_SECRET=signing_app.secret.reveal())
    assert "code: 'acme'" in out
