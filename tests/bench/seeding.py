"""Fills data folders, activity logs and a keychain, quickly."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cortex_desktop.domain.activity import Action, ActivityEntry
from cortex_desktop.domain.model import App, new_id
from cortex_desktop.domain.secret import KeyEnds, Secret, SecretKind, SecretRef, generate
from cortex_desktop.storage.activity import ActivityFile
from cortex_desktop.storage.repository import FILE_NAME, TinyRepository

NAMES = "Patient, Clinic, Ward, Trial, Study, Kiosk, EMR, Consent, Lab, Ärzte, Köln, 東京"
KINDS = "portal, iOS, Android, integration, gateway, web app, dashboard, sync"
OWNERS = ("Ada Lovelace", "Grace Hopper", "Ärztekammer Köln", "trial-team@example.org")


def seed_folder(folder: Path, apps: int, orgs: int = 1) -> Path:
    """A data folder with so many apps, in turns in so many orgs; the folder itself.

    The program writes the first row, and the others follow its pattern in one go: a durable write for each would
    take minutes. It also writes the file in the end, for it opens what another program wrote in another way.
    """
    repository = TinyRepository(folder)
    org = repository.orgs()[0]
    ids = [org.id, *(new_id() for _ in range(1, orgs))]
    for number, org_id in enumerate(ids):
        repository.save_org(replace(org, id=org_id, name=f"Organization {number}", code=f"org-{number}"))
    if apps:
        repository.add_app(
            App(new_id(), org.id, "Pattern", False, True, datetime.now(UTC), KeyEnds("head", "tail"), "SecretService")
        )
        repository.close()
        file = folder / FILE_NAME
        tables = json.loads(file.read_text())
        pattern = tables["apps"]["1"]
        chance = random.Random(1)  # the same apps in each run
        tables["apps"] = {str(n): {**_row(pattern, n, chance), "org": ids[n % orgs]} for n in range(1, apps + 1)}
        file.write_text(json.dumps(tables, separators=(",", ":")))
    repository.save_org(repository.orgs()[0])
    repository.close()
    assert len(repository.apps()) == apps
    assert not repository.changed_outside
    return folder


def _row(pattern: dict[str, object], number: int, chance: random.Random) -> dict[str, object]:
    ends = "".join(chance.choices("ABCDEFGHabcdefgh0123456789", k=8))
    created = datetime.now(UTC) - timedelta(seconds=chance.randrange(60, 90_000_000))
    noted: dict[str, object] = {}
    if chance.random() < 0.5:
        noted["owner"] = chance.choice(OWNERS)
    if chance.random() < 0.3:
        noted["notes"] = " ".join(chance.choices(f"{NAMES} {KINDS}".replace(",", "").split(), k=25))
    if chance.random() < 0.3:
        noted["expires"] = (created + timedelta(days=1200)).date().isoformat()
    return {
        **pattern,
        **noted,
        "id": f"{chance.getrandbits(128):032x}",
        "label": f"{chance.choice(NAMES.split(', '))} {chance.choice(KINDS.split(', '))} {number}",
        "sessions": chance.random() < 0.5,
        "csrf": chance.random() < 0.8,
        "enabled": chance.random() < 0.9,
        "created": created.isoformat().replace("+00:00", "Z"),
        "key_head": ends[:4],
        "key_tail": ends[4:],
    }


def seed_activity(folder: Path, entries: int, orgs: Sequence[tuple[str, str]] = (), days: int = 579) -> None:
    """An activity log of so many entries in the last days, of 2,000 apps in these orgs (ids, names) or in 5 others."""
    chance = random.Random(7)
    orgs = orgs or [(new_id(), f"org {number}") for number in range(5)]
    apps = [
        (new_id(), f"{chance.choice(('Ärzte portal', 'Kiosk', 'Trial'))} {n}", orgs[n % len(orgs)]) for n in range(2000)
    ]
    actions = [action for action in Action if action.value]
    details = {Action.CREATED: {"sessions": True, "csrf": False}, Action.KEY_COPIED: {"clears_after": 30}}
    begin = datetime.now(UTC) - timedelta(days=days)
    apart = timedelta(days=days) / entries
    log = ActivityFile(folder)

    def entry(number: int) -> ActivityEntry:
        (app_id, label, org), action = chance.choice(apps), chance.choice(actions)
        when = begin + number * apart
        return ActivityEntry(when, "john", "desk-7", action, *org, app_id, label, details.get(action, {}))

    for start in range(0, entries, 10_000):
        log.append([entry(number) for number in range(start, min(entries, start + 10_000))])


def seed_keychain(items: int) -> None:
    """Fill the session's keychain with items like ours. Only for a keychain that is nobody's (dev.py bench)."""
    import secretstorage
    from secretstorage.util import open_session

    with closing(secretstorage.dbus_init()) as connection:
        session = open_session(connection)
        collection = secretstorage.Collection(connection, session=session)
        for _ in range(items):
            ref = SecretRef(new_id(), new_id(), SecretKind.API_KEY, 1)
            attributes = {"service": ref.service, "username": ref.username, "application": "Python keyring library"}
            secret: Secret = generate(ref.kind)
            collection.create_item("Cortex Desktop API key", attributes, secret.reveal().encode())
