"""Pure functions from one state of an app or org to the next. The use cases in `apps` and `orgs` say when."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from ..domain.errors import AppGone, NotFinished, OrgGone, TooManyVersions
from ..domain.model import (
    LAST_VERSION,
    App,
    AppDetails,
    AppState,
    GivenUp,
    KeptVersion,
    Known,
    Org,
    OrgState,
    Origin,
    PendingVersion,
    RememberedLogin,
)
from ..domain.secret import KeyEnds


def activate(app: App) -> App:
    """Mark an app as active, now that its secrets are stored."""
    return replace(app, state=AppState.ACTIVE)


def change_details(app: App, details: AppDetails) -> App:
    """Change everything but Sessions, which changes with a version; a pending version takes the details too."""
    pending = app.pending
    if pending is not None and pending.details is not None:
        pending = replace(pending, details=replace(details, sessions=pending.sessions))
    return replace(app, **{**vars(details), "sessions": app.sessions}, pending=pending)


# Versions


def begin_version(
    app: App, key_ends: KeyEnds, number: int, details: AppDetails | None = None, origin: Origin | None = None
) -> App:
    """Give an active app a pending version, which is about to be stored; return others unchanged.

    number: higher than any that was given out, and what is in between is taken; details: the app's details from when
    the version becomes current, Sessions included; None leaves them; origin: of the new key; None for the key that it
    has already. Raises TooManyVersions.
    """
    if app.state is not AppState.ACTIVE:
        return app
    if number > LAST_VERSION:
        raise TooManyVersions
    if number <= app.last_version:
        raise ValueError("a number is used once")
    sessions = app.sessions if details is None else details.sessions
    pending = PendingVersion(number, key_ends, sessions, details, app.origin if origin is None else origin)
    taken = (*app.taken, *range(app.last_version + 1, number))
    return replace(app, pending=pending, last_version=number, taken=taken)


def move_pointer(app: App, now: datetime, until: datetime) -> App:
    """Make the pending version the current one, and keep the one before until `until`."""
    pending = app.pending
    if pending is None:
        return app
    app = replace(
        app,
        version=pending.number,
        key_ends=pending.key_ends,
        sessions=pending.sessions,
        pending=None,
        kept=(KeptVersion(app.version, app.key_ends, app.sessions, until, app.origin), *app.kept),
        rotated=now if pending.sessions == app.sessions else app.rotated,  # switching Sessions keeps the key
        origin=pending.origin,
        **_check_of(app, pending.key_ends),
    )
    return app if pending.details is None else change_details(app, pending.details)


def note_check(app: App, known: Known, now: datetime) -> App:
    """Note what Cortex said of the current key. A key that it knows came from there, whatever was noted before."""
    is_known = known not in (Known.NO, Known.NO_ORG, Known.NOT_ASKED)
    return replace(app, known=known, checked=now, origin=Origin.CORTEX if is_known else app.origin)


def _check_of(app: App, key_ends: KeyEnds) -> dict[str, Any]:
    """The last check with Cortex, which holds as long as the key is the same."""
    same = key_ends == app.key_ends
    return {"known": app.known if same else None, "checked": app.checked if same else None}


def drop_pending(app: App, until: datetime) -> App:
    """Give the pending version up, and sweep for its secrets until `until`."""
    if app.pending is None:
        return app
    given_up = GivenUp(app.pending.number, app.pending.key_ends)
    return replace(app, pending=None, given_up=(*app.given_up, given_up), sweep_until=_later(app.sweep_until, until))


def end_sweep(app: App) -> App:
    """Stop looking for late secrets: none can arrive any more."""
    return replace(app, sweep_until=None, given_up=())


def take_version(app: App, number: int, key_ends: KeyEnds, sessions: bool, now: datetime, until: datetime) -> App:
    """Make a version that the keychain holds the current one, and keep the one before until `until`."""
    kept = KeptVersion(app.version, app.key_ends, app.sessions, until, app.origin)
    return replace(
        app,
        version=number,
        last_version=max(app.last_version, number),
        key_ends=key_ends,
        sessions=sessions,
        kept=(kept, *app.kept),
        given_up=tuple(each for each in app.given_up if each.number != number),
        taken=tuple(sorted({*app.taken, *range(app.last_version + 1, number)} - {number})),
        rotated=now,
        origin=Origin.UNKNOWN,
        **_check_of(app, key_ends),
    )


def take_number(app: App, number: int) -> App:
    """Note that a key which is not the app's is stored under this number, higher than any that was given out."""
    if number <= app.last_version:
        raise ValueError("a number is used once")
    return replace(app, last_version=number, taken=(*app.taken, *range(app.last_version + 1, number + 1)))


