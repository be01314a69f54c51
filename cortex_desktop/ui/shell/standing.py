"""What stands above every page while it is not known what the data folder is, or whether the clock is right."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import QEvent, QObject, Slot
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QLayout, QVBoxLayout, QWidget

from ...domain.errors import CortexError
from ...domain.folder import Answer, Claim, Standing
from ...domain.ports import VaultState
from ...services.apps.services import AppServices
from ...services.doctor import Doctor, Problem
from ...services.folder import ClockJump
from ...services.keychain import KeychainStatus
from ...tasks.lanes import Lane
from ..kit.dialog import Question
from ..kit.i18n import long_time
from ..kit.scrolling import LowBody, scrolled_when_low
from ..kit.toasts import TOAST_SECONDS
from ..kit.tools import Tools
from ..kit.widgets import ChoiceBanner, Look
from ..workspace import Workspace

PAGE_HEIGHT = 300
"""So many pixels, at 13 px text, are left to the page where the banner then gets a third of the height."""

Choice = tuple[str, Callable[[], object]]


@dataclass(frozen=True)
class Seen:
    """What was found out on the vault lane."""

    standing: Standing
    answers: Sequence[Answer]
    claim: Claim | None
    jump: ClockJump | None
    providers: Sequence[str] = ()
    """Names of the keychain programs that hold the apps' keys by the rows, but for the present one."""


