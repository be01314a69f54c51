"""Client against sandbox, in any order of events: what a person sees must be what happened."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from cortex_desktop.domain.request import Credentials, Login, Request, Stop, login_request
from cortex_desktop.domain.sandbox import Settings
from cortex_desktop.domain.secret import Secret
from cortex_desktop.net.client import HttpNetwork
from cortex_desktop.sandbox.app import Sandbox
from cortex_desktop.sandbox.server import Server
from cortex_desktop.sandbox.state import person
from cortex_desktop.sandbox.table import ANONYMOUS

from .conftest import NOW, Clock, CountingVault, Made, MemoryApps, MemoryStore

ORGS = st.integers(0, 1)
CLIENTS = st.integers(0, 1)
NAMES = st.sampled_from(["john", "extra"])
SECONDS_OF_A_LOGIN = 900


@dataclass
class Expected:
    """A login as its person believes it to be. ended: the fault that the next request gets, "" while it is good."""

    email: str
    last_used: float
    ended: str = ""


class Machine(RuleBasedStateMachine):
    """Two orgs with an app of each kind, two people's computers, one sandbox."""

    server: ClassVar[Any] = None
    current: ClassVar[Any] = None

    @initialize(each=st.booleans())
    def begin(self, each: bool) -> None:
        self.vault, self.store, self.clock = CountingVault(), MemoryStore(), Clock()
        self.apps = MemoryApps(self.vault)
        self.orgs = [self.apps.add_org("one"), self.apps.add_org("two")]
        self.sandbox = self._sandbox()
        self.sandbox.state.put_settings(Settings(csrf_each_reply=each, rate_limit=0))
        self.made: list[Made] = []
        self.signing: list[Made] = []
        for org in self.orgs:
            self.made.append(self.apps.add(org, sessions=True))
            self.signing.append(self.apps.add(org))
            self.sandbox.state.org(org)
            email = f"extra@{org.code}.example"
            self.sandbox.state.put_accounts(org.id, [person(org, email, "E", "X", "", ANONYMOUS, NOW)])
        self.is_enabled = [True, True]
        self.offsets = [0.0, 0.0]
        self.network = [HttpNetwork(clock=self._clock(0)), HttpNetwork(clock=self._clock(1))]
        self.sessions = [network.session(Machine.server.address) for network in self.network]
        self.logins: dict[tuple[int, int], Expected] = {}
        self.trusted: set[tuple[int, int, str]] = set()
        self.notes: dict[int, set[str]] = {0: set(), 1: set()}

    def _sandbox(self) -> Sandbox:
        Machine.current = Sandbox(self.apps, self.vault, self.store, now=self.clock)
        return Machine.current  # type: ignore[no-any-return]

    def _clock(self, client: int) -> Any:
        return lambda: self.clock() + self.offsets[client]

    def _send(self, client: int, made: Made, request: Request) -> tuple[str, Any]:
        """What came back: the fault's errCode or "", and the document."""
        secret = None if made.app.sessions else made.secret
        answer = self.sessions[client].send(request, Credentials(made.key, secret), Stop())
        return (answer.fault.err_code if answer.fault else ""), json.loads(answer.body)

    def _key_fault(self, org: int) -> str:
        return "" if self.is_enabled[org] else "cortex.accessDenied.appDisabled"

    def _expected(self, client: int, org: int) -> str:
        """The fault that a request of this login gets now."""
        if self._key_fault(org):
            return self._key_fault(org)
        login = self.logins.get((client, org))
        if login is None:
            return "cortex.accessDenied.notLoggedIn"
        if not login.ended and self.clock() - login.last_used > SECONDS_OF_A_LOGIN:
            login.ended = "cortex.accessDenied.sessionExpired"
        if not login.ended:
            login.last_used = self.clock()
        return login.ended

    @rule(client=CLIENTS, org=ORGS, name=NAMES, remember=st.booleans())
    def log_in(self, client: int, org: int, name: str, remember: bool) -> None:
        made = self.made[org]
        email = f"{name}@{made.org.code}.example"
        login = Login(email, Secret("sandbox"))
        fault, _ = self._send(client, made, login_request(made.org.code, login))
        if self._key_fault(org):
            assert fault == self._key_fault(org)
            return
        if (client, org, email) in self.trusted:
            assert fault == ""
        else:
            assert fault in ("cortex.success.newLocation", "cortex.accessDenied.unverifiedLocation")
            code = [message.code for message in self.sandbox.messages() if message.email == email][-1]
            wrong = Login(email, Secret("sandbox"), f"{(int(code) + 1) % 1_000_000:06}")
            fault, _ = self._send(client, made, login_request(made.org.code, wrong))
            assert fault == "cortex.invalidArgument.locationToken"
            right = Login(email, Secret("sandbox"), code, remember)
            fault, document = self._send(client, made, login_request(made.org.code, right))
            assert fault == ""
            assert document["email"] == email
            if remember:
                self.trusted.add((client, org, email))
        for (_, other_org), other in self.logins.items():
            if other_org == org and other.email == email and not other.ended:
                other.ended = "cortex.accessDenied.loggedInElsewhere"
        self.logins[client, org] = Expected(email, self.clock())

    @rule(org=ORGS, name=NAMES)
    def log_in_on_both(self, org: int, name: str) -> None:
        self.log_in(0, org, name, remember=True)
        self.log_in(1, org, name, remember=False)

    @rule(client=CLIENTS, org=ORGS)
    def log_out(self, client: int, org: int) -> None:
        expected = self._expected(client, org)
        made = self.made[org]
        fault, _ = self._send(client, made, Request(made.org.code, "POST", "/accounts/me/logout", body=b"{}"))
        assert fault == expected
        if not fault:
            del self.logins[client, org]

    @rule(client=CLIENTS, org=ORGS, title=st.text("abc", min_size=1, max_size=5))
    def write(self, client: int, org: int, title: str) -> None:
        expected = self._expected(client, org)
        made = self.made[org]
        body = json.dumps({"c_title": title}).encode()
        fault, document = self._send(client, made, Request(made.org.code, "POST", "/c_examples", body=body))
        assert fault == expected
        if not fault:
            self.notes[org].add(document["_id"])

    @invariant()
    def everybody_reads_what_was_written(self) -> None:
        for client in range(2):
            for org in range(len(getattr(self, "signing", []))):
                self._read_notes(client, org)

    def _read_notes(self, client: int, org: int) -> None:
        made = self.signing[org]
        fault, document = self._send(client, made, Request(made.org.code, "GET", "/c_examples?limit=1000"))
        assert fault == ""
        assert {note["_id"] for note in document["data"]} == self.notes[org]

    @rule(client=CLIENTS, org=ORGS)
    def public_org(self, client: int, org: int) -> None:
        made = self.made[org]
        self._expected(client, org)  # a login that is still good is used by it
        fault, document = self._send(client, made, Request(made.org.code, "GET", ""))
        assert fault == self._key_fault(org)
        if not fault:
            assert document["code"] == made.org.code

    @rule(org=ORGS, kept=st.booleans())
    def rotate(self, org: int, kept: bool) -> None:
        old = self.signing[org]
        until = datetime.fromtimestamp(self.clock() + (3600 if kept else -1), UTC)
        self.signing[org] = self.apps.rotate(old, until)
        fault, _ = self._send(0, old, Request(old.org.code, "GET", "/accounts"))
        assert fault == ("" if kept else "cortex.notFound.app")

    @rule(org=ORGS)
    def rotate_with_sessions(self, org: int) -> None:
        self.made[org] = self.apps.rotate(self.made[org], datetime.fromtimestamp(self.clock() - 1, UTC))

    @rule(org=ORGS)
    def switch(self, org: int) -> None:
        self.is_enabled[org] = not self.is_enabled[org]
        self.apps.change(self.made[org], enabled=self.is_enabled[org])

    @rule(seconds=st.sampled_from([1, 400, 901]))
    def pass_time(self, seconds: int) -> None:
        self.clock.time += seconds

    @rule()
    def stay_active(self) -> None:
        for _ in range(3):
            self.clock.time += 400
            self.everybody_sees_what_happened()

    @rule(client=CLIENTS, minutes=st.sampled_from([-20, 0, 20]))
    def set_clock(self, client: int, minutes: int) -> None:
        self.offsets[client] = minutes * 60.0

    @precondition(lambda self: self.logins)
    @rule()
    def restart(self) -> None:
        self.sandbox.close()
        self.sandbox = self._sandbox()
        self.logins.clear()

    @rule(client=CLIENTS)
    def forget(self, client: int) -> None:
        self.sessions[client].forget()
        self.logins = {place: login for place, login in self.logins.items() if place[0] != client}
        self.trusted = {place for place in self.trusted if place[0] != client}

    @invariant()
    def everybody_sees_what_happened(self) -> None:
        for client in range(2):
            for org, made in enumerate(getattr(self, "made", [])):
                expected = self._expected(client, org)
                fault, document = self._send(client, made, Request(made.org.code, "GET", "/accounts/me"))
                assert fault == expected
                if not fault:
                    assert document["email"] == self.logins[client, org].email

    def teardown(self) -> None:
        for session in getattr(self, "sessions", []):
            session.close()
        if hasattr(self, "sandbox"):
            self.sandbox.close()


@pytest.fixture
def machine() -> Iterator[type[Machine]]:
    Machine.server = Server(lambda environ, start: Machine.current(environ, start))
    Machine.server.start()
    yield Machine
    Machine.server.stop()


@pytest.mark.timeout(300)
def test_client_against_sandbox(machine: type[Machine], request: pytest.FixtureRequest) -> None:
    examples, steps = (500, 60) if request.config.getoption("--long") else (20, 25)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
