"""Code that repeats a request of the Requests page, with the app's real key.

The API secret of an app that signs is read from the environment, a password stays a placeholder. An app with Sessions
logs in first, since the cookies of the page's own login are not handed out.
"""

from __future__ import annotations

import json
import shlex
from enum import Enum

from ..domain.model import App
from ..domain.request import Request
from ..domain.signing import command_of

_WITHOUT_LOGIN = ("", "/", "/accounts/login", "/accounts/status")


class Language(Enum):
    """In which the code is. The value is what the settings remember."""

    CURL = "curl"
    PYTHON = "python"
    JAVASCRIPT = "javascript"


def request_code(language: Language, app: App, endpoint: str, request: Request, key: str) -> str:
    """Return code that makes this request. endpoint: base address of the API; key: the app's API key."""
    base = f"{endpoint}/{request.org_code}/v2"
    logs_in = app.sessions and request.path.partition("?")[0] not in _WITHOUT_LOGIN
    match language:
        case Language.CURL:
            return _curl(app, base, request, key, logs_in)
        case Language.PYTHON:
            return _python(app, base, request, key, logs_in)
        case Language.JAVASCRIPT:
            return _javascript(app, base, request, key, logs_in)


def _own_headers(request: Request) -> dict[str, str]:
    headers = dict(request.headers)
    if request.body and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json"
    return headers


def _curl(app: App, base: str, request: Request, key: str, logs_in: bool) -> str:
    key_header = "-H " + shlex.quote(f"Medable-Client-Key: {key}")
    parts = [f"curl -sS {shlex.quote(base + request.path)}", f"-X {request.method}", key_header]
    if request.method == "HEAD":
        parts[1] = "-I"
    parts += ["-H " + shlex.quote(f"{name}: {value}") for name, value in _own_headers(request).items()]
    before = ""
    if not app.sessions:
        message = f"{command_of(request.path)};{request.method};"
        before = "TIME=$(date +%s)000\n"
        signature = (
            f"$(printf %s {shlex.quote(message)}$TIME | "
            f'openssl dgst -sha256 -hmac "{key}$MEDABLE_API_SECRET" -r | cut -c 1-64)'
        )
        parts += [
            '-H "Medable-Client-Timestamp: $TIME"',
            '-H "Medable-Client-Nonce: $(openssl rand -hex 8)"',
            f'-H "Medable-Client-Signature: {signature}"',
        ]
    if logs_in:
        login = [
            f"curl -sS -c cookies.txt -D headers.txt {shlex.quote(base + '/accounts/login')}",
            key_header,
            "-H 'Content-Type: application/json'",
            "-d " + shlex.quote('{"email": "…", "password": "…"}'),
        ]
        before = " \\\n  ".join(login) + "\n"
        parts.insert(1, "-b cookies.txt")
        if app.csrf:
            token = "$(sed -n 's/^medable-csrf-token: //Ip' headers.txt | tr -d '\\r')"  # noqa: S105
            parts.append(f'-H "Medable-Csrf-Token: {token}"')
    if request.body:
        parts.append("-d " + shlex.quote(request.body.decode("utf-8", "replace")))
    return before + " \\\n  ".join(parts) + "\n"


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _python(app: App, base: str, request: Request, key: str, logs_in: bool) -> str:
    lines = ["import json", "import urllib.request"]
    if not app.sessions:
        lines = ["import hashlib", "import hmac", *lines[:1], "import os", "import secrets", "import time", lines[1]]
    if logs_in:
        lines.append("from http.cookiejar import CookieJar")
    lines += ["", f"BASE = {_text(base)}", f"KEY = {_text(key)}"]
    lines.append(f"headers = {json.dumps({'Medable-Client-Key': 'KEY', **_own_headers(request)}, ensure_ascii=False)}")
    lines[-1] = lines[-1].replace('"KEY"', "KEY", 1)
    lines.append("client = urllib.request.build_opener()")
    if not app.sessions:
        message = f"{command_of(request.path)};{request.method};"
        lines += [
            "timestamp = str(int(time.time() * 1000))",
            f"message = {_text(message)} + timestamp",
            'secret = KEY + os.environ["MEDABLE_API_SECRET"]',
            'headers["Medable-Client-Timestamp"] = timestamp',
            'headers["Medable-Client-Nonce"] = secrets.token_hex(8)',
            "signature = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()",
            'headers["Medable-Client-Signature"] = signature',
        ]
    if logs_in:
        lines[-1] = "client = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))"
        lines += [
            'login = json.dumps({"email": "…", "password": "…"}).encode()',
            'login_headers = {"Medable-Client-Key": KEY, "Content-Type": "application/json"}',
            'with client.open(urllib.request.Request(BASE + "/accounts/login", login, login_headers)) as response:',
            "    print(json.load(response))",
            '    token = response.headers.get("Medable-Csrf-Token", "")',
        ]
        if app.csrf:
            lines.append('headers["Medable-Csrf-Token"] = token')
        else:
            del lines[-1]
    body = f"{_text(request.body.decode('utf-8', 'replace'))}.encode()" if request.body else "None"
    lines += [
        f"url, method = BASE + {_text(request.path)}, {_text(request.method)}",
        f"request = urllib.request.Request(url, {body}, headers, method=method)",
        "with client.open(request) as response:",
        "    print(json.load(response))",
    ]
    return "\n".join(lines) + "\n"


def _javascript(app: App, base: str, request: Request, key: str, logs_in: bool) -> str:
    lines = ["// For Node.js 18 or newer."]
    if not app.sessions:
        lines.append('const { createHmac, randomBytes } = require("node:crypto");')
    headers = {"Medable-Client-Key": key, **_own_headers(request)}
    lines += [
        f"const base = {_text(base)};",
        f"const key = {_text(key)};",
        f"const headers = {json.dumps(headers, ensure_ascii=False)};",
        "",
        "async function main() {",
    ]
    if not app.sessions:
        message = f"{command_of(request.path)};{request.method};"
        lines += [
            "  const timestamp = String(Date.now());",
            '  headers["Medable-Client-Timestamp"] = timestamp;',
            '  headers["Medable-Client-Nonce"] = randomBytes(8).toString("hex");',
            '  headers["Medable-Client-Signature"] = createHmac("sha256", key + process.env.MEDABLE_API_SECRET)',
            f'    .update({_text(message)} + timestamp).digest("hex");',
        ]
    if logs_in:
        lines += [
            '  const login = await fetch(base + "/accounts/login", {',
            '    method: "POST",',
            '    headers: { "Medable-Client-Key": key, "Content-Type": "application/json" },',
            '    body: JSON.stringify({ email: "…", password: "…" }),',
            "  });",
            "  console.log(await login.json());",
            '  headers["Cookie"] = login.headers.getSetCookie().map((one) => one.split(";")[0]).join("; ");',
        ]
        if app.csrf:
            lines.append('  headers["Medable-Csrf-Token"] = login.headers.get("medable-csrf-token") ?? "";')
    body = f", body: {_text(request.body.decode('utf-8', 'replace'))}" if request.body else ""
    lines += [
        f"  const options = {{ method: {_text(request.method)}, headers{body} }};",
        f"  const answer = await fetch(base + {_text(request.path)}, options);",
        "  console.log(await answer.json());",
        "}",
        "",
        "main();",
    ]
    return "\n".join(lines) + "\n"
