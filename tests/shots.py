"""Pictures of every page and state, from the real window on a real keychain: `dev.py shots [FOLDER]`.

Each scene is drawn as the whole screen area of the window, dialogs included: light and dark, at 1x and 2x, in high
contrast, with text of 9 to 14 pt, on 1024 x 600 at 100 to 200 %, and right to left.
"""

from __future__ import annotations

import hmac
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from unittest import mock

from PySide6.QtCore import QEventLoop, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QAccessibilityHints, QFont, QFontDatabase, QScreen
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QCheckBox, QWidget

from cortex_desktop.domain.activity import Action, ActivityEntry, Break, Harm
from cortex_desktop.domain.errors import NotFinished, VaultError, VaultProblem, VaultTimeout
from cortex_desktop.domain.folder import Answer, Claim
from cortex_desktop.domain.model import App, AppState, Environment, KeptVersion, Org, new_id
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.secret import ClaimRef, KeyEnds, Secret, SecretKind, SecretRef, generate
from cortex_desktop.services.bulk import Bulk, Refused, Rotate
from cortex_desktop.services.damage import Damage
from cortex_desktop.services.keychain import KeychainStatus
from cortex_desktop.services.updates import Release
from cortex_desktop.storage import activity
from cortex_desktop.ui.app import make_application, open_program
from cortex_desktop.ui.apps.model import AppColumn
from cortex_desktop.ui.kit.actions import Menu
from cortex_desktop.ui.kit.widgets import Button, IconButton
from cortex_desktop.ui.requests.request_card import Draft
from cortex_desktop.ui.shell.crash_dialog import CrashDialog
from cortex_desktop.ui.shell.palette import Palette
from cortex_desktop.ui.workspace import KeychainCheck

# Example keys of Cortex's public documentation and made-up ones.
SEED = (
    ("Legacy kiosk", "aB3dVnq7Lw2ZxT9hKcE1rS5t", True, False, False, 650),
    ("Trial portal", "pY4tQ8sVbN2mLk6JhG7fsWcd", True, True, True, 96),
    ("EMR integration", "Kzc8nwCQiKOgiwTIobaI3H", False, False, True, 20),
    ("Patient iOS", "GsAqlhnIMzrDeD8V2MBQWq", True, True, True, 11),
    ("NewHealth App", "mwidxhb8ShcqmV1B9iOYJh", True, True, True, 0),
)
SIZE = (1200, 760)
KEYS = ("mwidxhb8ShcqmV1B9iOYJh", "GsAqlhnIMzrDeD8V2MBQWq", "w6rEEXNRujmNcPreoT3s8x")
SECRET = "Kzc8nwCQiKOgiwTIobaI3H6ryK4C5fC0QcYsuX0123456789abcdefghijABCDEF"
IMPORTED = {
    "nothing": "no key in this",
    "placeholder": "MEDABLE_CLIENT_KEY=yourMedableClientKey12",
    "found": f"PORT=80\n\nMEDABLE_CLIENT_KEY={KEYS[0]}\n",
    "pair": f"MEDABLE_CLIENT_KEY={KEYS[0]}\nMEDABLE_CLIENT_SECRET={SECRET}\n",
    "old": f"MEDABLE_CLIENT_KEY={KEYS[0]}\n# MEDABLE_CLIENT_KEY={KEYS[1]}\nSIGN_SECRET={SECRET}\n",
    "one": f"ACME_API_KEY={KEYS[0]}\n",
    "several": f"CLIENT_KEY={KEYS[0]}\nACME_PAYMENT_GATEWAY_API_KEY={KEYS[1]}\n# CLIENT_KEY={KEYS[2]}\n",
    "secret-alone": SECRET,
    "long": "a line of a log\n" * 70_000 + f"MEDABLE_CLIENT_KEY={KEYS[0]}\n",
}
"""Pasted into Add existing key, by the name of the picture."""


@dataclass(frozen=True)
class ShotLook:
    """How the window is drawn. room: the screen's logical size, where it is a small one."""

    theme: str = "light"
    scale: float = 1
    pixels: int = 13
    room: tuple[int, int] | None = None
    contrast: bool = False
    right_to_left: bool = False


LOOKS = {
    "light@1x": ShotLook(),
    "dark@1x": ShotLook("dark"),
    "light@2x": ShotLook(scale=2),
    "dark@2x": ShotLook("dark", scale=2),
    "contrast@1x": ShotLook(contrast=True),
    "9pt@1x": ShotLook(pixels=12),
    "11pt@1x": ShotLook(pixels=15),
    "14pt@1x": ShotLook(pixels=19),
    "1024x600@1x": ShotLook(room=(1024, 600)),
    "1024x600@1.5x": ShotLook(scale=1.5, room=(683, 400)),
    "1024x600@2x": ShotLook(scale=2, room=(512, 300)),
    "mirrored@1x": ShotLook(right_to_left=True),
}
DRAWS = "CORTEX_DESKTOP_SHOTS_LOOK"
"""The variable that tells a process which look to draw."""


def wait(until: Callable[[], bool], seconds: float = 20) -> None:
    """Let the program run until the condition holds."""
    loop = QEventLoop()
    poll = QTimer()
    poll.timeout.connect(lambda: loop.quit() if until() else None)
    poll.start(20)
    QTimer.singleShot(int(seconds * 1000), loop, lambda: loop.exit(1))
    if loop.exec() or not until():
        raise TimeoutError("the program did not come to the state to be drawn")


def pause(milliseconds: int) -> None:
    """Let the program run for a while."""
    loop = QEventLoop()
    QTimer.singleShot(milliseconds, loop, loop.quit)
    loop.exec()


