"""What developers paste, with made-up values: one function a format, and the figures that the finder is held to.

Run `python -m tests.corpus.pasted [DRAWS]` for the figures; it exits with 1 where one is missed.
"""

# ruff: noqa: E501, S608 (what is pasted reads best in one piece; no SQL is run)

from __future__ import annotations

import base64
import json
import quopri
import random
import string
import sys
import textwrap
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from cortex_desktop.domain.pasted import find_keys

LETTERS = string.ascii_letters + string.digits
FOUND = 0.995
"""The least share of texts in which the key must be found alone or first."""

WORDS = (
    "UILaunchStoryboardName",
    "UIRequiredDeviceFamily",
    "PersistentStoreManager",
    "AuthenticationProvider",
    "applicationDidFinished",
    "yourMedableClientKey12",
    "REPLACEWITHYOURKEY1234",
    "xxxxxxxxxxxxxxxxxxxxxx",
    "XXXXXXXXXXXXXXXXXXXXXX",
    "1234567890123456789012",
    "abcdefghijklmnopqrstuv",
    "putYourCortexKeyInHere",
    "electroencephalographs",
    "0000000000000000000000",
    "a1b2c3d4e5f6g7h8i9j0k1",
    "MedableClientKeyGoesIn",
)
"""Words and placeholders of a key's length."""


@dataclass
class Draw:
    """The values of one text. What a format takes besides `key` and `secret` is foreign."""

    random: random.Random
    key: str = ""
    secret: str = ""
    foreign: set[str] = field(default_factory=set)
    words: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.key, self.secret = self.drawn(22), self.drawn(64)

    def drawn(self, length: int) -> str:
        return "".join(self.random.choices(LETTERS, k=length))

    def other(self, length: int = 22) -> str:
        """A value of a key's shape that is none of Cortex's."""
        value = self.drawn(length)
        self.foreign.add(value)
        return value

    def word(self) -> str:
        word = self.random.choice(WORDS)
        self.words.add(word)
        return word

    def hex(self, length: int) -> str:
        return "".join(self.random.choices("0123456789abcdef", k=length))

    def base64(self, length: int) -> str:
        return base64.b64encode(self.random.randbytes(length)).decode()

    def uuid(self) -> str:
        return str(uuid.UUID(int=self.random.getrandbits(128)))

    def jwt(self) -> str:
        return f"eyJhbGciOiJSUzUxMiJ9.{self.drawn(22)}.{self.drawn(64)}"

    def pem(self) -> str:
        body = "\n".join(self.drawn(64) for _ in range(self.random.randint(3, 12)))
        return f"-----BEGIN PRIVATE KEY-----\n{body}\n{self.drawn(22)}\n-----END PRIVATE KEY-----"

    def env(self) -> str:
        return self.random.choice(("DEV", "TEST", "STAGE", "PROD"))

    def name(self) -> str:
        """What a variable that holds the key is called."""
        return self.random.choice(
            (
                "MEDABLE_CLIENT_KEY",
                "MEDABLE_API_KEY",
                "CORTEX_API_KEY",
                "MEDABLE_KEY",
                "MEDABLE_APP_KEY",
                "CORTEX_KEY",
                "CLIENT_KEY",
                "API_KEY",
                "VITE_MEDABLE_CLIENT_KEY",
                "REACT_APP_CORTEX_KEY",
                "NEXT_PUBLIC_MEDABLE_KEY",
                "MEDABLE_CLIENT_KEY_" + self.env(),
                f"MEDABLE_{self.env()}_API_KEY",
            )
        )

    def camel(self) -> str:
        return self.random.choice(
            (
                "apiKey",
                "clientKey",
                "medableKey",
                "medableClientKey",
                "cortexApiKey",
                "appKey",
                "MedableApiKey",
                "ApiKey",
            )
        )

    def header(self) -> str:
        return self.random.choice(("Medable-Client-Key", "medable-client-key", "MEDABLE-CLIENT-KEY"))

    def path(self) -> str:
        return self.random.choice(("https://api.dev.medable.com/newhealthco/v2", "https://api.medable.com/acme/v2"))


Format = Callable[[Draw], str]
FORMATS: dict[str, Format] = {}


def paste(function: Format) -> Format:
    FORMATS[function.__name__.removeprefix("paste_").replace("_", " ")] = function
    return function


# --- plain text ------------------------------------------------------------------------------------------------------


@paste
def paste_alone(d: Draw) -> str:
    return d.random.choice(("{}", "  {}\n", '"{}"', "'{}'", "`{}`", "<{}>", "“{}”", "({})", "\ufeff{}\u200b")).format(
        d.key
    )


@paste
def paste_sentence(d: Draw) -> str:
    return d.random.choice(
        (
            f"The key of the ward tablet is {d.key}. Do not pass it on!",
            f"Hi Kim,\n\nhere is the new API key:\n\n{d.key}\n\nBest,\nJo",
            f"our Medable key ({d.key}) works again",
            f"please use `{d.key}` as the client key",
            f"New key: {d.key}, valid from Monday.",
            f"api key for dev -> {d.key}",
            f"Key for NewHealth: {d.key}",
        )
    )


@paste
def paste_chat(d: Draw) -> str:
    return (
        f"Kim Lee  10:42\nhey, which key does the tablet use?\nJo Park  10:43\nmedable client key is `{d.key}`\n"
        f"build is {d.hex(40)}, run {d.uuid()}"
    )


@paste
def paste_mail(d: Draw) -> str:
    return (
        f"From: jo@newhealthco.com\nTo: kim@newhealthco.com\nMessage-ID: <{d.other()}@mail.newhealthco.com>\n"
        f"Subject: key\n\n> API key: {d.key}\n> valid from today\n\nThanks\n-- \nKim"
    )


@paste
def paste_console_page(d: Draw) -> str:
    return f"Label\nNewHealth App\nAPI Key\n{d.key}\nSessions\nOn\nCSRF Protection\nOff\n"


@paste
def paste_console_row(d: Draw) -> str:
    return f"NewHealth App\t{d.key}\tOff\tOn\tEnabled\t2026-11-23"


@paste
def paste_console_table(d: Draw) -> str:
    return f"Label\tAPI Key\tSessions\tStatus\nNewHealth App\t{d.key}\tOff\tEnabled\n"


@paste
def paste_pair_of_lines(d: Draw) -> str:
    return f"API Key: {d.key}\nAPI Secret: {d.secret}\n"


@paste
def paste_markdown(d: Draw) -> str:
    return d.random.choice(
        (
            f"# Set-up\n\n- **API key:** `{d.key}`\n- **Org:** newhealthco\n- commit {d.hex(40)}\n",
            f"| Name | Value |\n| --- | --- |\n| Org | newhealthco |\n| API key | `{d.key}` |\n| Build | {d.hex(40)} |\n",
            f"## Medable\n\nClient key\n\n```\n{d.key}\n```\n",
            f"* client key: {d.key}\n* session: {d.other()}\n",
        )
    )


@paste
def paste_markdown_table_of_apps(d: Draw) -> str:
    return f"| App | API Key | Request id |\n|---|---|---|\n| NewHealth App | {d.key} | {d.other()} |\n"


