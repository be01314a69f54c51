"""Code that repeats a request of the Requests page, with the app's real key.

The API secret of an app that signs is read from the environment, a password stays a placeholder. An app with Sessions
logs in first, since the cookies of the page's own login are not handed out; the code asks for the text message's code
where Cortex does.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass
from enum import Enum
from urllib.parse import quote

from ..domain.model import App
from ..domain.request import Request, clean_request
from ..domain.signing import command_of

_WITHOUT_LOGIN = ("", "/", "/accounts/status")
_KEY = "Medable-Client-Key"
_LOGIN = '{"email": "…", "password": "…"}'


class Language(Enum):
    """In which the code is. The value is what the settings remember."""

    CURL = "curl"
    PYTHON = "python"
    JAVASCRIPT = "javascript"
    SWIFT = "swift"


@dataclass(frozen=True)
class _Parts:
    """What the code is made of. base: address of the org's API; message: what is signed, but for the time; headers:
    the request's own; logs_in: a login comes first, at the path `login`."""

    base: str
    path: str
    method: str
    key: str
    headers: dict[str, str]
    body: str
    message: str
    signs: bool
    logs_in: bool
    csrf: bool
    login: str


def request_code(
    language: Language, app: App, endpoint: str, request: Request, key: str, login_path: str = "/accounts/login"
) -> str:
    """Return code that makes this request. endpoint: base address of the API; key: the app's API key; login_path: where
    people log in.

    Raises RequestFormError for a request that cannot be sent.
    """
    request = clean_request(request)
    headers = dict(request.headers)
    if request.body and "content-type" not in {name.lower() for name in headers}:
        headers["Content-Type"] = "application/json"
    parts = _Parts(
        base=f"{endpoint}/{quote(request.org_code, safe='')}/v2",
        path=request.path,
        method=request.method,
        key=key,
        headers=headers,
        body=request.body.decode("utf-8", "replace"),
        message=f"{command_of(request.path)};{request.method};",
        signs=not app.sessions,
        logs_in=app.sessions and request.path.partition("?")[0] not in (*_WITHOUT_LOGIN, login_path),
        csrf=app.csrf,
        login=quote(login_path),
    )
    write = {
        Language.CURL: _curl,
        Language.PYTHON: _python,
        Language.JAVASCRIPT: _javascript,
        Language.SWIFT: _swift,
    }[language]
    return "\n".join(write(parts)) + "\n"


def _curl(parts: _Parts) -> list[str]:
    def command(path: str, *more: str) -> str:
        headers = [f"-H {shlex.quote(f'{_KEY}: {parts.key}')}", *more]
        return " \\\n  ".join([f"curl -sSg {shlex.quote(parts.base + path)}", *headers])

    lines, more = [], ["-I" if parts.method == "HEAD" else f"-X {parts.method}"]
    more += ["-H " + shlex.quote(f"{name}: {value}") for name, value in parts.headers.items()]
    if parts.signs:
        lines.append("TIME=$(date +%s)000")
        signature = (
            f"$(printf %s {shlex.quote(parts.message)}$TIME | "
            f'openssl dgst -sha256 -hmac "{parts.key}$MEDABLE_API_SECRET" -r | cut -c 1-64)'
        )
        more += [
            '-H "Medable-Client-Timestamp: $TIME"',
            '-H "Medable-Client-Nonce: $(openssl rand -hex 8)"',
            f'-H "Medable-Client-Signature: {signature}"',
        ]
    if parts.logs_in:
        lines += [
            "# If the answer asks for a code, add to the body and run it again:",
            '#   "location": {"verificationToken": "the code", "singleUse": true}',
            command(
                parts.login,
                "-b cookies.txt -c cookies.txt -D headers.txt",
                "-H 'Content-Type: application/json'",
                "-d " + shlex.quote(_LOGIN),
            ),
        ]
        more.insert(0, "-b cookies.txt")
        if parts.csrf:
            token = "$(grep -i '^medable-csrf-token:' headers.txt | cut -d ' ' -f 2 | tr -d '\\r')"  # noqa: S105
            more.append(f'-H "Medable-Csrf-Token: {token}"')
    if parts.body:
        more.append("--data-raw " + shlex.quote(parts.body))
    return [*lines, command(parts.path, *more)]


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _pairs(parts: _Parts) -> str:
    """The request's headers after the key, as Python, JavaScript and JSON write them."""
    return "".join(f", {_text(name)}: {_text(value)}" for name, value in parts.headers.items())


