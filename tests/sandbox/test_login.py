"""Logging in: codes for new places, sessions, CSRF tokens, lock-outs."""

from __future__ import annotations

import pytest

from .conftest import Browser, World


def said(browser: Browser, path: str = "/accounts/me") -> str:
    """What a GET says: the object's type or the fault's errCode."""
    document = browser.get(path)
    return document.get("errCode", document["object"])


def test_a_first_login_needs_the_code_from_the_inbox(world: World, browser: Browser) -> None:
    response = browser.log_in()
    assert response.status_code == 200
    assert response.get_json() == {
        "object": "fault",
        "name": "location",
        "code": "kNewLocation",
        "errCode": "cortex.success.newLocation",
        "status": 200,
        "message": "A code was sent",
    }
    message = world.sandbox.messages()[-1]
    assert world.messages == [message]
    assert (message.email, message.app_label, message.org_id) == (
        "john@acme.example",
        "Session app",
        browser.made.org.id,
    )
    assert message.code.isdecimal()
    assert len(message.code) == 6
    assert said(browser) == "cortex.accessDenied.notLoggedIn"
    response = browser.log_in(verificationToken=message.code, singleUse=True)
    account = response.get_json()
    assert account["email"] == "john@acme.example"
    assert account["stats"]["lastLogin"]["time"] == "2023-11-14T22:13:20.000Z"
    assert len(account["key"]["fingerprint"]) == 36
    assert len(account["key"]["secret"]) == 32
    assert len(response.headers["Medable-Csrf-Token"]) == 64
    cookies = response.headers.getlist("Set-Cookie")
    assert any(cookie.startswith("md.sid=") and "; Path=/acme; HttpOnly" in cookie for cookie in cookies)
    assert browser.get("/accounts/me")["_id"] == account["_id"]


def test_cookies(browser: Browser) -> None:
    response = browser.log_in()
    (cookie,) = response.headers.getlist("Set-Cookie")
    assert cookie.startswith("md.fingerprint=")
    assert cookie.endswith("; Path=/; HttpOnly; Max-Age=31536000")
    assert "Secure" not in cookie  # clients would drop it on http


def test_a_remembered_place_needs_no_code_after_a_restart_either(world: World, browser: Browser) -> None:
    browser.logged_in(remember=True)
    assert browser.log_in().get_json()["object"] == "account"
    world.restart()
    assert said(browser) == "cortex.accessDenied.notLoggedIn"  # a login lasts until the sandbox ends
    assert browser.log_in().get_json()["object"] == "account"
    assert browser.log_in("ada").get_json()["code"] == "kNewLocation"  # for one account


def test_a_place_used_once_needs_a_code_again(browser: Browser) -> None:
    browser.logged_in()
    assert browser.log_in().get_json()["code"] == "kNewLocation"


def test_codes(world: World, browser: Browser) -> None:
    browser.log_in()
    assert browser.log_in().get_json()["errCode"] == "cortex.accessDenied.unverifiedLocation"
    code = world.sandbox.messages()[-1].code
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert browser.log_in(verificationToken=wrong).get_json()["errCode"] == "cortex.invalidArgument.locationToken"
    assert browser.log_in(verificationToken=code).get_json()["code"] == "kNewLocation"  # it was guessed at too often
    world.clock.time += 601
    newer = world.sandbox.messages()[-1].code
    assert browser.log_in(verificationToken=newer).get_json()["errCode"] == "cortex.expired.locationToken"
    other = world.browser(browser.made)
    browser.log_in()
    code = world.sandbox.messages()[-1].code
    assert other.log_in(verificationToken=code).get_json()["code"] == "kNewLocation"  # sent to another place


def test_addresses_that_need_no_code(world: World, browser: Browser) -> None:
    signing = world.browser(world.apps.add(browser.made.org))
    bypass = {"configuration": {"email": {"locationBypass": ["john@acme.example"]}}}
    assert signing.ask("PUT", "", bypass).status_code == 200
    assert browser.log_in().get_json()["object"] == "account"
    assert browser.log_in("ada").get_json()["code"] == "kNewLocation"


def test_a_damaged_device_cookie(browser: Browser) -> None:
    browser.client.set_cookie("md.fingerprint", "a b", domain="127.0.0.1")
    assert browser.log_in().get_json()["errCode"] == "cortex.invalidArgument.locationFingerprint"


@pytest.mark.parametrize(
    ("body", "missing"),
    [({}, ["account.email", "account.password"]), ({"email": "john@acme.example"}, ["account.password"])],
)
def test_what_is_missing(browser: Browser, body: object, missing: list[str]) -> None:
    document = browser.ask("POST", "/accounts/login", body).get_json()
    assert document["errCode"] == "cortex.invalidArgument.validation"
    assert [child["path"] for child in document["faults"]] == missing
    assert {child["code"] for child in document["faults"]} == {"kRequired"}