class Studio:
    """One program in one data folder, and a camera."""

    def __init__(self, app: QApplication, folder: Path, out: Path, suffix: str) -> None:
        self.app = app
        self.out = out
        self.suffix = suffix
        self.program = open_program(app, folder)
        self.window = self.program.window
        self.console = self.program.console
        self.window.menuBar()
        self.program.window.show()
        self.program.start()
        self.window.resize(*SIZE)
        wait(lambda: self.program.workspace.status is not None and self.program.workspace.org is not None)

    def shoot(self, name: str) -> None:
        """Save the window, with what lies over it, as <name>-<look>.png."""
        pause(250)
        area = QRect(self.window.mapToGlobal(QPoint(0, 0)), self.window.size())
        for widget in self.app.topLevelWidgets():
            if widget.isVisible() and widget is not self.window and widget.isWindow():
                area = area.united(QRect(widget.mapToGlobal(QPoint(0, 0)), widget.size()))
        picture = self.window.screen().grabWindow(0, area.x(), area.y(), area.width(), area.height())
        picture.save(str(self.out / f"{name}-{self.suffix}.png"))

    def seed(self) -> None:
        """Fill the org with the apps of the design's pictures."""
        stores, org = self.program.stores, self.program.workspace.org
        assert org is not None
        stores.repository.save_org(
            type(org)(org.id, "newhealthco", "newhealthco", Environment.DEVELOPMENT, org.endpoint)
        )
        for name, key, sessions, csrf, enabled, days in SEED:
            secret = Secret(key[:18] + key[-4:])
            app = App(
                id=new_id(),
                org_id=org.id,
                label=name,
                sessions=sessions,
                csrf=csrf,
                enabled=enabled,
                created=datetime.now(UTC) - timedelta(days=days),
                key_ends=KeyEnds.of(secret),
                keychain=stores.vault.backend,
            )
            stores.repository.add_app(app)
            for kind in app.kinds:
                kept = secret if kind is SecretKind.API_KEY else generate(kind)
                stores.vault.store(SecretRef(org.id, app.id, kind, 1), kept)
        self.program.workspace.reload()
        wait(lambda: self.program.apps.presenter.model.total == len(SEED))

    def close(self) -> None:
        """Remove what was stored and end the program."""
        stores = self.program.stores
        for app in stores.repository.apps():
            for number in app.versions:
                for ref in app.refs_of(number):
                    stores.vault.remove(ref)
        stores.vault.remove(ClaimRef(stores.repository.folder_record().id))
        self.window.close()
        self.program.close()


def scenes(studio: Studio) -> None:
    """Every page and state, one after the other."""
    window, console, page = studio.window, studio.console, studio.program.apps.presenter.page
    studio.shoot("empty")
    studio.seed()
    request_scenes(studio)
    studio.program.apps.open()
    page.select(_id_of(studio, "NewHealth App"))
    studio.shoot("apps")
    studio.program.apps.presenter.reveal_or_hide()
    wait(lambda: studio.program.tools.reveal.secret is not None)
    studio.program.apps.presenter.copy(SecretKind.API_KEY)
    wait(lambda: bool(studio.program.tools.toasts.shown))
    studio.shoot("copied")
    page.open_details()
    studio.shoot("detail")
    page.select(_id_of(studio, "EMR integration"))
    studio.shoot("detail-signing")
    studio.program.apps.presenter.ask_rotate()
    dialog = _dialog(studio)
    studio.shoot("rotate")
    dialog.do.click()
    wait(lambda: studio.program.tools.dialogs.current is None)
    studio.program.tools.reveal.end()
    studio.shoot("rotated")
    studio.program.apps.presenter.reveal_or_hide(SecretKind.API_SECRET)
    wait(lambda: studio.program.tools.reveal.of(page.current().id, SecretKind.API_SECRET) is not None)
    page.details.language.setCurrentIndex(2)
    studio.shoot("detail-secret")
    studio.program.tools.reveal.end()
    _forms(studio)
    page.close_details()
    studio.program.tools.clipboard.clear()

    page.search.setText("port")
    studio.shoot("search")
    _filters(studio)
    page.search.setText("no such app")
    studio.shoot("search-nothing")
    page.search.setText("is:foo portal created:<90x")
    studio.shoot("search-wrong")
    page.search.clear()
    _mark(studio)
    studio.shoot("marks")
    _time_lines(studio)
    _overview(studio)
    page.search.setFocus()
    QTest.keyClicks(page.search, "is:")
    wait(lambda: bool(page.search.suggested))
    QTest.keyClick(studio.app.activePopupWidget(), Qt.Key.Key_Down)
    studio.shoot("offers")
    page.search.put_away()
    page.search.clear()
    for column in (AppColumn.OWNER, AppColumn.EXPIRES):
        page.table.columns.show(column, True)
    studio.shoot("columns")
    page.table.columns.reset()
    page.search.clear()

    for name, act in (
        ("create", studio.program.apps.presenter.forms.ask_new_app),
        ("about", console.show_about),
        ("organization-add", studio.program.orgs.presenter.ask_add),
        ("remove-data", console.ask_remove_data),
        ("delete", studio.program.apps.presenter.ask_delete),
        ("save-filter", lambda: page.bar.save_asked.emit("is:attention owner:ada")),
        ("deleted", studio.program.apps.presenter.show_deleted),
        ("doctor", studio.program.apps.presenter.check_keychain),
        ("shortcuts", console.show_shortcuts),
    ):
        act()
        dialog = _dialog(studio)
        if name == "create":
            dialog.name.setText("NewHealth App")
            studio.shoot("create-duplicate")
            dialog.name.setText("NewHealth\tApp")
            studio.shoot("create-invalid")
            dialog.name.setText("Ward tablet")
            studio.shoot("create")
            dialog.more.click()
            dialog.owner.setText("Ada Lovelace")
            dialog.expires.box.setChecked(True)
            studio.shoot("create-more")
            dialog.fail(VaultError(VaultProblem.FULL, "GNOME Keyring"))
            studio.shoot("create-failed")
        else:
            studio.shoot(name)
        if name == "remove-data":
            dialog.typed.setText(dialog.word)
            studio.shoot("remove-data-typed")
        dialog.close()
        wait(lambda: studio.program.tools.dialogs.current is None)
    _preferences(studio)
    _bad_days(studio)

    console.show_palette()
    _palette(studio).edit.setText("new")
    studio.shoot("palette")
    _palette(studio).edit.clear()
    studio.shoot("palette-all")
    _palette(studio).edit.setText("no such thing")
    studio.shoot("palette-nothing")
    console.show_palette()

    _activity(studio)
    _rings(studio)
    _sidebar(studio)
    _standings(studio)
    workspace = studio.program.workspace
    for state, name in (
        (VaultState.LOCKED, "locked"),
        (VaultState.MISSING, "missing"),
        (VaultState.FAILED, "silent"),
    ):
        workspace.keychain_changed.emit(KeychainStatus("GNOME Keyring", state))
        studio.shoot(name)
    workspace.keychain_changed.emit(KeychainStatus("GNOME Keyring", VaultState.UNLOCKED))
    console.status_messages.show_error(VaultTimeout("GNOME Keyring"))
    studio.shoot("error")
    for toast in studio.program.tools.toasts.shown:
        toast.leave()
    app = studio.program.apps.presenter.model.app_at(1)
    assert app is not None
    studio.program.apps.presenter._deleted(replace(app, state=AppState.DELETED))
    studio.shoot("undo")
    studio.program.tools.toasts.shown[0].action.click()
    studio.program.workspace.damage_found.emit(
        Damage(True, "apps.json.damaged-20261123T101500Z", datetime.now(UTC), 5, 1)
    )
    studio.shoot("damaged")
    page.storage_banner.hide()
    studio.program.apps.menu_asked.emit(Menu.APP, window.mapToGlobal(QPoint(700, 300)))
    studio.shoot("menu")
    for menu in [w for w in studio.app.topLevelWidgets() if w.inherits("QMenu") and w.isVisible()]:
        menu.close()
    many(studio)
    window.resize(900, 600)
    studio.shoot("narrow")
    page.open_details()
    studio.shoot("narrow-detail")
    page.close_details()
    window.resize(640, 480)
    studio.shoot("small")
    page.load_failed("", "")
    window.resize(*SIZE)
    org_scenes(studio)