@paste
def paste_csv(d: Draw) -> str:
    return f"Label,API Key,Sessions,Request Id\nNewHealth App,{d.key},false,{d.other()}\n"


@paste
def paste_csv_quoted(d: Draw) -> str:
    return f'"id","label","client_key","csrf_token"\n"{d.other()}","New, Health","{d.key}","{d.other(64)}"\n'


@paste
def paste_password_manager_csv(d: Draw) -> str:
    return (
        "Title,Url,Username,Password,OTPAuth,Notes\n"
        f"Medable client key,https://api.medable.com,newhealthco,{d.key},,\n"
        f"Stripe,https://stripe.com,jo,{d.other()},,\n"
    )


@paste
def paste_tsv(d: Draw) -> str:
    return f"name\tvalue\nMEDABLE_CLIENT_KEY\t{d.key}\nSESSION_TOKEN\t{d.other()}\n"


@paste
def paste_aligned_table(d: Draw) -> str:
    return f"NAME              API KEY                   STATUS\nNewHealth App     {d.key}    Enabled\n"


@paste
def paste_sql_result(d: Draw) -> str:
    return (
        f"     label     |        api_key         |         trace_id\n---------------+------------------------+-----------\n"
        f" NewHealth App | {d.key} | {d.other()}\n(1 row)\n"
    )


# --- settings --------------------------------------------------------------------------------------------------------


@paste
def paste_env(d: Draw) -> str:
    q = d.random.choice(("", "'", '"'))
    return (
        f"# Cortex\nMEDABLE_ORG=newhealthco\nexport {d.name()}={q}{d.key}{q}\nPORT=8080\nJWT_SECRET={d.hex(64)}\n"
        f"SESSION_SECRET={d.other(64)}\nNEXTAUTH_SECRET={d.base64(32)}\nSENTRY_TOKEN={d.other()}\nGIT_SHA={d.hex(40)}\n"
        f"AWS_ACCESS_KEY_ID=AKIA{d.drawn(16).upper()}\nAWS_SECRET_ACCESS_KEY={d.base64(30)}\nSTRIPE_KEY={d.other()}\n"
    )


@paste
def paste_env_with_secret(d: Draw) -> str:
    return f"MEDABLE_API_SECRET={d.secret}\nMEDABLE_API_KEY={d.key}\nCOOKIE_SECRET={d.other(64)}\nSHA={d.hex(64)}\n"


@paste
def paste_env_with_private_key(d: Draw) -> str:
    return f'MEDABLE_CLIENT_KEY={d.key}\nPRIVATE_KEY="{d.pem()}"\nPORT=80\n'


@paste
def paste_env_with_escaped_private_key(d: Draw) -> str:
    escaped = d.pem().replace("\n", "\\n")
    return f'PRIVATE_KEY="{escaped}"\nCORTEX_API_KEY="{d.key}"\n'


@paste
def paste_env_with_old_key(d: Draw) -> str:
    return f"#MEDABLE_CLIENT_KEY={d.other()}\nMEDABLE_CLIENT_KEY={d.key}\n"


@paste
def paste_env_example(d: Draw) -> str:
    return f"MEDABLE_CLIENT_KEY={d.key}\nSTRIPE_KEY={d.word()}\nGOOGLE_API_KEY={d.word()}\nOTHER_KEY={d.word()}\n"


@paste
def paste_ini(d: Draw) -> str:
    return (
        f"[stripe]\nkey = {d.other()}\n\n[medable]\norg = newhealthco\nkey = {d.key}\n\n[session]\nid = {d.other()}\n"
    )


@paste
def paste_properties(d: Draw) -> str:
    return f"# settings\nserver.port=8080\nmedable.client.key={d.key}\nspring.session.token={d.other()}\nbuild={d.hex(40)}\n"


@paste
def paste_toml(d: Draw) -> str:
    return f'[tool.medable]\nendpoint = "https://api.medable.com"\napi_key = "{d.key}"\n\n[database]\npassword = "{d.other()}"\n'


@paste
def paste_npmrc(d: Draw) -> str:
    return f"//packages.example/:_authToken=npm_{d.drawn(36)}\n//packages.example.org/:_authToken={d.other()}\nmedable_key={d.key}\n"


@paste
def paste_xcconfig(d: Draw) -> str:
    return f'// Debug\n#include "Shared.xcconfig"\nMEDABLE_CLIENT_KEY = {d.key}\nDEVELOPMENT_TEAM = A1B2C3D4E5\n'


@paste
def paste_gradle_properties(d: Draw) -> str:
    return f"org.gradle.jvmargs=-Xmx2g\nmedableApiKey={d.key}\nsigningPassword={d.other()}\n"


@paste
def paste_gradle(d: Draw) -> str:
    return (
        'android {\n    defaultConfig {\n        applicationId "com.newhealthco.app"\n'
        f'        buildConfigField "String", "{d.name()}", "\\"{d.key}\\""\n'
        f'        resValue "string", "google_maps_key", "{d.other()}"\n    }}\n}}\n'
    )


@paste
def paste_gradle_kotlin(d: Draw) -> str:
    return f'buildConfigField("String", "{d.name()}", "\\"{d.key}\\"")\nmanifestPlaceholders["mapsToken"] = "{d.other()}"\n'


@paste
def paste_yaml(d: Draw) -> str:
    return f"stripe:\n  apiKey: {d.other()}\nmedable:\n  org: newhealthco\n  apiKey: {d.key}\nsession:\n  token: {d.other()}\n"


@paste
def paste_yaml_pairs(d: Draw) -> str:
    return (
        f"env:\n  - name: SESSION_SECRET\n    value: {d.other(64)}\n  - name: {d.name()}\n    value: {d.key}\n"
        f'  - name: REQUEST_TOKEN\n    value: "{d.other()}"\n'
    )


@paste
def paste_compose(d: Draw) -> str:
    return (
        "services:\n  api:\n    image: newhealth/api@sha256:" + d.hex(64) + "\n    environment:\n"
        f"      - PORT=80\n      - {d.name()}={d.key}\n      - SESSION_SECRET={d.other(64)}\n      - SENTRY_DSN={d.other()}\n"
    )


@paste
def paste_github_actions(d: Draw) -> str:
    return (
        f"jobs:\n  build:\n    steps:\n      - uses: actions/checkout@{d.hex(40)}\n      - run: npm test\n        env:\n"
        f"          {d.name()}: {d.key}\n          CODECOV_TOKEN: {d.other()}\n"
    )


@paste
def paste_kubernetes_secret(d: Draw) -> str:
    def encoded(text: str) -> str:
        return base64.b64encode(text.encode()).decode()

    end = d.random.choice(("", "\n"))
    return (
        "apiVersion: v1\nkind: Secret\nmetadata:\n  name: medable\n  uid: " + d.uuid() + "\ntype: Opaque\ndata:\n"
        f"  {d.name()}: {encoded(d.key + end)}\n  SESSION_SECRET: {encoded(d.other(64))}\n  TOKEN: {encoded(d.other())}\n"
    )


@paste
def paste_kubernetes_json(d: Draw) -> str:
    data = {
        "session-token": base64.b64encode(d.other().encode()).decode(),
        "client-key": base64.b64encode(d.key.encode()).decode(),
    }
    return json.dumps({"apiVersion": "v1", "kind": "Secret", "metadata": {"uid": d.uuid()}, "data": data}, indent=2)


