"""What is read and written: org, accounts, the custom object, stats and logs, the export."""

from __future__ import annotations

import json
from typing import Any

import pytest

from cortex_desktop.sandbox.handlers import Handlers
from cortex_desktop.sandbox.table import CHECKS, ROUTES, Basis, Need

from .conftest import NOW, Browser, World


def test_the_table_is_whole() -> None:
    for route in ROUTES:
        assert callable(getattr(Handlers, route.handler))
        assert isinstance(route.basis, Basis)
        assert isinstance(route.need, Need)
        assert route.page
    assert len(CHECKS) == len({name for name, _ in CHECKS})


def org_path(browser: Browser) -> str:
    return f"/orgs/{browser.made.org.id[:24]}"


# --- the org ---


def test_the_whole_org(world: World, signing: Browser) -> None:
    world.apps.add(signing.made.org, "Second", sessions=True)
    org = signing.get(org_path(signing))
    assert org["code"] == "acme"
    assert org["configuration"]["minPasswordScore"] == 2
    assert org["security"]["unauthorizedAccess"] == {"lockAttempts": 5, "lockDuration": 15}
    assert [(app["label"], app["sessions"], app["csrf"]) for app in org["apps"]] == [
        ("Signing app", False, True),
        ("Second", True, True),
    ]
    assert "deployment" not in org
    assert "deployment" in signing.get(f"{org_path(signing)}?include[]=deployment")
    assert signing.get("/orgs/5516ee1b34d8d934281699e3")["errCode"] == "cortex.notFound.instance"


def test_settings_are_kept(world: World, signing: Browser) -> None:
    changed = signing.ask("PUT", "", {"configuration": {"minPasswordScore": 3}, "c_own": "mine", "name": "New"})
    assert changed.get_json()["configuration"]["minPasswordScore"] == 3
    assert changed.get_json()["configuration"]["passwordExpiryDays"] == 0  # the rest stays
    path = f"{org_path(signing)}/security/unauthorizedAccess/lockAttempts"
    assert signing.ask("PUT", path, 7).get_json() == {"object": "result", "data": 7}
    assert signing.ask("PUT", path, {"value": 8}).get_json() == {"object": "result", "data": 8}
    patch = [{"op": "set", "path": "support.pinnedAccount", "value": "x"}, {"op": "unset", "path": "c_own"}]
    assert signing.ask("PATCH", "", patch).status_code == 200
    world.restart()
    org = signing.get(org_path(signing))
    assert org["configuration"]["minPasswordScore"] == 3
    assert org["security"]["unauthorizedAccess"]["lockAttempts"] == 8
    assert org["support"]["pinnedAccount"] == "x"
    assert org["name"] == signing.get("")["name"] == "New"
    assert "c_own" not in org
    world.sandbox.reset()
    assert signing.get("")["name"] == "Acme"


@pytest.mark.parametrize(
    ("body", "err_code"),
    [
        ({"apps": []}, "cortex.accessDenied.route"),
        ({"code": "other"}, "cortex.accessDenied.unspecified"),
        ({"neverHeardOf": 1}, "cortex.notFound.property"),
        ({"configuration": {"neverHeardOf": 1}}, "cortex.notFound.property"),
        ({"maintenance": "yes"}, "cortex.invalidArgument.validation"),
        ({"configuration": 5}, "cortex.invalidArgument.validation"),
        ({"configuration": {"email": {"locationBypass": [1]}}}, "cortex.invalidArgument.validation"),
        ({"configuration": {"email": {"api_key": "SG.secret"}}}, "cortex.accessDenied.unspecified"),
        ([], "cortex.invalidArgument.unspecified"),
    ],
)
def test_settings_that_are_refused(signing: Browser, body: object, err_code: str) -> None:
    before = signing.get(org_path(signing))
    assert signing.ask("PUT", "", body).get_json()["errCode"] == err_code
    assert signing.get(org_path(signing)) == before
    assert "SG.secret" not in signing.world.store.text


def test_apps_are_not_overwritten(signing: Browser) -> None:
    for method, path, body in [
        ("PUT", f"{org_path(signing)}/apps", []),
        ("PUT", f"{org_path(signing)}/apps/{signing.made.app.id[:24]}/label", "x"),
        ("PATCH", "", [{"op": "set", "path": "apps", "value": []}]),
        ("PATCH", "", [{"op": "set", "path": "apps/0/label", "value": "x"}]),
    ]:
        assert signing.ask(method, path, body).get_json()["errCode"] == "cortex.accessDenied.route"