def _python(parts: _Parts) -> list[str]:
    modules = ["json", "urllib.error", "urllib.request"]
    modules += ["hashlib", "hmac", "os", "secrets", "time"] if parts.signs else []
    lines = [f"import {name}" for name in sorted(modules) if name != "json" or parts.logs_in]
    cookies = "urllib.request.HTTPCookieProcessor()" if parts.logs_in else ""
    lines += [
        "",
        f"BASE = {_text(parts.base)}",
        f"KEY = {_text(parts.key)}",
        f"client = urllib.request.build_opener({cookies})",
        f'headers = {{"{_KEY}": KEY{_pairs(parts)}}}',
        "",
        "",
        "def send(method, path, headers, body=None):",
        "    data = body.encode() if body is not None else None",
        "    try:",
        "        return client.open(urllib.request.Request(BASE + path, data, headers, method=method))",
        "    except urllib.error.HTTPError as fault:",
        "        return fault",
        "",
        "",
    ]
    if parts.signs:
        lines += [
            "timestamp = str(int(time.time() * 1000))",
            f"message = {_text(parts.message)} + timestamp",
            'secret = KEY + os.environ["MEDABLE_API_SECRET"]',
            'headers["Medable-Client-Timestamp"] = timestamp',
            'headers["Medable-Client-Nonce"] = secrets.token_hex(8)',
            "signature = hmac.new(secret.encode(), message.encode(), hashlib.sha256).hexdigest()",
            'headers["Medable-Client-Signature"] = signature',
        ]
    if parts.logs_in:
        lines += [
            f"login = {_LOGIN}",
            f'login_headers = {{"{_KEY}": KEY, "Content-Type": "application/json"}}',
            f'answer = send("POST", {_text(parts.login)}, login_headers, json.dumps(login))',
            "account = json.load(answer)",
            'if account.get("code") in ("kNewLocation", "kUnverifiedLocation"):  # a code went to the phone',
            '    login["location"] = {"verificationToken": input("Code: "), "singleUse": True}',
            f'    answer = send("POST", {_text(parts.login)}, login_headers, json.dumps(login))',
            "    account = json.load(answer)",
            'print(account.get("email") or account)',
        ]
        if parts.csrf:
            lines.append('headers["Medable-Csrf-Token"] = answer.headers.get("Medable-Csrf-Token", "")')
    body = f", {_text(parts.body)}" if parts.body else ""
    lines.append(f"print(send({_text(parts.method)}, {_text(parts.path)}, headers{body}).read().decode())")
    return lines


def _javascript(parts: _Parts) -> list[str]:
    lines = ["// For Node.js 20 or newer."]
    if parts.signs:
        lines.append('const { createHmac, randomBytes } = require("node:crypto");')
    if parts.logs_in:
        lines.append('const { createInterface } = require("node:readline/promises");')
    lines += [
        f"const base = {_text(parts.base)};",
        f"const key = {_text(parts.key)};",
        f'const headers = {{ "{_KEY}": key{_pairs(parts)} }};',
        "",
        "async function main() {",
    ]
    if parts.signs:
        lines += [
            "  const timestamp = String(Date.now());",
            '  headers["Medable-Client-Timestamp"] = timestamp;',
            '  headers["Medable-Client-Nonce"] = randomBytes(8).toString("hex");',
            '  headers["Medable-Client-Signature"] = createHmac("sha256", key + process.env.MEDABLE_API_SECRET)',
            f'    .update({_text(parts.message)} + timestamp).digest("hex");',
        ]
    if parts.logs_in:
        lines += [
            "  const cookies = {};",
            "  async function logIn(more) {",
            '    const cookie = Object.entries(cookies).map((pair) => pair.join("=")).join("; ");',
            f"    const answer = await fetch(base + {_text(parts.login)}, {{",
            '      method: "POST",',
            f'      headers: {{ "{_KEY}": key, "Content-Type": "application/json", Cookie: cookie }},',
            f"      body: JSON.stringify({{ ...{_LOGIN}, ...more }}),",
            "    });",
            "    for (const one of answer.headers.getSetCookie()) {",
            '      const [name, value] = one.split(";")[0].split("=");',
            "      cookies[name] = value;",
            "    }",
            '    headers["Cookie"] = Object.entries(cookies).map((pair) => pair.join("=")).join("; ");',
        ]
        if parts.csrf:
            lines.append('    headers["Medable-Csrf-Token"] = answer.headers.get("medable-csrf-token") ?? "";')
        lines += [
            "    return answer.json();",
            "  }",
            "  let account = await logIn({});",
            '  if (["kNewLocation", "kUnverifiedLocation"].includes(account.code)) {  // a code went to the phone',
            "    const terminal = createInterface({ input: process.stdin, output: process.stdout });",
            '    const verificationToken = await terminal.question("Code: ");',
            "    terminal.close();",
            "    account = await logIn({ location: { verificationToken, singleUse: true } });",
            "  }",
            "  console.log(account.email ?? account);",
        ]
    body = f", body: {_text(parts.body)}" if parts.body else ""
    return [
        *lines,
        f"  const options = {{ method: {_text(parts.method)}, headers{body} }};",
        f"  const answer = await fetch(base + {_text(parts.path)}, options);",
        "  console.log(await answer.text());",
        "}",
        "",
        "main();",
    ]