def change_ends(app: App, number: int, key_ends: KeyEnds) -> App:
    """Note that the key of the current version, or of one that is kept, has these ends."""
    kept = tuple(replace(k, key_ends=key_ends) if k.number == number else k for k in app.kept)
    if number != app.version:
        return replace(app, kept=kept)
    return replace(app, key_ends=key_ends, **_check_of(app, key_ends))


def give_time(app: App, until: datetime) -> App:
    """Let nothing of the app go before `until`, also where its removal had begun; return it unchanged where none does.

    What it had given up it looks for no more: somebody may use that by now.
    """
    kept = tuple(replace(kept, until=max(until, kept.until)) for kept in app.kept)
    state = AppState.DELETED if app.state is AppState.DELETING else app.state
    purge_after = max(until, app.purge_after or until) if state is AppState.DELETED else None
    after = replace(end_sweep(app), kept=kept, state=state, purge_after=purge_after)
    return app if after == app else after


def swap_versions(app: App, number: int, until: datetime, details: AppDetails | None = None) -> App:
    """Make a kept version the current one, and keep the current one until `until`.

    details: what else changes with it, but for Sessions, which is the kept version's.
    """
    chosen = next((kept for kept in app.kept if kept.number == number), None)
    if chosen is None:
        return app
    others = tuple(kept for kept in app.kept if kept.number != number)
    replaced = KeptVersion(app.version, app.key_ends, app.sessions, until, app.origin)
    app = replace(
        app,
        version=number,
        key_ends=chosen.key_ends,
        sessions=chosen.sessions,
        kept=(replaced, *others),
        origin=chosen.origin,
        **_check_of(app, chosen.key_ends),
    )
    return app if details is None else change_details(app, details)


def change_kept_until(app: App, number: int, until: datetime) -> App:
    """Change until when a version is kept."""
    return replace(app, kept=tuple(replace(k, until=until) if k.number == number else k for k in app.kept))


def forget_kept(app: App, number: int, *, is_taken: bool = False) -> App:
    """Drop a kept version from the row. is_taken: the keychain holds another key under its number, which stays."""
    taken = (*app.taken, number) if is_taken else app.taken
    return replace(app, kept=tuple(kept for kept in app.kept if kept.number != number), taken=taken)


# Deleting


def mark_deleted(app: App, until: datetime) -> App:
    """Delete an app, restorable until `until`. Raises NotFinished while it is created, AppGone once it is removed."""
    if app.state is AppState.CREATING:
        raise NotFinished(app.label)  # restoring it could bring back an app without its key
    if app.state is AppState.DELETING:
        raise AppGone
    return replace(app, state=AppState.DELETED, purge_after=until)


def restore(app: App) -> App:
    """Restore a deleted app; return others unchanged. Raises AppGone once the removal of its secrets has begun."""
    if app.state is AppState.DELETING:
        raise AppGone
    if app.state is not AppState.DELETED:
        return app
    return replace(app, state=AppState.ACTIVE, purge_after=None)


def mark_for_purge(app: App, late: datetime) -> App:
    """Mark a deleted app for removal; return others unchanged. late: as for `mark_for_removal`."""
    return mark_for_removal(app, late) if app.state is AppState.DELETED else app