@paste
def paste_kubernetes_string_data(d: Draw) -> str:
    return f"kind: Secret\nstringData:\n  MEDABLE_API_KEY: {d.key}\n  MEDABLE_API_SECRET: {d.secret}\n  JWT_SECRET: {d.other(64)}\n"


@paste
def paste_terraform(d: Draw) -> str:
    return d.random.choice(
        (
            f'medable_client_key = "{d.key}"\ndb_password        = "{d.other()}"\nami = "ami-{d.hex(17)}"\n',
            f'variable "medable_client_key" {{\n  type    = string\n  default = "{d.key}"\n}}\n\n'
            f'variable "session_secret" {{\n  default = "{d.other(64)}"\n}}\n',
        )
    )


@paste
def paste_appsettings(d: Draw) -> str:
    return (
        f'{{\n  // local\n  "ConnectionStrings": {{ "Db": "Server=x;Password={d.other()};" }},\n'
        f'  "Medable": {{ "Endpoint": "https://api.medable.com", "ApiKey": "{d.key}" }},\n  "Jwt": {{ "Key": "{d.other()}" }},\n}}'
    )


@paste
def paste_azure_app_settings(d: Draw) -> str:
    return json.dumps(
        [
            {"name": "SESSION_TOKEN", "value": d.other(), "slotSetting": False},
            {"name": d.name(), "value": d.key, "slotSetting": False},
        ]
    )


@paste
def paste_ecs_task(d: Draw) -> str:
    environment = [
        {"name": "PORT", "value": "80"},
        {"value": d.key, "name": d.name()},
        {"value": d.other(), "name": "SENTRY_TOKEN"},
    ]
    return json.dumps({"containerDefinitions": [{"name": "api", "image": "x", "environment": environment}]}, indent=4)


# --- XML -------------------------------------------------------------------------------------------------------------


@paste
def paste_plist(d: Draw) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" '
        '"http://www.apple.com/DTDs/PropertyList-1.0.dtd">\n<plist version="1.0">\n<dict>\n'
        "\t<key>UILaunchStoryboardName</key>\n\t<string>LaunchScreen</string>\n"
        f"\t<key>{d.camel()}</key>\n\t<string>{d.key}</string>\n\t<key>MapsToken</key>\n\t<string>{d.other()}</string>\n"
        "\t<key>UIRequiredDeviceFamily</key>\n\t<array>\n\t\t<integer>1</integer>\n\t</array>\n</dict>\n</plist>\n"
    )


@paste
def paste_plist_piece(d: Draw) -> str:
    return f"<key>UILaunchStoryboardName</key><key>K</key><string>{d.key}</string>"


@paste
def paste_plist_cut(d: Draw) -> str:
    return (
        f"</array>\n\t<key>CFBundleExecutable</key>\n\t<string>$(EXECUTABLE_NAME)</string>\n\t<key>{d.camel()}</key>\n"
        f"\t<string>{d.key}</string>\n\t<key>AuthenticationProvider</key>\n\t<dict>\n\t\t<key>SessionToken</key>\n\t\t<string>{d.other()}</str"
    )


@paste
def paste_strings_xml(d: Draw) -> str:
    return (
        f'<resources>\n    <string name="app_name">NewHealth &amp; Co</string>\n    <string name="google_maps_token">{d.other()}</string>\n'
        f'    <string name="medable_client_key" translatable="false">{d.key}</string>\n</resources>\n'
    )


@paste
def paste_android_manifest(d: Draw) -> str:
    return (
        '<manifest xmlns:android="http://schemas.android.com/apk/res/android"><application>'
        f'<meta-data android:name="com.google.android.geo.API_KEY" android:value="{d.other()}"/>'
        f'<meta-data android:name="com.medable.CLIENT_KEY" android:value="{d.key}"/></application></manifest>'
    )


@paste
def paste_web_config(d: Draw) -> str:
    return (
        f'<configuration>\n  <appSettings>\n    <add key="PersistentStoreManager" value="1"/>\n    <add key="{d.camel()}" value="{d.key}" />\n'
        f'    <add key="SessionSecret" value="{d.other(64)}" />\n    <!-- <add key="ApiKey" value="{d.other()}" /> -->\n  </appSettings>\n</configuration>'
    )


@paste
def paste_xml_elements(d: Draw) -> str:
    return f"<settings><session>{d.other()}</session><medable><apiKey>{d.key}</apiKey><org>x</org></medable></settings>"


@paste
def paste_xml_properties(d: Draw) -> str:
    return (
        f"<configuration><property><name>medable.api.key</name><value>{d.key}</value></property>"
        f"<property><name>session.token</name><value>{d.other()}</value></property></configuration>"
    )


@paste
def paste_jmeter(d: Draw) -> str:
    return (
        '<elementProp name="" elementType="Header"><stringProp name="Header.name">Medable-Client-Key</stringProp>'
        f'<stringProp name="Header.value">{d.key}</stringProp></elementProp>'
    )


@paste
def paste_xcscheme(d: Draw) -> str:
    return (
        f'<EnvironmentVariables>\n  <EnvironmentVariable\n    key = "MEDABLE_KEY"\n    value = "{d.key}"\n    isEnabled = "YES">\n'
        f'  </EnvironmentVariable>\n  <EnvironmentVariable\n    key = "SESSION_TOKEN"\n    value = "{d.other()}"\n    isEnabled = "NO">\n'
        "  </EnvironmentVariable>\n</EnvironmentVariables>"
    )


@paste
def paste_html(d: Draw) -> str:
    return (
        f'<html><head><meta charset="utf-8"><meta name="csrf-token" content="{d.other(64)}"><meta name="medable-key" content="{d.key}">'
        f'<script nonce="{d.other()}">var a = 1 < 2 && true;</script></head><body><br>Hi</body></html>'
    )


# --- JSON ------------------------------------------------------------------------------------------------------------


@paste
def paste_json(d: Draw) -> str:
    return json.dumps({"label": "NewHealth App", d.camel(): d.key, "csrf": True, "id": d.other(), "sha": d.hex(40)})


@paste
def paste_json_with_secret(d: Draw) -> str:
    return json.dumps({"jwtSecret": d.other(64), "apiKey": d.key, "apiSecret": d.secret, "token": d.other()}, indent=2)


@paste
def paste_json_nested(d: Draw) -> str:
    return json.dumps(
        {"stripe": {"key": d.other()}, "medable": {"prod": {"key": d.key}}, "auth": {"jwt": {"secret": d.other(64)}}}
    )


@paste
def paste_json_note(d: Draw) -> str:
    return json.dumps({"note": f"New key:\n{d.key}"})


@paste
def paste_json_in_json(d: Draw) -> str:
    return json.dumps(json.dumps({"apiKey": d.key, "session": d.other()}))


@paste
def paste_json_string_in_json(d: Draw) -> str:
    return json.dumps({"status": 200, "body": json.dumps({"app": {"key": d.key}, "csrf": d.other(64)})})


