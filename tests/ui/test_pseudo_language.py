"""Every text a person sees goes through translation, and has room to be longer in another language."""

from __future__ import annotations

import calendar
import contextlib
import itertools
import json
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QDate, Qt
from PySide6.QtWidgets import QApplication, QMenu, QPlainTextEdit, QWidget
from pytestqt.exceptions import TimeoutError

from cortex_desktop import __version__
from cortex_desktop.domain.activity import DETAIL_WORDS, MOMENTS, Action, ActivityEntry, Break, Detail, Harm, Logged
from cortex_desktop.domain.errors import ChangedSince, StorageError, VaultError, VaultProblem, VaultTimeout
from cortex_desktop.domain.findings import Finding, Problem, Stray
from cortex_desktop.domain.folder import Claim, Standing
from cortex_desktop.domain.model import AppState, Environment, KeptVersion, Org, new_id
from cortex_desktop.domain.ports import VaultState
from cortex_desktop.domain.query import WORDS
from cortex_desktop.domain.secret import Secret, SecretKind, SecretRef
from cortex_desktop.services.apps.recovery import RecoveryReport
from cortex_desktop.services.bulk import Bulk, Delete, Disable, Enable, Refused, Restore, RollBack, Rotate
from cortex_desktop.services.damage import Damage
from cortex_desktop.services.folder import ANSWERS, ClockJump
from cortex_desktop.services.history import Export
from cortex_desktop.services.keychain import KeychainStatus
from cortex_desktop.services.orgs import Content
from cortex_desktop.storage.problems import in_data_folder, log_not_read
from cortex_desktop.storage.repository import TinyRepository
from cortex_desktop.system.identity import user_and_computer
from cortex_desktop.ui.activity.bars import today
from cortex_desktop.ui.activity.reader import Found
from cortex_desktop.ui.apps.bulk_report import BulkReport
from cortex_desktop.ui.apps.doctor_dialog import DoctorDialog
from cortex_desktop.ui.apps.model import AppColumn
from cortex_desktop.ui.apps.rotate_dialog import RotateDialog
from cortex_desktop.ui.kit.dialog import WaitingDialog
from cortex_desktop.ui.kit.settings import LOGIN_PATH
from cortex_desktop.ui.kit.waiting import BUSY_SECONDS
from cortex_desktop.ui.orgs.form import ENDPOINTS
from cortex_desktop.ui.shell.standing import Seen
from cortex_desktop.ui.workspace import KeychainCheck, ListedApp
from tests.support import pseudo
from tests.support.gui import Desk, stored_app
from tests.support.memory_vault import InMemoryVault

KEY = "mwidxhb8ShcqmV1B9iOYJh"
LABELS = ("NewHealth App", "EMR integration", "Trial portal", "Half")
GONE = "Gone"
LICENCES = Path(__file__).parent.parent.parent / "resources" / "licences"
# Data, not words: what people typed, names of things outside, and what a shell reads.
KEYS = ("mwidxhb8ShcqmV1B9iOYJh", "GsAqlhnIMzrDeD8V2MBQWq")
SECRET = "Kzc8nwCQiKOgiwTIobaI3H6ryK4C5fC0QcYsuX0123456789abcdefghijABCDEF"
DATA = (
    *(end for key in KEYS for end in (key[:4], key[-4:])),
    *(SECRET[:4], SECRET[-4:], "CLIENT_KEY", "CLIENT_SECRET", "SIGN_SECRET", "yourMedableClientKey12"),
    *LABELS,
    GONE,
    KEY,
    "NH",
    "My organization",
    "my-org",
    "Test keychain",
    "Cortex Desktop",
    __version__,
    "https://",
    "https://api.dev.medable.com",
    "https://api.medable.com",
    "https://api-eu1.medable.com",
    "Clinic",
    "clinic",
    *ENDPOINTS,
    "apps.json.damaged",
    "john",
    "desk-7",
    *user_and_computer(),
    "NH.csv",
    "NH.html",
    "/data",
    *"Ctrl Shift Alt Del Return Right Space".split(),  # names of keys
    *filter(None, calendar.month_abbr),
    *filter(None, calendar.month_name),
    *calendar.day_abbr,
    *WORDS,  # filters are written the same in all languages
    *(word for words in WORDS.values() for word in words if word.isalpha()),
)
DATA_FOLDER = "/data"


