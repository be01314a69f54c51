"""Code that makes a first request with an app's key; also the key alone, or as an environment file.

An app with Sessions signs a person in and then reads their account, with the CSRF token where the app demands it. An
app without signs each request; it reads its org, which everybody who has a key may read (cortex-facts 7). How to sign
is taken from Medable's own tools and was not tried against a server, and the snippets say so.
"""

from __future__ import annotations

from enum import Enum

from ..domain.model import App, Org
from ..domain.secret import KeyEnds, SecretKind

LOGIN_BODY = '{"email": "…", "password": "…"}'


class Snippet(Enum):
    """A form in which a key is handed over. The value is what the settings remember."""

    KEY = "key"
    ENV = "env"
    CURL = "curl"
    PYTHON = "python"
    JAVASCRIPT = "javascript"
    SWIFT = "swift"

    def kinds(self, app: App) -> tuple[SecretKind, ...]:
        """Return the secrets that go into it. Code reads the API secret from the environment, where ENV puts it."""
        return app.kinds if self is Snippet.ENV else (SecretKind.API_KEY,)


def write(snippet: Snippet, org: Org, app: App, key: str, secret: str = "") -> str:
    """Return the snippet with this API key and, where `kinds` has it, this API secret."""
    match snippet:
        case Snippet.KEY:
            return key
        case Snippet.ENV:
            return _env(org, app, key, secret)
        case Snippet.CURL:
            return first_request(org, app, key)
        case _:
            import json  # first needed when something is copied

            base = json.dumps(f"{_base(org)}/{org.code}/v2", ensure_ascii=False)
            return _code(_CODE[snippet, app.sessions], app.csrf, base=base, key=json.dumps(key, ensure_ascii=False))


def to_read(snippet: Snippet, org: Org, app: App) -> str:
    """Return the snippet for the screen: key and secret masked."""
    if snippet is Snippet.CURL:
        return first_request_to_read(org, app)
    return write(snippet, org, app, _short(app), "…")


def first_request(org: Org, app: App, key: str) -> str:
    """Return a curl command for POSIX shells that makes the app's first request with this API key."""
    url = _quoted(_base(org) + _path(org, app))
    return " \\\n  ".join([f"curl {url}", *_options(app, key)])


def first_request_to_read(org: Org, app: App) -> str:
    """Return the command for the screen: the key masked, the address on two lines, no line continuations."""
    return "\n  ".join([f"curl {_base(org)}", _path(org, app), *_options(app, _short(app))])


def masked(app: App) -> str:
    """Return the key's ends with fixed dots between, e.g. mwid••••••••••••••OYJh (22 characters)."""
    return mask(app.key_ends)


def mask(ends: KeyEnds) -> str:
    """Return these ends with fixed dots between."""
    return f"{ends.head}{'•' * 14}{ends.tail}"


def _short(app: App) -> str:
    return f"{app.key_ends.head}…{app.key_ends.tail}"


def _base(org: Org) -> str:
    return org.endpoint.rstrip("/")


def _path(org: Org, app: App) -> str:
    return f"/{org.code}/v2/accounts/login" if app.sessions else f"/{org.code}/v2"


def _options(app: App, key: str) -> list[str]:
    header = "-H " + _quoted(f"Medable-Client-Key: {key}")
    if not app.sessions:
        return [header]
    return [header, "-H 'Content-Type: application/json'", f"-d {_quoted(LOGIN_BODY)}"]


def _env(org: Org, app: App, key: str, secret: str) -> str:
    values = {
        "ENDPOINT": _base(org),
        "ORG": org.code,
        "API_KEY": key,
        **({} if app.sessions else {"API_SECRET": secret}),
    }
    return "".join(f"MEDABLE_{name}={_word(value)}\n" for name, value in values.items())


def _word(value: str) -> str:
    """Quote the value for a shell where needed. The … of a masked key needs no quotes, since the key will need none."""
    plain = value.replace("…", "x")
    return value if _quoted(plain) == plain else _quoted(value)


def _code(template: str, csrf: bool, **values: str) -> str:
    """Fill in the values between « and ». Lines that begin with «csrf» are for apps with CSRF Protection."""
    lines = template.strip("\n").splitlines()
    kept = [line.removeprefix("«csrf»") for line in lines if csrf or not line.startswith("«csrf»")]
    text = "\n".join(kept) + "\n"
    for name, value in values.items():
        text = text.replace(f"«{name}»", value)
    return text


_PYTHON = """
import json
import urllib.request
from http.cookiejar import CookieJar

BASE = «base»
headers = {"Medable-Client-Key": «key»}
client = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

body = json.dumps({"email": "…", "password": "…"}).encode()
login = urllib.request.Request(BASE + "/accounts/login", body, {**headers, "Content-Type": "application/json"})
with client.open(login) as response:
    print(json.load(response))
«csrf»    # Signed in, each request sends back the token that the last response carried.
«csrf»    headers["medable-csrf-token"] = response.headers.get("medable-csrf-token", "")

with client.open(urllib.request.Request(BASE + "/accounts/me", headers=headers)) as response:
    print(json.load(response))
"""