@paste
def paste_json_cut(d: Draw) -> str:
    return (
        f'"headers": {{\n    "x-request-id": "{d.other()}",\n    "medable-client-key": "{d.key}",\n    "accept": "*/*"'
    )


@paste
def paste_json_lines(d: Draw) -> str:
    return f'{{"level":"info","reqId":"{d.other()}"}}\n{{"level":"info","headers":{{"medable-client-key":"{d.key}"}},"reqId":"{d.other()}"}}\n'


@paste
def paste_postman(d: Draw) -> str:
    request = {
        "method": "GET",
        "header": [
            {"key": "Medable-Client-Key", "value": d.key, "type": "text"},
            {"key": "X-Request-Id", "value": d.other()},
            {"key": "Medable-Client-Key", "value": d.other(), "disabled": True},
        ],
        "url": {"raw": d.path() + "/c_study?x=1", "query": [{"key": "c_study", "value": "1"}]},
    }
    return json.dumps(
        {"info": {"_postman_id": d.uuid(), "name": "x"}, "item": [{"name": "get", "request": request}]}, indent=1
    )


@paste
def paste_postman_environment(d: Draw) -> str:
    values = [
        {"key": "medable_key", "value": d.key, "type": "secret", "enabled": True},
        {"key": "session", "value": d.other(), "enabled": True},
        {"key": "object", "value": "c_study", "enabled": True},
    ]
    return json.dumps({"id": d.uuid(), "name": "dev", "values": values, "_postman_variable_scope": "environment"})


@paste
def paste_postman_auth(d: Draw) -> str:
    auth = [
        {"key": "value", "value": d.key, "type": "string"},
        {"key": "key", "value": "Medable-Client-Key", "type": "string"},
        {"key": "in", "value": "header", "type": "string"},
    ]
    return json.dumps({"auth": {"type": "apikey", "apikey": auth}})


@paste
def paste_har(d: Draw) -> str:
    headers = [
        {"name": "Host", "value": "api.medable.com"},
        {"name": "medable-client-key", "value": d.key},
        {"name": "medable-csrf-token", "value": d.other(64)},
        {"name": "x-request-id", "value": d.other()},
        {"name": "Cookie", "value": f"md.sid={d.other()}; a=b"},
    ]
    cookies = [{"name": "md.sid", "value": d.other(), "httpOnly": True}]
    entry = {
        "request": {"method": "GET", "url": d.path(), "headers": headers, "cookies": cookies},
        "response": {"headers": []},
    }
    return json.dumps({"log": {"version": "1.2", "entries": [entry, entry]}}, indent=2)


@paste
def paste_insomnia(d: Draw) -> str:
    headers = [{"id": f"pair_{d.hex(32)}", "name": "Medable-Client-Key", "value": d.key, "description": ""}]
    return json.dumps(
        {"_type": "export", "resources": [{"_id": f"req_{d.hex(32)}", "headers": headers, "parameters": []}]}
    )


@paste
def paste_insomnia_yaml(d: Draw) -> str:
    return (
        f"collection:\n  - url: {d.path()}\n    headers:\n      - name: X-Session\n        value: {d.other()}\n"
        f"      - name: Medable-Client-Key\n        value: {d.key}\n        disabled: false\n"
    )


@paste
def paste_bruno(d: Draw) -> str:
    return (
        f"meta {{\n  name: login\n  type: http\n}}\n\nget {{\n  url: {d.path()}/accounts/me\n}}\n\nheaders {{\n  Medable-Client-Key: {d.key}\n"
        f"  ~Medable-Client-Key: {d.other()}\n  X-Trace: {d.other()}\n}}\n"
    )


@paste
def paste_thunder(d: Draw) -> str:
    headers = [
        {"name": "Medable-Client-Key", "value": d.key},
        {"name": "X-Trace-Id", "value": d.other(), "isDisabled": True},
    ]
    return json.dumps({"client": "Thunder Client", "requests": [{"_id": d.uuid(), "headers": headers}]})


@paste
def paste_raw_headers(d: Draw) -> str:
    return json.dumps({"rawHeaders": ["Host", "x", "X-Request-Id", d.other(), "Medable-Client-Key", d.key]})


# --- requests --------------------------------------------------------------------------------------------------------


@paste
def paste_curl(d: Draw) -> str:
    return (
        f"curl -X POST '{d.path()}/accounts/login' \\\n  -H '{d.header()}: {d.key}' \\\n  -H 'Content-Type: application/json' \\\n"
        f'  -d \'{{"email": "john@newhealthco.com", "password": "{d.other()}"}}\''
    )


@paste
def paste_curl_of_a_browser(d: Draw) -> str:
    return (
        f"curl '{d.path()}/accounts/me' -H 'accept: */*' -H 'medable-csrf-token: {d.other(64)}' -H 'x-request-id: {d.other()}' "
        f"-b 'md.sid={d.other()}; _ga=GA1.2.{d.hex(9)}' --header=medable-client-key:{d.key} --compressed"
    )


@paste
def paste_curl_windows(d: Draw) -> str:
    return f'curl ^"{d.path()}^" ^\r\n  -H ^"medable-client-key: {d.key}^" ^\r\n  -H ^"x-request-id: {d.other()}^"'


@paste
def paste_httpie(d: Draw) -> str:
    return f"http GET {d.path()}/accounts/me Medable-Client-Key:{d.key} X-Request-Id:{d.other()}"


@paste
def paste_powershell_request(d: Draw) -> str:
    return f"Invoke-RestMethod -Uri '{d.path()}' -Headers @{{ 'Medable-Client-Key' = '{d.key}'; 'X-Trace' = '{d.other()}' }}"


@paste
def paste_fetch(d: Draw) -> str:
    return (
        f'await fetch("{d.path()}", {{\n  "headers": {{\n    "medable-client-key": "{d.key}",\n    "x-request-id": "{d.other()}"\n  }},\n'
        f'  "body": "{{\\"token\\":\\"{d.other()}\\"}}"\n}});'
    )


@paste
def paste_http_request(d: Draw) -> str:
    return (
        f"GET /newhealthco/v2/accounts/me HTTP/1.1\r\nHost: api.medable.com\r\nMedable-Client-Key: {d.key}\r\n"
        f"Cookie: md.sid={d.other()}; b={d.other()}\r\nAuthorization: Bearer {d.jwt()}\r\nX-Request-Id: {d.other()}\r\n\r\n"
        f'{{"session": "{d.other()}"}}'
    )


@paste
def paste_http_file(d: Draw) -> str:
    return f"@host = https://api.medable.com\n@medableKey = {d.key}\n\n### Login\nPOST {{{{host}}}}/x\nMedable-Client-Key: {{{{medableKey}}}}\n"


@paste
def paste_signed_request(d: Draw) -> str:
    return (
        f"Medable-Client-Key: {d.key}\nMedable-Client-Signature: {d.hex(64)}\nMedable-Client-Timestamp: 1420070400000\n"
        f"Medable-Client-Nonce: {d.drawn(16)}"
    )


@paste
def paste_url(d: Draw) -> str:
    return d.random.choice(
        (
            f"{d.path()}?client_key={d.key}&state={d.other()}",
            f"{d.path()}/{d.key}/john@newhealthco.com",
            f"https://example.com/cb?code={d.other()}&x=client_key%3D{d.key}",
            f"myapp://login?q=%7B%22clientKey%22%3A%22{d.key}%22%7D",
        )
    )