def _value(name: str, value: Detail | None) -> Detail:
    if value is not None:
        return value
    return "2026-11-24T11:20:00+00:00" if name in MOMENTS else "NH"


ALL_DETAILS = [
    ActivityEntry(
        datetime.now(UTC), "john", "desk-7", action, "0a", "My organization", "0b", "NewHealth App", {name: value}
    )
    for (name, value), action in zip(
        ((name, _value(name, value)) for name, value in DETAIL_WORDS),
        itertools.cycle(Action),
        strict=False,
    )
]
SIZES = [(1200, 760), (900, 600)]


def fill(folder: Path, vault: InMemoryVault) -> None:
    """Store apps of all kinds, one of which stays unfinished."""
    repository = TinyRepository(folder)
    stored_app(repository, vault, "NewHealth App", key=KEY)
    stored_app(repository, vault, "EMR integration", sessions=False, csrf=False, enabled=False)
    stored_app(repository, vault, "Trial portal", created=datetime.now(UTC) - timedelta(days=40))
    today = datetime.now(UTC).date()
    for label, fields in (
        ("NewHealth App", {"expires": today + timedelta(days=5)}),
        ("Trial portal", {"review": today}),
    ):
        app = next(app for app in repository.apps() if app.label == label)
        repository.change_app(app.id, lambda app, fields=fields: replace(app, owner="NH", **fields))
    half = stored_app(repository, vault, "Half", state=AppState.CREATING)
    stored_app(
        repository, vault, GONE, state=AppState.DELETED, purge_after=datetime.now(UTC) + timedelta(days=20, hours=1)
    )
    repository.save_org(Org(new_id(), "Clinic", "clinic", Environment.PRODUCTION, "https://api.medable.com"))
    repository.close()

    def never_answer(operation: str, ref: SecretRef | None) -> None:
        if ref is not None and ref.app_id == half.id:
            raise VaultTimeout("Test keychain")  # leaves the unfinished row as it is

    vault.before = never_answer


