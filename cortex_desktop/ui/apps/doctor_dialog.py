"""Check keychain: what does not match between the app list and the keychain, and what repairing it will do."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from PySide6.QtCore import QCoreApplication, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QProgressBar, QWidget

from ...domain.errors import CortexError
from ...domain.model import App
from ...domain.secret import SecretKind
from ...services.doctor import Finding, Problem, Repair, Stray
from ..kit.dialog import Dialog
from ..kit.i18n import translate_text
from ..kit.widgets import Button, Look, announce, label

BESIDE_WORDS = 56
"""Pixels of a finding's width that its box and margins take."""

SCROLL_BAR = 20
"""Pixels that it and the list's padding take."""


class DoctorDialog(Dialog):
    """Checks one app after the other, lists what does not match, repairs what the person leaves checked.

    orgs: the names of the orgs by id, to tell their apps apart where there are several; repairs: returns what can be
    done about a finding, the usual first.
    survey_asked: list items without an app, then call `surveyed` or `fail`; check_asked(str): check this app, then
    call `checked` or `fail`; repair_asked(Finding, Repair or None): do this, or the usual, then call `repaired` or
    close the dialog; ended: all that was asked for is repaired; type_asked(Finding), bring_back_asked(Stray),
    remove_asked(Stray): close the dialog and do it.
    """

    about_org = False

    survey_asked = Signal()
    check_asked = Signal(str)
    repair_asked = Signal(Finding, object)
    ended = Signal()
    type_asked = Signal(Finding)
    bring_back_asked = Signal(Stray)
    remove_asked = Signal(Stray)

    def __init__(
        self,
        look: Look,
        apps: Sequence[App],
        orgs: Mapping[str, str],
        keychain: str,
        repairs: Callable[[Finding], Sequence[Repair]],
        parent: QWidget,
    ) -> None:
        title = QCoreApplication.translate("DoctorDialog", "Check keychain")
        text = QCoreApplication.translate("DoctorDialog", "Compares your app list with what {keychain} holds.")
        super().__init__(look, title, text.format(keychain=keychain), 560, parent)
        self._keychain = keychain
        self._to_check = [app.id for app in reversed(apps)]
        self._total = len(apps)
        self._orgs = orgs if len(orgs) > 1 else {}
        self._repairs = repairs
        self._strays: Sequence[Stray] = ()
        self._to_repair: list[tuple[Finding, Repair | None]] = []
        self._repaired = 0
        self._stopped = False
        self._state = label("", "strong", wrap=True)
        self._progress = QProgressBar()
        self._progress.setRange(0, max(1, self._total))
        self._progress.setTextVisible(False)
        self._progress.setAccessibleName(title)
        self._list = QListWidget()
        self._list.setAccessibleName(self.tr("What does not match"))
        self._list.setWordWrap(True)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setMinimumHeight(look.theme.px(150))
        self._list.hide()
        self.form.addWidget(self._state)
        self.form.addSpacing(10)
        self.form.addWidget(self._progress)
        self.form.addWidget(self._list, 1)
        self.ways = QWidget()
        ways = QHBoxLayout(self.ways)
        ways.setContentsMargins(0, 10, 0, 0)
        ways.setSpacing(8)
        self._ways = {
            Repair.USE: Button(self.tr("Use it"), look),
            Repair.NEW_KEY: Button(self.tr("New key"), look),
            Repair.TYPE: Button(self.tr("Type the key again…"), look),
            Repair.FORGET_KEPT: Button(self.tr("Forget"), look),
            Repair.REMOVE: Button(self.tr("Remove"), look),
            Repair.KEEP_ONE: Button(self.tr("Keep the right one"), look),
        }
        self.bring_back = Button(self.tr("Bring back…"), look)
        for each in (*self._ways.values(), self.bring_back):
            each.setAutoDefault(False)
            each.hide()
            ways.addWidget(each)
        ways.addStretch()
        self.ways.hide()
        self.form.addWidget(self.ways)
        self.repair = Button(self.tr("Repair"), look, "primary")
        self.repair.hide()
        self.foot.addWidget(self.repair)
        self.close_button = self.add_close()
        self.close_button.setText(self.tr("Cancel"))  # the check
        self.repair.clicked.connect(self._begin_repair)
        self._list.itemChanged.connect(self._count_chosen)
        self._list.currentItemChanged.connect(self._show_ways)
        for way, button in self._ways.items():
            button.clicked.connect(partial(self._act, way))
        self.bring_back.clicked.connect(self._bring_back)
        self.finished.connect(self._stop)

    def start(self) -> None:
        """Begin to check."""
        self._next_state()
        self.survey_asked.emit()

    def surveyed(self, strays: Sequence[Stray]) -> None:
        """Take the items without an app."""
        self._strays = strays
        if not self._stopped:
            self._next_check()

    def checked(self, findings: Sequence[Finding]) -> None:
        """Take the findings for the app that was checked last."""
        for finding in findings:
            item = QListWidgetItem(self._words(finding))
            item.setData(Qt.ItemDataRole.UserRole, finding)
            if any(way is not Repair.TYPE for way in self._repairs(finding)):
                item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
                # What takes something away from the keychain's present keys is for the person to choose.
                harmless = finding.problem in (Problem.LEFTOVER, Problem.KEPT_MISSING)
                item.setCheckState(Qt.CheckState.Checked if harmless else Qt.CheckState.Unchecked)
            self._list.addItem(item)
        if not self._stopped:
            self._next_check()

    def repaired(self) -> None:
        """The finding asked for last is mended."""
        self._repaired += 1
        self._progress.setValue(self._repaired)
        if not self._stopped:
            self._next_repair()

    def fail(self, error: CortexError) -> None:
        """Checking or repairing cannot go on; say why and how far it came."""
        if self._stopped:
            return
        self._progress.hide()
        self._set_text(f"{translate_text(error.title)}. {translate_text(error.message)} {translate_text(error.advice)}")
        self._end()

    def _next_state(self) -> None:
        done = self._total - len(self._to_check)
        self._progress.setValue(done)
        shown = self.locale().toString(done)
        self._state.setText(self.tr("Checked {done} of %n app(s)…", "", self._total).format(done=shown))

    def _next_check(self) -> None:
        if self._to_check:
            self._next_state()
            self.check_asked.emit(self._to_check.pop())
            return
        self._progress.hide()
        things = self._list.count() + len(self._strays)
        self._list_strays()
        if self._list.count() == 0:
            self._set_text(self.tr("Everything matches. %n app(s) checked.", "", self._total))
            self._end()
            return
        self._set_text(self.tr("%n thing(s) do not match. Check what to repair.", "", things))
        self._list.show()
        self.repair.setVisible(any(item.flags() & Qt.ItemFlag.ItemIsUserCheckable for item in self._items()))
        self._count_chosen()
        self.close_button.setText(self.tr("Close"))
        self._list.setCurrentRow(next(row for row, item in enumerate(self._items()) if item.flags()))
        self.fit()
        self._wrap()
        self._list.setFocus()

    def _list_strays(self) -> None:
        """List items without an app, under a heading of their own."""
        if not self._strays:
            return
        heading = QListWidgetItem(self.tr("Items without an app"))
        heading.setFlags(Qt.ItemFlag.NoItemFlags)
        self._list.addItem(heading)
        names = self._names()
        for stray in self._strays:
            if stray.is_ours:
                text = self.tr("An item without an app: {what}, version {number}, {id}.")
            else:
                text = self.tr(
                    "An item without an app, perhaps of another data folder: {what}, version {number}, {id}."
                )
            ref = stray.ref
            item = QListWidgetItem(text.format(what=names[ref.kind], number=ref.version, id=ref.app_id[:8]))
            item.setData(Qt.ItemDataRole.UserRole, stray)
            self._list.addItem(item)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._wrap()

    def _wrap(self) -> None:
        """Give each finding the height that its wrapped words need: a list takes them for one line."""
        width = self._list.contentsRect().width() - SCROLL_BAR  # whether it shows or not
        room = QRect(0, 0, width - BESIDE_WORDS, 10_000)
        metrics = self._list.fontMetrics()
        for row in range(self._list.count()):
            item = self._list.item(row)
            words = metrics.boundingRect(room, Qt.TextFlag.TextWordWrap, item.text())
            item.setSizeHint(QSize(width - 8, words.height() + 14))

    @Slot()
    def _begin_repair(self) -> None:
        self._repair_all([(finding, None) for finding in self._chosen()])

    def _repair_all(self, wanted: Sequence[tuple[Finding, Repair | None]]) -> None:
        self._to_repair = list(reversed(wanted))
        self._repaired = 0
        self._progress.setRange(0, len(self._to_repair))
        self._progress.setValue(0)
        self._progress.show()
        self._list.setEnabled(False)
        self.ways.setEnabled(False)
        self.repair.setEnabled(False)
        self._next_repair()

    def _act(self, way: Repair) -> None:
        """Do this about the current finding or item."""
        chosen = self._list.currentItem().data(Qt.ItemDataRole.UserRole)
        if isinstance(chosen, Stray):
            self.remove_asked.emit(chosen)
        elif way is Repair.TYPE:
            self.type_asked.emit(chosen)
        else:
            self._repair_all([(chosen, way)])

    @Slot()
    def _bring_back(self) -> None:
        self.bring_back_asked.emit(self._list.currentItem().data(Qt.ItemDataRole.UserRole))

    @Slot()
    def _show_ways(self) -> None:
        """Offer what can be done about the current finding or item."""
        item = self._list.currentItem()
        chosen = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        ways: Sequence[Repair] = ()
        if isinstance(chosen, Finding):
            ways = self._repairs(chosen)
        elif isinstance(chosen, Stray) and chosen.is_ours:
            ways = (Repair.REMOVE,)
        for way, button in self._ways.items():
            button.setVisible(way in ways)
        self.bring_back.setVisible(isinstance(chosen, Stray) and chosen.ref.kind is SecretKind.API_KEY)
        self.ways.setVisible(bool(ways) or isinstance(chosen, Stray))

    def _next_repair(self) -> None:
        if self._to_repair:
            self._state.setText(self.tr("Repairing…"))
            self.repair_asked.emit(*self._to_repair.pop())
            return
        self.ended.emit()

    def _end(self) -> None:
        self.repair.hide()
        self.ways.hide()
        self._list.hide()
        self.close_button.setText(self.tr("Close"))
        self.close_button.setFocus()
        self.fit()

    def _set_text(self, text: str) -> None:
        self._state.setText(text)
        announce(self, text)

    def _chosen(self) -> list[Finding]:
        return [i.data(Qt.ItemDataRole.UserRole) for i in self._items() if i.checkState() is Qt.CheckState.Checked]

    def _items(self) -> list[QListWidgetItem]:
        return [self._list.item(row) for row in range(self._list.count())]

    @Slot()
    def _count_chosen(self) -> None:
        self.repair.setEnabled(bool(self._chosen()))

    @Slot()
    def _stop(self) -> None:
        self._stopped = True

    def _names(self) -> dict[SecretKind, str]:
        return {SecretKind.API_KEY: self.tr("API key"), SecretKind.API_SECRET: self.tr("API secret")}

    def _words(self, finding: Finding) -> str:
        """Return the sentence: what is wrong, and what repairing it does."""
        label, org = finding.app.label, self._orgs.get(finding.app.org_id)
        if org is not None:
            label = self.tr("{label} ({org})").format(label=label, org=org)
        values = {"label": label, "what": self._names()[finding.ref.kind], "number": finding.ref.version}
        names = {"provider": finding.app.provider, "keychain": self._keychain}
        return self._sentence(finding).format(**values, **names)

    def _sentence(self, finding: Finding) -> str:
        provider = finding.app.provider
        match finding.problem:
            case Problem.ELSEWHERE if provider:
                return self.tr("{label}: {provider} on another system has the key. It can be typed in.")
            case Problem.MISSING if provider not in ("", self._keychain):
                return self.tr(
                    "{label}: the {what} was stored in {provider}, and the keychain is {keychain} now. Switch back to "
                    "{provider}, or type the key again. Repair: a new key is made."
                )
            case Problem.ELSEWHERE:
                return self.tr("{label}: made on another system, whose keychain has the key. It can be typed in.")
            case Problem.MISSING:
                return self.tr("{label}: the {what} is not in the keychain. Repair: a new key is made.")
            case Problem.DIFFERS:
                return self.tr("{label}: the keychain holds another key. Repair: the app uses that key.")
            case Problem.NO_KEY:
                return self.tr("{label}: what the keychain holds as {what} is no key. Repair: a new key is made.")
            case Problem.REFUSED:
                return self.tr(
                    "{label}: the {what} is locked by itself. Unlock it in the keychain’s own program first."
                )
            case Problem.KEPT_MISSING:
                return self.tr(
                    "{label}: old version {number} is gone. Repair: it is no longer offered for rolling back."
                )
            case Problem.LEFTOVER:
                return self.tr("{label}: the {what} of old version {number} was left behind. Repair: it is removed.")
            case Problem.EARLIER:
                return self.tr(
                    "{label}: the keychain holds an earlier key (version {number}). Repair: the app uses it."
                )
            case Problem.NEWER:
                return self.tr(
                    "{label}: the keychain holds a newer key (version {number}). Repair: the app uses it, and the "
                    "present key is kept for 7 days."
                )
            case Problem.DOUBLE:
                return self.tr(
                    "{label}: the keychain holds the {what} of version {number} more than once. Repair: the right one "
                    "stays; another key goes under a version of its own."
                )