@paste
def paste_form(d: Draw) -> str:
    return f"grant_type=x&client_key={d.key}&nonce={d.other()}"


@paste
def paste_log(d: Draw) -> str:
    return (
        f"2026-11-28T09:01:02Z INFO request_id={d.other()} path=/x status=200\n"
        f'2026-11-28T09:01:03Z INFO [{d.other()}] headers={{"medable-client-key":"{d.key}"}} took=12ms trace={d.hex(32)}\n'
        f"2026-11-28T09:01:04Z WARN session {d.other()} expired\n"
    )


# --- source code and shells ------------------------------------------------------------------------------------------


@paste
def paste_shell(d: Draw) -> str:
    return d.random.choice(
        (
            f"export {d.name()}={d.key}",
            f"$ {d.name()}={d.key} npm start",
            f"PORT=1 TOKEN={d.other()} {d.name()}='{d.key}' npm start",
            f"set -x {d.name()} {d.key}",
            f"set -gx {d.name()} '{d.key}'",
            f"set {d.name()}={d.key}",
            f"setx {d.name()} {d.key}",
            f'$env:{d.name()} = "{d.key}"',
            f"setenv {d.name()} {d.key}",
            f'[Environment]::SetEnvironmentVariable("{d.name()}", "{d.key}", "User")',
        )
    )


@paste
def paste_command(d: Draw) -> str:
    return d.random.choice(
        (
            f"mdctl credentials add --endpoint api.dev.medable.com --env newhealthco --apiKey {d.key} --strict",
            f"docker run -e {d.name()}={d.key} -e SESSION_TOKEN={d.other()} newhealth/api",
            f"kubectl create secret generic x --from-literal={d.name()}={d.key} --from-literal=token={d.other()}",
            f"heroku config:set {d.name()}={d.key} SENTRY_TOKEN={d.other()}",
            f"flutter run --dart-define={d.name()}={d.key}",
            f"gh secret set {d.name()} --body {d.key}",
            f"aws ssm put-parameter --name /prod/medable/client-key --value {d.key} --type SecureString",
            f'dotnet user-secrets set "Medable:ApiKey" "{d.key}"',
        )
    )


@paste
def paste_dockerfile(d: Draw) -> str:
    return f"FROM node@sha256:{d.hex(64)}\nARG TOKEN={d.other()}\nENV {d.name()} {d.key}\nENV PORT=80\nRUN npm ci\n"


@paste
def paste_python(d: Draw) -> str:
    return d.random.choice(
        (
            f'import os\n\n{d.name()} = "{d.key}"\nSESSION_TOKEN = "{d.other()}"\n',
            f'client = cortex.Client(api_key="{d.key}", session_token="{d.other()}")',
            f'key = os.environ.get("{d.name()}", "{d.key}")\n',
            f"headers = {{'Medable-Client-Key': '{d.key}', 'X-Request-Id': '{d.other()}'}}",
            f"API_KEY: Final[str] = '{d.key}'\n",
            f'requests.get(url, headers={{"Medable-Client-Key": "{d.key}"}}, cookies={{"sid": "{d.other()}"}})',
        )
    )


@paste
def paste_javascript(d: Draw) -> str:
    return d.random.choice(
        (
            f"const {d.camel()} = '{d.key}';\nconst sessionToken = '{d.other()}';\n",
            f"export default {{ medable: {{ org: 'x', key: '{d.key}' }}, stripe: {{ key: '{d.other()}' }} }}",
            f"const key = process.env.{d.name()} || '{d.key}';",
            f"xhr.setRequestHeader('Medable-Client-Key', '{d.key}');",
            f"axios.defaults.headers.common['Medable-Client-Key'] = `{d.key}`",
            f"const client = new MedableClient({{\n  apiKey: '{d.key}',\n  // apiKey: '{d.other()}',\n}})",
        )
    )


@paste
def paste_swift(d: Draw) -> str:
    return d.random.choice(
        (
            f'let {d.camel()}: String = "{d.key}"',
            f'    static let apiKey = "{d.key}" // dev\n    static let mapsToken = "{d.other()}"',
            f'request.setValue("{d.key}", forHTTPHeaderField: "Medable-Client-Key")\nrequest.setValue("{d.other()}", forHTTPHeaderField: "X-Trace")',
            f'Medable.start(org: "x", clientKey: "{d.key}")',
        )
    )


@paste
def paste_objective_c(d: Draw) -> str:
    return f'#define MEDABLE_CLIENT_KEY @"{d.key}"\nstatic NSString *const kSessionToken = @"{d.other()}";\n'


@paste
def paste_java(d: Draw) -> str:
    return (
        f'public class Config {{\n    public static final String {d.name()} = "{d.key}";\n'
        f'    private static final String TRACE_ID = "{d.other()}";\n    PersistentStoreManager m = new AuthenticationProvider();\n}}\n'
    )


@paste
def paste_kotlin(d: Draw) -> str:
    return f'object Keys {{\n    const val {d.name()} = "{d.key}"\n    const val TOKEN: String = "{d.other()}"\n}}\n'


@paste
def paste_csharp(d: Draw) -> str:
    return (
        f'public const string ApiKey = "{d.key}";\nclient.DefaultRequestHeaders.Add("X-Request-Id", "{d.other()}");\n'
    )


@paste
def paste_go(d: Draw) -> str:
    return d.random.choice(
        (
            f'apiKey := "{d.key}"\ntoken := "{d.other()}"\n',
            f'req.Header.Set("Medable-Client-Key", "{d.key}")\nreq.Header.Set("X-Request-Id", "{d.other()}")',
            f'cfg := Config{{\n\tApiKey:  "{d.key}",\n\tSession: "{d.other()}",\n}}\n',
        )
    )


@paste
def paste_php(d: Draw) -> str:
    return d.random.choice(
        (
            f"define('MEDABLE_KEY', '{d.key}');\ndefine('AUTH_SALT', '{d.other(64)}');",
            f"return ['medable' => ['key' => '{d.key}'], 'session' => '{d.other()}'];",
            f"$apiKey = '{d.key}';",
        )
    )


@paste
def paste_ruby(d: Draw) -> str:
    return d.random.choice(
        (
            f"MEDABLE_KEY = '{d.key}'.freeze",
            f"config.api_key = '{d.key}'",
            f":client_key => '{d.key}', :nonce => '{d.other()}'",
        )
    )


@paste
def paste_rust(d: Draw) -> str:
    return f'pub const API_KEY: &str = "{d.key}";\nconst TOKEN: &str = "{d.other()}";\n'


@paste
def paste_dart(d: Draw) -> str:
    return f"static const String {d.camel()} = '{d.key}';\nfinal nonce = '{d.other()}';\n"


@paste
def paste_sql(d: Draw) -> str:
    return d.random.choice(
        (
            f"UPDATE apps SET api_key = '{d.key}' WHERE id = '{d.other()}';",
            f"INSERT INTO apps (label, api_key, csrf) VALUES ('NewHealth App', '{d.key}', true);",
        )
    )