@pytest.fixture
def desk(
    qapp: QApplication,
    folder: Path,
    vault: InMemoryVault,
    start: Callable[..., Desk],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[Desk]:
    """The window in the pseudo-language, with apps of all kinds."""
    monkeypatch.setattr("cortex_desktop.ui.kit.i18n.install_translations", pseudo.install)
    fill(folder, vault)
    desk = start()
    desk.wait(lambda: desk.apps.model.total == 4)
    desk.apps.model.mark_missing(desk.app("Trial portal").id)
    yield desk
    desk.close()
    pseudo.stop(qapp)


def scenes(desk: Desk) -> Iterator[str]:
    """Every page and state of the window, one after the other."""
    console, page, workspace = desk.console, desk.apps.page, desk.workspace
    signing = desk.app("EMR integration")
    page.select(desk.app("NewHealth App").id)
    yield "apps"
    page.open_details()
    yield "details"
    page.select(signing.id)
    yield "details of a signing app"
    desk.tools.reveal.show(signing.id, Secret(KEY), 30)
    yield "revealed"
    desk.tools.reveal.end()
    versions = (KeptVersion(1, signing.key_ends, signing.sessions, datetime.now(UTC) + timedelta(days=7)),)
    workspace.put(replace(signing, version=2, last_version=2, kept=versions, rotated=datetime.now(UTC)))
    yield "details of a rotated app"
    workspace.put(signing)
    page.close_details()
    page.search.setText("NH NH")
    yield "nothing found"
    page.search.setText("NH:NH")
    yield "no filter"
    page.search.setText("is:NH created:<9NH owner: is:enabled")
    yield "filters that make no sense"
    for text in ("sessions:on", "owner:NH"):
        page.look_for(text)
        yield f"filter {text}"
    page.look_for("")
    for column in (AppColumn.OWNER, AppColumn.EXPIRES):
        page.table.columns.show(column, True)
    yield "more columns"
    page.table.columns.reset()
    for state in (VaultState.LOCKED, VaultState.MISSING, VaultState.FAILED):
        workspace.keychain_changed.emit(KeychainStatus("Test keychain", state))
        yield f"keychain {state.value}"
    workspace.keychain_changed.emit(KeychainStatus("Test keychain", VaultState.UNLOCKED))
    workspace.damage_found.emit(Damage(True, "apps.json.damaged", datetime.now(UTC), 5, 2))
    yield "damaged"
    workspace.damage_found.emit(Damage(True, "apps.json.damaged"))
    yield "damaged without backup"
    for standing, answers in ANSWERS.items():
        desk.program.standing.show(Seen(standing, answers, Claim("", 1, "apps.json.damaged", ""), None))
        yield f"standing: {standing.value}"
    jump = ClockJump(datetime.now(UTC) - timedelta(days=60), datetime.now(UTC), 3)
    desk.program.standing.show(Seen(Standing.KNOWN, (), None, jump))
    yield "clock"
    desk.program.standing.show(Seen(Standing.KNOWN, (), None, None))
    page.storage_banner.hide()
    for error in (*(VaultError(problem, "Test keychain") for problem in VaultProblem), VaultTimeout("Test keychain")):
        console.status_messages.show_error(error)
        yield f"toast: {error.title.source}"
        dismiss(desk)
    workspace.recovered.emit(RecoveryReport(("a",), ("b", "c")))
    workspace.waiting.busy.emit(True)
    yield "waiting"
    workspace.waiting.slow.emit()
    yield "waiting for long"
    workspace.waiting.busy.emit(False)
    dismiss(desk)
    page.select(desk.app("NewHealth App").id)
    desk.apps.copy(SecretKind.API_KEY)
    desk.wait(lambda: desk.tools.toasts.shown)
    yield "copied"
    desk.tools.clipboard.clear()
    dismiss(desk)
    console.show_palette()
    yield "palette"
    desk.palette().edit.setText("NH NH")
    yield "palette: nothing found"
    console.show_palette()
    yield from many(desk)
    yield from activity(desk)
    yield from overview(desk)
    yield from on_organization_page(desk)
    desk.program.apps.open()


def overview(desk: Desk) -> Iterator[str]:
    """The Overview page and what it may say."""
    desk.program.overview.open()
    page, workspace = desk.program.overview.presenter.page, desk.workspace
    desk.wait(lambda: page.copies.marks)
    yield "overview"
    workspace.set_check(KeychainCheck(datetime.now(UTC), frozenset()))
    desk.let_pass(20)
    yield "overview: keychain checked"
    apps, today = desk.apps.model.all_apps(), datetime.now(UTC).date()
    dates = [-400, -1, 0, 1, 5]
    workspace.put_all(
        [
            ListedApp(replace(app, expires=today + timedelta(days), review=today + timedelta(days + 1), enabled=True))
            for app, days in zip(apps, dates, strict=False)
        ]
    )
    desk.apps.model.mark_missing(apps[-1].id)
    desk.let_pass(20)
    yield "overview: much is due"
    page.set_no_copies("")
    page.load_failed(in_data_folder(Path(DATA_FOLDER)))
    desk.program.overview.presenter.refresh()
    desk.apps.model.mark_whole(apps[-1].id)
    workspace.put_all([ListedApp(app) for app in apps])
    desk.program.overview.presenter._saved(Path(DATA_FOLDER, "NH.html"), None)
    desk.let_pass(50)
    yield "overview: report saved"
    dismiss(desk)


def many(desk: Desk) -> Iterator[str]:
    """Several apps selected, and all that may be said of what is done to them together."""
    page = desk.apps.page
    bar = page.bulk
    page.select_all()
    page.open_details()
    yield "several selected"
    page.close_details()
    apps = [desk.app(label) for label in LABELS]
    for action in (Enable(), Disable(), Delete(), Restore(), Rotate(timedelta(0)), RollBack({})):
        name = type(action).__name__
        bulk = Bulk(action, apps, desk.program.services.apps)
        bar.begin(bulk)
        yield f"bulk {name}: begun"
        bulk._rest.popleft()
        bulk.changed, bulk.already = apps[:1], apps[1:2]
        bar.show_outcome(bulk, undoable=True)
        desk.let_pass(20)
        yield f"bulk {name}: cancelled"
        bulk.stopped = VaultError(VaultProblem.LOCKED, "Test keychain")
        bulk.refused = [Refused(apps[0], ChangedSince("NewHealth App"))]
        bar.show_outcome(bulk, undoable=True)
        desk.let_pass(20)  # the bar gets higher, and then what is in it
        yield f"bulk {name}: stopped"
    bulk.changed = []
    bar.show_outcome(bulk, undoable=False)
    yield "bulk: nothing changed"
    bar.begin(bulk)
    bar.slow()
    yield "bulk: slow"
    bar.stopping()
    yield "bulk: stopping"
    bar.hide()
    page.select(apps[0].id)


def report(desk: Desk) -> None:
    """Open the list of apps that bulk work was about."""
    apps, bulk = [desk.app(label) for label in LABELS], desk.apps.bulk
    bulk._bulk = Bulk(Rotate(timedelta(0)), apps, desk.program.services.apps)
    bulk._bulk.changed, bulk._bulk.already = apps[:1], apps[1:2]
    bulk._bulk.refused = [Refused(apps[2], ChangedSince("Trial portal"))]
    bulk.show_list()


def activity(desk: Desk) -> Iterator[str]:
    """The Activity page and what it may say."""
    log = desk.program.activity.reader
    desk.program.activity.open()
    page = desk.program.activity.presenter.page
    desk.wait(lambda: page.model.rowCount() and page.bars.marks)
    yield "activity"
    entries = [ALL_DETAILS[0], *ALL_DETAILS, None]
    places = list(range(len(entries), 0, -1))
    days = {places[0]: today(), places[-1]: today() - timedelta(days=1)}
    log.begun.emit()
    log.older.emit(Found(places, [places[0], *places[2:]], days))
    log.fetched.emit(places, [Logged(place, "", each) for place, each in zip(places, entries, strict=True)])
    yield "activity of all kinds"
    page.table.toggle(1)
    yield "activity: an open run"
    page.bars.set_counts(page.days, [0] * len(page.days))
    yield "activity: nothing in these days"
    log.broken.emit([Break(harm, 7, 7 + last, 8) for harm in Harm for last in (0, 1)])
    yield "activity: broken"
    log.broken.emit([])
    dismiss(desk)
    page.apps.setCurrentIndex(1)
    desk.wait(page.model.rowCount)
    yield "activity of all organizations"
    page.search.setText("NH NH")
    desk.wait(lambda: page.empty.isVisible())
    yield "activity: nothing found"
    log.begun.emit()
    desk.pass_time(BUSY_SECONDS)
    yield "activity: searching"
    log.failed.emit(log_not_read(OSError(), Path(DATA_FOLDER)))
    yield "activity: cannot be read"
    page.search.clear()
    page.apps.setCurrentIndex(0)
    page.show_copies(today() - timedelta(days=6), today())
    yield "activity: from a day to a day"
    page.choose_day(None)
    desk.program.activity.presenter._toast = None
    log._export = object()
    desk.program.activity.presenter._show_progress()
    yield "activity: exporting"
    log._export = None
    log.exported.emit(Export(range(2), Path(DATA_FOLDER, "NH.csv"), "csv", "", ""))
    yield "activity: exported"
    log.export_failed.emit(in_data_folder(Path(DATA_FOLDER)))
    yield "activity: not exported"
    dismiss(desk)


def on_organization_page(desk: Desk) -> Iterator[str]:
    """What the Organization page and the switcher say."""
    console, workspace = desk.console, desk.workspace
    desk.program.orgs.open()
    page = console.pages.currentWidget()
    yield "organization"
    form, clinic = page.form, next(org for org in workspace.orgs if org.code == "clinic")
    form.name.setText("Clinic")
    form.code.setText("clinic")
    form.endpoint.setCurrentText("https://api.medable.com")
    yield "organization: taken for another"
    form.environment.setCurrentIndex(4)
    for field, text in ((form.own_environment, ""), (form.code, "a b"), (form.endpoint.lineEdit(), "x")):
        field.setText(text)
        yield "organization: refused"
    page.not_saved(StorageError("The disk is full", "Nothing was changed.", "Try again."))
    page.discard.click()
    console.switch_org()
    yield "switcher"
    desk.palette().edit.setText("NH NH")
    yield "switcher: nothing found"
    console.switch_org()
    workspace.enter(clinic.id)
    yield "production"
    desk.program.orgs.presenter._removed(clinic)
    yield "organization removed"
    dismiss(desk)
    workspace.enter(next(org.id for org in workspace.orgs if org.code == "my-org"))
    desk.program.apps.open()


def removed_org(desk: Desk) -> Org:
    return replace(desk.workspace.orgs[0], purge_after=datetime.now(UTC))


def in_production(desk: Desk, act: Callable[[], object]) -> None:
    """Do this to the first app while a production org is the current one."""
    workspace, app = desk.workspace, desk.app("NewHealth App")
    workspace.enter(next(org.id for org in workspace.orgs if org.code == "clinic"))
    act(app)
    workspace.enter(app.org_id)
    desk.apps.page.select(app.id)


def dismiss(desk: Desk) -> None:
    for toast in list(desk.tools.toasts.shown):
        toast.leave()


def dialogs(desk: Desk) -> Iterator[tuple[str, QWidget]]:
    """Every dialog and what it may say."""
    console = desk.console
    work = desk.program.orgs.presenter
    desk.apps.saved.save("NH", "is:enabled")
    desk.apps.page.select(desk.app("NewHealth App").id)
    for name, act in (
        ("create", desk.apps.forms.ask_new_app),
        ("duplicate", desk.apps.forms.ask_duplicate),
        ("edit", desk.apps.forms.ask_edit),
        ("take in", desk.apps.forms.ask_import_key),
        ("preferences", console.show_preferences),
        ("about", console.show_about),
        ("add organization", desk.program.orgs.presenter.ask_add),
        ("remove organization", lambda: work._ask_remove(removed_org(desk), Content(2, 1))),
        ("remove empty organization", lambda: work._ask_remove(removed_org(desk), Content())),
        ("removed organizations", lambda: work._show_removed([removed_org(desk)])),
        ("no removed organizations", lambda: work._show_removed([])),
        ("remove for good", lambda: work._ask_purge(removed_org(desk))),
        ("rotate in production", lambda: in_production(desk, desk.apps._ask_rotate)),
        ("rotate several in production", lambda: in_production(desk, lambda one: desk.apps.bulk.ask_rotate([one] * 2))),
        ("disable in production", lambda: in_production(desk, lambda one: desk.apps.bulk.set_enabled([one], False))),
        ("delete in production", lambda: in_production(desk, desk.apps._ask_delete)),
        ("delete many in production", lambda: in_production(desk, lambda one: desk.apps.bulk.ask_delete([one] * 12))),
        ("remove data", console.ask_remove_data),
        ("updates", desk.program.updates.ask),
        ("delete", desk.apps.ask_delete),
        ("rotate", desk.apps.ask_rotate),
        ("rotate several", lambda: desk.apps.bulk.ask_rotate(desk.apps.model.all_apps())),
        ("delete several", lambda: desk.apps.bulk.ask_delete(desk.apps.model.all_apps() * 5)),
        ("which apps", lambda: report(desk)),
        ("check keychain", desk.apps.check_keychain),
        ("type the key", lambda: desk.apps.checks.ask_key(desk.apps.model.all_apps()[0])),
        ("recently deleted", desk.apps.show_deleted),
        ("shortcuts", console.show_shortcuts),
        ("save filter", lambda: desk.apps.ask_filter_name("is:enabled")),
    ):
        act()
        dialog = desk.dialog()
        yield name, dialog
        if isinstance(dialog, BulkReport):
            for group in range(1, dialog.groups.count()):
                dialog.groups.setCurrentIndex(group)
                yield f"{name}: {group}", dialog
        if isinstance(dialog, RotateDialog):
            dialog.keep.setCurrentIndex(dialog.keep.count() - 1)
            yield f"{name}: nothing kept", dialog
        if isinstance(dialog, DoctorDialog):
            app = desk.apps.model.all_apps()[0]
            ref = app.ref(SecretKind.API_KEY)
            other = replace(ref, app_id="12345678" * 4)
            dialog.surveyed([Stray(other, is_ours) for is_ours in (True, False)])
            dialog.checked([Finding(app, ref, problem) for problem in Problem])
            yield "check keychain: everything", dialog
        if name == "create":
            for label in ("NewHealth App", "a\tb", "x" * 121, "x" * 119, "NewHealth App"):
                dialog.name.setText(label)
                yield f"create: {label[:5]}", dialog
        if name == "edit":
            dialog.sessions.click()
            yield "edit: another Sessions", dialog
            dialog.expires.box.setChecked(True)
            dialog.review.day.setDate(QDate(2020, 2, 2))
            dialog.review.box.setChecked(True)
            yield "edit: past", dialog
            dialog.owner.setText("x" * 121)
            yield "edit: refused", dialog
        if name == "take in":
            for text in (
                "",
                "key " + KEYS[0],
                "x " + " ".join(KEYS),
                SECRET,
                f"CLIENT_KEY={KEYS[0]}\nCLIENT_SECRET={SECRET}\n",
                f"CLIENT_KEY={KEYS[0]}\n# CLIENT_KEY={KEYS[1]}\n\nSIGN_SECRET={SECRET}\n",
                "yourMedableClientKey12",
            ):
                dialog.take(text)
                yield f"take in: {text[:3]}", dialog
                dialog.sessions.click()
                yield f"take in: {text[:3]}, another Sessions", dialog
        if isinstance(dialog, WaitingDialog):
            for problem in VaultProblem:
                dialog.fail(VaultError(problem, "Test keychain"))
                yield f"{name}: {problem.value}", dialog
            dialog.begin()
            dialog.show_busy(True)
            yield f"{name}: busy", dialog
            dialog.show_slow()
            yield f"{name}: slow", dialog
            dialog.set_busy(False)
        if name == "save filter":
            dialog.name.setText("NH")
            yield "save filter: replaced", dialog
        if name == "add organization":
            for field in (dialog.fields.name, dialog.fields.code):
                field.setText("a\tb")
                yield "add organization: refused", dialog
            dialog.fail(VaultTimeout("Test keychain"))
            yield "add organization: failed", dialog
        dialog.close()
        desk.no_dialog()


def known() -> Iterator[str]:
    yield from DATA
    for part in json.loads((LICENCES / "index.json").read_text("utf-8")):
        yield part["name"]
        yield from (LICENCES / part["file"]).read_text("utf-8").splitlines()


def data_of(desk: Desk) -> list[str]:
    """What may stay as it is."""
    ends = [end for app in desk.program.stores.repository.apps() for end in (app.key_ends.head, app.key_ends.tail)]
    request = desk.apps.page.details.findChild(QPlainTextEdit, "code").toPlainText().splitlines()
    return [
        *known(),
        *ends,
        *request,
        *(line.strip() for line in request),
        str(desk.program.stores.folder),
        str(desk.program.stores.folder).replace(os.sep, os.sep + "\u200b"),
        "x" * 119,
        "x" * 121,
        LOGIN_PATH,
    ]


def test_the_language_itself() -> None:
    assert pseudo.pseudo("Save {label} in %n s") == "⟦Śäṽē {label} īń %n ś ~~~~~~ ~⟧"
    text = pseudo.pseudo("&File {name} %n &&")
    assert text.startswith("⟦&F")
    for kept in ("{name}", "%n", "&&"):
        assert kept in text
    assert not re.search("[A-Za-z]{2,}", text.replace("{name}", ""))
    assert len(pseudo.pseudo("x" * 100)) >= 140
    assert pseudo.pseudo(" ") == " "


def test_every_text_in_the_window_is_translated(desk: Desk) -> None:
    desk.resize(2000, 760)  # a label that is cut short would not be known
    left: list[str] = []
    for scene in scenes(desk):
        desk.let_pass(0)
        left += [f"{scene}: {text}" for text in pseudo.untranslated(pseudo.words_of(desk.window), data_of(desk))]
    menus = pseudo.words_of_actions(desk.window.menuBar().actions())
    left += pseudo.untranslated(menus, data_of(desk))
    assert not left, "\n" + "\n".join(left)


def test_every_text_in_dialogs_and_menus_is_translated(desk: Desk) -> None:
    left: list[str] = []
    for name, dialog in dialogs(desk):
        desk.let_pass(0)
        left += [f"{name}: {text}" for text in pseudo.untranslated(pseudo.words_of(dialog), data_of(desk))]
    dots = desk.table_named("⟦Äṕṕś~~⟧")
    for widget, place in ((dots.viewport(), dots.visualRect(dots.model().index(0, 6)).center()),):
        desk.click_at(widget, place)
        menu = desk.menu()
        assert isinstance(menu, QMenu)
        left += [f"menu: {text}" for text in pseudo.untranslated(pseudo.words_of(menu), data_of(desk))]
        menu.close()
    desk.apps.page.bar.show_filters()
    shown = QApplication.activePopupWidget()
    assert shown is not None
    left += [f"filters: {text}" for text in pseudo.untranslated(pseudo.words_of(shown), data_of(desk))]
    shown.close()
    desk.apps.page.bar.show_saved()
    menu = desk.menu()
    words = pseudo.words_of_actions(menu.actions())
    left += [f"saved filters: {text}" for text in pseudo.untranslated(words, data_of(desk))]
    menu.close()
    desk.wait(lambda: QApplication.focusWindow() is not None)
    field = desk.apps.page.search
    field.setFocus()
    for typed in ("exp", "label", "own"):
        field.setText("")
        desk.type(typed)
        desk.wait(lambda: field.suggested)
        model = QApplication.activePopupWidget().model()
        rows = [model.index(row, 0) for row in range(model.rowCount())]
        words = [("offer", row.data(Qt.ItemDataRole.AccessibleTextRole)) for row in rows]
        left += pseudo.untranslated(words, data_of(desk))
    field.put_away()
    assert not left, "\n" + "\n".join(left)


def clipped(desk: Desk, widget: QWidget, **how: str) -> list[str]:
    """What is cut off once the widget is laid out: that takes several turns, and a dialog's size the window manager."""
    desk.let_pass(10)
    with contextlib.suppress(TimeoutError):
        desk.qtbot.waitUntil(lambda: not pseudo.clipped(widget, **how), timeout=2000)
    return pseudo.clipped(widget, **how)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_no_text_in_the_window_is_cut_off(desk: Desk, size: tuple[int, int]) -> None:
    desk.resize(*size)
    found: list[str] = []
    for scene in scenes(desk):
        found += [f"{scene}: {text}" for text in clipped(desk, desk.window)]
    assert not found, "\n" + "\n".join(found)


def test_no_text_in_dialogs_is_cut_off(desk: Desk) -> None:
    found: list[str] = []
    for name, dialog in dialogs(desk):
        found += [f"{name}: {text}" for text in clipped(desk, dialog)]
    assert not found, "\n" + "\n".join(found)


def test_empty_and_loading(qapp: QApplication, start: Callable[..., Desk], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cortex_desktop.ui.kit.i18n.install_translations", pseudo.install)
    desk = start()
    for size in SIZES:
        desk.resize(*size)
        desk.let_pass(10)
        assert not pseudo.untranslated(pseudo.words_of(desk.window), DATA)
        assert not pseudo.clipped(desk.window)
        desk.apps.page.empty.set_message("loader-circle", desk.apps.page.tr("Reading your apps…"), "")
        desk.let_pass(10)
        assert not pseudo.clipped(desk.window)
        desk.apps.page.loaded()
    desk.close()
    pseudo.stop(qapp)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: "x".join(map(str, size)))
def test_nor_is_english(folder: Path, vault: InMemoryVault, start: Callable[..., Desk], size: tuple[int, int]) -> None:
    repository = TinyRepository(folder)
    for label in LABELS:
        stored_app(repository, vault, label, key=KEY, sessions=label != "EMR integration")
    repository.save_org(Org(new_id(), "Clinic", "clinic", Environment.PRODUCTION, "https://api.medable.com"))
    repository.close()
    desk = start()
    desk.wait(lambda: len(desk.labels()) == 4)
    desk.resize(*size)
    found: list[str] = []
    for scene in scenes(desk):
        found += [f"{scene}: {text}" for text in clipped(desk, desk.window, end="")]
    for name, dialog in dialogs(desk):
        found += [f"{name}: {text}" for text in clipped(desk, dialog, end="")]
    assert not found, "\n" + "\n".join(found)