def request_scenes(studio: Studio) -> None:
    """The Requests page, with the sandbox in a process of its own."""
    window, entry = studio.window, studio.program.requests
    org = studio.program.workspace.org
    assert org is not None
    entry.open()
    presenter, page = entry.presenter, entry.presenter.page
    studio.shoot("requests-first")
    page.first.step_asked.emit(0)
    wait(lambda: presenter.sandbox.answers)
    studio.shoot("requests-first-started")
    page.first.step_asked.emit(1)
    wait(lambda: "Use code" in page.first.rows[1].button.text())
    studio.shoot("requests-first-code")
    window.resize(900, 600)
    studio.shoot("requests-first-900")
    window.resize(*SIZE)
    page.first.step_asked.emit(1)
    wait(lambda: page.first.rows[1].button.isHidden())
    page.first.step_asked.emit(2)
    wait(lambda: not page.is_first)
    studio.shoot("requests")
    window.resize(900, 600)
    studio.shoot("requests-900")
    window.resize(*SIZE)

    def send(method: str, path: str, body: str = "") -> None:
        presenter.begin_new()
        page.request.show_draft(Draft(method, path, body=body))
        presenter.send()
        wait(lambda: not presenter.is_sending)

    presenter.choose("log in")
    presenter.send()
    wait(lambda: not presenter.is_sending)
    studio.shoot("requests-code")
    window.resize(900, 600)
    studio.shoot("requests-code-900")
    window.resize(*SIZE)
    presenter.page.answer.code.cancelled.emit()
    send("PUT", "/c_examples/1", '{"c_name": "A"')
    studio.shoot("requests-body-invalid")
    send("GET", "/nothing/here?limit=20&sort=name")
    page.request.tabs.choose("query")
    studio.shoot("requests-fault")
    app = studio.program.workspace.find(_id_of(studio, "EMR integration"))
    assert app is not None
    presenter.try_app(app)
    request = urllib.request.Request(  # noqa: S310
        f"{presenter.sandbox.address}/{org.code}/v2/accounts?limit=20", headers=_badly_signed(studio, app)
    )
    with suppress(urllib.error.HTTPError):
        urllib.request.urlopen(request, timeout=10)  # noqa: S310
    wait(lambda: bool(presenter.sandbox.requests))
    presenter.choose(presenter.sandbox.requests[-1])
    studio.shoot("requests-received")
    presenter.show_inbox()
    _dialog(studio)
    studio.shoot("requests-inbox")
    studio.program.tools.dialogs.current.close()
    presenter.set_target("cortex")
    presenter.begin_ready()
    presenter.send()
    wait(lambda: not presenter.is_sending)
    studio.shoot("requests-offline")
    presenter.set_target("sandbox")
    status = studio.program.workspace.status
    studio.program.workspace.status = KeychainStatus("GNOME Keyring", VaultState.LOCKED)
    studio.program.workspace.keychain_changed.emit(studio.program.workspace.status)
    studio.shoot("requests-locked")
    studio.program.workspace.status = status
    studio.program.workspace.keychain_changed.emit(status)
    presenter.stop_sandbox()
    wait(lambda: not presenter.sandbox.answers)
    presenter.begin_new()
    studio.shoot("requests-stopped")


def _badly_signed(studio: Studio, app: App) -> dict[str, str]:
    """Headers of a client that signs the query too."""
    vault = studio.program.stores.vault
    key = vault.read(app.ref(SecretKind.API_KEY)).reveal()
    secret = vault.read(app.ref(SecretKind.API_SECRET)).reveal()
    moment = str(int(time.time() * 1000))
    signature = hmac.new((key + secret).encode(), f"/accounts?limit=20;GET;{moment}".encode(), "sha256").hexdigest()
    return {
        "Medable-Client-Key": key,
        "Medable-Client-Timestamp": moment,
        "Medable-Client-Nonce": "0123456789abcdef",
        "Medable-Client-Signature": signature,
    }