def test_an_apps_own_settings(signing: Browser) -> None:
    path = f"{org_path(signing)}/apps/{signing.made.app.id[:24]}"
    response = signing.ask("PUT", f"{path}/readOnly", True)
    assert response.get_json() == {"object": "result", "data": True}
    assert response.headers["X-Cortex-Sandbox-Basis"] == "our reading"
    assert signing.get(f"{path}/readOnly")["data"] is True
    assert signing.ask("PUT", f"{path}/readOnly", False).get_json()["errCode"] == "cortex.accessDenied.appReadOnly"


def test_properties_of_the_org(signing: Browser) -> None:
    roles = signing.get(f"{org_path(signing)}/roles")
    assert roles["object"] == "list"
    role = roles["data"][0]
    assert signing.get(f"{org_path(signing)}/roles/{role['_id']}/name") == {"object": "result", "data": role["name"]}
    assert signing.get(f"{org_path(signing)}/roles/0/name") == {"object": "result", "data": role["name"]}
    two = signing.get(f"{org_path(signing)}/roles?limit=2")
    assert (len(two["data"]), two["hasMore"]) == (2, True)
    assert signing.get(f"{org_path(signing)}/nothing")["errCode"] == "cortex.notFound.property"


def test_nested_arguments(signing: Browser) -> None:
    org = signing.get(f'{org_path(signing)}?roles.limit=1&roles.sort={{"name":-1}}')
    assert [role["name"] for role in org["roles"]] == ["Provider"]
    org = signing.get(f'{org_path(signing)}?roles.where={{"code":{{"$regex":"^d"}}}}')
    assert [role["name"] for role in org["roles"]] == ["Developer"]
    assert len(signing.get(f"{org_path(signing)}?roles.skip=1")["roles"]) == 2


# --- accounts ---


def test_people(signing: Browser) -> None:
    people = signing.get('/accounts?sort={"email":1}')
    assert [account["email"] for account in people["data"]] == [
        "ada@acme.example",
        "ben@acme.example",
        "john@acme.example",
    ]
    assert people["hasMore"] is False
    john = people["data"][2]
    assert signing.get(f"/accounts/{john['_id']}") == john
    assert signing.get(f"/accounts/{john['_id']}/name/first") == {"object": "result", "data": "John"}
    assert "key" not in john
    assert "password" not in json.dumps(john)


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {"_id", "object", "email", "name", "roles", "state"}),
        ("paths[]=email", {"_id", "object", "email"}),
        ("paths[]=name.first&paths[]=email", {"_id", "object", "email", "name"}),
    ],
)
def test_chosen_properties(signing: Browser, query: str, names: set[str]) -> None:
    account = signing.get(f"/accounts?{query}")["data"][0]
    assert names <= set(account)
    if query:
        assert set(account) == names
    if "name.first" in query:
        assert set(account["name"]) == {"first"}


# --- the custom object ---


def added(browser: Browser, **properties: Any) -> dict[str, Any]:
    response = browser.ask("POST", "/c_examples", {"c_title": "Note", **properties})
    assert response.status_code == 200, response.get_json()
    document: dict[str, Any] = response.get_json()
    return document


def test_what_is_written_can_be_read(world: World, signing: Browser) -> None:
    note = added(signing, c_tags=["a"], c_items=[{"c_x": 1}], c_anything={"deep": [1, None]})
    assert note["object"] == "c_example"
    assert note["created"] == note["updated"] == "2023-11-14T22:13:20.000Z"
    assert len(note["c_items"][0]["_id"]) == 24
    path = f"/c_examples/{note['_id']}"
    world.clock.time += 1
    assert signing.ask("PUT", path, {"c_number": 2}).get_json()["updated"] == "2023-11-14T22:13:21.000Z"
    assert signing.ask("POST", f"{path}/c_tags", "b").get_json()["data"] == ["a", "b"]
    assert signing.ask("PUT", f"{path}/c_tags", ["c"]).get_json()["data"] == ["c"]  # a list is replaced
    item = note["c_items"][0]["_id"]
    assert signing.ask("PUT", f"{path}/c_items/{item}", {"c_y": 2}).get_json()["data"] == {
        "_id": item,
        "c_x": 1,
        "c_y": 2,
    }
    assert signing.ask("DELETE", f"{path}/c_items/{item}").get_json()["data"] is True
    patch = [
        {"op": "set", "path": "c_title", "value": "New"},
        {"op": "push", "path": "c_tags", "value": "d"},
        {"op": "pull", "path": "c_tags", "value": "c"},
        {"op": "remove", "path": "c_anything"},
    ]
    assert signing.ask("PATCH", path, patch).status_code == 200
    world.restart()
    after = signing.get(path)
    assert after["c_title"] == "New"
    assert after["c_number"] == 2
    assert after["c_tags"] == ["d"]
    assert after["c_items"] == []
    assert "c_anything" not in after
    assert signing.ask("DELETE", path).get_json() == {"object": "result", "data": True}
    assert signing.get(path)["errCode"] == "cortex.notFound.instance"
    world.restart()
    assert signing.get("/c_examples")["data"] == []


