"""The use cases of the Requests page, with the real client and a real connection."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from cortex_desktop.domain.errors import SecretMissing
from cortex_desktop.domain.faults import Fault
from cortex_desktop.domain.request import Answer, Credentials, EndpointError, Form, Login, Request, Stop, Trouble
from cortex_desktop.domain.secret import Secret
from cortex_desktop.net.client import HttpNetwork
from cortex_desktop.services.workbench import Check, Known, Workbench, check_of, is_change, ready_requests
from cortex_desktop.storage.repository import TinyRepository
from tests.support.services import app_services

from .conftest import Made, World


@pytest.fixture
def workbench(world: World, tmp_path: Path) -> Iterator[Workbench]:
    network = HttpNetwork(clock=world.clock, pause=lambda stop, seconds: stop.is_stopped)
    logins = app_services(TinyRepository(tmp_path), world.vault).logins
    found = Workbench(network, world.vault, logins)
    yield found
    found.close()


def app_of(world: World, *, sessions: bool) -> Made:
    return world.apps.add(world.apps.add_org(), sessions=sessions)


def ask(workbench: Workbench, made: Made, endpoint: str, method: str, path: str, body: bytes = b"") -> Answer:
    request = Request(made.org.code, method, path, body=body)
    return workbench.send(made.app, endpoint, request, workbench.credentials(made.app), Stop())


def test_the_ready_requests_of_an_app_that_signs(world: World, workbench: Workbench, endpoint: str) -> None:
    made = app_of(world, sessions=False)
    ready = ready_requests(made.app)
    assert [found.name for found in ready[:2]] == ["public org", "accounts"]
    for found in ready:
        credentials = workbench.credentials(made.app)
        assert workbench.send(made.app, endpoint, found.request(made.org), credentials, Stop()).is_success, found.name


def test_logging_in(world: World, workbench: Workbench, endpoint: str) -> None:
    made = app_of(world, sessions=True)
    login = Login("john@acme.example", Secret("sandbox"))
    answer = workbench.log_in(made.org, made.app, endpoint, login, workbench.credentials(made.app), Stop())
    assert answer.fault is not None
    assert answer.fault.asks_for_code
    login = replace(login, code=world.sandbox.messages()[-1].code, remember=True)
    answer = workbench.log_in(made.org, made.app, endpoint, login, workbench.credentials(made.app), Stop())
    assert json.loads(answer.body)["email"] == "john@acme.example"
    for found in ready_requests(made.app):
        credentials = workbench.credentials(made.app)
        assert workbench.send(made.app, endpoint, found.request(made.org), credentials, Stop()).is_success, found.name
    answer = ask(workbench, made, endpoint, "GET", "/accounts/me")
    assert answer.fault is not None
    assert answer.fault.session_is_over
    login = replace(login, code="")
    credentials = workbench.credentials(made.app)
    assert workbench.log_in(made.org, made.app, endpoint, login, credentials, Stop()).is_success
    workbench.forget(made.app, endpoint)
    answer = workbench.log_in(made.org, made.app, endpoint, login, credentials, Stop())
    assert answer.fault is not None
    assert answer.fault.asks_for_code


def test_each_app_and_endpoint_has_a_login_of_its_own(world: World, workbench: Workbench, endpoint: str) -> None:
    made = app_of(world, sessions=True)
    other = world.apps.add(made.org, sessions=True)
    session = workbench.session(made.app, endpoint)
    assert workbench.session(made.app, endpoint) is session
    assert workbench.session(other.app, endpoint) is not session
    assert workbench.session(made.app, "https://api.example") is not session
    with pytest.raises(EndpointError):
        workbench.session(made.app, "http://api.example")


def test_a_key_that_is_missing(world: World, workbench: Workbench) -> None:
    made = app_of(world, sessions=False)
    world.vault.remove(made.app.refs[1])
    with pytest.raises(SecretMissing):
        workbench.credentials(made.app)


# --- whether Cortex knows a key ---


def check(world: World, workbench: Workbench, made: Made, endpoint: str) -> Check:
    return workbench.check(replace(made.org, endpoint=endpoint), workbench.credentials(made.app), Stop())


@pytest.mark.parametrize("sessions", [True, False])
def test_asking_about_a_key(world: World, workbench: Workbench, endpoint: str, sessions: bool) -> None:
    made = app_of(world, sessions=sessions)
    assert check(world, workbench, made, endpoint) == Check(Known.YES)
    assert [(found.method, found.path) for found in world.received] == [("GET", "/acme/v2")]
    world.apps.change(made, enabled=False)
    assert check(world, workbench, made, endpoint).known is Known.DISABLED
    world.apps.drop(made)
    assert check(world, workbench, made, endpoint).known is Known.NO
    other = replace(made, org=replace(made.org, code="gone"))
    assert check(world, workbench, other, endpoint).known is Known.NO_ORG
    found = check(world, workbench, made, "http://127.0.0.1:1")
    assert found.known is Known.NOT_ASKED
    assert found.trouble is not None
    assert found.trouble.trouble is Trouble.REFUSED


@pytest.mark.parametrize(
    ("method", "path", "change"),
    [
        ("GET", "/accounts", False),
        ("head", "", False),
        ("POST", "/accounts/login", False),
        ("POST", "/accounts/login/?x=1", False),
        ("POST", "/accounts/me/logout", False),
        ("POST", "/c_examples", True),
        ("DELETE", "/accounts/login", True),
        ("PATCH", "", True),
    ],
)
def test_what_waits_in_production(method: str, path: str, change: bool) -> None:
    assert is_change(Request("acme", method, path)) == change
    assert not is_change(Request("acme", "POST", "/c_own/login"), "/c_own/login")


def answer(status: int, fault: Fault | None = None, form: Form = Form.JSON) -> Answer:
    return Answer(status, (), b"{}", 2, True, 0.1, form, "", fault=fault)


@pytest.mark.parametrize(
    ("found", "known"),
    [
        (answer(200), Known.YES),
        (answer(200, form=Form.HTML), Known.NOT_ASKED),  # a proxy's page
        (answer(302), Known.NOT_ASKED),
        (answer(502, form=Form.HTML), Known.NOT_ASKED),
        (answer(403, Fault("cortex.accessDenied.appSuspended")), Known.SUSPENDED),
        (answer(410, Fault("cortex.expired.app")), Known.EXPIRED),
        (answer(404, Fault(code="kNotFound")), Known.NO),
        (answer(403, Fault("cortex.accessDenied.invalidRequestSignature")), Known.YES),
        (answer(403, Fault("cortex.accessDenied.role")), Known.YES),
        (answer(403, Fault("cortex.accessDenied.maintenance")), Known.NOT_ASKED),
        (answer(429, Fault("cortex.throttled.policy")), Known.NOT_ASKED),
        (answer(500, Fault("cortex.error.unspecified")), Known.NOT_ASKED),
    ],
)
def test_what_answers_say(found: Answer, known: Known) -> None:
    assert check_of(found).known is known
    assert known.works == (known is Known.YES)


def test_credentials_are_never_shown(world: World, workbench: Workbench) -> None:
    made = app_of(world, sessions=False)
    credentials = workbench.credentials(made.app)
    assert isinstance(credentials, Credentials)
    assert made.key.reveal() not in repr(credentials)
    assert made.secret.reveal() not in repr(credentials)