def _standings(studio: Studio) -> None:
    """The banner that asks what the data folder is, for each claim that the keychain may hold."""
    stores, standing = studio.program.stores, studio.program.standing
    folder, banner = studio.program.services.apps.stores.folder, studio.program.console.above_pages
    folder.claim_run()
    record = stores.repository.change_folder(lambda record: replace(record, is_claimed=True))
    ref = ClaimRef(record.id)
    kept = stores.vault.read(ref)
    claim = Claim.from_text(kept.reveal())
    assert claim is not None

    def look() -> None:
        folder.forget()
        standing.look()

    def show(name: str) -> None:
        look()
        wait(banner.isVisible)
        for width in (560, SIZE[0]):
            studio.window.resize(width, 600 if width == 560 else SIZE[1])
            studio.shoot(f"standing-{name}-{width}")
            if name == "restored":
                for entry in studio.program.pages()[1:]:
                    entry.open()
                    pause(200)
                    studio.shoot(f"standing-{name}-{entry.name}-{width}")
                studio.program.apps.open()
        banner.hide()

    with tempfile.TemporaryDirectory() as other:
        copied = Path(other, "cortex-desktop")
        shutil.copytree(stores.folder, copied)
        for name, changed in (
            ("restored", replace(claim, session="another")),
            ("moved", replace(claim, path="/home/john/cortex-desktop")),
            ("copy", replace(claim, path=str(copied))),
        ):
            stores.vault.replace(ref, Secret(changed.to_text()))
            show(name)
    stores.vault.remove(ref)
    show("other-keychain")
    look()
    take_back = folder.answer(Answer.VIEWER)
    assert take_back is not None
    show("viewer")
    take_back()
    stores.vault.replace(ref, Secret(kept.reveal()))
    look()
    wait(lambda: folder.standing().allows_removal)
    pause(100)
    banner.hide()


ORGS = (
    ("newhealthco Trials", "newhealthco", Environment.PRODUCTION, "https://api.medable.com"),
    ("newhealthco Europe", "newhealthco-eu", Environment.PRODUCTION, "https://api-eu1.medable.com"),
    ("Oncology study 12", "onc12", Environment.STAGING, "https://api.staging.medable.com"),
    (
        "Ärztenetz Süd – eine Organisation mit einem sehr langen Namen",
        "aerztenetz",
        Environment.TEST,
        "https://api-dev-eu1.medable.com",
    ),
    ("Training", "training", Environment.OWN, "https://api.dev.medable.com"),
)


def org_scenes(studio: Studio) -> None:
    """Several orgs: the page, the switcher, the dialogs, and Production."""
    window, console, workspace = studio.window, studio.console, studio.program.workspace
    stores, first = studio.program.stores, workspace.org
    assert first is not None
    made = [Org(new_id(), *details) for details in ORGS]
    made[-1] = replace(made[-1], own_environment="Classroom")
    for org in made:
        stores.repository.save_org(org)
    app = stores.repository.apps()[0]
    stores.repository.add_app(replace(app, id=new_id(), org_id=made[0].id, label="Patient web"))
    workspace.reload()
    wait(lambda: len(workspace.orgs) == 1 + len(made))
    studio.program.orgs.open()
    studio.shoot("orgs")
    orgs = console.pages.currentWidget().list
    index = orgs.currentIndex()
    orgs.setCurrentIndex(index.siblingAtRow(0))
    studio.shoot("orgs-looked-at")
    orgs.setCurrentIndex(index)
    form = console.pages.currentWidget().form
    form.code.setText("new health")
    studio.shoot("orgs-invalid")
    form.code.setText(first.code)
    form.name.setText("newhealthco Trials")
    form.environment.setCurrentIndex(4)
    form.own_environment.setText("Sandbox")
    form.endpoint.setCurrentText("https://api.medable.com")
    studio.shoot("orgs-warned")
    console.pages.currentWidget().discard.click()
    console.pages.currentWidget().remove_asked.emit(first)
    _dialog(studio)
    studio.shoot("orgs-remove")
    studio.program.tools.dialogs.current.close()
    studio.program.orgs.presenter.ask_add()
    _dialog(studio)
    studio.shoot("orgs-add")
    studio.program.tools.dialogs.current.close()
    console.switch_org()
    studio.shoot("orgs-switch")
    _palette(studio).edit.setText("prod")
    studio.shoot("orgs-switch-found")
    console.switch_org()
    workspace.enter(made[0].id)
    studio.shoot("orgs-production")
    studio.program.requests.open()
    studio.program.requests.presenter.set_target("cortex")
    studio.shoot("requests-production")
    studio.program.requests.presenter.page.banner_acted.emit()
    _dialog(studio)
    studio.shoot("requests-production-allow")
    studio.program.tools.dialogs.current.reject()
    wait(lambda: studio.program.tools.dialogs.current is None)
    studio.program.apps.open()
    studio.shoot("production")
    apps = studio.program.apps.presenter
    for name, act in (
        ("rotate", apps.ask_rotate),
        ("delete", apps.ask_delete),
        ("disable", lambda: apps.bulk.set_enabled([apps.page.current()], False)),
    ):
        act()
        _dialog(studio)
        studio.shoot(f"production-{name}")
        studio.program.tools.dialogs.current.reject()
        wait(lambda: studio.program.tools.dialogs.current is None)
    for size, name in (((900, 600), "narrow"), ((560, 600), "small")):
        window.resize(*size)
        studio.program.orgs.open()
        studio.shoot(f"orgs-{name}")
        console.switch_org()
        studio.shoot(f"orgs-switch-{name}")
        console.switch_org()
    stores.repository.drop_app(stores.repository.apps()[-1].id)