class AbovePages(QWidget):
    """A banner across every page, which leaves room for that, and scrolls where it needs more.

    around: the layout that it is put into.
    """

    def __init__(self, look: Look, around: QLayout) -> None:
        super().__init__()
        self._around = around
        self._page_height = look.theme.px(PAGE_HEIGHT)
        self._banner = ChoiceBanner(look)
        self._body = LowBody()
        self._inside = QVBoxLayout(self._body)
        self._inside.setContentsMargins(24, 16, 24, 0)
        self._inside.addWidget(self._banner)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(scrolled_when_low(self._body))
        self._body.installEventFilter(self)
        self.hide()

    def ask(self, tone: str, icon: str, title: str, text: str, choices: Sequence[Choice]) -> None:
        """Show a message with what can be answered. Arguments as for `ChoiceBanner.show_choices`."""
        self._banner.show_choices(tone, icon, title, text, choices)
        self.show()
        self.fit()

    def hideEvent(self, event: QHideEvent) -> None:
        if not event.spontaneous():
            self._banner.hide()  # what is asked next is announced, also when it is the same
        super().hideEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize:
            self.fit()
        return super().eventFilter(watched, event)

    @Slot()
    def fit(self) -> None:
        """Take the height that the message needs in this width, as far as there is room."""
        if self.isHidden():
            return
        # All at once, so that nothing jumps under the pointer.
        self._inside.activate()
        width = self._body.width()
        needed = self._inside.totalMinimumHeightForWidth(width)
        self._body.setMinimumHeight(needed)
        self._body.resize(width, needed)
        height = self._around.geometry().height()
        self.setFixedHeight(min(needed, max(height - self._page_height, height // 3)))
        self._around.activate()


class StandingBanner(QObject):
    """Asks what the data folder is, as long as that is in doubt, and acts on the answer."""

    def __init__(
        self, tools: Tools, workspace: Workspace, apps: AppServices, doctor: Doctor, above: AbovePages
    ) -> None:
        super().__init__(above)
        self._look = tools.look
        self._dialogs = tools.dialogs
        self._toasts = tools.toasts
        self._workspace = workspace
        self._services = apps
        self._folder = apps.stores.folder
        self._doctor = doctor
        self._above = above
        self._check = workspace.check_asked.emit
        self._steps: Iterator[float] | None = None  # of giving the folder keys of its own
        workspace.loaded.connect(self.look)
        workspace.keychain_changed.connect(self._keychain_changed)
        workspace.not_removed.connect(self.look)
        workspace.hour_passed.connect(self.look)

    @Slot()
    def look(self) -> None:
        """Find out what the folder is, and ask if that is in doubt."""
        if self._steps is None:
            self._workspace.submit(Lane.VAULT, self._see, self.show)

    @Slot(KeychainStatus)
    def _keychain_changed(self, status: KeychainStatus) -> None:
        if status.state is VaultState.UNLOCKED:
            self.look()

    def _see(self) -> Seen:
        folder = self._folder
        return Seen(folder.standing(), folder.answers(), folder.claim, folder.clock_jump(), folder.providers())

    def show(self, seen: Seen) -> None:
        """Ask about what was found out, or about nothing."""
        self._workspace.in_doubt = seen.standing.is_in_doubt
        if self._steps is not None:
            return
        if seen.answers:
            title, text = self._words(seen)
            is_chosen = seen.standing is Standing.VIEWER
            tone, icon = ("info", "eye") if is_chosen else ("warning", "circle-alert")
            self._above.ask(tone, icon, title, text, self._choices(seen))
        elif seen.jump is not None:
            jump = seen.jump
            text = self.tr(
                "It went from {seen} to {now}, and %n thing(s) fell due by that. Nothing is removed until you say that "
                "the clock is right. If it is wrong, set it in the system’s settings.",
                "",
                jump.due,
            ).format(seen=long_time(jump.seen), now=long_time(jump.now))
            choices = [(self.tr("The clock is right"), self._accept_clock)]
            self._above.ask("warning", "clock", self.tr("The clock was moved forward"), text, choices)
        else:
            self._above.hide()

    def _words(self, seen: Seen) -> tuple[str, str]:
        place = seen.claim.path if seen.claim is not None else ""
        match seen.standing:
            case Standing.MOVED:
                title = self.tr("This data folder is in a new place")
                text = self.tr("It was at {place}, and is no longer there.").format(place=place)
            case Standing.RESTORED:
                title = self.tr("This data folder is older than the keychain")
                text = self.tr(
                    "The keychain holds changes that are missing here. This happens when a backup is restored."
                )
            case Standing.COPY:
                title = self.tr("This data folder is a copy")
                text = self.tr("Its keys belong to the folder at {place}.").format(place=place)
            case Standing.VIEWER:
                return (
                    self.tr("This copy is view only"),
                    self.tr("You can copy keys here, but not create, change or remove any."),
                )
            case _:
                title = self.tr("This keychain does not know this data folder")
                text = self.tr("The keys are in another keychain, or on another computer.")
                if seen.providers:
                    text = self.tr("Its keys were stored in {providers}. The keychain is {keychain} now.").format(
                        providers=self._above.locale().createSeparatedList(list(seen.providers)),
                        keychain=self._workspace.keychain_name,
                    )
        wait = self.tr("You can copy keys. Nothing is removed from the keychain until you answer.")
        return title, f"{text} {wait}"

    def _choices(self, seen: Seen) -> list[Choice]:
        names = {
            Answer.GO_ON: {
                Standing.MOVED: self.tr("I moved it here"),
                Standing.RESTORED: self.tr("I restored a backup"),
            }.get(seen.standing, self.tr("Use this keychain")),
            Answer.OWN_KEYS: self.tr("It is a copy: give it keys of its own…"),
            Answer.VIEWER: self.tr("It is a copy: view only"),
            Answer.ASK_AGAIN: self.tr("Ask me again"),
        }
        choices: list[Choice] = [(names[answer], partial(self._answer, answer, seen)) for answer in seen.answers]
        if seen.standing is Standing.RESTORED:
            choices.append((self.tr("Show what is newer…"), self._check))
        if seen.standing is Standing.COPY:
            choices.append((self.tr("Quit"), self._dialogs.window.close))
        return choices

    def _answer(self, answer: Answer, seen: Seen) -> None:
        if answer is Answer.OWN_KEYS:
            self._ask_own_keys()
            return
        self._workspace.on_vault(
            partial(self._folder.answer, answer), partial(self._answered, answer, seen.standing), self._refused
        )

    def _answered(self, answer: Answer, standing: Standing, undo: Callable[[], None] | None) -> None:
        said = {
            Answer.GO_ON: self.tr("This folder is used from now on"),
            Answer.VIEWER: self.tr("This copy is view only"),
        }.get(answer)
        if said is not None:
            toast = self._toasts.show(said, action=self.tr("Undo") if undo is not None else "", topic="standing")
            if undo is not None:
                toast.acted.connect(partial(self._take_back, undo))
            toast.count_down(TOAST_SECONDS)
        self.look()
        if answer is Answer.GO_ON:
            self._workspace.reload()  # what was due has more time
            self._workspace.recover()
            if standing is Standing.RESTORED:
                self._workspace.submit(Lane.VAULT, self._survey, self._surveyed)

    def _take_back(self, undo: Callable[[], None]) -> None:
        self._workspace.on_vault(undo, lambda _: self.look())

    def _survey(self) -> bool:
        """Look what is newer in the keychain. Returns whether anything is."""
        self._doctor.survey()
        return any(finding.problem is Problem.NEWER for finding in self._doctor.findings())

    def _surveyed(self, is_newer: bool) -> None:
        if is_newer:
            self._check()

    def _refused(self, error: CortexError) -> None:
        self._workspace.failed.emit(error)
        self.look()

    def _accept_clock(self) -> None:
        self._workspace.on_vault(self._folder.accept_clock, self._clock_accepted, self._refused)

    def _clock_accepted(self, _: None) -> None:
        self.look()
        self._workspace.recover()

    # Keys of its own

    def _ask_own_keys(self) -> None:
        if not self._dialogs.free:
            return
        question = Question(
            self._look,
            self.tr("Give this copy keys of its own?"),
            self.tr(
                "Each app gets a copy of its key in the keychain, so that this folder and the other no longer share "
                "any. The other folder stays as it is. You can stop and continue later, but not undo it."
            ),
            self.tr("Give it keys of its own"),
            self._dialogs.window,
        )
        question.confirmed.connect(self._begin_own_keys)
        self._dialogs.open(question)

    @Slot()
    def _begin_own_keys(self) -> None:
        self._steps = self._services.own_keys.steps()
        self._show_progress(0)
        self._step()

    def _step(self) -> None:
        steps = self._steps
        if steps is not None:
            self._workspace.submit(Lane.VAULT, partial(next, steps, None), self._stepped, self._stopped_by)

    def _stepped(self, done: float | None) -> None:
        if done is None:
            self._toasts.show(
                self.tr("This folder has keys of its own"), self.tr("It shares none with the other folder any more.")
            ).count_down(TOAST_SECONDS)
            self._stop()
        else:
            self._show_progress(done)
            self._step()

    def _show_progress(self, done: float) -> None:
        title = self.tr("Giving each app a key of its own: {percent} %")
        text = self.tr("You can stop and continue later.")
        title = title.format(percent=self._above.locale().toString(round(done * 100)))
        self._above.ask("info", "loader-circle", title, text, [(self.tr("Stop"), self._stop)])

    def _stopped_by(self, error: CortexError) -> None:
        self._workspace.failed.emit(error)
        self._stop()

    @Slot()
    def _stop(self) -> None:
        if self._steps is not None:
            self._steps = None
            self._workspace.reload()  # which looks again
