"""What the client sends, what it learns from answers, and when it asks again."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
import time

import pytest
from werkzeug.wrappers import Request as Received
from werkzeug.wrappers import Response

from cortex_desktop.domain.request import (
    Again,
    Credentials,
    EndpointError,
    Form,
    Limits,
    Login,
    NoAnswer,
    Reason,
    Request,
    RequestFormError,
    Stop,
    Stopped,
    Trouble,
    login_request,
)
from cortex_desktop.domain.secret import Secret
from cortex_desktop.net.client import HttpNetwork, HttpSession

from .conftest import KEY, SECRET, Server, fault, get, said

ACCOUNT = {"object": "account", "_id": "5516ee1b34d8d934281699e3", "email": "john@acme.example"}


def test_key_and_forms(server: Server, session: HttpSession, plain: Credentials) -> None:
    server.answers(said(ACCOUNT))
    answer = session.send(Request("acme", "post", "accounts?a=b", body=b"{}"), plain, Stop())
    assert answer.status == 200
    assert answer.is_success
    assert answer.form is Form.JSON
    assert json.loads(answer.body) == ACCOUNT
    assert answer.size == len(answer.body)
    received = server.received[0]
    assert received.method == "POST"
    assert received.full_path == "/acme/v2/accounts?a=b"
    assert received.headers["Medable-Client-Key"] == KEY
    assert received.headers["Content-Type"] == "application/json"
    assert received.headers["Accept"] == "application/json"
    assert "Medable-Client-Signature" not in received.headers


def test_nothing_in_an_answer_shows_a_secret(server: Server, session: HttpSession, signing: Credentials) -> None:
    token = "T" * 64
    server.answers(
        said(ACCOUNT, Medable_Csrf_Token=token, Set_Cookie="md.sid=very-secret-cookie; Path=/acme"), said(ACCOUNT)
    )
    for _ in range(2):
        answer = session.send(get("/accounts/me"), signing, Stop())
        shown = repr(answer)
        assert not any(secret in shown for secret in (KEY, SECRET, token, "very-secret-cookie"))
    assert server.received[1].headers["Medable-Csrf-Token"] == token
    assert server.received[1].headers["Medable-Client-Signature"] not in shown
    assert ("medable-client-key", "abcd…stuv") in [(name.lower(), value) for name, value in answer.sent]
    assert ("cookie", "md.sid=…") in [(name.lower(), value) for name, value in answer.sent]


def test_nothing_is_logged(
    server: Server, session: HttpSession, plain: Credentials, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    server.answers(said(ACCOUNT))
    session.send(get("/accounts?where=about-somebody"), plain, Stop())
    assert [record for record in caplog.records if record.name != "werkzeug"] == []  # that is the test's own server


def signature_right(received: Received) -> bool:
    path = received.environ["RAW_URI"].partition("?")[0].removeprefix("/acme/v2").rstrip("/") or "/"
    message = f"{path};{received.method};{received.headers['Medable-Client-Timestamp']}"
    expected = hmac.new((KEY + SECRET).encode(), message.encode(), hashlib.sha256).hexdigest()
    return received.headers["Medable-Client-Signature"] == expected


@pytest.mark.parametrize("path", ["", "/", "/accounts?limit=2", "/c_notes/a b", "/c_notes/ä%20/x", "/a/./b"])
def test_what_is_signed_is_the_path_that_is_sent(
    server: Server, session: HttpSession, signing: Credentials, path: str
) -> None:
    session.send(get(path), signing, Stop())
    received = server.received[0]
    assert signature_right(received)
    assert len(received.headers["Medable-Client-Nonce"]) == 16
    assert "Medable-Client-Account" not in received.headers


def test_acting_for_another_account(server: Server, session: HttpSession, signing: Credentials) -> None:
    session.send(Request("acme", "GET", "/accounts/me", account="5516ee1b34d8d934281699e3"), signing, Stop())
    assert server.received[0].headers["Medable-Client-Account"] == "5516ee1b34d8d934281699e3"


@pytest.mark.parametrize(
    "path", ["/../../other/v2/accounts", "http://evil.example/", "//evil.example/", "/a#b", "/" + "x" * 70_000]
)
def test_a_path_that_leads_elsewhere_is_not_sent(
    server: Server, session: HttpSession, plain: Credentials, path: str
) -> None:
    with pytest.raises(RequestFormError):
        session.send(get(path), plain, Stop())
    assert server.received == []


@pytest.mark.parametrize(
    "header", [("Host", "x"), ("Cookie", "a=b"), ("Medable-Client-Key", "x"), ("X", "a\r\nb"), ("a b", "x"), ("X", "ä")]
)
def test_headers_that_are_refused(
    server: Server, session: HttpSession, plain: Credentials, header: tuple[str, str]
) -> None:
    with pytest.raises(RequestFormError):
        session.send(Request("acme", "GET", "/", (header,)), plain, Stop())
    assert server.received == []


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://exa mple",
        "https://a:99999",
        "https://[::1",
        "http://api.example",
        "ftp://localhost",
        "https://",
        "https://a:b@api.example",
        "https://api.example/?x=1",
        "x",
    ],
)
def test_endpoints_that_are_refused(endpoint: str) -> None:
    with pytest.raises(EndpointError):
        HttpNetwork().session(endpoint)


@pytest.mark.parametrize(
    "endpoint", ["https://api.dev.medable.com/", "http://localhost:8631", "http://127.0.0.1:1", "http://[::1]:8631/"]
)
def test_endpoints_that_are_taken(endpoint: str) -> None:
    assert HttpNetwork().session(endpoint).endpoint == endpoint.rstrip("/")


def test_the_latest_token_is_sent_also_one_that_came_with_a_fault(
    server: Server, session: HttpSession, plain: Credentials
) -> None:
    gone = fault("cortex.notFound.instance", status=404)
    gone.headers["medable-csrf-token"] = "second"
    server.answers(said(ACCOUNT, Medable_Csrf_Token="first"), gone, said(ACCOUNT), said(ACCOUNT))
    for _ in range(4):
        session.send(get("/accounts/me"), plain, Stop())
    tokens = [request.headers.get("Medable-Csrf-Token") for request in server.received]
    assert tokens == [None, "first", "second", "second"]  # an answer without the header changes nothing


def test_each_org_has_its_token_and_its_cookie_in_one_jar(
    server: Server, session: HttpSession, plain: Credentials
) -> None:
    def answer(request: Received) -> Response:
        org = request.path.split("/")[1]
        return said(ACCOUNT, Set_Cookie=f"md.sid={org}; Path=/{org}", Medable_Csrf_Token=f"token-{org}")

    server.answer = answer
    session.send(get("/accounts/me", "one"), plain, Stop())
    session.send(get("/accounts/me", "two"), plain, Stop())
    assert session.is_logged_in("one")
    assert session.is_logged_in("two")
    assert not session.is_logged_in("on")
    for org in ("one", "two"):
        session.send(get("/accounts/me", org), plain, Stop())
        assert server.received[-1].cookies.to_dict() == {"md.sid": org}
        assert server.received[-1].headers["Medable-Csrf-Token"] == f"token-{org}"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_device_is_remembered_and_everything_forgotten(server: Server, plain: Credentials, host: str) -> None:
    endpoint = server.endpoint.replace("127.0.0.1", host)
    first, second = HttpNetwork().session(endpoint), HttpNetwork().session(endpoint)
    assert first.device() is None
    server.answers(said(ACCOUNT, Set_Cookie="md.fingerprint=device-1; Path=/; HttpOnly"), said(ACCOUNT))
    first.send(get("/"), plain, Stop())
    device = first.device()
    assert device == Secret("device-1")
    second.remember_device(Secret("no; Path=/"))
    assert second.device() is None
    second.remember_device(device)
    second.send(get("/"), plain, Stop())
    assert server.received[-1].cookies["md.fingerprint"] == "device-1"
    second.forget()
    second.send(get("/"), plain, Stop())
    assert not server.received[-1].cookies
    first.close()
    second.close()


def test_automatic_headers(server: Server, session: HttpSession, plain: Credentials) -> None:
    assert [(h.name, h.reason) for h in session.automatic(get("/"), signs=False)] == [
        ("Medable-Client-Key", Reason.KEY),
        ("Accept", Reason.ACCEPT),
    ]
    server.answers(said(ACCOUNT, Medable_Csrf_Token="token", Set_Cookie="md.sid=secret; Path=/acme"))
    session.send(get("/"), plain, Stop())
    request = Request("acme", "POST", "/", (("Accept", "text/plain"),), b"{}", "5516ee1b34d8d934281699e3")
    headers = session.automatic(request, signs=True)
    session.send(request, Credentials(Secret(KEY), Secret(SECRET)), Stop())
    sent = {name.lower() for name, _ in server.received[-1].headers}
    assert {header.name.lower() for header in headers} <= sent
    assert {header.reason for header in headers} == set(Reason) - {Reason.ACCEPT}
    assert "secret" not in repr(headers)


def test_a_stale_signature_is_repeated_once_with_the_servers_time(server: Server, signing: Credentials) -> None:
    now = 1_700_000_000.0
    ahead = int((now + 1200) * 1000)

    def answer(request: Received) -> Response:
        if abs(int(request.headers["Medable-Client-Timestamp"]) - ahead) > 300_000:
            stale = fault("cortex.invalidArgument.staleRequestSignature", "kStaleRequestSignature")
            stale.headers["Medable-Server-Time"] = str(ahead)
            return stale
        return said(ACCOUNT, 201)

    server.answer = answer
    session = HttpNetwork(clock=lambda: now).session(server.endpoint)
    answered = session.send(Request("acme", "POST", "/c_examples", body=b"{}"), signing, Stop())
    assert answered.status == 201
    assert answered.again == (Again.CLOCK,)
    assert [int(request.headers["Medable-Client-Timestamp"]) for request in server.received] == [now * 1000, ahead]
    assert session.send(get("/"), signing, Stop()).again == ()  # the offset is kept
    server.answers(fault("", "kStaleRequestSignature"))
    server.received.clear()
    assert session.send(get("/"), signing, Stop()).fault is not None
    assert len(server.received) == 1  # without the server's time, a second try could not do better
    session.close()


@pytest.mark.parametrize(
    "text", ["1700001200000", "1700001200", "2023-11-14T22:33:20.000Z", "Tue, 14 Nov 2023 22:33:20 GMT"]
)
def test_forms_of_the_servers_time(server: Server, signing: Credentials, text: str) -> None:
    server.answers(said(ACCOUNT, Medable_Server_Time=text))
    session = HttpNetwork(clock=lambda: 1_700_000_000.0).session(server.endpoint)
    for _ in range(2):
        session.send(get("/"), signing, Stop())
    assert server.received[-1].headers["Medable-Client-Timestamp"] == "1700001200000"
    session.close()


@pytest.mark.parametrize("text", ["", "soon", "9" * 30, "2023-11-14", "-5"])
def test_a_strange_time_is_no_time(server: Server, signing: Credentials, text: str) -> None:
    server.answers(said(ACCOUNT, Medable_Server_Time=text))
    session = HttpNetwork(clock=lambda: 1_700_000_000.0).session(server.endpoint)
    for _ in range(2):
        session.send(get("/"), signing, Stop())
    assert server.received[-1].headers["Medable-Client-Timestamp"] == "1700000000000"
    session.close()


@pytest.mark.parametrize(("method", "asked"), [("GET", 3), ("POST", 1)])
def test_a_wrong_token_is_replaced_once_for_reading_only(
    server: Server, session: HttpSession, plain: Credentials, method: str, asked: int
) -> None:
    def answer(request: Received) -> Response:
        if request.path.endswith("/accounts/status"):
            return said({"object": "result", "data": {"loggedin": True}}, Medable_Csrf_Token="right")
        if request.headers.get("Medable-Csrf-Token") != "right":
            return fault("cortex.accessDenied.csrfTokenMismatch", "kCSRFTokenMismatch", 403)
        return said(ACCOUNT)

    server.answer = answer
    answered = session.send(Request("acme", method, "/accounts/me"), plain, Stop())
    assert len(server.received) == asked
    assert answered.is_success == (method == "GET")
    assert answered.again == ((Again.CSRF,) if method == "GET" else ())


def test_a_wrong_token_is_not_replaced_for_ever(server: Server, session: HttpSession, plain: Credentials) -> None:
    count = iter(range(100))
    server.answer = lambda request: fault("cortex.accessDenied.csrfTokenMismatch", status=403)
    session.send(get("/accounts/me"), plain, Stop())
    assert len(server.received) == 2

    def answer(request: Received) -> Response:
        wrong = fault("cortex.accessDenied.csrfTokenMismatch", status=403)
        wrong.headers["Medable-Csrf-Token"] = f"token-{next(count)}"
        return wrong

    server.answer = answer
    server.received.clear()
    session.send(get("/accounts/me"), plain, Stop())
    assert len(server.received) == 3


@pytest.mark.parametrize(("method", "asked"), [("GET", 4), ("POST", 1), ("DELETE", 1)])
def test_only_a_throttled_get_is_repeated(server: Server, plain: Credentials, method: str, asked: int) -> None:
    pauses: list[float] = []

    def pause(stop: Stop, seconds: float) -> bool:
        pauses.append(seconds)
        return stop.is_stopped

    server.answers(fault("cortex.throttled.policy", "kThrottled", 429))
    session = HttpNetwork(pause=pause).session(server.endpoint)
    answer = session.send(Request("acme", method, "/accounts"), plain, Stop())
    assert answer.status == 429
    assert len(server.received) == asked
    assert pauses == [1, 2, 4][: asked - 1]
    session.close()


def test_login_body_is_never_shown() -> None:
    login = Login("john@acme.example", Secret("my-password"), "483920", remember=True)
    request = login_request("acme", login)
    assert json.loads(request.body) == {
        "email": "john@acme.example",
        "password": "my-password",
        "location": {"verificationToken": "483920", "locationName": "Cortex Desktop", "singleUse": False},
    }
    assert "my-password" not in repr(login) + repr(request)


# --- what a body says ---


def test_a_login_answered_by_a_fault_with_http_200(server: Server, session: HttpSession, plain: Credentials) -> None:
    server.answers(fault("", "kNewLocation", 200, name="location"))
    answer = session.send(Request("acme", "POST", "/accounts/login", body=b"{}"), plain, Stop())
    assert answer.status == 200
    assert not answer.is_success
    assert answer.fault is not None
    assert answer.fault.asks_for_code
    assert str(answer.fault.words.what) == "A code was sent"


def test_a_fault_without_an_err_code_is_told_by_its_code(
    server: Server, session: HttpSession, plain: Credentials
) -> None:
    server.answers(fault("", "kAccountLocked", 403))
    answer = session.send(get("/accounts/me"), plain, Stop())
    assert answer.fault is not None
    assert answer.fault.err_code == ""
    assert "locked" in str(answer.fault.words.what)


def test_lines_whose_last_one_is_a_fault(server: Server, session: HttpSession, plain: Credentials) -> None:
    last = json.dumps({"object": "fault", "errCode": "cortex.timeout.dbQuery", "status": 408})
    lines = "\n".join([json.dumps(ACCOUNT)] * 3 + [last]) + "\n"
    server.answers(Response(lines, mimetype="application/x-ndjson"))
    request = Request("acme", "GET", "/accounts", (("Accept", "application/x-ndjson"),))
    answer = session.send(request, plain, Stop())
    assert answer.form is Form.LINES
    assert answer.fault is not None
    assert answer.fault.err_code == "cortex.timeout.dbQuery"
    server.answers(Response(json.dumps(ACCOUNT) + "\n", mimetype="application/x-ndjson"))
    assert session.send(request, plain, Stop()).is_success


def test_a_child_of_status_500_in_a_fault_of_400(server: Server, session: HttpSession, plain: Credentials) -> None:
    child = {"object": "fault", "code": "kInvalidString", "errCode": "cortex.error.unspecified", "status": 500}
    server.answers(fault("cortex.invalidArgument.validation", "kValidationError", 400, faults=[child]))
    answer = session.send(get("/accounts"), plain, Stop())
    assert answer.fault is not None
    assert (answer.status, answer.fault.status) == (400, 400)
    assert [found.status for found in answer.fault.children] == [500]
    assert str(answer.fault.words.what) == "Some values are not valid"


@pytest.mark.parametrize("status", [403, 410])
def test_a_token_may_expire_with_either_status(
    server: Server, session: HttpSession, plain: Credentials, status: int
) -> None:
    server.answers(fault("", "kTokenExpired", status))
    answer = session.send(get("/accounts/me"), plain, Stop())
    assert answer.fault is not None
    assert answer.fault.session_is_over


@pytest.mark.parametrize(
    ("response", "form"),
    [
        (Response("<!DOCTYPE html><title>Log in to the proxy</title>", 200, mimetype="text/html"), Form.HTML),
        (Response("<html></html>", 502, mimetype="application/json"), Form.HTML),
        (Response("", 200, mimetype="application/json"), Form.EMPTY),
        (Response("", 500), Form.EMPTY),
        (Response("nonsense", 500, mimetype="text/plain"), Form.OTHER),
        (Response("{broken", 200, mimetype="application/json"), Form.JSON),
        (Response('{"object":"org"}', 200, mimetype="text/plain"), Form.JSON),
        (Response("[" * 100_000, 200, mimetype="application/json"), Form.JSON),
    ],
    ids=[
        "HTML from a proxy",
        "HTML that says it is JSON",
        "an empty body",
        "an empty body of a defect",
        "a text",
        "broken JSON",
        "JSON that says it is a text",
        "JSON without an end",
    ],
)
def test_forms_of_bodies(
    server: Server, session: HttpSession, plain: Credentials, response: Response, form: Form
) -> None:
    server.answers(response)
    answer = session.send(get("/"), plain, Stop())
    assert answer.form is form
    assert answer.fault is None
    assert answer.is_success == (answer.status == 200)


# --- redirects ---


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_redirect_to_another_host_is_shown_and_not_followed(
    server: Server, session: HttpSession, signing: Credentials, status: int, method: str
) -> None:
    other = server.endpoint.replace("127.0.0.1", "localhost")
    server.answers(Response("", status, {"Location": f"{other}/acme/v2/blocked?key=x"}))
    answer = session.send(Request("acme", method, "/accounts"), signing, Stop())
    assert answer.status == status
    assert answer.elsewhere == f"{other}/acme/v2/blocked"
    assert not answer.is_success
    assert len(server.received) == 1


def test_a_redirect_on_the_same_host_is_followed_for_reading(
    server: Server, session: HttpSession, signing: Credentials
) -> None:
    server.answers(Response("", 307, {"Location": "/acme/v2/accounts/me?x=1"}), said(ACCOUNT))
    answer = session.send(get("/me"), signing, Stop())
    assert answer.is_success
    assert answer.again == (Again.REDIRECT,)
    assert server.paths == ["/acme/v2/me", "/acme/v2/accounts/me"]
    assert all(map(signature_right, server.received))
    server.answers(Response("", 307, {"Location": "/acme/v2/accounts/me"}))
    server.received.clear()
    assert session.send(Request("acme", "POST", "/me"), signing, Stop()).status == 307
    assert len(server.received) == 1
    with pytest.raises(NoAnswer) as failure:
        session.send(get("/me"), signing, Stop())
    assert failure.value.trouble is Trouble.TOO_MANY_REDIRECTS
    server.answers(Response("", 307, {"Location": "/other/v2/accounts/me"}))
    server.received.clear()
    assert session.send(get("/me"), signing, Stop()).status == 307  # of another org, which the key is not for
    assert len(server.received) == 1


# --- size and time ---


def test_eight_megabytes_are_kept_and_the_rest_is_saved_on_request(
    server: Server, session: HttpSession, plain: Credentials
) -> None:
    piece = b"x" * 1_000_000
    server.answer = lambda request: Response(iter([piece] * 12), headers={"Content-Length": str(12 * len(piece))})
    answer = session.send(get("/"), plain, Stop())
    assert len(answer.body) == 8 * 1024 * 1024
    assert answer.size == 12_000_000
    assert not answer.is_whole
    saved: list[int] = []
    answer = session.send(get("/"), plain, Stop(), lambda part: saved.append(len(part)))
    assert sum(saved) == answer.size == 12_000_000
    assert answer.is_whole
    assert len(answer.body) == 8 * 1024 * 1024
    server.answer = lambda request: Response(piece for _ in range(10**6))  # announced nothing, and never ends
    answer = session.send(get("/"), plain, Stop())
    assert answer.size is None
    assert not answer.is_whole


def test_a_fault_is_saved_as_it_is(server: Server, session: HttpSession, plain: Credentials) -> None:
    server.answers(fault("cortex.notFound.route", status=404))
    saved: list[bytes] = []
    answer = session.send(get("/"), plain, Stop(), saved.append)
    assert b"".join(saved) == answer.body


def test_a_file_that_cannot_be_written_is_told(server: Server, session: HttpSession, plain: Credentials) -> None:
    def save(piece: bytes) -> None:
        raise OSError(28, "No space left on device")

    with pytest.raises(NoAnswer) as failure:
        session.send(get("/"), plain, Stop(), save)
    assert failure.value.trouble is Trouble.NOT_SAVED


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_stop_frees_within_100_ms(server: Server, session: HttpSession, plain: Credentials, method: str) -> None:
    let_go, ended = threading.Event(), threading.Event()

    def answer(request: Received) -> Response:
        let_go.wait(10)
        ended.set()
        return said(ACCOUNT, Set_Cookie="md.sid=late; Path=/acme", Medable_Csrf_Token="late")

    server.answer = answer
    stop = Stop()
    stopped_at: list[float] = []

    def press() -> None:
        while not server.received:
            time.sleep(0.001)
        stopped_at.append(time.monotonic())
        stop.stop()

    thread = threading.Thread(target=press)
    thread.start()
    with pytest.raises(Stopped) as failure:
        session.send(Request("acme", method, "/"), plain, stop)
    taken = time.monotonic() - stopped_at[0]
    thread.join()
    assert taken < 0.1
    assert failure.value.may_be_done == (method == "POST")
    let_go.set()
    assert ended.wait(10)
    server.answers(said(ACCOUNT))
    session.send(get("/"), plain, Stop())  # works on, and knows nothing of the dropped answer
    assert not server.received[-1].cookies
    assert "Medable-Csrf-Token" not in server.received[-1].headers


def test_stop_before_sending_sends_nothing(server: Server, session: HttpSession, plain: Credentials) -> None:
    stop = Stop()
    stop.stop()
    with pytest.raises(Stopped):
        session.send(get("/"), plain, stop)
    assert server.received == []


def test_stop_in_the_queue_and_while_pausing(server: Server, plain: Credentials) -> None:
    server.answers(fault("cortex.throttled.policy", status=429))
    paused = threading.Event()

    def pause(stop: Stop, seconds: float) -> bool:
        paused.set()
        return stop.wait(10)

    session = HttpNetwork(pause=pause).session(server.endpoint)
    first, second = Stop(), Stop()
    outcomes: list[str] = []

    def send(stop: Stop, name: str) -> None:
        with pytest.raises(Stopped):
            session.send(get("/"), plain, stop)
        outcomes.append(name)

    one = threading.Thread(target=send, args=(first, "first"))
    one.start()
    assert paused.wait(10)
    two = threading.Thread(target=send, args=(second, "second"))
    two.start()
    second.stop()
    two.join(10)
    assert outcomes == ["second"]
    first.stop()
    one.join(10)
    assert outcomes == ["second", "first"]
    assert len(server.received) == 1
    session.close()


@pytest.mark.parametrize(
    ("limits", "trouble"),
    [(Limits(read=0.1), Trouble.READ_TIME), (Limits(total=0.1), Trouble.TOTAL_TIME)],
)
def test_limits(server: Server, plain: Credentials, limits: Limits, trouble: Trouble) -> None:
    let_go = threading.Event()

    def answer(request: Received) -> Response:
        let_go.wait(10)
        return said(ACCOUNT)

    server.answer = answer
    session = HttpNetwork(limits).session(server.endpoint)
    with pytest.raises(NoAnswer) as failure:
        session.send(Request("acme", "POST", "/"), plain, Stop())
    assert failure.value.trouble is trouble
    assert failure.value.may_be_done
    let_go.set()
    session.close()


def test_a_server_that_drips_for_ever_meets_the_total_limit(server: Server, plain: Credentials) -> None:
    let_go = threading.Event()

    def drip() -> object:
        while not let_go.wait(0.01):
            yield b" "

    server.answer = lambda request: Response(drip(), mimetype="application/json")  # type: ignore[arg-type]
    session = HttpNetwork(Limits(total=0.3)).session(server.endpoint)
    with pytest.raises(NoAnswer) as failure:
        session.send(get("/"), plain, Stop())
    assert failure.value.trouble is Trouble.TOTAL_TIME
    let_go.set()
    session.close()


def test_one_request_at_a_time(server: Server, session: HttpSession, plain: Credentials) -> None:
    busy, most = [0], [0]

    def answer(request: Received) -> Response:
        busy[0] += 1
        most[0] = max(most[0], busy[0])
        time.sleep(0.005)
        busy[0] -= 1
        return said(ACCOUNT)

    server.answer = answer
    threads = [threading.Thread(target=session.send, args=(get("/"), plain, Stop())) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(server.received) == 8
    assert most == [1]


def test_every_trouble_has_words(server: Server) -> None:
    for trouble in Trouble:
        for may_be_done in (False, True):
            error = NoAnswer(trouble, "api.example", may_be_done=may_be_done, seconds=1.25)
            assert all(str(text) for text in (error.title, error.message, error.advice))
            assert "{" not in str(error)
