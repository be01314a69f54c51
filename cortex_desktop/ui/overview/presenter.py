"""Keeps the Overview page up to date while it is in front, and saves its report."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Slot

from ...domain.activity import Counted
from ...domain.errors import CortexError
from ...services.health import Health, health_of, week_edges, weeks_until
from ...services.health_report import HealthReports, ReportFacts
from ...services.history import History
from ...tasks.jobs import Jobs
from ...tasks.lanes import Lane, LongJob
from ..kit.desktop import open_folder
from ..kit.file_dialog import save_dialog, with_ending
from ..kit.i18n import environment_of, first_weekday, translate_text
from ..kit.toasts import TOAST_SECONDS
from ..kit.tools import Tools
from ..workspace import Workspace
from .page import OverviewPage

FRESH_SECONDS = 60
"""How often the figures are made anew though nothing was done: keys age, days begin, time zones change."""


class CopiesCounter(QObject):
    """Counts the copies of each week with a job, and what is added later with short ones."""

    def __init__(self, jobs: Jobs, history: History, page: OverviewPage) -> None:
        super().__init__(page)
        self._jobs = jobs
        self._history = history
        self._page = page
        self._job: LongJob[Counted] | None = None
        self._org_id = ""
        self._weeks: Sequence[date] = ()
        self._edges: Sequence[datetime] = ()
        self._counts: list[int] = []
        self._end = 0
        self._again = False
        self._is_known = False

    @property
    def weeks(self) -> Sequence[date]:
        """The first days of the weeks that are counted."""
        return self._weeks

    @property
    def counts(self) -> Sequence[int] | None:
        """The copies of each week; None while they are not known."""
        return self._counts if self._is_known else None

    def show(self, org_id: str, today: date) -> None:
        """Count for this org and this day, unless it is counted already."""
        weeks = weeks_until(today, first_weekday())
        edges = week_edges(weeks)
        if (org_id, edges) == (self._org_id, self._edges):
            return
        if self._job is not None:
            self._job.cancel()
        self._org_id, self._weeks, self._edges = org_id, weeks, edges
        self._counts, self._end, self._again, self._is_known = [0] * len(weeks), 0, False, False
        self._page.copies.clear()
        self._count()

    @Slot()
    def grow(self) -> None:
        """Count what was added to the log. Asked often; one look at a time."""
        if self._job is not None:
            self._again = True
        elif self._org_id:
            self._count()

    def _count(self) -> None:
        self._again = False
        added, end = [0] * len(self._weeks), [self._end]

        def counted(part: Counted) -> None:
            end[0] = part.end
            for at, count in enumerate(part.counts):
                added[at] += count

        def ended() -> None:
            self._job = None
            self._end, self._is_known = end[0], True
            self._counts = [one + more for one, more in zip(self._counts, added, strict=True)]
            self._page.set_copies(self._weeks, self._counts)
            if self._again:
                self._count()

        def refused(error: CortexError) -> None:
            self._job = None
            self._org_id, self._is_known = "", False  # counted anew when it is shown next
            self._page.set_no_copies(f"{translate_text(error.title)}. {translate_text(error.message)}")

        steps = self._history.count_copies(self._org_id, self._edges, self._end)
        self._job = self._jobs.submit_long(Lane.SCAN, steps, self, counted, ended, refused)


class OverviewPresenter(QObject):
    """Shows the figures of the current org, and does what a person asks for on the page."""

    def __init__(
        self, tools: Tools, workspace: Workspace, jobs: Jobs, history: History, reports: HealthReports
    ) -> None:
        super().__init__(tools.dialogs)
        self._tools = tools
        self._workspace = workspace
        self._reports = reports
        self._health: Health | None = None
        self._in_front = False
        self.page = page = OverviewPage(tools.look)
        self._copies = CopiesCounter(jobs, history, page)
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.refresh)
        self._minute = tools.look.clock.timer(self)
        self._minute.timeout.connect(self._pass_minute)
        page.apps_asked.connect(workspace.apps_asked)
        page.app_asked.connect(workspace.app_asked)
        page.copies_asked.connect(workspace.copies_asked)
        page.check_asked.connect(workspace.check_asked)
        page.new_asked.connect(workspace.new_app_asked)
        page.retry_asked.connect(workspace.reload)
        page.report_asked.connect(self.ask_report)
        workspace.load_failed.connect(page.load_failed)
        workspace.recorded.connect(self._recorded)
        for changed in (
            workspace.loaded,
            workspace.orgs_changed,
            workspace.apps_put,
            workspace.apps_removed,
            workspace.keychain_changed,
            workspace.missing_changed,
            workspace.checked,
        ):
            changed.connect(self._changed)
        self.refresh()

    def set_in_front(self, in_front: bool) -> None:
        """The page is shown, or another one: only then it is kept up to date."""
        self._in_front = in_front
        if in_front:
            self.refresh()
            self._copies.grow()
        else:
            self._minute.stop()

    @Slot()
    def refresh(self) -> None:
        """Show what holds now."""
        self._soon.stop()
        org = self._workspace.org
        if org is None:
            return
        now = datetime.now(UTC)
        today, check = now.astimezone().date(), self._workspace.check
        apps = [listed.app for listed in self._workspace.current_apps()]
        self._health = health_of(
            apps,
            now,
            today,
            self._workspace.missing,
            check.troubled if check is not None else frozenset(),
            check.ended if check is not None else None,
        )
        self.page.set_org(org)
        self.page.set_health(self._health, self._workspace.keychain_name)
        self._copies.show(org.id, today)
        if self._in_front:
            self._minute.start(FRESH_SECONDS)

    @Slot()
    def ask_report(self) -> None:
        """Ask where to, and save the figures that are shown."""
        if not self._tools.dialogs.free or self._health is None or not self._health.apps.count:
            return
        name = f"key-health-{self._health.today:%Y-%m-%d}"
        dialog = save_dialog(self._tools.look, self.tr("Save report"), name, self._tools.dialogs.window)
        dialog.setNameFilters([self.tr("Report to read and print (*.html)")])
        dialog.setDefaultSuffix("html")
        dialog.fileSelected.connect(self.save_report)
        self._tools.dialogs.open(dialog)

    @Slot(str)
    def save_report(self, name: str) -> None:
        """Save the figures that hold now to this file."""
        self.refresh()
        org, health = self._workspace.org, self._health
        if org is None or health is None:
            return
        path = with_ending(name, ("html",), "html")
        facts = ReportFacts(
            org=org,
            environment=environment_of(org),
            keychain=self._workspace.keychain_name,
            health=health,
            apps=[listed.app for listed in self._workspace.current_apps()],
            weeks=self._copies.weeks,
            copies=self._copies.counts,
            made=datetime.now(UTC),
        )
        self._workspace.on_disk(partial(self._reports.save, path, facts), partial(self._saved, path))

    def _saved(self, path: Path, _: None) -> None:
        toast = self._tools.toasts.show(
            self.tr("Report saved"), path.name, action=self.tr("Open folder"), topic="report"
        )
        toast.acted.connect(partial(open_folder, str(path.parent)))
        toast.count_down(TOAST_SECONDS)

    @Slot()
    def _changed(self) -> None:
        """Show it soon, once however much has changed; or when the page comes to the front."""
        if self._in_front:
            self._soon.start()

    @Slot()
    def _pass_minute(self) -> None:
        if self._in_front:
            self.refresh()

    @Slot()
    def _recorded(self) -> None:
        if self._in_front:
            self._copies.grow()
