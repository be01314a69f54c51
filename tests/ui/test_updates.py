"""Check for updates: what the feed may say, what may go wrong, and that nothing is asked of anybody unasked."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices

from cortex_desktop import __version__
from cortex_desktop.services.updates import Release, is_safe, release_of
from cortex_desktop.system.feed import default_feed
from cortex_desktop.system.paths import resources
from tests.support.gui import Desk, Key, texts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="cryptography, for a certificate, is Linux's part")
PAGE = "https://example.org/releases/9.9.9"


def feed_says(version: object = "9.9.9", page: object = PAGE) -> bytes:
    return json.dumps({"version": version, "page": page}).encode()


@pytest.fixture
def feed(tmp_path: Path) -> Iterator[object]:
    from tests.support.feed import Feed

    feed = Feed(tmp_path)
    yield feed
    feed.close()


@pytest.fixture
def asking(desk: Desk, feed) -> Desk:
    """The window, with the feed's address as the setting, and trust in the feed's certificate."""
    desk.tools.settings.feed = feed.address
    desk.tools.settings.ca_file = str(feed.ca_file)
    return desk


def says(desk: Desk, words: str) -> None:
    desk.wait(lambda: any(words in text for text in texts(desk.dialog_or_none() or desk.window)), f"it says: {words}")


def leave(desk: Desk) -> None:
    desk.dialog()
    desk.key(Key.Key_Escape)
    desk.no_dialog()


def test_a_newer_version_is_told_and_opened_nowhere_but_in_the_browser(
    asking: Desk, feed, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: opened.append(QUrl(url).toString()))
    feed.say(feed_says())
    asking.choose("Check for updates", asking.open_menu("Help"))
    asking.dialog()
    says(asking, "Version 9.9.9 is available")
    assert len(feed.asked) == 1
    assert opened == []
    asking.click("Open the download page")
    asking.no_dialog()
    assert opened == [PAGE]
    request = feed.asked[0].decode()
    assert request.startswith("GET /release.json HTTP/1.1")
    assert "Cortex" not in request
    assert __version__ not in request


@pytest.mark.parametrize("version", [__version__, "0.0.1"])
def test_the_newest_version_is_told(asking: Desk, feed, version: str) -> None:
    feed.say(feed_says(version))
    asking.program.updates.ask()
    says(asking, "You have the newest version")
    leave(asking)


STRANGE = {
    "empty": b"",
    "not JSON": b"<html>Welcome to the hotel</html>",
    "deep JSON": b"[" * 60_000,
    "no object": b"[1]",
    "no version": b'{"page": "https://example.org"}',
    "a version with words": feed_says("9.9.9; rm -rf"),
    "a page without TLS": feed_says(page="http://example.org"),
    "a page that is a program": feed_says(page="file:///bin/sh"),
    "too large": b" " * 65_537 + feed_says(),
}


@pytest.mark.parametrize("body", STRANGE.values(), ids=STRANGE)
def test_a_strange_answer(asking: Desk, feed, body: bytes) -> None:
    feed.say(body)
    asking.program.updates.ask()
    says(asking, "127.0.0.1 answered with something that does not name a release.")
    leave(asking)


def test_errors_have_their_own_sentences_and_can_be_tried_again(asking: Desk, feed) -> None:
    feed.say(b"gone", "404 Not Found")
    asking.program.updates.ask()
    says(asking, "does not name a release")
    asking.program.settings.ca_file = ""
    asking.click("Try again")
    says(asking, "The connection to 127.0.0.1 is not safe")
    asking.program.settings.feed = "https://127.0.0.1:1/release.json"
    asking.click("Try again")
    says(asking, "127.0.0.1 could not be reached.")
    asking.program.settings.feed = feed.address.replace("https:", "http:")
    asking.click("Try again")
    says(asking, "not an https address")
    leave(asking)


def test_it_is_not_led_away_from_https(asking: Desk, feed) -> None:
    feed.say(b"", "302 Found", "Location: http://127.0.0.1:9/release.json")
    asking.program.updates.ask()
    says(asking, "is not safe")
    leave(asking)


def test_a_feed_that_says_nothing_does_not_hold_up_quitting(asking: Desk, feed) -> None:
    feed.answer = None
    asking.program.updates.ask()
    asking.wait(lambda: feed.asked, "it was asked")
    began = time.monotonic()
    asking.close()
    assert time.monotonic() - began < 3


def test_without_an_address(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    desk.program.updates.ask()
    says(desk, "knows no release feed")
    leave(desk)


def test_nobody_is_asked_unless_it_is_switched_on(start: Callable[..., Desk], feed, folder: Path) -> None:
    feed.say(feed_says())
    (folder / "settings.ini").write_text(f"[General]\nfeed={feed.address}\n")
    desk = start()
    desk.let_pass(300)
    assert feed.asked == []
    desk.console.show_preferences()
    dialog = desk.dialog()
    dialog.updates.click()
    dialog.reject()
    desk.no_dialog()
    desk.tools.settings.ca_file = str(feed.ca_file)
    desk.program.updates.look_if_due()
    says(desk, "Version 9.9.9 is available")
    desk.program.updates.look_if_due()
    desk.let_pass(100)
    assert len(feed.asked) == 1, "once a day"


def test_what_goes_wrong_unasked_is_not_told(asking: Desk, feed) -> None:
    asking.program.settings.check_updates = True
    feed.say(b"", "500 Internal Server Error")
    asking.program.updates.look_if_due()
    asking.wait(lambda: feed.asked, "it was asked")
    asking.let_pass(200)
    assert asking.tools.toasts.shown == []
    assert asking.dialog_or_none() is None


def test_the_release(tmp_path: Path) -> None:
    assert release_of(feed_says("0.10.0")) == Release("0.10.0", PAGE)
    assert release_of(feed_says("0.10.0")).newer_than("0.9.9")
    assert not release_of(feed_says("1.0")).newer_than("1.0.0.1")
    assert not release_of(feed_says("1.2.0")).newer_than("1.2")
    assert release_of(feed_says()).host == "example.org"
    for bad in (
        "https://",
        "https://user:word@example.org",
        "ftp://example.org",
        "example.org",
        "",
        "https://a b",
        "https://a:b",
    ):
        assert not is_safe(bad)
    assert default_feed(resources()) == "", "from source there is none"
    (tmp_path / "build.json").write_text('{"feed": "https://example.org/release.json"}')
    assert default_feed(tmp_path) == "https://example.org/release.json"
    (tmp_path / "build.json").write_text('{"feed": 7}')
    assert default_feed(tmp_path) == ""