def _filters(studio: Studio) -> None:
    """Filters as chips, and where they are chosen and saved."""
    window, page = studio.window, studio.program.apps.presenter.page
    bar, saved = page.bar, studio.program.apps.presenter.saved
    page.search.clear()
    bar.show_filters()
    studio.shoot("filter-panel")
    studio.app.activePopupWidget().close()
    bar.set_text("is:enabled expires:none portal")
    studio.shoot("chips")
    bar.show_filters()
    studio.shoot("filter-panel-on")
    studio.app.activePopupWidget().close()
    for name, kept in (("Before the audit", "is:enabled expires:none portal"), ("Old keys", "rotated:>365d")):
        saved.save(name, kept)
    bar.show_saved()
    menu = studio.app.activePopupWidget()
    studio.shoot("saved-filters")
    menu.close()
    bar.set_text("is:enabled sessions:on csrf:on created:<90d rotated:<30d expires:none review:none owner:ada portal")
    studio.shoot("chips-many")
    for width, height in ((900, 600), (560, 600)):
        window.resize(width, height)
        bar.chips.setFocus()
        studio.shoot(f"chips-many-{width}")
        bar.show_filters()
        studio.shoot(f"filter-panel-{width}")
        studio.app.activePopupWidget().close()
    window.resize(*SIZE)
    bar.set_text("")
    page.select_all()
    studio.program.tools.toasts.show("API key copied", "Clears from the clipboard in 28 s", action="Clear now")
    studio.shoot("selection-toast")
    studio.program.tools.toasts.shown[-1].leave()
    page.selection.choose_row(0)
    for name in list(saved.all()):
        saved.remove(name)


def _mark(studio: Studio) -> None:
    """Give the apps owners and dates that need attention."""
    stores, today = studio.program.stores, datetime.now(UTC).date()
    fields: dict[str, dict[str, object]] = {
        "Trial portal": {"expires": today + timedelta(days=9), "owner": "Ada Lovelace"},
        "Patient iOS": {"review": today - timedelta(days=3), "owner": "Grace Hopper"},
        "EMR integration": {"expires": today - timedelta(days=2)},
    }
    for app in stores.repository.apps():
        stores.repository.change_app(app.id, lambda app: replace(app, **fields.get(app.label, {})))
    studio.program.workspace.reload()
    wait(lambda: studio.program.apps.presenter.model.attention == len(fields))


def _time_lines(studio: Studio) -> None:
    """The details of an app with everything on its time line, of one whose key is missing, and in a narrow window."""
    window, page, stores = studio.window, studio.program.apps.presenter.page, studio.program.stores
    page.select(_id_of(studio, "Trial portal"))
    app, now = page.current(), datetime.now(UTC)
    kept = (KeptVersion(2, app.key_ends, app.sessions, now + timedelta(days=3)),)
    dates = {"rotated": now - timedelta(days=40), "last_copied": now - timedelta(days=8), "kept": kept}
    review = now.date() - timedelta(days=20)
    stores.repository.change_app(app.id, partial(replace, review=review, **dates))
    studio.program.workspace.reload()
    wait(lambda: page.current() is not None and page.current().kept)
    page.open_details()
    page.details.time_line.line.take_keyboard()
    studio.shoot("time-line")
    page.model.mark_missing(app.id)
    studio.shoot("detail-missing")
    page.model.mark_whole(app.id)
    window.resize(900, 600)
    studio.shoot("time-line-900")
    window.resize(*SIZE)
    page.close_details()
    stores.repository.change_app(app.id, partial(replace, review=None, kept=(), rotated=None, last_copied=None))
    studio.program.workspace.reload()
    wait(lambda: page.current() is not None and not page.current().kept)


def many(studio: Studio) -> None:
    """Several apps selected, and what is done to them together."""
    window, page, bulk = studio.window, studio.program.apps.presenter.page, studio.program.apps.presenter.bulk
    page.select_all()
    page.open_details()
    studio.shoot("several")
    studio.program.apps.menu_asked.emit(Menu.APP, window.mapToGlobal(QPoint(700, 300)))
    studio.shoot("several-menu")
    for menu in [w for w in studio.app.topLevelWidgets() if w.inherits("QMenu") and w.isVisible()]:
        menu.close()
    window.resize(900, 600)
    studio.shoot("several-narrow")
    window.resize(*SIZE)
    page.close_details()
    studio.program.apps.presenter.ask_rotate()
    dialog = _dialog(studio)
    studio.shoot("several-rotate")
    dialog.reject()
    wait(lambda: studio.program.tools.dialogs.current is None)
    bulk.ask_delete(studio.program.apps.presenter.model.all_apps() * 200)
    dialog = _dialog(studio)
    studio.shoot("several-delete")
    dialog.reject()
    wait(lambda: studio.program.tools.dialogs.current is None)
    made = Bulk(
        Rotate(timedelta(0)), studio.program.apps.presenter.model.all_apps() * 200, studio.program.services.apps
    )
    page.bulk.begin(made)
    page.bulk.progress(312)
    studio.shoot("bulk-running")
    page.bulk.slow()
    studio.shoot("bulk-slow")
    for app in studio.program.apps.presenter.model.all_apps() * 63:
        made._rest.popleft()
        made.changed.append(app)
    made.stopped = VaultError(VaultProblem.LOCKED, "GNOME Keyring")
    page.bulk.show_outcome(made, undoable=True)
    studio.shoot("bulk-locked")
    for size in ((900, 600), (640, 480)):
        window.resize(*size)
        studio.shoot(f"bulk-locked-{size[0]}")
    window.resize(*SIZE)
    page.select_all()
    studio.program.apps.presenter.disable_several()
    wait(lambda: bulk.can_undo)
    bulk._bulk.refused.append(Refused(studio.program.apps.presenter.model.all_apps()[0], NotFinished("Legacy kiosk")))
    page.bulk.show_outcome(bulk._bulk, undoable=True)
    studio.shoot("bulk-done")
    bulk.show_list()
    dialog = _dialog(studio)
    studio.shoot("bulk-list")
    dialog.reject()
    wait(lambda: studio.program.tools.dialogs.current is None)
    bulk.undo()
    wait(lambda: not bulk.running)
    studio.shoot("bulk-undone")
    page.bulk.hide()
    page.select(_id_of(studio, "NewHealth App"))


