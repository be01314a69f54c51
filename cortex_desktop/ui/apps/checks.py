"""The keychain check, what it found before, and the repairs that a person chooses."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from functools import partial

from PySide6.QtCore import QObject, Signal, Slot

from ...domain.errors import ChoiceNeeded, CortexError
from ...domain.model import App, AppState
from ...domain.secret import KeyEnds, Secret
from ...services.apps.create import Created
from ...services.apps.services import AppServices
from ...services.doctor import Doctor, Finding, Problem, Repair, Stray, Undo
from ...services.periods import ROLLED_BACK_KEPT
from ...tasks.lanes import Lane
from ..kit.i18n import place_of, short
from ..kit.toasts import TOAST_SECONDS
from ..kit.tools import Tools
from ..workspace import KeychainCheck, Workspace
from .keys import KeyPresenter
from .model import AppsModel

_WITHOUT_KEY = (Problem.MISSING, Problem.NO_KEY, Problem.DIFFERS)
"""The keychain does not hold the key or secret that is listed."""


class KeychainChecks(QObject):
    """Opens the check, has done what it offers, and shows what is found in the table and the overview.

    changed: other things are found.
    """

    changed = Signal()

    def __init__(
        self,
        tools: Tools,
        workspace: Workspace,
        apps: AppServices,
        doctor: Doctor,
        model: AppsModel,
        keys: KeyPresenter,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._look = tools.look
        self._dialogs = tools.dialogs
        self._toasts = tools.toasts
        self._workspace = workspace
        self._services = apps
        self._doctor = doctor
        self._model = model
        self._keys = keys
        self._found: Sequence[Finding] = ()
        self._ended: datetime | None = None
        workspace.loaded.connect(self.load)

    @Slot()
    def load(self) -> None:
        """Show what the last check of each app found."""
        self._workspace.on_disk(self._doctor.findings, self._show)

    def newer_of(self, app: App) -> int:
        """Return the number of the newest version of this app that only the keychain knows, 0 if there is none."""
        return max((f.ref.version for f in self._found if f.app.id == app.id and f.problem is Problem.NEWER), default=0)

    def _show(self, found: Sequence[Finding]) -> None:
        before, now = _without_key(self._found), _without_key(found)
        self._found = found
        self._model.mark_found(now, before - now)
        if found or self._ended is not None or self._workspace.check is not None:
            troubled = frozenset(finding.app.id for finding in found)
            self._workspace.set_check(KeychainCheck(self._ended, troubled))
        self.changed.emit()

    @Slot()
    def open(self) -> None:
        """Open the keychain check and let it look at every app of every org."""
        if not self._dialogs.free:
            return
        from .doctor_dialog import DoctorDialog

        workspace, doctor = self._workspace, self._doctor
        orgs = {org.id: org.name for org in workspace.orgs}
        apps = list(workspace.all_apps())
        name, window = workspace.keychain_name, self._dialogs.window
        dialog = DoctorDialog(self._look, apps, orgs, name, doctor.repairs, window)
        left = {app.id for app in apps}
        undos: list[Undo] = []
        repaired = 0

        def surveyed(strays: list[Stray]) -> None:
            if not left:
                self._end()
            dialog.surveyed(strays)

        def checked(app_id: str, found: list[Finding]) -> None:
            left.discard(app_id)
            if not left:
                self._end()
            dialog.checked(found)

        def mended(undo: Undo | None) -> None:
            nonlocal repaired
            repaired += 1
            if undo is not None:
                undos.append(undo)
            dialog.repaired()

        def tell() -> None:
            self._dialogs.close(dialog, partial(self._repaired, repaired, undos))

        def refused(finding: Finding, error: CortexError) -> None:
            if isinstance(error, ChoiceNeeded):
                if repaired:
                    self._repaired(repaired, undos)
                self._dialogs.close(dialog, partial(self._ask_which, finding, error.choices))
                return
            dialog.fail(error)
            if repaired:
                tell()
                workspace.failed.emit(error)

        def survey() -> None:
            workspace.submit(Lane.VAULT, doctor.survey, surveyed, dialog.fail)

        def check(app_id: str) -> None:
            workspace.submit(Lane.VAULT, partial(doctor.check, app_id), partial(checked, app_id), dialog.fail)

        def repair(finding: Finding, way: Repair | None) -> None:
            workspace.on_vault(partial(doctor.repair, finding, way), mended, partial(refused, finding))

        def type_again(finding: Finding) -> None:
            self._dialogs.close(dialog, partial(self.ask_key, finding.app))

        def bring_back(stray: Stray) -> None:
            self._dialogs.close(dialog, partial(self._bring_back, stray))

        def remove(stray: Stray) -> None:
            self._dialogs.close(dialog, partial(self._remove_stray, stray))

        dialog.survey_asked.connect(survey)
        dialog.check_asked.connect(check)
        dialog.repair_asked.connect(repair)
        dialog.ended.connect(tell)
        dialog.type_asked.connect(type_again)
        dialog.bring_back_asked.connect(bring_back)
        dialog.remove_asked.connect(remove)
        dialog.finished.connect(workspace.reload)
        dialog.finished.connect(workspace.recover)  # what a repair could not remove
        self._dialogs.open(dialog)
        dialog.start()

    def _end(self) -> None:
        """All apps were checked: keep when, and show what was found."""
        self._ended = datetime.now(UTC)
        self.load()

    # Repairs

    def _repaired(self, number: int, undos: Sequence[Undo]) -> None:
        self._tell(self.tr("%n thing(s) repaired", "", number), "", undos)

    def _ask_which(self, finding: Finding, choices: Sequence[KeyEnds]) -> None:
        """Ask which of several keys of one name is to stay."""
        from .choose_key_dialog import ChooseKeyDialog

        dialog = ChooseKeyDialog(self._look, short(finding.app.label), choices, self._dialogs.window)

        def keep(chosen: int) -> None:
            work = partial(self._doctor.repair, finding, Repair.KEEP_ONE, chosen)
            self._workspace.on_vault(work, kept)

        def kept(undo: Undo | None) -> None:
            self._repaired(1, [undo] if undo is not None else [])
            self._workspace.reload()

        dialog.chosen.connect(keep)
        self._dialogs.open(dialog)

    def use_newer(self, app: App) -> None:
        """Make the newer version that the keychain holds the app's key."""
        number = self.newer_of(app)
        take = partial(self._services.rotation.use_newer, app.id, number, ROLLED_BACK_KEPT)

        def taken(changed: App) -> None:
            self._changed(changed)
            text = self.tr("“{label}” uses version {number}. The key before it is kept for 7 days.")
            text = text.format(label=short(app.label), number=number)
            self._tell(self.tr("Newer key in use"), text, [self._roll_back(app)])

        self._workspace.on_vault(take, taken)

    def ask_key(self, app: App) -> None:
        """Ask for a key that the person has elsewhere, and store it as this app's."""
        org = next((org for org in self._workspace.orgs if org.id == app.org_id), None)
        if org is None or not self._dialogs.free or app.state is not AppState.ACTIVE:
            return
        from .type_key_dialog import TypeKeyDialog

        place = f"{short(app.label)} · {place_of(org)}"
        dialog = TypeKeyDialog(self._look, place, app.sessions, self._dialogs.window)

        def typed(made: Created) -> None:
            self._dialogs.close(dialog, partial(self._typed, app, made.app))

        def submit(key: Secret, secret: Secret | None) -> None:
            work = partial(self._services.rotation.type_key, app.id, key, secret, ROLLED_BACK_KEPT)
            self._workspace.on_vault(work, typed, dialog.fail)

        self._keys.watch(dialog)
        dialog.submitted.connect(submit)
        self._dialogs.open_waiting(dialog)

    def _typed(self, app: App, changed: App) -> None:
        self._changed(changed)
        text = self.tr("The keychain holds it as the key of “{label}”.").format(label=short(app.label))
        undo = partial(self._services.rotation.take_back, app, changed, ROLLED_BACK_KEPT)
        self._tell(self.tr("Key stored"), text, [partial(_ignore_result, undo)])

    def _changed(self, app: App) -> None:
        self._model.mark_whole(app.id)
        self._workspace.put(app)
        self.load()

    def _roll_back(self, app: App) -> Undo:
        def roll_back() -> None:
            self._services.rotation.roll_back(app.id, app.version, ROLLED_BACK_KEPT)

        return roll_back

    # Items without an app

    def _bring_back(self, stray: Stray) -> None:
        """Ask what to call the app, and bring it back."""
        from .bring_back_dialog import BringBackDialog

        proposed = self.tr("Found {id}").format(id=stray.ref.app_id[:8])
        dialog = BringBackDialog(self._look, proposed, self._dialogs.window)

        def back(app: App) -> None:
            self._dialogs.close(dialog, partial(self._brought_back, stray, app))

        def submit(label: str) -> None:
            self._workspace.on_vault(partial(self._doctor.bring_back, stray, label), back, dialog.fail)

        dialog.submitted.connect(submit)
        self._dialogs.open_waiting(dialog)

    def _brought_back(self, stray: Stray, app: App) -> None:
        self._changed(app)
        undo = partial(self._doctor.leave, stray, app)
        text = self.tr("It is listed as “{label}”.").format(label=short(app.label))
        self._tell(self.tr("App brought back"), text, [undo])

    def _remove_stray(self, stray: Stray) -> None:
        def removed(undo: Undo | None) -> None:
            self._tell(self.tr("Item removed"), "", [undo] if undo is not None else [])

        self._workspace.on_vault(partial(self._doctor.remove_stray, stray), removed)

    def _tell(self, title: str, text: str, undos: Sequence[Undo]) -> None:
        """Show what was done, with Undo for a few seconds: what takes it back may hold a secret."""
        held = list(undos)
        action = self.tr("Undo") if held else ""
        toast = self._toasts.show(title, text, action=action)

        def take_back() -> None:
            self._workspace.on_vault(partial(_call_all, tuple(reversed(held))), self._taken_back)

        toast.acted.connect(take_back)
        toast.gone.connect(held.clear)
        toast.count_down(TOAST_SECONDS, lambda _: text)

    def _taken_back(self, _: None) -> None:
        self._toasts.show(
            self.tr("Undone"), self.tr("Check keychain finds what is not right again."), icon="undo-2", tone="muted"
        ).count_down(TOAST_SECONDS)
        self._workspace.reload()


def _without_key(found: Iterable[Finding]) -> set[str]:
    return {finding.app.id for finding in found if finding.problem in _WITHOUT_KEY}


def _call_all(undos: Sequence[Undo]) -> None:
    for undo in undos:
        undo()


def _ignore_result(work: Callable[[], object]) -> None:
    work()