def _swift_text(value: str) -> str:
    """The text as Swift writes it, which knows few escapes."""
    named = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return '"' + "".join(named.get(c) or (f"\\u{{{ord(c):x}}}" if ord(c) < 32 else c) for c in value) + '"'


def _swift(parts: _Parts) -> list[str]:
    pairs = "".join(f", {_swift_text(name)}: {_swift_text(value)}" for name, value in parts.headers.items())
    lines = [
        *(["// An API secret must never be in an app that you hand out.", "import CryptoKit"] if parts.signs else []),
        "import Foundation",
        "",
        f"let base = {_swift_text(parts.base)}",
        f"let key = {_swift_text(parts.key)}",
        f'var headers = ["{_KEY}": key{pairs}]',
        "",
        *(["// URLSession keeps the session's cookies."] if parts.logs_in else []),
        "func send(_ method: String, _ path: String, _ headers: [String: String], _ body: String? = nil)",
        "    async throws -> (String, HTTPURLResponse)",
        "{",
        "    var request = URLRequest(url: URL(string: base + path)!)",
        "    request.httpMethod = method",
        "    request.allHTTPHeaderFields = headers",
        "    request.httpBody = body.map { Data($0.utf8) }",
        "    let (data, response) = try await URLSession.shared.data(for: request)",
        "    return (String(decoding: data, as: UTF8.self), response as! HTTPURLResponse)",
        "}",
        "",
    ]
    if parts.signs:
        lines += [
            'let secret = ProcessInfo.processInfo.environment["MEDABLE_API_SECRET"]!',
            "let timestamp = String(Int(Date().timeIntervalSince1970 * 1000))",
            f"let message = {_swift_text(parts.message)} + timestamp",
            "let hmacKey = SymmetricKey(data: Data((key + secret).utf8))",
            "let signature = HMAC<SHA256>.authenticationCode(for: Data(message.utf8), using: hmacKey)",
            'headers["Medable-Client-Timestamp"] = timestamp',
            'headers["Medable-Client-Nonce"] = String((0..<16).map { _ in "0123456789abcdef".randomElement()! })',
            'headers["Medable-Client-Signature"] = signature.map { String(format: "%02x", $0) }.joined()',
        ]
    if parts.logs_in:
        lines += [
            f'let loginHeaders = ["{_KEY}": key, "Content-Type": "application/json"]',
            f'let login = #"{_LOGIN}"#',
            f'var (account, answer) = try await send("POST", {_swift_text(parts.login)}, loginHeaders, login)',
            "// A code went to the phone.",
            'if account.contains("kNewLocation") || account.contains("kUnverifiedLocation") {',
            '    print("Code: ", terminator: "")',
            '    let code = readLine() ?? ""',
            '    let location = #", "location": {"verificationToken": "\\#(code)", "singleUse": true}}"#',
            "    let body = String(login.dropLast()) + location",
            f'    (account, answer) = try await send("POST", {_swift_text(parts.login)}, loginHeaders, body)',
            "}",
            "print(account)",
        ]
        if parts.csrf:
            lines.append('headers["Medable-Csrf-Token"] = answer.value(forHTTPHeaderField: "Medable-Csrf-Token")')
    body = f", {_swift_text(parts.body)}" if parts.body else ""
    call = f"send({_swift_text(parts.method)}, {_swift_text(parts.path)}, headers{body})"
    return [*lines, f"print(try await {call}.0)"]
