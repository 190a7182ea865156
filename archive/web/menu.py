"""The menu: only what somebody may open."""

from __future__ import annotations

from dataclasses import dataclass

from archive import i18n
from archive.access import policy
from archive.access.identity import Actor
from archive.access.permissions import Permission


@dataclass(frozen=True, slots=True)
class Entry:
    path: str
    label: str  # message id
    permission: Permission | None = None
    other: Permission | None = None  # either opens it


ENTRIES = (
    Entry("/", "page.menu_overview"),
    Entry("/review", "page.menu_review", Permission.ITEM_REVIEW),
    Entry("/dossiers", "page.menu_dossiers", Permission.DOSSIER_READ),
    Entry("/batches", "page.menu_batches", Permission.BATCH_READ),
    Entry("/doors", "page.menu_doors", Permission.BATCH_READ, Permission.DOOR_MANAGE),
    Entry("/programme", "page.menu_programme", Permission.PROGRESS_READ),
    Entry("/reuse", "page.menu_reuse", Permission.REUSE_READ),
    Entry("/retention", "page.menu_retention", Permission.RULE_CONFIRM),
    Entry("/schedules", "page.menu_schedules", Permission.SCHEDULE_IMPORT),
    Entry("/holds", "page.menu_holds", Permission.HOLD_READ),
    Entry("/paper", "page.menu_paper", Permission.PAPER_MANAGE),
    Entry("/scanners", "page.menu_scanners", Permission.SCANNER_MANAGE),
    Entry("/stopped", "page.menu_stopped", Permission.STOPPED_READ),
    Entry("/agencies", "page.menu_agencies"),
    Entry("/accounts", "page.menu_accounts", Permission.ACCOUNT_MANAGE),
    Entry("/webhooks", "page.menu_webhooks", Permission.WEBHOOK_MANAGE),
    Entry("/audit", "page.menu_audit", Permission.AUDIT_READ),
)


def entries(actor: Actor) -> tuple[Entry, ...]:
    return tuple(entry for entry in ENTRIES if _opens(actor, entry))


def _opens(actor: Actor, entry: Entry) -> bool:
    needed = [permission for permission in (entry.permission, entry.other) if permission is not None]
    return not needed or any(policy.may(actor, permission) for permission in needed)


def roles(actor: Actor) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i18n.text(f"role.{grant.role}") for grant in actor.grants))