@pytest.mark.parametrize(
    ("body", "err_code"),
    [
        ({}, "cortex.invalidArgument.validation"),
        ({"c_title": 5}, "cortex.invalidArgument.validation"),
        ({"c_title": "x", "c_number": True}, "cortex.invalidArgument.validation"),
        ({"c_title": "x", "c_done": 1}, "cortex.invalidArgument.validation"),
        ({"c_title": "x", "_id": "5516ee1b34d8d934281699e3"}, "cortex.invalidArgument.validation"),
        ({"c_title": "x", "title": "y"}, "cortex.invalidArgument.customName"),
    ],
)
def test_objects_that_are_refused(signing: Browser, body: object, err_code: str) -> None:
    assert signing.ask("POST", "/c_examples", body).get_json()["errCode"] == err_code
    assert signing.get("/c_examples")["data"] == []


def test_changes_that_are_refused(signing: Browser) -> None:
    note = added(signing, c_tags=["a"])
    path = f"/c_examples/{note['_id']}"
    for method, where, body, err_code in [
        ("PUT", path, {"_id": "5516ee1b34d8d934281699e3"}, "cortex.invalidArgument.validation"),
        ("PUT", path, {"c_title": ""}, "cortex.invalidArgument.validation"),
        ("PUT", f"{path}/created", "x", "cortex.invalidArgument.validation"),
        ("DELETE", f"{path}/_id", None, "cortex.invalidArgument.validation"),
        ("DELETE", f"{path}/c_title", None, "cortex.invalidArgument.validation"),
        ("DELETE", f"{path}/c_gone", None, "cortex.notFound.property"),
        ("PUT", f"{path}/c_tags/0", "x", "cortex.notFound.property"),  # read by place, never written
        ("POST", f"{path}/c_title", "x", "cortex.invalidArgument.unspecified"),
        ("PATCH", path, {}, "cortex.invalidArgument.unspecified"),
        ("PATCH", path, [{"op": "jump", "path": "c_title"}], "cortex.invalidArgument.unspecified"),
        ("PATCH", path, [{"op": "set"}], "cortex.invalidArgument.unspecified"),
        ("PATCH", path, [{"op": "pull", "path": "c_title", "value": 1}], "cortex.invalidArgument.unspecified"),
    ]:
        document = signing.ask(method, where, body).get_json()
        assert document.get("errCode") == err_code, (method, where)
    assert signing.get(path) == note


def test_optional_and_followed_properties(signing: Browser) -> None:
    ada = signing.get('/accounts?where={"email":"ada@acme.example"}')["data"][0]
    person = {"_id": ada["_id"], "object": "account", "path": f"/accounts/{ada['_id']}"}
    note = added(signing, c_details="Only if asked for", c_person=person)
    path = f"/c_examples/{note['_id']}"
    assert "c_details" not in signing.get(path)
    assert signing.get(f"{path}?include[]=c_details")["c_details"] == "Only if asked for"
    assert set(signing.get(f"{path}?paths[]=c_details")) == {"_id", "object", "c_details"}
    assert signing.get(path)["c_person"] == person
    assert signing.get(f"{path}?expand[]=c_person")["c_person"]["email"] == "ada@acme.example"
    assert signing.get("/c_examples?expand[]=c_person")["data"][0]["c_person"]["email"] == "ada@acme.example"
    unknown = {**person, "_id": "5516ee1b34d8d934281699e3"}
    signing.ask("PUT", path, {"c_person": unknown})
    assert signing.get(f"{path}?expand[]=c_person")["c_person"] == unknown