def _rings(studio: Studio) -> None:
    """The ring around what has the keyboard, on each kind of control."""
    console, page = studio.console, studio.program.apps.presenter.page
    studio.program.apps.open()
    page.select(_id_of(studio, "Patient iOS"))
    page.open_details()
    by_tab = Qt.FocusReason.TabFocusReason
    named = {
        "org": console.sidebar.org,
        "page": console.sidebar.buttons["organization"],
        "search": page.bar.search,
        "new": next(button for button in studio.window.findChildren(Button) if button.text() == "New App"),
        "icon": next(b for b in page.details.findChildren(IconButton) if b.accessibleName() == "Copy API key"),
        "field": page.details.key.text,
    }
    for name, widget in named.items():
        widget.setFocus(by_tab)
        studio.shoot(f"ring-{name}")
    page.close_details()
    studio.program.apps.presenter.forms.ask_new_app()
    dialog = _dialog(studio)
    dialog.findChildren(QCheckBox)[0].setFocus(by_tab)
    studio.shoot("ring-check")
    dialog.close()
    wait(lambda: studio.program.tools.dialogs.current is None)


def _sidebar(studio: Studio) -> None:
    """Recently deleted with its count; and the narrow sidebar, with the keychain locked too."""
    window, presenter = studio.window, studio.program.apps.presenter
    studio.program.apps.open()
    app = next(presenter.model.app_at(row) for row in range(5) if presenter.model.app_at(row).label == "Trial portal")
    gone: list[App] = []
    presenter.delete(app, gone.append)
    wait(lambda: bool(gone))
    studio.shoot("sidebar-deleted")
    window.resize(600, 600)
    studio.shoot("sidebar-narrow")
    studio.console.sidebar.keychain(KeychainStatus("GNOME Keyring", VaultState.LOCKED))
    studio.shoot("sidebar-narrow-locked")
    window.resize(*SIZE)
    studio.program.workspace.look_at_keychain()
    presenter.restore(gone[0])
    wait(lambda: presenter.model.total == len(SEED))


def _activity(studio: Studio) -> None:
    """The Activity page and its states."""
    window = studio.window
    org = studio.program.workspace.org
    folder = studio.program.stores.folder
    for name in (activity.FILE_NAME, activity.END_NAME):  # what was done to take the pictures before
        (folder / name).unlink(missing_ok=True)
    _listed(studio, 0)
    studio.shoot("activity-empty")
    now = datetime.now(UTC)
    log = activity.ActivityFile(folder)
    for minutes, action, label, details in (
        (1500, Action.DISABLED, "Legacy kiosk", {}),
        (162, Action.ROTATED, "EMR integration", {"kept_until": (now + timedelta(days=1)).isoformat()}),
        (15, Action.KEY_COPIED, "Patient iOS", {"clears_after": 30}),
        (0, Action.CREATED, "NewHealth App", {"sessions": True, "csrf": True}),
    ):
        app_id = _id_of(studio, label)
        when = now - timedelta(minutes=minutes)
        log.append([ActivityEntry(when, "john", "desk-7", action, org.id, "newhealthco", app_id, label, details)])
    _listed(studio, 4)
    studio.shoot("activity")
    desk = studio.program.activity.presenter
    desk.page.apps.setCurrentIndex(1)
    studio.shoot("activity-all-orgs")
    desk.page.search.setText("no such thing")
    studio.shoot("activity-nothing")
    desk.page.search.clear()
    desk.page.apps.setCurrentIndex(0)
    desk.page.show_breaks([Break(Harm.CHANGED, 4211, 4211, 4211), Break(Harm.MISSING, 5000, 5012, 5000)])
    studio.shoot("activity-broken")
    for size in ((900, 600), (560, 600)):
        window.resize(*size)
        studio.shoot(f"activity-broken-{size[0]}")
    window.resize(*SIZE)
    desk.page.show_breaks([])
    desk.ask_export()
    studio.shoot("activity-export")
    _dialog(studio).close()
    wait(lambda: studio.program.tools.dialogs.current is None)
    desk.export(str(folder.parent / "activity.html"))
    wait(lambda: bool(studio.program.tools.toasts.shown))
    studio.shoot("activity-exported")
    for toast in studio.program.tools.toasts.shown:
        toast.leave()
    _activity_of_a_month(studio, log)
    studio.program.apps.open()


def _activity_of_a_month(studio: Studio, log: activity.ActivityFile) -> None:
    """Days, runs, open and not, and the bars: of all and of one day."""
    for name in (activity.FILE_NAME, activity.END_NAME):
        (studio.program.stores.folder / name).unlink(missing_ok=True)
    noon = datetime.now(UTC).replace(hour=12, minute=0)
    org = studio.program.workspace.org
    done = 0
    for back, copies in enumerate(
        (2, 9, 4, 0, 3, 1, 0, 0, 6, 12, 5, 2, 0, 0, 7, 3, 4, 1, 0, 0, 8, 5, 2, 2, 0, 0, 3, 6, 1, 4)[::-1]
    ):
        day = noon - timedelta(days=29 - back, hours=0 if back < 29 else 2)
        entries = [(Action.KEY_COPIED, "Patient iOS", {"clears_after": 30})] * copies
        if copies > 3:
            entries += [
                (Action.ROTATED, "EMR integration", {"kept_until": day.isoformat()}),
                (Action.EDITED, "Trial portal", {"changed": "owner, notes"}),
            ]
        if copies > 1:
            entries += [(Action.KEY_REVEALED, "NewHealth App", {"hides_after": 30})] * 2
        log.append(
            [
                ActivityEntry(
                    day + timedelta(minutes=7 * at),
                    "john",
                    "desk-7",
                    action,
                    org.id,
                    "newhealthco",
                    _id_of(studio, label),
                    label,
                    details,
                )
                for at, (action, label, details) in enumerate(entries)
            ]
        )
        done += len(entries)
    page = studio.program.activity.presenter.page
    for which in (1, 0):  # count the bars anew too
        page.apps.setCurrentIndex(which)
    _listed(studio, done)
    wait(lambda: any(mark.isEnabled() for mark in page.bars.marks[:10]))
    studio.shoot("activity-days")
    page.table.setFocus(Qt.FocusReason.TabFocusReason)
    QTest.keyClick(page.table, Qt.Key.Key_Down)
    row = next(row for row in range(page.model.rowCount()) if page.model.count_of(row) > 2)
    page.table.setCurrentIndex(page.model.index(row, 1))
    page.table.toggle(row)
    studio.shoot("activity-run-open")
    for size in ((900, 600), (560, 600)):
        studio.window.resize(*size)
        studio.shoot(f"activity-run-open-{size[0]}")
    studio.window.resize(*SIZE)
    page.bars.take_keyboard()
    studio.shoot("activity-bars-focus")
    next(mark for mark in page.bars.marks[15:] if mark.isEnabled()).click()
    studio.shoot("activity-one-day")
    page.choose_day(None)