def test_a_form_is_taken_too(browser: Browser) -> None:
    body = b"email=john%40acme.example&password=sandbox"
    response = browser.ask("POST", "/accounts/login", body, content_type="application/x-www-form-urlencoded")
    assert response.get_json()["code"] == "kNewLocation"


def test_lock_out(world: World, browser: Browser) -> None:
    assert browser.log_in("nobody").get_json()["errCode"] == "cortex.accessDenied.invalidCredentials"
    for _ in range(5):
        document = browser.log_in(password="wrong").get_json()
        assert document["errCode"] == "cortex.accessDenied.invalidCredentials"
    document = browser.log_in().get_json()
    assert document["errCode"] == "cortex.accessDenied.accountLocked"
    assert document["reason"] == "Too many wrong passwords. The lock ends in 16 min."
    assert browser.log_in("ada").get_json()["code"] == "kNewLocation"
    world.clock.time += 15 * 60 + 1
    assert browser.log_in().get_json()["code"] == "kNewLocation"
    for _ in range(4):
        browser.log_in(password="wrong")
    browser.log_in()
    browser.log_in(password="wrong")  # a right one in between starts the count anew
    assert browser.log_in().get_json()["errCode"] != "cortex.accessDenied.accountLocked"


def test_an_app_that_signs_has_no_login(signing: Browser) -> None:
    response = signing.log_in()
    assert response.get_json()["errCode"] == "cortex.error.sessionRequired"
    assert response.headers["X-Cortex-Sandbox-Basis"] == "our reading"


# --- sessions ---


def test_inactivity_ends_a_login(world: World, browser: Browser) -> None:
    browser.logged_in()
    for _ in range(3):
        world.clock.time += 899
        assert said(browser) == "account"
    world.clock.time += 901
    assert said(browser) == "cortex.accessDenied.sessionExpired"
    assert browser.get("/accounts/status")["data"] == {"loggedin": False}
    world.app_settings(browser.made, auth_duration=10)
    browser.logged_in()
    world.clock.time += 11
    assert said(browser) == "cortex.accessDenied.sessionExpired"


def test_a_second_login_ends_the_first(world: World, browser: Browser) -> None:
    browser.logged_in()
    other = world.browser(browser.made).logged_in()
    assert said(browser) == "cortex.accessDenied.loggedInElsewhere"
    assert said(other) == "account"
    third = world.browser(browser.made).logged_in("ada")
    assert said(other) == said(third) == "account"  # another account
    signing = world.browser(world.apps.add(browser.made.org))
    signing.ask("PUT", "", {"configuration": {"allowSimultaneousLogins": True}})
    browser.logged_in()
    assert said(other) == said(browser) == "account"


def test_logging_out(browser: Browser) -> None:
    browser.logged_in()
    assert browser.get("/accounts/status")["data"]["loggedin"]
    response = browser.ask("POST", "/accounts/me/logout", {})
    assert response.get_json() == {"object": "result", "data": True}
    assert said(browser) == "cortex.accessDenied.notLoggedIn"


def test_status(browser: Browser) -> None:
    assert browser.get("/accounts/status") == {"object": "result", "data": {"loggedin": False}}
    browser.logged_in()
    account = browser.get("/accounts/me")
    assert browser.get("/accounts/status")["data"] == {"loggedin": True, "account": account["_id"]}
    expanded = browser.get("/accounts/status?expand=true")["data"]["account"]
    assert expanded["email"] == "john@acme.example"
    assert "key" not in expanded
    small = browser.get("/accounts/status?expand=true&paths=_id")["data"]["account"]
    assert small == {"_id": account["_id"], "object": "account"}


def test_a_login_belongs_to_one_org_and_one_app(world: World, browser: Browser) -> None:
    browser.logged_in()
    sid = browser.cookie("md.sid")
    two = world.browser(world.apps.add(world.apps.add_org("other"), sessions=True))
    two.client.set_cookie("md.sid", sid, domain="127.0.0.1", path="/other")
    assert said(two) == "cortex.accessDenied.sessionOrgMismatch"
    same = world.browser(world.apps.add(browser.made.org, sessions=True))
    same.client.set_cookie("md.sid", sid, domain="127.0.0.1", path="/acme")
    assert "another app" in same.get("/accounts/me")["reason"]
    assert said(browser) == "account"


def test_roles(browser: Browser) -> None:
    browser.logged_in("ada")
    assert said(browser, "/accounts") == "list"
    assert said(browser, "/stats") == "cortex.accessDenied.role"
    assert browser.ask("PUT", "", {"name": "x"}).get_json()["errCode"] == "cortex.accessDenied.role"
    browser.logged_in("john")
    assert said(browser, "/stats") == "list"


