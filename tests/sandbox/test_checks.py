"""The checks in their order: what each refuses, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial

import pytest
from werkzeug.test import Client

from cortex_desktop.domain.model import AppState, OrgState
from cortex_desktop.domain.signing import signature_of

from .conftest import NOW, Browser, World


def test_a_new_apps_key_works_at_once(world: World) -> None:
    org = world.apps.add_org()
    for number in range(3):
        browser = world.browser(world.apps.add(org, f"App {number}"))
        response = browser.ask("GET", "")
        assert response.status_code == 200
        assert response.get_json() == {
            "_id": org.id[:24],
            "access": 7,
            "code": "acme",
            "favicon": "",
            "locale": "en_US",
            "logo": "",
            "name": "Acme",
            "object": "org",
            "schemasETag": response.get_json()["schemasETag"],
        }
        assert response.headers["X-Cortex-Sandbox"] == "1"
        assert response.headers["X-Cortex-Sandbox-Basis"] == "documented"
        assert response.headers["Medable-Server-Time"] == str(int(NOW * 1000))


def fault(browser: Browser, method: str = "GET", path: str = "/accounts", **more: object) -> tuple[str, int]:
    response = browser.ask(method, path, **more)  # type: ignore[arg-type]
    document = response.get_json()
    assert document["object"] == "fault", document
    assert document["status"] == response.status_code
    assert response.headers["X-Cortex-Sandbox"] == "1"
    return document["errCode"], response.status_code


@pytest.mark.parametrize(
    ("path", "err_code", "status"),
    [
        ("/", "cortex.invalidArgument.missingEnvCode", 400),
        ("/nobody/v2", "cortex.notFound.env", 404),
        ("/%00/v2", "cortex.notFound.env", 404),
        ("/acme", "cortex.invalidArgument.invalidApiVersion", 400),
        ("/acme/v3/accounts", "cortex.invalidArgument.invalidApiVersion", 400),
        ("/acme/v2/accounts", "cortex.accessDenied.noCredentialsSupplied", 403),
    ],
)
def test_before_the_key(signing: Browser, path: str, err_code: str, status: int) -> None:
    response = Client(signing.world.sandbox).get(path, base_url="http://localhost:8631")
    assert (response.get_json()["errCode"], response.status_code) == (err_code, status)


def test_a_folder_without_an_org_says_what_to_do(signing: Browser) -> None:
    world = signing.world
    ask = partial(Client(world.sandbox).get, "/nobody/v2", base_url="http://localhost:8631")
    assert "reason" not in ask().get_json()
    for org in world.apps.orgs():
        world.apps.put_org(replace(org, state=OrgState.REMOVED))
    assert ask().get_json()["reason"] == "This data folder holds no org yet: open Cortex Desktop once."


@pytest.mark.parametrize(
    ("host", "taken"),
    [
        ("127.0.0.1:8631", True),
        ("localhost", True),
        ("LOCALHOST:1", True),
        ("[::1]:8631", True),
        ("127.0.0.1.evil.example", False),
        ("localhost.evil.example:8631", False),
        ("evil.example", False),
        ("10.0.0.1", False),
        ("127.0.0.2:8631", False),
        ("", False),
    ],
)
def test_only_this_computers_names(signing: Browser, host: str, taken: bool) -> None:
    response = Client(signing.world.sandbox).get(
        "/acme/v2", headers={"Medable-Client-Key": signing.made.key.reveal()}, environ_overrides={"HTTP_HOST": host}
    )
    assert (response.status_code == 200) == taken
    if not taken:
        assert response.get_json()["errCode"] == "sandbox.accessDenied.host"


def test_keys(world: World, signing: Browser) -> None:
    unknown = "x" * 22
    assert fault(signing, headers={"Medable-Client-Key": unknown}) == ("cortex.notFound.app", 404)
    key = signing.made.key.reveal()
    near = key[:10] + ("a" if key[10] != "a" else "b") + key[11:]  # the same ends
    assert fault(signing, headers={"Medable-Client-Key": near}) == ("cortex.notFound.app", 404)
    token = {"Medable-Client-Key": "", "Authorization": "Bearer x"}
    assert fault(signing, headers=token) == ("cortex.accessDenied.noCredentialsSupplied", 403)
    assert signing.ask("GET", "/accounts").status_code == 200


def test_each_change_is_felt_by_the_next_request(world: World, signing: Browser) -> None:
    apps, made = world.apps, signing.made
    today = datetime.fromtimestamp(NOW, UTC).astimezone().date()
    assert signing.ask("GET", "/accounts").status_code == 200
    apps.change(made, enabled=False)
    assert fault(signing) == ("cortex.accessDenied.appDisabled", 403)
    apps.change(made, enabled=True, expires=today)
    assert signing.ask("GET", "/accounts").status_code == 200
    apps.change(made, expires=today - timedelta(days=1))
    assert fault(signing) == ("cortex.expired.app", 410)
    apps.change(made, expires=date(2100, 1, 1), state=AppState.DELETED)
    assert fault(signing) == ("cortex.notFound.app", 404)
    apps.change(made, state=AppState.ACTIVE)
    assert signing.ask("GET", "/accounts").status_code == 200
    apps.drop(made)
    assert fault(signing) == ("cortex.notFound.app", 404)


def test_a_rotated_key_works_until_its_date(world: World, signing: Browser) -> None:
    old = signing.made
    new = world.apps.rotate(old, datetime.fromtimestamp(NOW + 3600, UTC))
    assert world.browser(new).ask("GET", "/accounts").status_code == 200
    assert signing.ask("GET", "/accounts").status_code == 200
    world.clock.time += 3601
    assert fault(signing) == ("cortex.notFound.app", 404)
    assert world.browser(new).ask("GET", "/accounts").status_code == 200


def test_the_key_decides_between_orgs_of_one_code(world: World) -> None:
    first, second = world.apps.add_org("same", "First"), world.apps.add_org("same", "Second")
    one, two = world.browser(world.apps.add(first)), world.browser(world.apps.add(second))
    assert one.get("")["name"] == "First"
    assert two.get("")["name"] == "Second"
    one.ask("POST", "/c_examples", {"c_title": "x"})
    assert len(one.get("/c_examples")["data"]) == 1
    assert two.get("/c_examples")["data"] == []
    world.apps.put_org(type(first)(**{**_fields(first), "state": OrgState.REMOVED}))
    assert fault(one) == ("cortex.notFound.app", 404)


def _fields(org: object) -> dict[str, object]:
    return {name: getattr(org, name) for name in org.__slots__}  # type: ignore[attr-defined]


def test_a_locked_keychain(world: World, signing: Browser) -> None:
    world.vault.is_locked = True
    assert fault(signing) == ("sandbox.unavailable.keychainLocked", 503)
    assert world.vault.reads == []  # it could have opened a prompt
    world.vault.is_locked = False
    assert signing.ask("GET", "/accounts").status_code == 200
    world.vault.is_locked = True
    assert signing.ask("GET", "/accounts").status_code == 200  # for a minute


def test_a_key_that_is_missing_in_the_keychain(world: World, signing: Browser) -> None:
    for ref in signing.made.app.refs:
        world.vault.remove(ref)
    assert fault(signing) == ("cortex.notFound.app", 404)


def test_keys_are_read_once_a_minute(world: World, signing: Browser) -> None:
    for _ in range(10):
        assert signing.ask("GET", "/accounts").status_code == 200
    assert len(world.vault.reads) == 2


def test_reading_and_addresses(world: World, signing: Browser) -> None:
    world.app_settings(signing.made, read_only=True)
    assert signing.ask("GET", "/accounts").status_code == 200
    assert fault(signing, "POST", "/c_examples", body={"c_title": "x"}) == ("cortex.accessDenied.appReadOnly", 403)
    world.app_settings(signing.made, read_only=False, whitelist=("10.0.0.0/8",))
    assert fault(signing)[0] == "cortex.accessDenied.app"
    world.app_settings(signing.made, whitelist=("127.0.0.0/8",))
    assert signing.ask("GET", "/accounts").status_code == 200
    world.app_settings(signing.made, blacklist=("127.0.0.1", "nonsense"))
    assert fault(signing)[0] == "cortex.accessDenied.app"


def test_maintenance(world: World, signing: Browser) -> None:
    assert signing.ask("PUT", "", {"maintenance": True, "maintenanceMessage": "Back at ten."}).status_code == 200
    response = signing.ask("GET", "/accounts")
    assert response.get_json()["errCode"] == "cortex.accessDenied.maintenance"
    assert response.get_json()["reason"] == "Back at ten."
    assert signing.ask("PUT", "", {"maintenance": False}).status_code == 200
    assert signing.ask("GET", "/accounts").status_code == 200


def test_rate_policy(world: World, signing: Browser) -> None:
    for _ in range(300):
        assert signing.ask("GET", "").status_code == 200
    assert fault(signing) == ("cortex.throttled.policy", 429)
    world.clock.time += 301
    assert signing.ask("GET", "").status_code == 200
    world.settings(rate_limit=1, policy_redirect="https://elsewhere.example/")
    response = signing.ask("GET", "")
    assert response.status_code == 307
    assert response.headers["Location"] == "https://elsewhere.example/"
    world.settings(rate_limit=0)
    assert signing.ask("GET", "").status_code == 200


def test_bodies(signing: Browser) -> None:
    assert fault(signing, "POST", "/c_examples", body=b"{broken") == ("cortex.invalidArgument.invalidJSON", 400)
    assert fault(signing, "POST", "/c_examples", body=b"NaN") == ("cortex.invalidArgument.invalidJSON", 400)
    deep = b"[" * 100_000 + b"]" * 100_000
    assert fault(signing, "POST", "/c_examples", body=deep) == ("cortex.invalidArgument.invalidJSON", 400)
    large = b'{"c_title": "' + b"x" * 1024 * 1024 + b'"}'
    assert fault(signing, "POST", "/c_examples", body=large) == ("cortex.tooLarge.unspecified", 413)
    assert fault(signing, "POST", "/c_examples", body=[]) == ("cortex.invalidArgument.unspecified", 400)


def test_unknown_objects_and_methods(signing: Browser) -> None:
    assert fault(signing, path="/missing") == ("cortex.invalidArgument.object", 400)
    assert signing.get("/missing/x")["path"] == "missing/x"
    response = signing.ask("DELETE", "/accounts")
    assert response.get_json()["errCode"] == "cortex.notFound.route"
    assert response.get_json()["reason"] == "This path takes GET."
    assert response.headers["X-Cortex-Sandbox-Source"] == "docs: API, faults"
    assert fault(signing, "POST", "/accounts/register", body={}) == ("cortex.notFound.route", 404)
    assert fault(signing, path="/accounts/5516ee1b34d8d934281699e3") == ("cortex.notFound.instance", 404)
    assert fault(signing, path="/accounts/me2") == ("cortex.invalidArgument.invalidObjectId", 400)


def test_head_is_get_without_a_body(signing: Browser) -> None:
    response = signing.ask("HEAD", "/accounts")
    assert response.status_code == 200
    assert response.data == b""


# --- signatures ---


def signed_as(browser: Browser, message: str, timestamp: int) -> dict[str, str]:
    return {
        "Medable-Client-Signature": signature_of(browser.made.key, browser.made.secret, message),
        "Medable-Client-Timestamp": str(timestamp),
    }


def test_a_wrong_signature_is_explained(world: World, signing: Browser) -> None:
    now = int(NOW * 1000)
    headers = signed_as(signing, f"/accounts?limit=20;GET;{now}", now)
    response = signing.ask("GET", "/accounts?limit=20", headers=headers)
    document = response.get_json()
    assert document["errCode"] == "cortex.accessDenied.invalidRequestSignature"
    assert document["reason"] == "Your client signed the query string too. Sign the path only."
    assert world.received[-1].expected == f"/accounts;GET;{now}"
    assert world.received[-1].signed == f"/accounts?limit=…;GET;{now}"
    headers = signed_as(signing, f"/acme/v2/accounts;get;{now}", now)
    document = signing.get("/accounts", headers=headers)
    assert "org code" in document["reason"]
    assert "capital letters" in document["reason"]
    document = signing.get("/accounts", headers={"Medable-Client-Signature": "0" * 64})
    assert "None of the usual mistakes" in document["reason"]


@pytest.mark.parametrize("seconds", [301, -301, 1200, -1200])
def test_a_clock_that_is_off(signing: Browser, seconds: int) -> None:
    stamp = int((NOW + seconds) * 1000)
    document = signing.get("/accounts", headers=signed_as(signing, f"/accounts;GET;{stamp}", stamp))
    assert document["errCode"] == "cortex.invalidArgument.staleRequestSignature"
    assert "clock" in document["reason"]


@pytest.mark.parametrize("seconds", [299, -299])
def test_a_clock_that_is_nearly_right(signing: Browser, seconds: int) -> None:
    stamp = int((NOW + seconds) * 1000)
    headers = signed_as(signing, f"/accounts;GET;{stamp}", stamp)
    assert signing.ask("GET", "/accounts", headers=headers).status_code == 200


def test_time_in_seconds(signing: Browser) -> None:
    stamp = int(NOW)
    document = signing.get("/accounts", headers=signed_as(signing, f"/accounts;GET;{stamp}", stamp))
    assert document["errCode"] == "cortex.invalidArgument.staleRequestSignature"
    assert "seconds" in document["reason"]


def test_nonces(world: World, signing: Browser) -> None:
    nonce = {"Medable-Client-Nonce": "0123456789abcdef"}
    assert signing.ask("GET", "/accounts", headers=nonce).status_code == 200
    response = signing.ask("GET", "/accounts", headers=nonce)
    assert response.get_json()["errCode"] == "cortex.accessDenied.invalidRequestSignature"
    assert "nonce was used before" in response.get_json()["reason"]
    assert response.headers["X-Cortex-Sandbox-Basis"] == "our reading"
    assert response.headers["X-Cortex-Sandbox-Source"] == "chosen for the sandbox"
    assert "16 letters" in signing.get("/accounts", headers={"Medable-Client-Nonce": "short"})["reason"]
    world.clock.time += 601
    assert signing.ask("GET", "/accounts", headers=nonce).status_code == 200


@pytest.mark.parametrize("name", ["Signature", "Timestamp", "Nonce"])
def test_a_header_that_is_missing_is_named(signing: Browser, name: str) -> None:
    document = signing.get("/accounts", headers={f"Medable-Client-{name}": ""})
    assert document["reason"] == f"The request lacks Medable-Client-{name}."


def test_acting_for_an_account(world: World, signing: Browser) -> None:
    ben = next(found for found in signing.get("/accounts")["data"] if found["email"] == "ben@acme.example")
    act = {"Medable-Client-Account": ben["_id"]}
    assert fault(signing, path="/accounts/me") == ("cortex.accessDenied.notLoggedIn", 403)
    assert fault(signing, path="/accounts/me", headers=act) == ("cortex.accessDenied.principal", 403)
    world.app_settings(signing.made, principal_override=True)
    assert signing.get("/accounts/me", headers=act)["email"] == "ben@acme.example"
    assert fault(signing, path="/stats", headers=act) == ("cortex.accessDenied.role", 403)
    other = {"Medable-Client-Account": "5516ee1b34d8d934281699e3"}
    assert fault(signing, path="/accounts/me", headers=other) == ("cortex.notFound.principal", 404)


@pytest.mark.parametrize("path", ["/c_examples//", "//accounts", "/accounts/", "/c_examples?limit=1&where={}", ""])
def test_what_is_signed_is_the_bare_path(signing: Browser, path: str) -> None:
    assert signing.ask("GET", path).status_code == 200


# --- browsers ---


def test_other_origins_only_from_the_apps_own_list(world: World, signing: Browser) -> None:
    page = {"Origin": "https://page.example"}
    preflight = {**page, "Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "medable-client-key"}
    client = Client(world.sandbox)
    denied = client.options("/acme/v2/accounts", headers=preflight, base_url="http://localhost:8631")
    assert denied.status_code == 403
    assert not [name for name, _ in denied.headers if name.startswith("Access-Control")]
    assert "Access-Control-Allow-Origin" not in signing.ask("GET", "/accounts", headers=page).headers
    world.app_settings(signing.made, cors=("https://page.example",))
    allowed = client.options("/acme/v2/accounts", headers=preflight, base_url="http://localhost:8631")
    assert allowed.status_code == 204
    assert allowed.headers["Access-Control-Allow-Origin"] == "https://page.example"
    assert allowed.headers["Access-Control-Allow-Headers"] == "medable-client-key"
    answer = signing.ask("GET", "/accounts", headers=page)
    assert answer.headers["Access-Control-Allow-Credentials"] == "true"
    assert "Medable-Csrf-Token" in answer.headers["Access-Control-Expose-Headers"]
    other = signing.ask("GET", "/accounts", headers={"Origin": "https://other.example"})
    assert "Access-Control-Allow-Origin" not in other.headers


# --- failures ---


def test_a_broken_disk_is_told(world: World, signing: Browser) -> None:
    assert signing.ask("GET", "").status_code == 200
    world.store.is_broken = True
    assert fault(signing, "POST", "/c_examples", body={"c_title": "x"}) == ("sandbox.unavailable.storage", 503)
    assert signing.get("/c_examples")["data"] == []
    world.store.is_broken = False
    assert signing.ask("POST", "/c_examples", {"c_title": "x"}).status_code == 200
