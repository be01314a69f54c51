"""What becomes of an app's or an org's row at each step of the two-store protocol; `apps` says when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from ..domain.errors import AppGone, NotFinished, TooManyVersions
from ..domain.model import LAST_VERSION, App, AppDetails, AppState, KeptVersion, Org, OrgState, PendingVersion
from ..domain.secret import KeyEnds


def activate(app: App) -> App:
    """The app, now that its secrets are stored."""
    return replace(app, state=AppState.ACTIVE)


def hide(app: App, until: datetime) -> App:
    """The app deleted, to be purged after `until`. Raises NotFinished while it is created, AppGone once it goes."""
    if app.state is AppState.CREATING:
        raise NotFinished(app.label)  # restoring it could bring back an app without its key
    if app.state is AppState.DELETING:
        raise AppGone
    return replace(app, state=AppState.DELETED, purge_after=until)


def describe(app: App, details: AppDetails) -> App:
    """All but Sessions, which goes with a version. What is to hold once one is stored is what was said last."""
    pending = app.pending
    if pending is not None and pending.details is not None:
        pending = replace(pending, details=replace(details, sessions=pending.sessions))
    return replace(app, **{**vars(details), "sessions": app.sessions}, pending=pending)


def begin_version(app: App, key_ends: KeyEnds, details: AppDetails | None = None) -> App:
    """The app with a version that is about to be stored, unless it is on its way out. Raises TooManyVersions.

    details: what a person decided together with Sessions, to hold from the moment at which the version does.
    """
    if app.state is not AppState.ACTIVE:
        return app
    if app.last_version >= LAST_VERSION:
        raise TooManyVersions
    number = app.last_version + 1
    pending = PendingVersion(number, key_ends, app.sessions if details is None else details.sessions, details)
    return replace(app, pending=pending, last_version=number)


def move_pointer(app: App, now: datetime, until: datetime) -> App:
    """The app with the version that was being stored as its current one, and the one before kept until then."""
    pending = app.pending
    if pending is None:
        return app
    app = replace(
        app,
        version=pending.number,
        key_ends=pending.key_ends,
        sessions=pending.sessions,
        pending=None,
        kept=(KeptVersion(app.version, app.key_ends, app.sessions, until), *app.kept),
        rotated=now if pending.sessions == app.sessions else app.rotated,  # switching Sessions keeps the key
    )
    return app if pending.details is None else describe(app, pending.details)


def swap(app: App, number: int, until: datetime, details: AppDetails | None = None) -> App:
    """The app with a kept version as its current one, and the current one kept until then. details: what else becomes
    of the app with it."""
    chosen = next((kept for kept in app.kept if kept.number == number), None)
    if chosen is None:
        return app
    others = tuple(kept for kept in app.kept if kept.number != number)
    replaced = KeptVersion(app.version, app.key_ends, app.sessions, until)
    app = replace(app, version=number, key_ends=chosen.key_ends, sessions=chosen.sessions, kept=(replaced, *others))
    return app if details is None else describe(app, details)


def give_up_pending(app: App, until: datetime) -> App:
    """The version that was being stored is no more to be. What there is, or comes, of it until then is to go."""
    if app.pending is None:
        return app
    return replace(app, pending=None, sweep_until=_later(app.sweep_until, until))


def end_sweep(app: App) -> App:
    """The app, of which nothing can come late any more."""
    return replace(app, sweep_until=None)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other


def end_kept(app: App, number: int, until: datetime) -> App:
    """The app with another time until which this version is kept."""
    return replace(app, kept=tuple(replace(k, until=until) if k.number == number else k for k in app.kept))


def forget_kept(app: App, number: int) -> App:
    """The app without this kept version, whose secrets are gone."""
    return replace(app, kept=tuple(kept for kept in app.kept if kept.number != number))


def bring_back(app: App) -> App:
    """The app no longer deleted. Raises AppGone once the removal of its secrets has begun."""
    if app.state is AppState.DELETING:
        raise AppGone
    if app.state is not AppState.DELETED:
        return app
    return replace(app, state=AppState.ACTIVE, purge_after=None)


def begin_removing(org: Org, now: datetime) -> Org:
    """The org on its way out, if its time has come."""
    return replace(org, state=OrgState.REMOVING) if is_going(org, now) else org


def is_going(org: Org, now: datetime) -> bool:
    """Whether the org's apps are to go for good, and it with them."""
    due = org.purge_after is not None and org.purge_after <= now
    return org.state is OrgState.REMOVING or (org.state is OrgState.REMOVED and due)


def begin_deleting(app: App, late: datetime) -> App:
    """The app on its way out, if it is deleted. late: as for `condemn`."""
    return condemn(app, late) if app.state is AppState.DELETED else app


def condemn(app: App, late: datetime) -> App:
    """The app is to go, whatever it was about. late: until when something that was being stored may still come."""
    if app.state is AppState.DELETING:
        return app
    begun = app.state is AppState.CREATING or app.pending is not None
    return replace(app, state=AppState.DELETING, sweep_until=_later(app.sweep_until, late if begun else None))


def is_unfinished(app: App, now: datetime) -> bool:
    """Whether something about the app's secrets is to be settled: begun, due, or perhaps still to come."""
    begun = app.state in (AppState.CREATING, AppState.DELETING) or app.pending is not None
    due = is_past_restoring(app, now) or any(kept.until <= now for kept in app.kept)
    return begun or due or app.sweep_until is not None


def is_past_restoring(app: App, now: datetime) -> bool:
    """Whether a deleted app can be restored no more."""
    return app.state is AppState.DELETED and (app.purge_after is None or app.purge_after <= now)
