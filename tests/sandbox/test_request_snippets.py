"""Code that is copied on the Requests page, run for real against the sandbox."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cortex_desktop.domain.request import Request
from cortex_desktop.services.request_snippets import Language, request_code

from .conftest import Made, World


def run(language: Language, code: str, made: Made, folder: Path) -> str:
    """Run the code, and return what it prints."""
    commands = {
        Language.CURL: ("sh", "-c", code),
        Language.PYTHON: (sys.executable, "-c", code),
        Language.JAVASCRIPT: ("node", "-e", code),
    }
    command = commands[language]
    if shutil.which(command[0]) is None:
        pytest.skip(f"{command[0]} is not here")
    environment = {**os.environ, "MEDABLE_API_SECRET": made.secret.reveal()}
    done = subprocess.run(command, env=environment, cwd=folder, capture_output=True, text=True, timeout=30)
    return done.stdout + done.stderr


@pytest.mark.parametrize("language", list(Language))
@pytest.mark.parametrize("path", ["", "/accounts?limit=2"])
def test_a_signed_request(world: World, endpoint: str, tmp_path: Path, language: Language, path: str) -> None:
    world.clock.now()
    made = world.apps.add(world.apps.add_org(), "Signing app")
    code = request_code(language, made.app, endpoint, Request("acme", "GET", path), made.key.reveal())
    assert made.secret.reveal() not in code
    printed = run(language, code, made, tmp_path)
    assert "fault" not in printed
    assert ("@acme.example" if path else "acme") in printed


@pytest.mark.parametrize("language", list(Language))
def test_a_signed_request_with_a_body(world: World, endpoint: str, tmp_path: Path, language: Language) -> None:
    world.clock.now()
    made = world.apps.add(world.apps.add_org(), "Signing app")
    body = json.dumps({"c_title": "it's “quoted” $HOME"}).encode()
    request = Request("acme", "POST", "/c_examples", (("Accept-Language", "de"),), body)
    printed = run(language, request_code(language, made.app, endpoint, request, made.key.reveal()), made, tmp_path)
    assert "fault" not in printed
    assert "quoted" in printed


@pytest.mark.parametrize("language", list(Language))
def test_a_request_of_a_login(world: World, endpoint: str, tmp_path: Path, language: Language) -> None:
    """A person fills in e-mail and password. This computer is new, so that the login's answer asks for a code."""
    world.clock.now()
    made = world.apps.add(world.apps.add_org(), "Session app", sessions=True)
    code = request_code(language, made.app, endpoint, Request("acme", "GET", "/accounts/me"), made.key.reveal())
    assert code.count("…") == 2
    filled = code.replace("…", "john@acme.example", 1).replace("…", "sandbox", 1)
    printed = run(language, filled, made, tmp_path)
    assert "cortex.success.newLocation" in printed
    assert [found.path for found in world.received] == ["/acme/v2/accounts/login", "/acme/v2/accounts/me"]
