"""Check keychain: what does not match between the app list and the keychain, and what repairing it will do."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QListWidget, QListWidgetItem, QProgressBar, QWidget

from ...domain.errors import CortexError
from ...domain.model import App
from ...domain.secret import SecretKind
from ...services.doctor import Finding, Problem
from ..kit.dialog import Dialog
from ..kit.i18n import translate_text
from ..kit.widgets import Button, Look, announce, label

BESIDE_WORDS = 56
"""Pixels of a finding's width that its box and margins take."""

SCROLL_BAR = 20
"""Pixels that it and the list's padding take."""


class DoctorDialog(Dialog):
    """Checks one app after the other, lists what does not match, repairs what the person leaves checked.

    orgs: the names of the orgs by id, to tell their apps apart where there are several.
    check_asked(str): check this app, then call `checked` or `fail`; repair_asked(Finding): mend it, then call
    `repaired` or `fail`.
    """

    about_org = False

    check_asked = Signal(str)
    repair_asked = Signal(Finding)

    def __init__(
        self, look: Look, apps: Sequence[App], orgs: Mapping[str, str], keychain: str, parent: QWidget
    ) -> None:
        title = QCoreApplication.translate("DoctorDialog", "Check keychain")
        text = QCoreApplication.translate("DoctorDialog", "Compares your app list with what {keychain} holds.")
        super().__init__(look, title, text.format(keychain=keychain), 560, parent)
        self._to_check = [app.id for app in reversed(apps)]
        self._total = len(apps)
        self._orgs = orgs if len(orgs) > 1 else {}
        self._to_repair: list[Finding] = []
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
        self.repair = Button(self.tr("Repair"), look, "primary")
        self.repair.hide()
        self.close_button = Button(self.tr("Cancel"), look)
        self.close_button.setDefault(True)
        self.foot.addWidget(self.close_button)
        self.foot.addWidget(self.repair)
        self.close_button.clicked.connect(self.reject)
        self.repair.clicked.connect(self._begin_repair)
        self._list.itemChanged.connect(self._count_chosen)
        self.finished.connect(self._stop)

    def start(self) -> None:
        """Begin to check."""
        self._next_check()

    def checked(self, findings: Sequence[Finding]) -> None:
        """Take the findings for the app that was checked last."""
        for finding in findings:
            item = QListWidgetItem(self._words(finding))
            item.setData(Qt.ItemDataRole.UserRole, finding)
            if finding.problem is not Problem.ELSEWHERE:
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

    def _next_check(self) -> None:
        done = self._total - len(self._to_check)
        self._progress.setValue(done)
        if self._to_check:
            shown = self.locale().toString(done)
            self._state.setText(self.tr("Checked {done} of %n app(s)…", "", self._total).format(done=shown))
            self.check_asked.emit(self._to_check.pop())
            return
        self._progress.hide()
        if self._list.count() == 0:
            self._set_text(self.tr("Everything matches. %n app(s) checked.", "", self._total))
            self._end()
            return
        self._set_text(self.tr("%n thing(s) do not match. Check what to repair.", "", self._list.count()))
        self._list.show()
        self.repair.show()
        self._count_chosen()
        self.close_button.setText(self.tr("Close"))
        self.fit()
        self._wrap()
        self._list.setFocus()

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
        self._to_repair = list(reversed(self._chosen()))
        self._repaired = 0
        self._progress.setRange(0, len(self._to_repair))
        self._progress.setValue(0)
        self._progress.show()
        self._list.setEnabled(False)
        self.repair.setEnabled(False)
        self._next_repair()

    def _next_repair(self) -> None:
        if self._to_repair:
            self._state.setText(self.tr("Repairing…"))
            self.repair_asked.emit(self._to_repair.pop())
            return
        self._progress.hide()
        self._set_text(self.tr("%n thing(s) repaired.", "", self._repaired))
        self._end()

    def _end(self) -> None:
        self.repair.hide()
        self._list.hide()
        self.close_button.setText(self.tr("Close"))
        self.close_button.setFocus()
        self.fit()

    def _set_text(self, text: str) -> None:
        self._state.setText(text)
        announce(self, text)

    def _chosen(self) -> list[Finding]:
        items = [self._list.item(row) for row in range(self._list.count())]
        return [i.data(Qt.ItemDataRole.UserRole) for i in items if i.checkState() is Qt.CheckState.Checked]

    @Slot()
    def _count_chosen(self) -> None:
        self.repair.setEnabled(bool(self._chosen()))

    @Slot()
    def _stop(self) -> None:
        self._stopped = True

    def _words(self, finding: Finding) -> str:
        """Return the sentence: what is wrong, and what repairing it does."""
        names = {SecretKind.API_KEY: self.tr("API key"), SecretKind.API_SECRET: self.tr("API secret")}
        label, org = finding.app.label, self._orgs.get(finding.app.org_id)
        if org is not None:
            label = self.tr("{label} ({org})").format(label=label, org=org)
        values = {"label": label, "what": names[finding.ref.kind], "number": finding.ref.version}
        match finding.problem:
            case Problem.ELSEWHERE:
                text = self.tr(
                    "{label}: made on another system, whose keychain holds the key. It cannot be repaired here."
                )
            case Problem.MISSING:
                text = self.tr("{label}: the {what} is not in the keychain. Repair: a new key is made.")
            case Problem.DIFFERS if finding.ref.kind is SecretKind.API_KEY:
                text = self.tr("{label}: the keychain holds another key. Repair: the list takes that key over.")
            case Problem.DIFFERS:
                text = self.tr("{label}: the {what} is not one of ours. Repair: a new key and secret are made.")
            case Problem.KEPT_MISSING:
                text = self.tr(
                    "{label}: old version {number} is gone. Repair: it is no longer offered for rolling back."
                )
            case Problem.LEFTOVER:
                text = self.tr("{label}: the {what} of old version {number} was left behind. Repair: it is removed.")
        return text.format(**values)
