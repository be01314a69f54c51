"""The panel of the selected app."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal, Slot
from PySide6.QtGui import QKeyEvent, QKeySequence, QTextOption
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPlainTextEdit,
    QScrollArea,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from ...domain.model import App, AppState, KeptVersion, Org, Origin
from ...domain.secret import SecretKind
from ...services.snippets import Snippet, masked, to_read
from ..kit.boxes import ComboBox
from ..kit.i18n import long_date, long_time
from ..kit.reveal import Reveal
from ..kit.tokens import DETAILS_WIDTH
from ..kit.widgets import Badge, Button, IconButton, Look, label
from .cortex_check import known_words
from .many_panel import BackButton, ManyPanel
from .model import AppsModel, Status
from .time_line import TimeLine


class KeyField(QFrame):
    """A key as read-only text, with its buttons beside it."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setObjectName("keyField")
        self.text = QLineEdit()
        self.text.setObjectName("keyText")
        self.text.setReadOnly(True)
        self.text.setAccessibleName(name)
        self.text.setContextMenuPolicy(Qt.ContextMenuPolicy.NoContextMenu)
        # A marked key would lie on X11's other clipboard, or by Ctrl+C on this one, with no time set.
        self.text.selectionChanged.connect(self.text.deselect)
        self.text.installEventFilter(self)
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(8, 0, 2, 0)
        self._row.setSpacing(0)
        self._row.addWidget(self.text, 1)

    def add(self, button: QWidget) -> None:
        """Put a button at the end of the field."""
        self._row.addWidget(button)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        # With nothing marked the field has no use for Ctrl+C: let the window copy the key, for a while.
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            event.ignore()
            return event.matches(QKeySequence.StandardKey.Copy)
        return False


class HidesIn(QLabel):
    """The seconds until a key hides, beside its name. Words of a fixed place: they do not move as it counts down."""

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("hint")
        self.setTextFormat(Qt.TextFormat.PlainText)
        self._counting = False

    def show_seconds(self, left: int) -> None:
        """Show that so many are left, or nothing for 0."""
        text = self.tr("Hides again in %n s", "", left) if left else ""
        if text and not self._counting:
            self.setFixedWidth(self.fontMetrics().horizontalAdvance(text) + 2)
        self._counting = bool(text)
        self.setText(text)