@paste
def paste_diff(d: Draw) -> str:
    return (
        f"diff --git a/.env b/.env\nindex {d.hex(7)}..{d.hex(7)} 100644\n--- a/.env\n+++ b/.env\n@@ -1,3 +1,3 @@\n PORT=80\n"
        f"-MEDABLE_CLIENT_KEY={d.other()}\n+MEDABLE_CLIENT_KEY={d.key}\n"
    )


@paste
def paste_nginx(d: Draw) -> str:
    return f"location /cortex {{\n    proxy_set_header Medable-Client-Key {d.key};\n    proxy_set_header X-Request-Id {d.other()};\n}}\n"


@paste
def paste_systemd(d: Draw) -> str:
    return f'[Service]\nEnvironment="MEDABLE_API_KEY={d.key}"\nEnvironment=SESSION_SECRET={d.other(64)}\n'


@paste
def paste_noise(d: Draw) -> str:
    blob = d.base64(300)
    wrapped = "\n".join(blob[n : n + 76] for n in range(0, len(blob), 76))
    return f"key: {d.key}\nuuid {d.uuid()} jwt {d.jwt()} sha {d.hex(64)} commit {d.hex(40)} aws AKIA{d.drawn(16).upper()}\n\n{wrapped}\n"


# --- where the name stands apart, or the text is packed ---------------------------------------------------------------


@paste
def paste_netrc(d: Draw) -> str:
    return f"machine api.github.com\n  login jo\n  password {d.other()}\n\nmachine api.dev.medable.com\n  login newhealthco\n  password {d.key}\n"


@paste
def paste_netrc_one(d: Draw) -> str:
    return f"machine api.medable.com login acme password {d.key}\nmachine heroku.com login jo password {d.other()}\n"


@paste
def paste_compose_default(d: Draw) -> str:
    return f"    environment:\n      - MEDABLE_CLIENT_KEY=${{MEDABLE_CLIENT_KEY:-{d.key}}}\n      - SESSION=${{SESSION:-{d.other()}}}\n"


@paste
def paste_tf_state(d: Draw) -> str:
    return json.dumps(
        {
            "version": 4,
            "lineage": d.uuid(),
            "outputs": {
                "medable_client_key": {"value": d.key, "type": "string", "sensitive": True},
                "session": {"value": d.other(), "type": "string"},
            },
        },
        indent=2,
    )


@paste
def paste_csharp_prop(d: Draw) -> str:
    return (
        f'public string MedableApiKey {{ get; set; }} = "{d.key}";\npublic string TraceId {{ get; }} = "{d.other()}";'
    )


@paste
def paste_xcconfig_cond(d: Draw) -> str:
    return f"MEDABLE_CLIENT_KEY[config=Debug] = {d.key}\nPRODUCT_BUNDLE_IDENTIFIER = com.x\nSENTRY_AUTH[config=Debug] = {d.other()}\n"


@paste
def paste_gcp_secret_list(d: Draw) -> str:
    return json.dumps(
        {
            "name": "projects/1/secrets/medable-client-key/versions/1",
            "payload": {"data": base64.b64encode(d.key.encode()).decode(), "dataCrc32c": "123"},
        }
    )


@paste
def paste_kotlin_builder(d: Draw) -> str:
    return f'val client = Cortex.Builder()\n    .endpoint("https://api.medable.com")\n    .clientKey("{d.key}")\n    .deviceId("{d.other()}")\n    .build()\n'


@paste
def paste_mail_html(d: Draw) -> str:
    return f'<div dir="ltr">Hi,<br>the client key is <b>{d.key}</b><br><br>Jo</div><img src="https://t.example/{d.other()}.gif">'


@paste
def paste_mail_qp(d: Draw) -> str:
    return quopri.encodestring(
        f"Content-Type: text/plain\n\nHello, the new Medable client key for the ward tablet is client_key={d.key} valid from now on\n".encode()
    ).decode()


@paste
def paste_md_table2(d: Draw) -> str:
    return f"Service | Key\n--- | ---\nStripe | `{d.other()}`\nMedable | `{d.key}`\n"


@paste
def paste_tsv_excel(d: Draw) -> str:
    return f"Service\tKey\tOwner\nMedable\t{d.key}\tJo\nStripe\t{d.other()}\tKim\n"


@paste
def paste_html_table_two(d: Draw) -> str:
    return f'<table class="x"><thead><tr><th>Label</th><th>API Key</th><th>Trace</th></tr></thead><tbody><tr><td>NewHealth</td><td><code>{d.key}</code></td><td>{d.other()}</td></tr></tbody></table>'


@paste
def paste_html_dl(d: Draw) -> str:
    return f"<dl><dt>Client key</dt><dd>{d.key}</dd><dt>Session</dt><dd>{d.other()}</dd></dl>"


@paste
def paste_html_outlook(d: Draw) -> str:
    return f'<p class="MsoNormal"><span style="font-size:11pt">Client key: {d.key}<o:p></o:p></span></p><p class="MsoNormal">Ticket: {d.other()}</p>'


@paste
def paste_keepass_xml(d: Draw) -> str:
    return f'<Entry><UUID>{d.base64(16)}</UUID><String><Key>Notes</Key><Value></Value></String><String><Key>Password</Key><Value ProtectInMemory="True">{d.key}</Value></String><String><Key>Title</Key><Value>Medable client key</Value></String></Entry>'


@paste
def paste_k8s_file_b64(d: Draw) -> str:
    env = f"PORT=80\nMEDABLE_CLIENT_KEY={d.key}\n"
    return f"kind: Secret\ndata:\n  .env: {base64.b64encode(env.encode()).decode()}\n"


@paste
def paste_k8s_file_json(d: Draw) -> str:
    t = json.dumps({"medable": {"clientKey": d.key}, "jwt": {"secret": d.other(64)}})
    return json.dumps({"kind": "Secret", "data": {"config.json": base64.b64encode(t.encode()).decode()}})


@paste
def paste_b64_only(d: Draw) -> str:
    return base64.b64encode(
        f"MEDABLE_ORG=acme\nMEDABLE_CLIENT_KEY={d.key}\nSESSION_SECRET={d.other(64)}\n".encode()
    ).decode()


@paste
def paste_utf16_nul(d: Draw) -> str:
    return "".join(c + "\0" for c in f"MEDABLE_CLIENT_KEY={d.key}\nTOKEN={d.other()}\n")


@paste
def paste_postman_env_two(d: Draw) -> str:
    return json.dumps(
        {
            "id": d.uuid(),
            "values": [
                {"key": "clientKey", "value": d.key, "type": "default", "enabled": True},
                {"key": "clientKeyOld", "value": d.other(), "enabled": True},
                {"key": "csrf", "value": d.other(64), "enabled": True},
            ],
        },
        indent="\t",
    )


@paste
def paste_psql_x(d: Draw) -> str:
    return f"-[ RECORD 1 ]--------------\nid      | {d.uuid()}\nlabel   | NewHealth\napi_key | {d.key}\ntrace   | {d.other()}\n"


@paste
def paste_dart_env(d: Draw) -> str:
    return f"const apiKey = String.fromEnvironment('MEDABLE_KEY', defaultValue: '{d.key}');"


