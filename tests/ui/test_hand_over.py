"""Handing a key over, and the API secret: what is shown, what is copied, and for how long."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QComboBox, QPlainTextEdit

from cortex_desktop.domain.activity import Action, ActivityQuery
from cortex_desktop.domain.secret import SecretKind
from cortex_desktop.services.snippets import Snippet, write
from cortex_desktop.storage.activity import ActivityFile
from tests.support.gui import CTRL, SHIFT, Desk, Key, clipboard_text, texts
from tests.support.memory_vault import InMemoryVault

KEY = "mwidxhb8ShcqmV1B9iOYJh"
Start = Callable[..., Desk]


@pytest.fixture
def desk(open_with: Start) -> Desk:
    return open_with({"With sessions": {"key": KEY}, "Signing": {"sessions": False}})


def shown(desk: Desk) -> list[str]:
    return texts(desk.apps.page.details)


@pytest.mark.parametrize("label", ["With sessions", "Signing"])
def test_copy_as(desk: Desk, label: str) -> None:
    desk.select(label)
    app, org = desk.app(label), desk.workspace.org
    for snippet in Snippet:
        desk.action(f"copy_as_{snippet.name.lower()}").trigger()
        secrets = [desk.kept(label, kind) for kind in snippet.kinds(app)]
        desk.wait(lambda texts=secrets, what=snippet: clipboard_text() == write(what, org, app, *texts))
        assert desk.tools.clipboard.seconds_left > 0, "and not for ever"
        desk.tools.clipboard.clear()
    assert app.last_copied is None
    assert desk.app(label).last_copied is not None


def test_copy_as_in_the_menu(desk: Desk) -> None:
    desk.select("With sessions")
    menu = next(a.menu() for a in desk.open_menu("App").actions() if a.text() == "Copy as")
    assert [a.text() for a in menu.actions()] == ["API key", ".env lines", "curl", "Python", "JavaScript", "Swift"]
    menu.popup(desk.window.pos())
    desk.choose(".env lines", menu)
    desk.wait(lambda: f"MEDABLE_API_KEY={KEY}\n" in clipboard_text())


def test_the_log_says_when_a_secret_went_along(desk: Desk, folder: Path) -> None:
    desk.select("Signing")
    desk.action("copy_as_env").trigger()
    desk.toast("Lines for an .env file copied")
    log = ActivityFile(folder)

    def actions() -> set[Action]:
        places = [place for piece in log.find(ActivityQuery()) for place in piece.places]
        return {logged.entry.action for logged in log.read(places) if logged.entry is not None}

    desk.wait(lambda: {Action.REQUEST_COPIED, Action.SECRET_COPIED} <= actions())


def test_in_the_details_the_language_is_chosen(desk: Desk) -> None:
    desk.select("With sessions")
    desk.key(Key.Key_Return)
    panel = desk.apps.page.details
    box = desk.find("Language of the first request", QComboBox)
    code = desk.find("First request", QPlainTextEdit)
    assert code.toPlainText().startswith("curl ")
    for name, word in (
        (".env lines", "MEDABLE_API_KEY="),
        ("Python", "urllib"),
        ("JavaScript", "fetch"),
        ("Swift", "let"),
    ):
        box.setCurrentText(name)
        assert word in code.toPlainText()
        assert KEY not in code.toPlainText()
        assert "mwid…OYJh" in code.toPlainText()
        desk.click(f"Copy {name}", within=panel)
        desk.wait(lambda word=word: word in clipboard_text() and KEY in clipboard_text())
    desk.select("Signing")
    assert "CryptoKit" in code.toPlainText(), "the choice stays, and fits the app"


class TestApiSecret:
    def test_is_shown_for_a_while_when_asked_for(self, desk: Desk) -> None:
        secret = desk.kept("Signing", SecretKind.API_SECRET)
        desk.select("Signing")
        desk.key(Key.Key_Return)
        panel = desk.apps.page.details
        assert not any(secret[:22] in text for text in shown(desk))
        desk.click("Reveal API secret", within=panel)
        desk.wait(lambda: secret in "".join(panel.secret_text.text().split()))
        assert any("Hides again in" in text for text in shown(desk))
        assert desk.key_seen("Signing").count("•") == 14, "the key stays hidden"
        desk.click("Hide API secret", within=panel)
        assert not any(secret[:22] in text for text in shown(desk))

    def test_and_the_key_are_never_readable_together(self, desk: Desk) -> None:
        key, secret = desk.kept("Signing"), desk.kept("Signing", SecretKind.API_SECRET)
        desk.select("Signing")
        desk.key(Key.Key_Return)
        desk.key(Key.Key_S, CTRL | SHIFT)
        desk.wait(lambda: any(secret[:22] in text for text in shown(desk)))
        desk.key(Key.Key_R, CTRL)
        desk.wait(lambda: key in shown(desk))
        assert not any(secret[:22] in text for text in shown(desk))
        desk.key(Key.Key_S, CTRL | SHIFT)
        desk.wait(lambda: any(secret[:22] in text for text in shown(desk)))
        assert key not in shown(desk)

    def test_does_not_spill_to_another_app(self, desk: Desk) -> None:
        secret = desk.kept("Signing", SecretKind.API_SECRET)
        desk.select("Signing")
        desk.key(Key.Key_Return)
        desk.key(Key.Key_S, CTRL | SHIFT)
        desk.wait(lambda: any(secret[:22] in text for text in shown(desk)))
        desk.select("With sessions")
        assert not any(secret[:22] in text for text in shown(desk))
        assert not desk.action("reveal_secret").isEnabled()

    def test_hides_when_keys_are_put_away(self, desk: Desk) -> None:
        desk.select("Signing")
        desk.key(Key.Key_Return)
        desk.key(Key.Key_S, CTRL | SHIFT)
        desk.wait(lambda: any("Hides again in" in text for text in shown(desk)))
        desk.tools.put_keys_away()
        assert not any("Hides again in" in text for text in shown(desk))

    def test_shown_already_it_is_copied_without_the_keychain(self, desk: Desk, vault: InMemoryVault) -> None:
        secret = desk.kept("Signing", SecretKind.API_SECRET)
        desk.select("Signing")
        desk.action("reveal_secret").trigger()
        desk.wait(lambda: desk.tools.reveal.of(desk.app("Signing").id, SecretKind.API_SECRET) is not None)
        vault.calls.clear()
        desk.action("copy_secret").trigger()
        desk.wait(lambda: clipboard_text() == secret)
        assert not [call for call, _ in vault.calls if call == "read"]