def _overview(studio: Studio) -> None:
    """The Overview page and its states; and what its bars of weeks lead to."""
    window, workspace, model = studio.window, studio.program.workspace, studio.program.apps.presenter.model
    org, now = workspace.org, datetime.now(UTC)
    log = activity.ActivityFile(studio.program.stores.folder)
    app_id, name = _id_of(studio, "Patient iOS"), "newhealthco"
    for weeks, copies in enumerate((2, 11, 9, 5, 7, 12, 8, 6, 9, 5, 7, 4)):
        whens = [now - timedelta(weeks=weeks, minutes=minutes) for minutes in range(copies)]
        log.append(
            [ActivityEntry(w, "john", "desk-7", Action.KEY_COPIED, org.id, name, app_id, "Patient iOS") for w in whens]
        )
    studio.program.overview.open()
    page = studio.program.overview.presenter.page
    wait(lambda: bool(page.copies.marks))
    studio.shoot("overview")
    workspace.set_check(KeychainCheck(now, frozenset()))
    page.calendar.take_keyboard()
    studio.shoot("overview-checked")
    page.figures.take_keyboard()
    for app in (missing := model.all_apps()[:1]):
        model.mark_missing(app.id)
    for size in ((900, 600), (560, 600)):
        window.resize(*size)
        studio.shoot(f"overview-missing-{size[0]}")
    page.check_card.again.setFocus(Qt.FocusReason.TabFocusReason)
    page.scroll_to(page.check_card.again)
    studio.shoot("overview-missing-560-end")
    window.resize(*SIZE)
    for app in missing:
        model.mark_whole(app.id)
    usual = studio.app.layoutDirection()
    studio.app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    studio.shoot("overview-right-to-left")
    studio.app.setLayoutDirection(usual)
    with mock.patch.object(type(studio.program.theme), "_high_contrast", return_value=True):
        studio.program.theme._apply()
        studio.shoot("overview-high-contrast")
    studio.program.theme._apply()
    page.copies.marks[1].click()
    studio.shoot("activity-week")
    studio.program.activity.presenter.page.times.setCurrentIndex(0)
    studio.program.apps.open()


def _listed(studio: Studio, count: int) -> None:
    """Show the Activity page anew, with so many entries."""
    studio.program.activity.open()
    page = studio.program.activity.presenter.page
    studio.program.activity.reader.list_again()
    wait(lambda: page._complete and page.model.entry_count == count)


def _forms(studio: Studio) -> None:
    """Editing an app, a copy of it, and taking in a key, while its details are open."""
    studio.program.apps.presenter.forms.ask_edit()
    dialog = _dialog(studio)
    studio.shoot("edit")
    dialog.owner.setText("Ada Lovelace, platform team")
    dialog.notes.setPlainText("Nightly import from the ward system.\nAsk Ada before rotating.")
    dialog.sessions.setChecked(True)
    dialog.expires.box.setChecked(True)
    dialog.expires.day.setDate(dialog.expires.day.shown().addDays(-200))
    studio.shoot("edit-changed")
    dialog.expires.day.open_calendar()
    studio.shoot("calendar")
    studio.app.activePopupWidget().close()
    dialog.do.click()
    wait(lambda: studio.program.tools.dialogs.current is None)
    studio.shoot("edited")
    studio.program.tools.toasts.shown[-1].action.click()
    wait(lambda: not studio.program.apps.presenter.page.current().sessions)
    studio.program.apps.presenter.forms.ask_duplicate()
    dialog = _dialog(studio)
    studio.shoot("duplicate")
    dialog.close()
    wait(lambda: studio.program.tools.dialogs.current is None)
    studio.program.apps.presenter.forms.ask_import_key()
    dialog = _dialog(studio)
    for name, text in IMPORTED.items():
        dialog.key.forget()
        dialog.key.removed.emit()
        dialog.take(text)
        wait(lambda: "Reading" not in dialog.paste.accessibleDescription())
        studio.shoot(f"import-{name}")
    studio.window.resize(560, 600)
    dialog.take(IMPORTED["several"])
    studio.shoot("import-several-narrow")
    studio.window.resize(*SIZE)
    dialog.take(f"key: {KEYS[0]} secret: {SECRET}")
    dialog.name.setText("Known already")
    dialog.do.click()
    wait(lambda: not dialog.busy)
    studio.shoot("import-known")
    dialog.close()
    wait(lambda: studio.program.tools.dialogs.current is None)


