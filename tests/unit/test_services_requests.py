"""The first request of an app: right for both kinds of app, safe to paste, and masked on the screen."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from cortex_desktop.domain.model import App, Environment, Org
from cortex_desktop.domain.secret import KeyEnds
from cortex_desktop.services.snippets import first_request, first_request_to_read, masked

KEY = "mwidxhb8ShcqmV1B9iOYJh"
ORG = Org("00", "NewHealth", "newhealthco", Environment.DEVELOPMENT, "https://api.dev.medable.com")
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
ODD_ORG = replace(ORG, code="a b';$(touch x)`&", endpoint='https://x.example/"$HOME"')


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
@pytest.mark.parametrize("app", [SIGNING, WITH_SESSIONS], ids=["signing", "sessions"])
@pytest.mark.parametrize("org", [ORG, ODD_ORG], ids=["plain", "odd"])
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


@pytest.mark.parametrize("app", [SIGNING, WITH_SESSIONS], ids=["signing", "sessions"])
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