@paste
def paste_py_getenv(d: Draw) -> str:
    return f'key = os.getenv("MEDABLE_CLIENT_KEY", default="{d.key}")\ntoken = env("TOKEN", default="{d.other()}")'


@paste
def paste_cfn_json(d: Draw) -> str:
    return json.dumps(
        [
            {"ParameterKey": "MedableClientKey", "ParameterValue": d.key},
            {"ParameterKey": "DbPassword", "ParameterValue": d.other()},
        ]
    )


@paste
def paste_setter(d: Draw) -> str:
    return f'config.setClientKey("{d.key}");\nconfig.setDeviceToken("{d.other()}");'


@paste
def paste_wrapped_mail(d: Draw) -> str:
    return "\n".join(
        textwrap.wrap(
            f"Hi Kim, for the ward tablet please use the client key {d.key} and for the rest ask Jo, who has the ticket {d.other()} open for us.",
            60,
        )
    )


@paste
def paste_german(d: Draw) -> str:
    return f"Der API-Schlüssel für die Stationstablets lautet {d.key}. Bitte nicht weitergeben."


@paste
def paste_french(d: Draw) -> str:
    return f"La clé d’API est « {d.key} »"


@paste
def paste_spanish(d: Draw) -> str:
    return f"La clave de API de desarrollo es: {d.key}"


@paste
def paste_yaml_services(d: Draw) -> str:
    return f"- service: Stripe\n  key: {d.other()}\n- service: Medable\n  key: {d.key}\n"


@paste
def paste_cascade(d: Draw) -> str:
    return f"Stripe\nkey: {d.other()}\n\nMedable\nkey: {d.key}\n"


@paste
def paste_rst(d: Draw) -> str:
    return f"Client key\n==========\n\n.. code-block:: text\n\n   {d.key}\n"


@paste
def paste_okhttp(d: Draw) -> str:
    return f'Request request = new Request.Builder()\n  .url("https://api.medable.com/acme/v2/accounts/me")\n  .addHeader("Medable-Client-Key", "{d.key}")\n  .addHeader("X-Request-Id", "{d.other()}")\n  .build();'


@paste
def paste_har_cookies(d: Draw) -> str:
    return json.dumps(
        {
            "log": {
                "entries": [
                    {
                        "request": {
                            "url": "https://api.medable.com/acme/v2/x",
                            "headers": [
                                {"name": ":authority", "value": "api.medable.com"},
                                {"name": "medable-client-key", "value": d.key},
                                {"name": "cookie", "value": f"a={d.other()}; b={d.other(64)}"},
                            ],
                            "cookies": [{"name": "key", "value": d.other()}],
                        },
                        "response": {
                            "headers": [
                                {"name": "etag", "value": d.other()},
                                {"name": "set-cookie", "value": f"sid={d.other()}; Path=/"},
                            ],
                            "content": {"text": json.dumps({"_id": d.hex(24), "token": d.other()})},
                        },
                    }
                ]
            }
        }
    )


@paste
def paste_azure_kv(d: Draw) -> str:
    return json.dumps(
        {
            "value": d.key,
            "id": f"https://acme.vault.azure.net/secrets/medable-client-key/{d.hex(32)}",
            "attributes": {"enabled": True, "recoveryLevel": "Recoverable"},
            "kid": None,
            "name": "medable-client-key",
            "tags": {"etag": d.other()},
        },
        indent=2,
    )


@paste
def paste_aws_secret(d: Draw) -> str:
    return json.dumps(
        {
            "ARN": f"arn:aws:secretsmanager:eu-west-1:1:secret:prod/medable-{d.drawn(6)}",
            "Name": "prod/medable",
            "VersionId": d.uuid(),
            "SecretString": json.dumps({"clientKey": d.key, "dbPassword": d.other()}),
            "VersionStages": ["AWSCURRENT"],
        },
        indent=4,
    )


@paste
def paste_vault_table(d: Draw) -> str:
    return f"====== Data ======\nKey           Value\n---           -----\nclient_key    {d.key}\norg           acme\ntoken         {d.other()}\n"


@paste
def paste_infoplist(d: Draw) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<plist version="1.0"><dict><key>UIBackgroundModes</key><array><string>fetch</string></array><key>Medable</key><dict><key>Org</key><string>acme</string><key>ClientKey</key><string>{d.key}</string></dict><key>UIRequiredDeviceFamily</key><string>{d.word()}</string><key>FacebookAppID</key><string>{d.other()}</string></dict></plist>'


@paste
def paste_bruno_env(d: Draw) -> str:
    return f"vars {{\n  host: https://api.medable.com\n  clientKey: {d.key}\n  session: {d.other()}\n}}\nvars:secret [\n  apiSecret\n]\n"


@paste
def paste_powershell_hash(d: Draw) -> str:
    return f'$headers = New-Object \'System.Collections.Generic.Dictionary[[String],[String]]\'\n$headers.Add("Medable-Client-Key", "{d.key}")\n$headers.Add("X-Trace", "{d.other()}")\n'


@paste
def paste_regfile(d: Draw) -> str:
    return f'Windows Registry Editor Version 5.00\r\n\r\n[HKEY_CURRENT_USER\\Environment]\r\n"MEDABLE_CLIENT_KEY"="{d.key}"\r\n"SESSION_TOKEN"="{d.other()}"\r\n'


@paste
def paste_minified2(d: Draw) -> str:
    return f'(self.webpackChunk=self.webpackChunk||[]).push([[179],{{4184:(e,t,n)=>{{const r={{production:!0,medableClientKey:"{d.key}",sentry:{{dsn:"https://{d.hex(32)}@o1.ingest.sentry.io/1"}},a:"{d.other()}"}};n.d(t,{{E:()=>r}})}}}}]);'


@paste
def paste_log_verbose_curl(d: Draw) -> str:
    return f'> GET /acme/v2/accounts/me HTTP/2\n> Host: api.medable.com\n> user-agent: curl/8.5.0\n> medable-client-key: {d.key}\n> x-request-id: {d.other()}\n>\n< HTTP/2 200\n< etag: W/"{d.other()}"\n< set-cookie: md.sid={d.other()}; Path=/\n'


@paste
def paste_chrome_headers(d: Draw) -> str:
    return f":authority\napi.medable.com\nmedable-client-key\n{d.key}\nx-request-id\n{d.other()}\n"


@paste
def paste_nbsp(d: Draw) -> str:
    return f"MEDABLE_CLIENT_KEY\u00a0=\u00a0{d.key}\nSESSION\u00a0=\u00a0{d.other()}\n"


@paste
def paste_cr_only(d: Draw) -> str:
    return f"PORT=80\rMEDABLE_CLIENT_KEY={d.key}\rTOKEN={d.other()}\r"


@paste
def paste_whatsapp(d: Draw) -> str:
    return f"[10:43, 28/11/2026] Jo: the cortex client key is\n[10:43, 28/11/2026] Jo: {d.key}\n"


@paste
def paste_rtf(d: Draw) -> str:
    return r"{\rtf1\ansi{\fonttbl\f0 Helvetica;}\f0\fs24 client key: " + d.key + r"\par session: " + d.other() + "}"