class DetailsPanel(QFrame):
    """Shows one app, or what several have in common, and what can be done with it.

    The actions stand at its foot, where they do not scroll away.

    reveal_asked(SecretKind), copy_asked(SecretKind), snippet_asked(Snippet): copy it; try_asked(App): make a request;
    check_asked: ask Cortex; origin_said(Origin): who made the key, where that is not known; edit_asked,
    enable_asked(bool), rotate_asked, closed; menu_asked(point): the menu with everything else; copy_kept_asked(int),
    roll_back_asked(int), drop_kept_asked(int): copy the key of this earlier version, make it current again, or remove
    it; type_asked: type the key again; use_newer_asked: use the newer key that the keychain holds.
    """

    reveal_asked = Signal(SecretKind)
    copy_asked = Signal(SecretKind)
    snippet_asked = Signal(Snippet)
    try_asked = Signal(App)
    check_asked = Signal()
    origin_said = Signal(Origin)
    edit_asked = Signal()
    enable_asked = Signal(bool)
    rotate_asked = Signal()
    menu_asked = Signal(QPoint)
    copy_kept_asked = Signal(int)
    roll_back_asked = Signal(int)
    drop_kept_asked = Signal(int)
    type_asked = Signal()
    use_newer_asked = Signal()
    closed = Signal()

    def __init__(self, look: Look, model: AppsModel, reveal: Reveal) -> None:
        super().__init__()
        self.setObjectName("details")
        self._look = look
        self._model = model
        self._reveal = reveal
        self._app: App | None = None
        self._org: Org | None = None
        self._keychain = ""

        self._title = label("", "detailsTitle", wrap=True)
        self._title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self._title.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._edit = IconButton("pencil", self.tr("Edit App"), look)
        self._close = IconButton("x", self.tr("Close details"), look)
        self.back = BackButton(look)
        self._badge = Badge(look)
        self.key = KeyField(self.tr("API key"))
        self._eye = IconButton("eye", self.tr("Reveal API key"), look)
        self._copy = IconButton("copy", self.tr("Copy API key"), look)
        self.key.add(self._eye)
        self.key.add(self._copy)
        self._hides = HidesIn()
        self._kept = label("", "hint", wrap=True)
        self._missing_text = label("", wrap=True)
        self._missing = QFrame()
        self._missing.setObjectName("problem")
        self._type = Button(self.tr("Type the key again…"), look)
        self._type.setProperty("compact", True)
        self._newer = label("", "hint", wrap=True)
        self._use_newer = Button(self.tr("Use it"), look)
        self._use_newer.setProperty("compact", True)
        self._secret_title = label(self.tr("API secret"), "strong")
        self.secret = QFrame()
        self.secret.setObjectName("keyField")
        self.secret_text = label("", "keyText")
        self._secret_eye = IconButton("eye", self.tr("Reveal API secret"), look)
        self._secret_copy = IconButton("copy", self.tr("Copy API secret"), look)
        secret_row = QHBoxLayout(self.secret)
        secret_row.setContentsMargins(8, 3, 2, 3)
        secret_row.setSpacing(0)
        secret_row.addWidget(self.secret_text, 1)
        for part in (self._secret_eye, self._secret_copy):
            secret_row.addWidget(part, 0, Qt.AlignmentFlag.AlignTop)
        self._secret_hides = HidesIn()
        self._secret_note = label(
            self.tr("Signs each request. Never put it in an app that you hand out."), "hint", wrap=True
        )
        self.time_line = TimeLine(look)
        self._facts: dict[str, tuple[QLabel, QLabel]] = {}
        self._request = QPlainTextEdit()
        self._request.setObjectName("code")
        self._request.setReadOnly(True)
        self._request.setTabChangesFocus(True)
        self._request.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self._request.setAccessibleName(self.tr("First request"))
        self._request.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._request.document().setDocumentMargin(9)
        self._request.document().documentLayout().documentSizeChanged.connect(self._fit_request)
        self.language = ComboBox(self.tr("Language of the first request"))
        self.language.setObjectName("flatBox")
        for snippet, name in (
            (Snippet.CURL, self.tr("curl")),
            (Snippet.ENV, self.tr(".env lines")),
            (Snippet.PYTHON, self.tr("Python")),
            (Snippet.JAVASCRIPT, self.tr("JavaScript")),
            (Snippet.SWIFT, self.tr("Swift")),
        ):
            self.language.addItem(name, snippet)
        self._request_copy = IconButton("copy", "", look)
        self._try = Button(self.tr("Try it"), look, icon="terminal")
        self._check = Button(self.tr("Check with Cortex"), look)
        for button in (self._try, self._check):
            button.setProperty("compact", True)
        self._rotate = Button(self.tr("Rotate key"), look, icon="rotate-cw")
        self._enable = Button("", look)
        self._enable.setToolTip(self.tr("On this computer only. Nothing changes in Cortex."))
        self._more = IconButton("ellipsis-vertical", self.tr("More actions"), look, "text")
        self._more.setObjectName("footMore")

        body = QWidget()
        body.setObjectName("detailsBody")
        column = QVBoxLayout(body)
        column.setContentsMargins(20, 20, 20, 20)
        column.setSpacing(0)
        column.addWidget(self.back, 0, Qt.AlignmentFlag.AlignLeft)
        head = QHBoxLayout()
        head.addWidget(self._title, 1)
        head.addWidget(self._edit, 0, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._close, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(head)
        column.addSpacing(6)
        column.addWidget(self._badge, 0, Qt.AlignmentFlag.AlignLeft)
        column.addSpacing(20)
        column.addLayout(_titled(label(self.tr("API key"), "strong"), self._hides))
        column.addSpacing(8)
        column.addWidget(self.key)
        column.addSpacing(5)
        column.addWidget(self._kept)
        column.addWidget(self._missing)
        newer = QHBoxLayout()
        newer.addWidget(self._newer, 1)
        newer.addWidget(self._use_newer, 0, Qt.AlignmentFlag.AlignTop)
        column.addLayout(newer)
        column.addSpacing(14)
        self._signing = QWidget()
        signing = QVBoxLayout(self._signing)
        signing.setContentsMargins(0, 0, 0, 14)
        signing.setSpacing(5)
        signing.addLayout(_titled(self._secret_title, self._secret_hides))
        signing.addSpacing(3)
        signing.addWidget(self.secret)
        signing.addWidget(self._secret_note)
        column.addWidget(self._signing)
        column.addWidget(label(self.tr("Time line"), "strong"))
        column.addSpacing(8)
        column.addWidget(self.time_line)
        column.addSpacing(16)
        column.addLayout(self._make_facts())
        question = QHBoxLayout()
        question.addSpacing(-8)  # what links have around their words
        question.addWidget(self._make_question())
        column.addLayout(question)
        self._earlier = QVBoxLayout()
        self._earlier.setSpacing(6)
        column.addLayout(self._earlier)
        column.addSpacing(18)
        request_head = QHBoxLayout()
        request_head.addWidget(label(self.tr("First request"), "strong", wrap=True), 1)
        request_head.addWidget(self.language)
        request_head.addWidget(self._request_copy)
        column.addLayout(request_head)
        column.addSpacing(4)
        column.addWidget(self._request)
        column.addSpacing(8)
        self._trying = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._trying.setSpacing(8)
        self._trying.addWidget(self._try)
        self._trying.addWidget(self._check)
        self._trying.addStretch()
        column.addLayout(self._trying)
        column.addStretch()
        self._fill_missing()
        self._actions = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._actions.setSpacing(8)
        for button in (self._rotate, self._enable):
            button.setProperty("compact", True)
            self._actions.addWidget(button)
        self._foot = QFrame()
        self._foot.setObjectName("detailsFoot")
        row = QHBoxLayout(self._foot)
        row.setContentsMargins(20, 12, 20, 12)
        row.setSpacing(8)
        row.addLayout(self._actions)
        row.addStretch()
        row.addWidget(self._more, 0, Qt.AlignmentFlag.AlignBottom)
        self.many = ManyPanel(look, model, look.theme.px(DETAILS_WIDTH) - 41)
        self._stack = QStackedLayout(self)
        self._stack.setContentsMargins(1, 0, 0, 0)
        for content, pinned in ((body, self._foot), (self.many, self.many.foot)):
            page = QWidget()
            rows = QVBoxLayout(page)
            rows.setContentsMargins(0, 0, 0, 0)
            rows.setSpacing(0)
            rows.addWidget(_scrolling(content), 1)
            rows.addWidget(pinned)
            self._stack.addWidget(page)
        self.many.closed.connect(self.closed)
        self.set_alone(False)

        self._close.clicked.connect(self.closed)
        self.back.clicked.connect(self.closed)
        self._edit.clicked.connect(self.edit_asked)
        self._eye.clicked.connect(self._ask_reveal_key)
        self._secret_eye.clicked.connect(self._ask_reveal_secret)
        self._copy.clicked.connect(self._ask_copy_key)
        self._secret_copy.clicked.connect(self._ask_copy_secret)
        self._request_copy.clicked.connect(self._ask_snippet)
        self.language.currentIndexChanged.connect(self._show_request)
        self._try.clicked.connect(self._ask_try)
        self._check.clicked.connect(self.check_asked)
        self._rotate.clicked.connect(self.rotate_asked)
        self._type.clicked.connect(self.type_asked)
        self._use_newer.clicked.connect(self.use_newer_asked)
        self._enable.clicked.connect(self._ask_enable)
        self._more.clicked.connect(self._ask_menu)
        reveal.changed.connect(self._show_key)
        reveal.ticked.connect(self._show_seconds)

    def set_org(self, org: Org, keychain: str) -> None:
        """Set the org and the keychain's name, for the panel's texts."""
        self._org = org
        self._keychain = keychain
        self._show_request()
        self._show_key()

    def set_alone(self, alone: bool) -> None:
        """Offer the way back to the table, which has no room beside the details, or a button that closes them."""
        for back, close in ((self.back, self._close), (self.many.back, self.many.close_button)):
            back.setVisible(alone)
            close.setVisible(not alone)

    def take_keyboard(self) -> None:
        """Put the keyboard on the way back."""
        shown = self.back if self._stack.currentIndex() == 0 else self.many.back
        shown.setFocus(Qt.FocusReason.OtherFocusReason)

    @property
    def foot_height(self) -> int:
        """The height of the actions at the foot, in pixels."""
        return (self._foot, self.many.foot)[self._stack.currentIndex()].sizeHint().height()

    def shows(self, app_id: str) -> bool:
        """True if this app is the one that is shown."""
        is_one = self._stack.currentIndex() == 0 and not self.isHidden()
        return is_one and self._app is not None and self._app.id == app_id

    def show_apps(self, apps: Sequence[App], busy: bool) -> None:
        """Show what these have in common. busy: bulk work is under way."""
        self.many.show_apps(apps, busy)
        self._stack.setCurrentIndex(1)

    def show_app(self, app: App, newer: int = 0) -> None:
        """Show this app. newer: the number of a later version that only the keychain knows, 0 without one."""
        self._stack.setCurrentIndex(0)
        self._app = app
        usable = app.state is AppState.ACTIVE
        self._title.setText(app.label)
        word, tone = self._model.status_words(self._model.status(app))
        self._badge.set_state(word, tone)
        facts = {
            "sessions": self.tr("On") if app.sessions else self.tr("Off"),
            "csrf": self.tr("On") if app.csrf else self.tr("Off"),
            "origin": self._origin_words(app.origin),
            "checked": self._check_words(app),
            "owner": app.owner,
            "notes": app.notes,
        }
        for name, (heading, fact) in self._facts.items():
            fact.setText(facts[name])
            for part in (heading, fact):
                part.setVisible(bool(facts[name]))
        self._who_made.setVisible(usable and app.origin is Origin.UNKNOWN)
        self._signing.setVisible(SecretKind.API_SECRET in app.kinds)
        self._enable.setText(self.tr("Disable") if app.enabled else self.tr("Enable"))
        is_missing = self._model.status(app) is Status.KEY_MISSING
        self._missing.setVisible(is_missing)
        self._missing_text.setText(self._what_to_do(app))
        self._kept.setVisible(not is_missing)
        self._type.setVisible(usable)
        self.time_line.show_app(app, self._model.age(app), datetime.now(UTC), self._model.today)
        self._newer.setText(self.tr("The keychain holds a newer key (version {number}).").format(number=newer))
        self._newer.setVisible(usable and newer > 0)
        self._use_newer.setVisible(usable and newer > 0)
        keys = (self._eye, self._copy, self._secret_eye, self._secret_copy)
        for button in (*keys, self._edit, self._request_copy, self._enable, self._rotate, self._try, self._check):
            button.setEnabled(usable)
        self._show_request()
        self._show_earlier(app)
        self._order_tab()
        self._arrange_actions()
        self._show_key()

    def _origin_words(self, origin: Origin) -> str:
        return {
            Origin.HERE: self.tr("Made here: it works in the sandbox, and Cortex does not know it"),
            Origin.CORTEX: self.tr("Cortex"),
            Origin.UNKNOWN: self.tr("Not known"),
        }[origin]

    def _check_words(self, app: App) -> str:
        if app.known is None or app.checked is None:
            return self.tr("Never asked")
        return f"{known_words(app.known)}, {long_time(app.checked)}"

    def _show_earlier(self, app: App) -> None:
        """List the versions that are kept, each with what can be done with it."""
        while (item := self._earlier.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        if app.kept:
            title = label(self.tr("Earlier keys"), "strong")
            title.setContentsMargins(0, 18, 0, 2)
            self._earlier.addWidget(title)
        for kept in app.kept:
            self._earlier.addWidget(self._earlier_key(kept, app))

    def _order_tab(self) -> None:
        """Have Tab come to what is made late where one reads it."""
        cards = [item.widget() for at in range(self._earlier.count()) if (item := self._earlier.itemAt(at)) is not None]
        buttons = [button for card in cards if card is not None for button in card.findChildren(Button)]
        answers = self._who_made.findChildren(Button)
        marks = self.time_line.line.marks
        for before, after in pairwise((self._secret_copy, *marks, *answers, *buttons, self.language)):
            QWidget.setTabOrder(before, after)

    def _earlier_key(self, kept: KeptVersion, app: App) -> QWidget:
        """An earlier version: its key's ends, how long it is kept, and what can be done with it."""
        ends = f"{kept.key_ends.head}…{kept.key_ends.tail}"
        text = self.tr("Kept until {date}").format(date=long_date(kept.until))
        if kept.sessions != app.sessions:
            text += " " + (self.tr("(Sessions on)") if kept.sessions else self.tr("(Sessions off, with its secret)"))
        card = QFrame()
        card.setObjectName("keyField")
        rows = QVBoxLayout(card)
        rows.setContentsMargins(8, 6, 8, 8)
        rows.setSpacing(4)
        rows.addWidget(label(ends, "keyText"))
        rows.addWidget(label(text, "hint", wrap=True))
        copy = Button(self.tr("Copy"), self._look)
        copy.setAccessibleName(self.tr("Copy {key}").format(key=ends))
        copy.clicked.connect(partial(self.copy_kept_asked.emit, kept.number))
        back = Button(self.tr("Roll back"), self._look)
        back.setAccessibleName(self.tr("Roll back to {key}").format(key=ends))
        back.clicked.connect(partial(self.roll_back_asked.emit, kept.number))
        drop = Button(self.tr("Remove…"), self._look)
        drop.setAccessibleName(self.tr("Remove {key}").format(key=ends))
        drop.clicked.connect(partial(self.drop_kept_asked.emit, kept.number))
        # One whose time is up is removed as soon as the keychain permits.
        offered = (copy, back, drop) if kept.until > datetime.now(UTC) else (drop,)
        line = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        line.setSpacing(6)
        for button in offered:
            button.setProperty("compact", True)
            line.addWidget(button)
        line.addStretch()
        rows.addLayout(line)
        self._turn(line, offered, self._room - 18, 6)
        return card

    @property
    def _room(self) -> int:
        """The width of what is in the panel beside the table, in pixels."""
        return self._look.theme.px(DETAILS_WIDTH) - 41

    def _arrange_actions(self) -> None:
        self._turn(self._trying, (self._try, self._check), self._room)
        self._turn(self._answers, self._who_made.findChildren(Button), self._room)
        self._turn(self._actions, (self._rotate, self._enable), self._room - self._more.sizeHint().width() - 8)

    def _turn(self, row: QBoxLayout, buttons: Sequence[QWidget], room: int, spacing: int = 8) -> None:
        """Put the buttons side by side, or below each other where long words leave no room."""
        for button in buttons:
            button.ensurePolished()
        needed = sum(button.sizeHint().width() for button in buttons) + spacing * (len(buttons) - 1)
        directions = QBoxLayout.Direction
        row.setDirection(directions.LeftToRight if needed <= room else directions.TopToBottom)

    def _fill_missing(self) -> None:
        """Say that the keychain has no key, and what can be done."""
        rows = QVBoxLayout(self._missing)
        rows.setContentsMargins(12, 10, 12, 12)
        rows.setSpacing(4)
        rows.addWidget(label(self.tr("The keychain does not hold this key"), "problemTitle", wrap=True))
        rows.addWidget(self._missing_text)
        rows.addSpacing(4)
        rows.addWidget(self._type, 0, Qt.AlignmentFlag.AlignLeft)

    def _what_to_do(self, app: App) -> str:
        """What can be done about a key that the keychain does not hold."""
        if app.provider in ("", self._keychain):
            return self.tr("Type it again if you have it elsewhere. Rotate makes a new one.")
        return self.tr("It was stored in {provider}. Switch back to that, type the key again, or rotate it.").format(
            provider=app.provider
        )

    @Slot()
    def _show_key(self) -> None:
        if self._app is None:
            return
        revealed = self._reveal.secret if self._reveal.app_id == self._app.id else None
        self.key.text.setText(revealed.reveal() if revealed else masked(self._app))
        self.key.text.setCursorPosition(0)
        self.key.text.setAccessibleName(
            self.tr("API key")
            if revealed
            else self.tr("API key, hidden, ends with {end}").format(end=self._app.key_ends.tail)
        )
        if revealed:
            self._eye.rename("eye-off", self.tr("Hide API key"))
        else:
            self._eye.rename("eye", self.tr("Reveal API key"))
        secret = self._reveal.of(self._app.id, SecretKind.API_SECRET)
        if secret is not None:
            text = secret.reveal()
            # As wide as a key, so in three lines; a line has no place of its own where it could be broken.
            self.secret_text.setText("\n".join(text[at : at + 22] for at in range(0, len(text), 22)))
            self.secret_text.setAccessibleName(self.tr("API secret"))
            self._secret_eye.rename("eye-off", self.tr("Hide API secret"))
        else:
            self.secret_text.setText("•" * 22)
            self.secret_text.setAccessibleName(self.tr("API secret, hidden"))
            self._secret_eye.rename("eye", self.tr("Reveal API secret"))
        self._show_kept()

    @Slot()
    def _show_kept(self) -> None:
        """Say where the key is kept, and where it works."""
        text = self.tr("Stored in {keychain}.").format(keychain=self._keychain) if self._keychain else ""
        if self._app is not None and not self._app.enabled:
            text += " " + self.tr("Disabled on this computer only: Cortex still accepts a key that it made.")
        else:
            text += " " + self.tr("Cortex accepts it only if Cortex made it.")
        self._kept.setText(text)
        self._show_seconds()

    @Slot()
    def _show_seconds(self) -> None:
        """Show how long what is readable stays so."""
        app_id, left = "" if self._app is None else self._app.id, self._reveal.seconds_left
        for kind, shown in ((SecretKind.API_KEY, self._hides), (SecretKind.API_SECRET, self._secret_hides)):
            shown.show_seconds(left if self._reveal.of(app_id, kind) is not None else 0)

    @Slot()
    def _show_request(self) -> None:
        """Show the first request, or what else is chosen, with the key masked."""
        snippet, name = self.language.currentData(), self.language.currentText()
        self.language.setFixedWidth(self.language.fontMetrics().horizontalAdvance(name) + 34)
        self._request_copy.rename("copy", self.tr("Copy {language}").format(language=name))
        # Going to another org, its app comes first, and then the org itself.
        if self._org is not None and self._app is not None and self._app.org_id == self._org.id:
            self._request.setPlainText(to_read(snippet, self._org, self._app))

    @Slot()
    def _ask_snippet(self) -> None:
        self.snippet_asked.emit(self.language.currentData())

    @Slot()
    def _ask_reveal_key(self) -> None:
        self.reveal_asked.emit(SecretKind.API_KEY)

    @Slot()
    def _ask_reveal_secret(self) -> None:
        self.reveal_asked.emit(SecretKind.API_SECRET)

    def confirm_copy(self, kind: SecretKind) -> None:
        """Show for a second that the key or the secret was copied."""
        (self._copy if kind is SecretKind.API_KEY else self._secret_copy).confirm()

    @Slot()
    def _ask_copy_key(self) -> None:
        self.copy_asked.emit(SecretKind.API_KEY)

    @Slot()
    def _ask_copy_secret(self) -> None:
        self.copy_asked.emit(SecretKind.API_SECRET)

    @Slot()
    def _ask_try(self) -> None:
        if self._app is not None:
            self.try_asked.emit(self._app)

    @Slot()
    def _ask_menu(self) -> None:
        self.menu_asked.emit(self._more.mapToGlobal(self._more.rect().topLeft()))

    @Slot()
    def _ask_enable(self) -> None:
        if self._app is not None:
            self.enable_asked.emit(not self._app.enabled)

    def _make_facts(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(12)
        grid.setColumnMinimumWidth(0, self._look.theme.px(100))
        grid.setColumnStretch(1, 1)
        names = {
            "sessions": self.tr("Sessions"),
            "csrf": self.tr("CSRF Protection"),
            "origin": self.tr("Key from"),
            "checked": self.tr("Cortex says"),
            "owner": self.tr("Owner"),
            "notes": self.tr("Notes"),
        }
        for row, (key, name) in enumerate(names.items()):
            value = label("", "", wrap=True)
            heading = label(name, "factName", wrap=True)
            grid.addWidget(heading, row, 0, Qt.AlignmentFlag.AlignTop)
            grid.addWidget(value, row, 1)
            self._facts[key] = (heading, value)
        return grid

    def _make_question(self) -> QWidget:
        """Ask who made a key of an older version of this program, which did not note it."""
        self._who_made = QWidget()
        column = QVBoxLayout(self._who_made)
        column.setContentsMargins(0, 12, 0, 0)
        column.setSpacing(4)
        asked = label(self.tr("Who made this key? Cortex takes only those that it made."), "hint", wrap=True)
        asked.setContentsMargins(8, 0, 8, 0)
        column.addWidget(asked)
        self._answers = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self._answers.setSpacing(0)
        for text, origin in (
            (self.tr("Cortex made it"), Origin.CORTEX),
            (self.tr("It was made here"), Origin.HERE),
        ):
            answer = Button(text, self._look, "link")
            answer.clicked.connect(partial(self.origin_said.emit, origin))
            self._answers.addWidget(answer, 0, Qt.AlignmentFlag.AlignLeft)
        self._answers.addStretch()
        column.addLayout(self._answers)
        return self._who_made

    @Slot()
    def _fit_request(self) -> None:
        """Make the box as high as its text, so that it never scrolls inside the scrolling panel."""
        # QPlainTextEdit's document measures its height in lines.
        lines = round(self._request.document().size().height())
        self._request.setFixedHeight(lines * self._request.fontMetrics().lineSpacing() + 22)


def _scrolling(body: QWidget) -> QScrollArea:
    """Put the widget into a scroll area."""
    scroll = QScrollArea()
    scroll.setWidgetResizable(True)
    scroll.setFrameShape(QFrame.Shape.NoFrame)
    scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    scroll.setWidget(body)
    return scroll


def _titled(title: QLabel, beside: QWidget) -> QHBoxLayout:
    """A heading with something at its far end."""
    row = QHBoxLayout()
    row.addWidget(title)
    row.addStretch()
    row.addWidget(beside)
    return row