def test_there_is_room_for_so_many(signing: Browser, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cortex_desktop.sandbox.state.MOST_OBJECTS", 2)
    note = added(signing)
    added(signing)
    response = signing.ask("POST", "/c_examples", {"c_title": "x"})
    assert (response.get_json()["errCode"], response.status_code) == ("sandbox.tooLarge.state", 413)
    signing.ask("DELETE", f"/c_examples/{note['_id']}")
    added(signing)
    monkeypatch.setattr("cortex_desktop.sandbox.state.MOST_STATE_BYTES", 2_000)
    assert signing.ask("PUT", f"/c_examples/{note['_id']}", {}).status_code == 404
    other = signing.get("/c_examples")["data"][0]
    large = signing.ask("PUT", f"/c_examples/{other['_id']}", {"c_details": "x" * 3_000})
    assert large.get_json()["errCode"] == "sandbox.tooLarge.state"


# --- its own log ---


def test_stats_and_logs(world: World, signing: Browser) -> None:
    for path in ("/accounts", "/accounts", "/gone"):
        signing.ask("GET", path)
    world.browser(world.apps.add(world.apps.add_org("other"))).ask("GET", "/accounts")
    (stat,) = signing.get("/stats")["data"]
    assert (stat["object"], stat["client"], stat["count"], stat["errs"]) == ("stat", signing.made.app.id[:24], 3, 1)
    logs = signing.get('/logs?sort={"beg":1}')["data"]
    assert [(log["object"], log["url"], log["sts"]) for log in logs] == [
        ("log", "/acme/v2/accounts", 200),
        ("log", "/acme/v2/accounts", 200),
        ("log", "/acme/v2/gone", 400),
        ("log", "/acme/v2/stats", 200),
    ]
    assert signing.ask("GET", "/stats").headers["X-Cortex-Sandbox-Basis"] == "our reading"
    found = signing.get('/logs?where={"sts":400}')["data"]
    assert found[0]["err"]["errCode"] == "cortex.invalidArgument.object"


def test_the_log_has_a_limit(world: World, signing: Browser) -> None:
    world.settings(rate_limit=0)
    for _ in range(1_005):
        signing.ask("GET", "/accounts", headers={"User-Agent": "a" * 5_000})
    received = world.sandbox.received()
    assert len(received) == 1_000
    assert received[-1].number == 1_005
    assert len(received[-1].agent) <= 200


def test_log_entries(world: World, signing: Browser) -> None:
    signing.ask("GET", "/accounts?where={}&x=secret-value", headers={"User-Agent": "curl/8.5.0"})
    signing.ask("GET", "", headers={"User-Agent": "Cortex-Desktop/1.0"})
    curl, own = world.received
    key = signing.made.key.reveal()
    assert curl.path == "/acme/v2/accounts?where=…&x=…"
    assert (curl.method, curl.status, curl.app_label, curl.agent, curl.own) == (
        "GET",
        200,
        "Signing app",
        "curl/8.5.0",
        False,
    )
    assert curl.key == f"{key[:4]}…{key[-4:]}"
    assert curl.time == int(NOW * 1000)
    assert curl.size > 100
    assert own.own


# --- the export ---


def test_apps_by_the_export_route(world: World, signing: Browser) -> None:
    world.apps.add(signing.made.org, "Ärzte & Co", sessions=True, csrf=False, enabled=False)
    manifest = {"manifest": {"object": "manifest", "apps": {"includes": ["*"]}}}
    response = signing.ask("POST", "/developer/environment/export?preferUrls=true", manifest)
    assert response.mimetype == "application/x-ndjson"
    assert response.headers["X-Cortex-Sandbox-Basis"] == "published code"
    apps = [json.loads(line) for line in response.get_data(as_text=True).splitlines()]
    assert [app["resource"] for app in apps] == ["app.c_signing_app", "app.c_rzte_co"]
    assert apps[1]["object"] == "app"
    assert (apps[1]["sessions"], apps[1]["csrf"], apps[1]["enabled"]) == (True, False, False)
    assert not any("key" in name.lower() for app in apps for name in app)
    manifest = {"manifest": {"object": "manifest", "apps": {"includes": ["c_signing_app"]}}}
    response = signing.ask("POST", "/developer/environment/export", manifest)
    assert len(response.get_data(as_text=True).splitlines()) == 1
    assert signing.ask("POST", "/developer/environment/export", {}).get_json()["errCode"] == (
        "cortex.invalidArgument.validation"
    )


def test_lists_as_lines(signing: Browser) -> None:
    response = signing.ask("GET", "/accounts", headers={"Accept": "application/x-ndjson"})
    lines = [json.loads(line) for line in response.get_data(as_text=True).splitlines()]
    assert [line["object"] for line in lines] == ["account"] * 3