_PYTHON_SIGNING = """
import hashlib
import hmac
import json
import os
import secrets
import time
import urllib.request

BASE = «base»
KEY = «key»
SECRET = os.environ["MEDABLE_API_SECRET"]


def signed(method, path):
    # The headers are documented. What is signed, and how, is as in Medable's mdctl: not the query, not the body.
    timestamp = str(int(time.time() * 1000))
    message = f"{path or '/'};{method};{timestamp}"
    headers = {
        "Medable-Client-Key": KEY,
        "Medable-Client-Timestamp": timestamp,
        "Medable-Client-Nonce": secrets.token_hex(8),
        "Medable-Client-Signature": hmac.new((KEY + SECRET).encode(), message.encode(), hashlib.sha256).hexdigest(),
    }
    return urllib.request.Request(BASE + path, method=method, headers=headers)


with urllib.request.urlopen(signed("GET", "")) as response:
    print(json.load(response))
"""

_JAVASCRIPT = """
// For a browser, which keeps the session's cookies. The app has to allow the page's origin.
const base = «base»;
const headers = { "Medable-Client-Key": «key» };

async function firstRequest() {
  const login = await fetch(base + "/accounts/login", {
    method: "POST",
    credentials: "include",
    headers: { ...headers, "Content-Type": "application/json" },
    body: JSON.stringify({ email: "…", password: "…" }),
  });
  console.log(await login.json());
«csrf»  // Signed in, each request sends back the token that the last response carried.
«csrf»  headers["medable-csrf-token"] = login.headers.get("medable-csrf-token") ?? "";

  const me = await fetch(base + "/accounts/me", { credentials: "include", headers });
  console.log(await me.json());
}

firstRequest();
"""

_JAVASCRIPT_SIGNING = """
// For Node.js. An API secret must never reach a browser.
const { createHmac, randomBytes } = require("node:crypto");

const base = «base»;
const key = «key»;
const secret = process.env.MEDABLE_API_SECRET;

function signed(method, path) {
  // The headers are documented. What is signed, and how, is as in Medable's mdctl: not the query, not the body.
  const timestamp = String(Date.now());
  const message = `${path || "/"};${method};${timestamp}`;
  const headers = {
    "Medable-Client-Key": key,
    "Medable-Client-Timestamp": timestamp,
    "Medable-Client-Nonce": randomBytes(8).toString("hex"),
    "Medable-Client-Signature": createHmac("sha256", key + secret).update(message).digest("hex"),
  };
  return fetch(base + path, { method, headers });
}

signed("GET", "").then(async (response) => console.log(await response.json()));
"""

_SWIFT = """
import Foundation

let base = «base»
var headers = ["Medable-Client-Key": «key»]

// URLSession keeps the session's cookies.
func send(_ path: String, body: [String: String]? = nil) async throws -> HTTPURLResponse {
    var request = URLRequest(url: URL(string: base + path)!)
    request.allHTTPHeaderFields = headers
    if let body {
        request.httpMethod = "POST"
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
        request.httpBody = try JSONEncoder().encode(body)
    }
    let (data, response) = try await URLSession.shared.data(for: request)
    print(String(decoding: data, as: UTF8.self))
    return response as! HTTPURLResponse
}

let login = try await send("/accounts/login", body: ["email": "…", "password": "…"])
«csrf»// Signed in, each request sends back the token that the last response carried.
«csrf»headers["medable-csrf-token"] = login.value(forHTTPHeaderField: "medable-csrf-token")
_ = try await send("/accounts/me")
"""

_SWIFT_SIGNING = """
// For a program on a server or of your own. An API secret must never be in an app that you hand out.
import CryptoKit
import Foundation

let base = «base»
let key = «key»
let secret = ProcessInfo.processInfo.environment["MEDABLE_API_SECRET"]!

func signed(_ method: String, _ path: String) -> URLRequest {
    // The headers are documented. What is signed, and how, is as in Medable's mdctl: not the query, not the body.
    let timestamp = String(Int(Date().timeIntervalSince1970 * 1000))
    let message = [path.isEmpty ? "/" : path, method, timestamp].joined(separator: ";")
    let hmacKey = SymmetricKey(data: Data((key + secret).utf8))
    let signature = HMAC<SHA256>.authenticationCode(for: Data(message.utf8), using: hmacKey)
    var request = URLRequest(url: URL(string: base + path)!)
    request.httpMethod = method
    request.allHTTPHeaderFields = [
        "Medable-Client-Key": key,
        "Medable-Client-Timestamp": timestamp,
        "Medable-Client-Nonce": String((0..<16).map { _ in "0123456789abcdef".randomElement()! }),
        "Medable-Client-Signature": signature.map { String(format: "%02x", $0) }.joined(),
    ]
    return request
}

let (data, _) = try await URLSession.shared.data(for: signed("GET", ""))
print(String(decoding: data, as: UTF8.self))
"""

_CODE = {
    (Snippet.PYTHON, True): _PYTHON,
    (Snippet.PYTHON, False): _PYTHON_SIGNING,
    (Snippet.JAVASCRIPT, True): _JAVASCRIPT,
    (Snippet.JAVASCRIPT, False): _JAVASCRIPT_SIGNING,
    (Snippet.SWIFT, True): _SWIFT,
    (Snippet.SWIFT, False): _SWIFT_SIGNING,
}


def _quoted(text: str) -> str:
    """Quote the text as one word for a shell."""
    import shlex  # first needed when something is copied

    return shlex.quote(text)