def _preferences(studio: Studio) -> None:
    """Preferences, as they are and with values that cannot be used; and what a check for updates comes to."""
    window, settings = studio.window, studio.program.settings
    studio.console.show_preferences()
    dialog = _dialog(studio)
    studio.shoot("preferences")
    dialog.ca_file.setText("/etc/ssl/gone.pem")
    dialog.ca_file.editingFinished.emit()
    dialog.total_seconds.setValue(20)
    dialog.login_path.setText("https://example.org/login")
    dialog.feed.setText("http://example.org/release.json")
    wait(lambda: dialog.ca_file.property("invalid"))
    studio.shoot("preferences-wrong")
    dialog.total_seconds.setValue(120)
    settings.ca_file = settings.feed = settings.login_path = ""
    dialog.close()
    wait(lambda: studio.program.tools.dialogs.current is None)
    window.resize(900, 600)
    studio.console.show_preferences()
    studio.shoot("preferences-narrow")
    _dialog(studio).close()
    wait(lambda: studio.program.tools.dialogs.current is None)
    window.resize(*SIZE)
    studio.program.updates.ask()
    dialog = _dialog(studio)
    studio.shoot("updates-failed")
    dialog.show_busy()
    studio.shoot("updates-busy")
    for version, newer, name in (("0.1.0", False, "updates"), ("1.4.0", True, "updates-found")):
        dialog.show_release(Release(version, "https://example.org/cortex-desktop/releases"), newer)
        studio.shoot(name)
    dialog.close()
    wait(lambda: studio.program.tools.dialogs.current is None)


def _bad_days(studio: Studio) -> None:
    """What was deleted, a keychain that does not match, and a report, also where there is little room."""
    window, console = studio.window, studio.console
    stores = studio.program.stores
    app = next(app for app in stores.repository.apps() if app.label == "Legacy kiosk")

    def look_at(name: str) -> None:
        dialog = _dialog(studio)
        studio.shoot(name)
        dialog.close()
        wait(lambda: studio.program.tools.dialogs.current is None)

    ref = app.refs_of(app.versions[-1])[0]
    kept = stores.vault.read(ref)
    stores.vault.remove(ref)
    for size, name in ((SIZE, "doctor-found"), ((900, 600), "doctor-found-900")):
        window.resize(*size)
        studio.program.apps.presenter.check_keychain()
        dialog = _dialog(studio)
        wait(lambda dialog=dialog: dialog.repair.isVisible() or dialog.close_button.text() == "Close")
        look_at(name)
    stores.vault.store(ref, kept)
    for size, name in (((900, 600), "crash-900"), (SIZE, "crash")):
        window.resize(*size)
        console.status_messages.show_crash(
            "Cortex Desktop 0.1.0\n\n" + "KeyError at cortex_desktop/ui/shell/console.py:1\n" * 20
        )
        studio.shoot(name)
        for report in window.findChildren(CrashDialog):
            report.close()
    gone: list[App] = []
    for app, days in zip(stores.repository.apps()[:3], (28, 5, 0.5), strict=True):
        studio.program.apps.presenter.delete(app, gone.append)
        wait(lambda app=app: bool(gone) and gone[-1].id == app.id)
        until = datetime.now(UTC) + timedelta(days=days)
        stores.repository.change_app(app.id, partial(replace, purge_after=until))
    studio.program.apps.presenter.show_deleted()
    look_at("deleted-some")
    studio.program.apps.presenter.restore(gone[0], studio.program.apps.presenter._restored)
    wait(lambda: bool(studio.program.tools.toasts.shown))
    studio.shoot("restored")
    for toast in studio.program.tools.toasts.shown:
        toast.leave()
    for app in gone[1:]:
        studio.program.apps.presenter.restore(app)
    wait(lambda: studio.program.apps.presenter.model.total == len(SEED))


def _dialog(studio: Studio) -> QWidget:
    wait(lambda: studio.program.tools.dialogs.current is not None and studio.program.tools.dialogs.current.isVisible())
    return studio.program.tools.dialogs.current


def _id_of(studio: Studio, label: str) -> str:
    model = studio.program.apps.presenter.model
    return next(app.id for row in range(model.rowCount()) if (app := model.app_at(row)) and app.label == label)


def draw(out: Path, name: str) -> None:
    """Draw all scenes in this process, in the look of this name."""
    look = LOOKS[name]
    if look.contrast:
        QAccessibilityHints.contrastPreference = lambda _: Qt.ContrastPreference.HighContrast
    app = make_application()
    # Inter stands in for the UI font that a desktop would set.
    font = QFont("Inter") if "Inter" in QFontDatabase.families() else QFont(app.font())
    font.setPixelSize(look.pixels)
    app.setFont(font)
    if look.right_to_left:
        app.setLayoutDirection(Qt.LayoutDirection.RightToLeft)
    if look.room is not None:
        room = QRect(0, 0, *look.room)
        QScreen.availableGeometry = lambda _: room
    with tempfile.TemporaryDirectory() as folder:
        data = Path(folder) / "data"
        data.mkdir(mode=0o700)
        (data / "settings.ini").write_text(f"[General]\ntheme={look.theme}\n")
        studio = Studio(app, data, out, name)
        if look.room is not None:
            studio.window.setMaximumSize(*look.room)
            studio.window.move(0, 0)  # popups keep within the screen's room
        try:
            scenes(studio)
        finally:
            studio.close()


def _palette(studio: Studio) -> Palette:
    return next(shown for shown in studio.window.findChildren(Palette) if shown.isVisible())


def main() -> int:
    """Draw everything into the folder named, one process for each look: `shots [FOLDER [LOOK…]]`."""
    out = Path(sys.argv[1] if len(sys.argv) > 1 else "build/shots").absolute()
    out.mkdir(parents=True, exist_ok=True)
    if os.environ.get(DRAWS):
        draw(out, os.environ[DRAWS])
        return 0
    for name in sys.argv[2:] or LOOKS:
        scale = str(LOOKS[name].scale)
        environment = {**os.environ, "QT_SCALE_FACTOR": scale, "PYTHONPATH": os.getcwd(), DRAWS: name}
        subprocess.run([sys.executable, "-m", "tests.shots", str(out)], env=environment, check=True)
    print(f"{len(list(out.glob('*.png')))} pictures in {out}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