@paste
def paste_bitwarden(d: Draw) -> str:
    return json.dumps(
        {
            "items": [
                {"id": d.uuid(), "name": "Stripe", "login": {"username": "j", "password": d.other()}},
                {
                    "id": d.uuid(),
                    "name": "Medable API key",
                    "fields": [{"name": "Client key", "value": d.key, "type": 1}],
                },
            ]
        },
        indent=2,
    )


# --- no key ----------------------------------------------------------------------------------------------------------

NO_KEY: dict[str, Format] = {
    "words": lambda d: "\n".join(f"{name}={d.word()}" for name in ("MEDABLE_CLIENT_KEY", "API_KEY", "key")),
    "a word": lambda d: d.word(),
    "a word in JSON": lambda d: json.dumps({"apiKey": d.word(), "MEDABLE_KEY": d.word()}),
    "words in a plist": lambda d: f"<dict><key>{d.word()}</key><string>{d.word()}</string></dict>",
    "a word as a header": lambda d: f"Medable-Client-Key: {d.word()}",
    "a JWT secret": lambda d: f"JWT_SECRET={d.other(64)}\nSTRIPE_KEY={d.other()}\nSESSION_TOKEN={d.other()}\n",
    "a log": lambda d: f"10:01:02 INFO [{d.other()}] GET /x\n10:01:03 INFO request {d.other()} done\n",
    "a private key": lambda d: d.pem(),
    "base64": lambda d: "\n".join(d.base64(48) for _ in range(8)) + "\n" + d.base64(16),
    "a link": lambda d: f"https://open.spotify.com/track/{d.other()}",
    "vendors": lambda d: json.dumps(
        {"stripe": {"apiKey": d.other(), "apiSecret": d.other(64)}, "google": {"key": d.other()}}
    ),
    "a cookie": lambda d: f"Cookie: sid={d.other()}; csrf={d.other(64)}",
    "an unknown key": lambda d: f"WEATHERLY_API_KEY={d.other()}\nWEATHERLY_API_SECRET={d.other(64)}\n",
    "ids": lambda d: json.dumps({"items": [{"id": d.other(), "spaceId": d.other()}, {"id": d.other()}]}),
    "another's section": lambda d: f"[weatherly]\napi_key={d.other()}\napi_secret={d.other(64)}\n",
    "another's host": lambda d: f"curl https://api.weatherly.com/v1 \\\n  -H 'x-api-key: {d.other()}'",
    "another's call": lambda d: f"Weatherly.init('{d.other()}')",
    "a key for another": lambda d: f"The key for Stripe is {d.other()}",
    "a log-in": lambda d: f"docker login -u jo -p {d.other()} reg.example",
    "an order": lambda d: f"Your order {d.other()} has shipped",
    "a meeting": lambda d: f"Join: https://zoom.us/j/123456789?pwd={d.other()}",
    "a key for another in German": lambda d: f"Der Schlüssel für GitHub lautet {d.other()}",
    "another's service": lambda d: json.dumps({"service": "Stripe", "key": d.other(), "secret": d.other(64)}),
    "another's address": lambda d: json.dumps({"url": "https://api.stripe.com", "apiKey": d.other()}),
    "another's entry": lambda d: (
        f"<Entry><String><Key>Password</Key><Value>{d.other()}</Value></String><String><Key>Title</Key><Value>Gmail</Value></String></Entry>"
    ),
    "a private key in base64": lambda d: (
        f"kind: Secret\ndata:\n  tls.key: {base64.b64encode(d.pem().encode()).decode()}\n"
    ),
    "another's file in base64": lambda d: (
        f"kind: Secret\ndata:\n  .env: {base64.b64encode(f'STRIPE_KEY={d.other()}{chr(10)}SESSION_SECRET={d.other(64)}{chr(10)}'.encode()).decode()}\n"
    ),
    "passwords": lambda d: (
        f"MEDABLE_PASSWORD={d.other()}\nMEDABLE_SESSION={d.other()}\nMEDABLE_WEBHOOK_SECRET={d.other(64)}"
    ),
    "a database": lambda d: f"medable:\n  db:\n    password: {d.other()}\n    secret: {d.other(64)}\n",
    "a ticket": lambda d: f"See ticket {d.other()} for Medable.",
    "another's builder": lambda d: f'Stripe.Builder()\n    .apiKey("{d.other()}")\n',
    "another's variable": lambda d: f'os.getenv("STRIPE_KEY", default="{d.other()}")',
    "another's row": lambda d: (
        f"<table><tr><th>Service</th><th>Key</th></tr><tr><td>Stripe</td><td>{d.other()}</td></tr></table>"
    ),
    "a secret of another": lambda d: f"ACME_SECRET={d.other(64)}\n",
}


@dataclass
class Figures:
    """What became of the texts: how many had a key, in how many it was found, and what went wrong."""

    texts: int = 0
    with_key: int = 0
    found: int = 0
    unasked: int = 0
    missed: dict[str, int] = field(default_factory=dict)
    foreign: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    secrets_missed: dict[str, int] = field(default_factory=dict)

    @property
    def hold(self) -> bool:
        return self.found >= FOUND * self.with_key and not self.foreign and not self.words


def measure(draws: int, seed: int = 1) -> Figures:
    """Try each format `draws` times."""
    figures = Figures()
    for name, make in (FORMATS | NO_KEY).items():
        for n in range(draws):
            draw = Draw(random.Random(f"{seed} {name} {n}"))
            text = make(draw)
            found = find_keys(text)
            figures.texts += 1
            if name in FORMATS:
                figures.with_key += 1
                if found.keys and found.keys[0].secret.reveal() == draw.key:
                    figures.found += 1
                else:
                    figures.missed[name] = figures.missed.get(name, 0) + 1
                figures.unasked += found.key is not None
                if draw.secret in text and (found.secret is None or found.secret.reveal() != draw.secret):
                    figures.secrets_missed[name] = figures.secrets_missed.get(name, 0) + 1
            taken = [c.secret.reveal() for c in (found.key,) if c] + [s.reveal() for s in (found.secret,) if s]
            # Choosing the key chooses its secret too.
            besides = [k.beside.reveal() for k in found.keys if k.beside and k.secret.reveal() == draw.key]
            if draw.foreign & {*taken, *besides}:
                figures.foreign.append(text)
            if draw.words & {candidate.secret.reveal() for candidate in found.keys}:
                figures.words.append(text)
    return figures


def main() -> int:
    figures = measure(int(sys.argv[1]) if len(sys.argv) > 1 else 200)
    print(f"{len(FORMATS)} formats with a key, {len(NO_KEY)} without, {figures.texts} texts")
    print(f"key found alone or first: {100 * figures.found / figures.with_key:.2f} % (at least {100 * FOUND} %)")
    print(f"key taken unasked: {100 * figures.unasked / figures.with_key:.1f} %")
    print(f"foreign value taken unasked: {len(figures.foreign)}")
    print(f"word or placeholder taken for a key: {len(figures.words)}")
    for title, missed in (("key missed", figures.missed), ("secret asked for", figures.secrets_missed)):
        for name, count in sorted(missed.items(), key=lambda item: -item[1]):
            print(f"  {title}: {name}: {count}")
    return 0 if figures.hold else 1


if __name__ == "__main__":
    sys.exit(main())