# --- CSRF ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("each", [False, True])
def test_a_client_that_keeps_the_latest_token_passes_in_both_modes(world: World, browser: Browser, each: bool) -> None:
    world.settings(csrf_each_reply=each)
    browser.logged_in()
    tokens = set()
    for number in range(5):
        assert browser.ask("POST", "/c_examples", {"c_title": f"Note {number}"}).status_code == 200
        tokens.add(browser.token)
        assert said(browser, "/c_examples/5516ee1b34d8d934281699e3") == "cortex.notFound.instance"
        tokens.add(browser.token)  # faults bring it too
    assert len(tokens) == (10 if each else 1)


def reason(browser: Browser, token: str) -> str:
    response = browser.ask("GET", "/accounts/me", headers={"Medable-Csrf-Token": token})
    document = response.get_json()
    assert document["errCode"] == "cortex.accessDenied.csrfTokenMismatch"
    assert "Medable-Csrf-Token" not in response.headers
    return document["reason"]


def test_a_wrong_token_is_explained(world: World, browser: Browser) -> None:
    world.settings(csrf_each_reply=True)
    browser.logged_in()
    old = browser.token
    browser.get("/accounts/me")
    other = world.browser(browser.made).logged_in("ada")
    assert "has no header Medable-Csrf-Token" in reason(browser, "")
    assert "an old one" in reason(browser, old)
    assert "belongs to another login" in reason(browser, other.token)
    assert "never given out" in reason(browser, "x" * 64)
    assert said(browser) == "account"


def test_a_new_token_without_a_new_login(browser: Browser) -> None:
    browser.logged_in()
    browser.token = ""
    assert said(browser) == "cortex.accessDenied.csrfTokenMismatch"
    assert said(browser, "/accounts/status") == "result"
    assert said(browser) == "account"


def test_an_app_without_protection_needs_no_token(world: World, browser: Browser) -> None:
    free = world.browser(world.apps.add(browser.made.org, sessions=True, csrf=False)).logged_in()
    assert free.token == ""
    assert free.ask("POST", "/c_examples", {"c_title": "x"}).status_code == 200


# --- leaks ---


def test_no_secret_in_answers_log_or_state(world: World, browser: Browser) -> None:
    signing = world.browser(world.apps.add(browser.made.org, "Signing"))
    answers: list[str] = []

    def ask(who: Browser, *request: object, **more: object) -> None:
        response = who.ask(*request, **more)  # type: ignore[arg-type]
        answers.append(response.get_data(as_text=True))
        answers.append(str([(name, value) for name, value in response.headers if name != "Medable-Csrf-Token"]))

    browser.log_in()
    code = world.sandbox.messages()[-1].code
    account = browser.log_in(verificationToken=code, singleUse=False).get_json()
    for path in ("", "/accounts", "/accounts/me?secret=hidden-value", "/stats", "/logs", "/accounts/status", "/gone"):
        ask(browser, "GET", path)
        ask(signing, "GET", path)
    ask(signing, "GET", f"/orgs/{signing.made.org.id[:24]}?include[]=apps")
    ask(
        signing,
        "POST",
        "/developer/environment/export",
        {"manifest": {"object": "manifest", "apps": {"includes": ["*"]}}},
    )
    ask(signing, "GET", "/accounts", headers={"Medable-Client-Signature": "0" * 64})
    ask(browser, "GET", "/accounts/me", headers={"Medable-Csrf-Token": "wrong"})
    ask(browser, "GET", "/accounts/me", headers={"Medable-Client-Key": "Q" * 22})
    ask(browser, "POST", "/accounts/login", {"email": "john@acme.example", "password": "my-own-password"})
    device, sid = browser.cookie("md.fingerprint"), browser.cookie("md.sid")
    keys = [browser.made.key.reveal(), signing.made.key.reveal(), signing.made.secret.reveal(), "Q" * 22]
    hidden = [
        *keys,
        sid,
        device,
        browser.token,
        account["key"]["secret"],
        "hidden-value",
        "my-own-password",
    ]
    log = "".join(map(repr, world.received))
    assert "/accounts/me?secret=…" in log
    for secret in hidden:
        assert secret not in log
        assert secret not in world.store.text
    for secret in [*keys, sid, device, browser.token]:
        assert not any(secret in answer for answer in answers)
    assert code not in world.store.text + log


def test_keys_are_dropped_after_a_minute_without_a_request() -> None:
    import time

    from cortex_desktop.domain.secret import Secret, SecretKind, SecretRef
    from cortex_desktop.sandbox.keys import HeldSecrets
    from tests.support.memory_vault import InMemoryVault

    vault = InMemoryVault()
    ref = SecretRef("0" * 32, "1" * 32, SecretKind.API_KEY, 1)
    vault.store(ref, Secret("k" * 22))
    held = HeldSecrets(vault, seconds=0.05)
    assert held.read(ref) == Secret("k" * 22)
    assert len(held) == 1
    for _ in range(200):
        if not len(held):
            break
        time.sleep(0.01)
    assert len(held) == 0
