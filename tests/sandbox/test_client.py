"""The program's own client against the sandbox, over a real connection."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest

from cortex_desktop.domain.request import (
    Again,
    Answer,
    Credentials,
    Login,
    Request,
    Stop,
    login_request,
)
from cortex_desktop.domain.secret import Secret
from cortex_desktop.net.client import HttpNetwork, HttpSession
from cortex_desktop.sandbox.state import person
from cortex_desktop.sandbox.table import ANONYMOUS

from .conftest import NOW, Made, World


@dataclass
class Person:
    """Somebody at the program's Requests page."""

    world: World
    made: Made
    session: HttpSession

    def send(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        data = b"" if body is None else json.dumps(body).encode()
        named = tuple((name.replace("_", "-"), value) for name, value in headers.items())
        return self._send(Request(self.made.org.code, method, path, named, data))

    def get(self, path: str, **headers: str) -> Any:
        answer = self.send("GET", path, **headers)
        assert answer.fault is None, answer.fault
        return json.loads(answer.body)

    def log_in(self, name: str = "john", code: str = "", *, remember: bool = False) -> Answer:
        email = f"{name}@{self.made.org.code}.example"
        return self._send(login_request(self.made.org.code, Login(email, Secret("sandbox"), code, remember)))

    def logged_in(self, name: str = "john", *, remember: bool = False) -> Person:
        answer = self.log_in(name)
        if answer.fault is not None:
            assert answer.fault.is_a("cortex.success.newLocation")
            answer = self.log_in(name, self.world.sandbox.messages()[-1].code, remember=remember)
        assert answer.fault is None, answer.fault
        return self

    def fault(self, path: str = "/accounts/me", method: str = "GET") -> str:
        answer = self.send(method, path)
        return answer.fault.err_code if answer.fault is not None else ""

    def _send(self, request: Request) -> Answer:
        secret = None if self.made.app.sessions else self.made.secret
        return self.session.send(request, Credentials(self.made.key, secret), Stop())


Visit = Callable[..., Person]


@pytest.fixture
def visit(world: World, endpoint: str) -> Iterator[Visit]:
    """`visit(made)` gives somebody with a session of their own; `clock` is their computer's."""
    sessions: list[HttpSession] = []

    def visit(made: Made, *, host: str = "127.0.0.1", clock: Callable[[], float] = world.clock) -> Person:
        network = HttpNetwork(clock=clock, pause=lambda stop, seconds: stop.is_stopped)
        sessions.append(network.session(endpoint.replace("127.0.0.1", host)))
        return Person(world, made, sessions[-1])

    yield visit
    for session in sessions:
        session.close()


@pytest.fixture
def sessions_app(world: World) -> Made:
    return world.apps.add(world.apps.add_org(), "Session app", sessions=True)


@pytest.fixture
def signing_app(world: World) -> Made:
    return world.apps.add(world.apps.add_org(), "Signing app")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
@pytest.mark.parametrize("each", [False, True])
def test_the_first_visit_of_an_app_with_sessions(
    world: World, visit: Visit, sessions_app: Made, host: str, each: bool
) -> None:
    world.settings(csrf_each_reply=each)
    john = visit(sessions_app, host=host)
    assert john.get("")["code"] == "acme"
    answer = john.log_in()
    assert answer.status == 200
    assert answer.fault is not None
    assert answer.fault.asks_for_code
    answer = john.log_in(code=world.sandbox.messages()[-1].code, remember=True)
    assert answer.is_success
    assert (answer.basis, answer.source) == ("documented", "docs: two-factor authentication")
    assert answer.from_sandbox
    assert john.session.is_logged_in("acme")
    assert john.get("/accounts/me")["email"] == "john@acme.example"
    john.get("")  # a reply without a token in between, for which nobody has to be logged in
    assert john.send("POST", "/c_examples", {"c_title": "x"}).is_success
    assert john.fault("/c_examples/5516ee1b34d8d934281699e3") == "cortex.notFound.instance"
    assert john.send("POST", "/accounts/me/logout", {}).is_success
    assert john.fault() == "cortex.accessDenied.notLoggedIn"
    assert not john.session.is_logged_in("acme")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_first_visit_of_an_app_that_signs(visit: Visit, signing_app: Made, host: str) -> None:
    somebody = visit(signing_app, host=host)
    assert somebody.get("")["code"] == "acme"
    assert len(somebody.get("/accounts?limit=2")["data"]) == 2
    assert somebody.send("POST", "/c_examples", {"c_title": "x"}).is_success
    assert somebody.get("/c_examples")["data"][0]["c_title"] == "x"


def test_a_remembered_computer_needs_no_code(world: World, visit: Visit, sessions_app: Made) -> None:
    first = visit(sessions_app).logged_in(remember=True)
    device = first.session.device()
    assert device is not None
    second = visit(sessions_app)
    second.session.remember_device(device)
    world.restart()
    assert second.log_in().is_success
    second.session.forget()
    assert second.log_in().fault is not None


@pytest.mark.parametrize("each", [False, True])
def test_a_reply_without_the_token_in_between(world: World, visit: Visit, sessions_app: Made, each: bool) -> None:
    world.settings(csrf_each_reply=each)
    john = visit(sessions_app).logged_in()
    other = Person(world, world.apps.add(sessions_app.org, "Signing app"), john.session)
    answer = other.send("GET", "")  # of an app without logins
    assert answer.is_success
    assert answer.header("Medable-Csrf-Token") == ""
    assert john.send("POST", "/c_examples", {"c_title": "x"}).again == ()


def test_a_second_login_elsewhere(visit: Visit, sessions_app: Made) -> None:
    here, there = visit(sessions_app).logged_in(), visit(sessions_app).logged_in()
    assert here.fault() == "cortex.accessDenied.loggedInElsewhere"
    assert there.fault() == ""


def test_two_orgs_in_one_jar_have_a_login_each(world: World, visit: Visit, sessions_app: Made) -> None:
    other = world.apps.add(world.apps.add_org("other"), sessions=True)
    one = visit(sessions_app)
    two = Person(world, other, one.session)
    one.logged_in()
    two.logged_in("ada")
    for _ in range(2):
        assert one.get("/accounts/me")["email"] == "john@acme.example"
        assert two.get("/accounts/me")["email"] == "ada@other.example"


@pytest.mark.parametrize("each", [False, True])
def test_a_token_that_was_lost(world: World, visit: Visit, sessions_app: Made, each: bool) -> None:
    world.settings(csrf_each_reply=each)
    john = visit(sessions_app).logged_in()
    sid = world.cookies[-1].partition("=")[2].partition(";")[0]
    behind = world.browser(sessions_app)  # uses the same login behind the client's back: the token may move on
    behind.client.set_cookie("md.sid", sid, domain="127.0.0.1", path="/acme")
    assert behind.get("/accounts/status")["data"]["loggedin"]
    answer = john.send("GET", "/accounts/me")
    assert answer.is_success
    assert answer.again == ((Again.CSRF,) if each else ())


@pytest.mark.parametrize("minutes", [20, -20])
def test_a_clock_that_is_20_minutes_off(world: World, visit: Visit, signing_app: Made, minutes: int) -> None:
    somebody = visit(signing_app, clock=lambda: world.clock() + minutes * 60)
    answer = somebody.send("POST", "/c_examples", {"c_title": "x"})
    assert answer.is_success
    assert answer.again == (Again.CLOCK,)
    assert somebody.send("GET", "/accounts").again == ()
    assert len(somebody.get("/c_examples")["data"]) == 1


def test_a_policy_that_redirects_to_another_host_by_307(world: World, visit: Visit, signing_app: Made) -> None:
    world.settings(rate_limit=1, policy_redirect="https://elsewhere.example/page?x=1")
    somebody = visit(signing_app)
    somebody.get("")
    answer = somebody.send("GET", "")
    assert answer.status == 307
    assert answer.elsewhere == "https://elsewhere.example/page"
    assert answer.fault is not None


def test_changes_of_the_app_are_felt(world: World, visit: Visit, signing_app: Made) -> None:
    somebody = visit(signing_app)
    assert somebody.fault("/accounts") == ""
    world.apps.change(signing_app, enabled=False)
    assert somebody.fault("/accounts") == "cortex.accessDenied.appDisabled"
    world.apps.change(signing_app, enabled=True)
    new = world.apps.rotate(signing_app, datetime.fromtimestamp(NOW - 1, UTC))
    assert somebody.fault("/accounts") == "cortex.notFound.app"
    somebody.made = new
    assert somebody.fault("/accounts") == ""


@pytest.mark.parametrize("by_id", [False, True])
def test_paging_over_1001_people_by_skip_and_by_id(world: World, visit: Visit, signing_app: Made, by_id: bool) -> None:
    somebody = visit(signing_app)
    somebody.get("/accounts")
    world.settings(rate_limit=0)
    org = signing_app.org
    people = [person(org, f"p{number}@acme.example", "P", "Q", "", ANONYMOUS, NOW) for number in range(998)]
    world.sandbox.state.put_accounts(org.id, people)
    found: list[str] = []
    more = True
    while more:
        where = quote(json.dumps({"_id": {"$gt": found[-1]}})) if found else "{}"
        path = f'/accounts?sort={{"_id":1}}&limit=250&where={where}' if by_id else f"/accounts?skip={len(found)}"
        document = somebody.get(path)
        found += [account["_id"] for account in document["data"]]
        more = document["hasMore"]
    assert len(found) == len(set(found)) == 1_001


def test_a_nested_limit_on_roles(visit: Visit, signing_app: Made) -> None:
    org = visit(signing_app).get(f"/orgs/{signing_app.org.id[:24]}?roles.limit=2")
    assert len(org["roles"]) == 2


def test_lists_and_exports_as_lines(visit: Visit, signing_app: Made) -> None:
    somebody = visit(signing_app)
    answer = somebody.send("GET", "/accounts", Accept="application/x-ndjson")
    assert len(answer.body.splitlines()) == 3
    manifest = {"manifest": {"object": "manifest", "apps": {"includes": ["*"]}}}
    answer = somebody.send("POST", "/developer/environment/export", manifest, Accept="application/x-ndjson")
    assert [json.loads(line)["label"] for line in answer.body.splitlines()] == ["Signing app"]


@pytest.mark.parametrize(
    "path", ["/c_examples/a b", "/c_examples/ä", "/accounts/%2e%2e", "/accounts//", "/accounts?a=ä&b[]=1"]
)
def test_odd_paths_are_signed_as_they_are_sent(visit: Visit, signing_app: Made, path: str) -> None:
    assert visit(signing_app).fault(path) != "cortex.accessDenied.invalidRequestSignature"


def test_a_locked_keychain_is_told(world: World, visit: Visit, signing_app: Made) -> None:
    world.vault.is_locked = True
    answer = visit(signing_app).send("GET", "/accounts")
    assert answer.status == 503
    assert answer.fault is not None
    assert str(answer.fault.words.what) == "The keychain is locked, so the sandbox cannot look at keys"


def test_closing_twice_is_no_error(visit: Visit, signing_app: Made) -> None:
    somebody = visit(signing_app)
    somebody.get("")
    with closing(somebody.session):
        somebody.session.close()
        assert somebody.get("")["code"] == "acme"