def mark_for_removal(app: App, late: datetime) -> App:
    """Mark an app for removal, whatever its state. late: until when a secret that was being stored may arrive."""
    if app.state is AppState.DELETING:
        return app
    begun = app.state is AppState.CREATING or app.pending is not None
    sweep_until = _later(app.sweep_until, late if begun else None)
    for login in app.logins:
        sweep_until = _later(sweep_until, login.until)
    return replace(app, state=AppState.DELETING, sweep_until=sweep_until)


def is_past_restoring(app: App, now: datetime) -> bool:
    """True if a deleted app can no longer be restored."""
    return app.state is AppState.DELETED and app.purge_after is not None and app.purge_after <= now


def is_due(app: App, now: datetime) -> bool:
    """True if secrets of the app are to leave the keychain now, by the row."""
    going = app.state is AppState.DELETING or is_past_restoring(app, now)
    return going or any(kept.until <= now for kept in app.kept)


def is_unfinished(app: App, now: datetime) -> bool:
    """True if recovery has something to do: an operation was begun, something is due, or a secret may arrive late."""
    begun = app.state in (AppState.CREATING, AppState.DELETING) or app.pending is not None
    due = is_past_restoring(app, now) or any(kept.until <= now for kept in app.kept)
    logins = any(login.until is not None for login in app.logins)
    return begun or due or logins or app.sweep_until is not None


# Remembered logins


def begin_login(app: App, number: int, place: str, late: datetime) -> App:
    """Name a login that is about to be stored. late: until when it may arrive; it is to go, unless `use_login`."""
    return replace(app, logins=(*app.logins, RememberedLogin(number, place, late)))


def use_login(app: App, number: int, now: datetime) -> App:
    """Mark this login, which is stored, as in use, and give up the one before."""
    [stored] = [login for login in app.logins if login.number == number]
    others = give_up_login(app, stored.place, now).logins
    used = (replace(login, until=None) if login.number == number else login for login in others)
    return replace(app, logins=tuple(used))


def give_up_login(app: App, place: str, now: datetime) -> App:
    """Have the login go that is remembered for the sandbox, or for an endpoint of the org, also an earlier one."""
    going = app.logins_beside(place)
    return replace(app, logins=tuple(replace(login, until=now) if login in going else login for login in app.logins))


def drop_login(app: App, number: int) -> App:
    """Name a login no more, now that the keychain does not hold it."""
    return replace(app, logins=tuple(login for login in app.logins if login.number != number))


# Orgs


def mark_org_removed(org: Org, until: datetime) -> Org:
    """Hide an org with its apps, restorable until `until`. Raises OrgGone unless it is active."""
    if org.state is not OrgState.ACTIVE:
        raise OrgGone
    return replace(org, state=OrgState.REMOVED, purge_after=until)


def restore_org(org: Org) -> Org:
    """Restore a removed org. Raises OrgGone once the removal of its apps has begun."""
    if org.state is OrgState.REMOVING:
        raise OrgGone
    return replace(org, state=OrgState.ACTIVE, purge_after=None)


def mark_org_for_purge(org: Org) -> Org:
    """Mark a removed org for removal by the next recovery; return others unchanged."""
    return replace(org, state=OrgState.REMOVING) if org.state is OrgState.REMOVED else org


def give_org_time(org: Org, until: datetime) -> Org:
    """Keep a removed org until `until`, also where its removal had begun; return others unchanged."""
    if org.state is OrgState.ACTIVE:
        return org
    return replace(org, state=OrgState.REMOVED, purge_after=max(until, org.purge_after or until))


def begin_org_removal(org: Org, now: datetime) -> Org:
    """Mark an org that can no longer be restored for removal; return others unchanged."""
    return replace(org, state=OrgState.REMOVING) if is_org_past_restoring(org, now) else org


def is_org_past_restoring(org: Org, now: datetime) -> bool:
    """True if the org's apps must be removed, and then the org."""
    due = org.purge_after is not None and org.purge_after <= now
    return org.state is OrgState.REMOVING or (org.state is OrgState.REMOVED and due)


def _later(one: datetime | None, other: datetime | None) -> datetime | None:
    return max(one, other) if one is not None and other is not None else one or other
