"""Roles, permissions, and which role may do what where: data, read by archive.access.policy alone."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    CLERK = "clerk"  # văn thư, cán bộ số hoá
    REVIEWER = "reviewer"
    RECORDS_MANAGER = "records_manager"  # lưu trữ viên
    OFFICIAL = "official"
    LEADER = "leader"
    AUDITOR = "auditor"
    SECURITY_OFFICER = "security_officer"
    OPERATOR = "operator"  # administers, reads no contents
    SERVICE = "service"


class Permission(StrEnum):
    """`<subject>:<verb>`; docs/access.md has a line for each."""

    BATCH_INGEST = "batch:ingest"
    BATCH_READ = "batch:read"
    DOSSIER_CREATE = "dossier:create"
    DOSSIER_READ = "dossier:read"
    ITEM_READ = "item:read"
    ITEM_CORRECT = "item:correct"
    ITEM_REVIEW = "item:review"
    ITEM_PUBLISH = "item:publish"
    ITEM_FILE = "item:file"  # move, replace, supplement, withdraw
    ITEM_RECOGNISE = "item:recognise"
    STOPPED_READ = "stopped:read"
    STOPPED_REMOVE = "stopped:remove"
    PROGRESS_READ = "progress:read"
    AUDIT_READ = "audit:read"
    ACCOUNT_MANAGE = "account:manage"
    ACCOUNT_IMPERSONATE = "account:impersonate"
    SERVICE_OPERATE = "service:operate"
    REUSE_LOOK_UP = "reuse:look_up"
    PROGRAMME_MANAGE = "programme:manage"
    AGENCY_REORGANISE = "agency:reorganise"
    CUSTODY_MOVE = "custody:move"
    SCHEDULE_IMPORT = "schedule:import"
    RULE_CONFIRM = "rule:confirm"
    HOLD_READ = "hold:read"
    HOLD_PLACE = "hold:place"
    HOLD_LIFT = "hold:lift"
    DISPOSITION_PROPOSE = "disposition:propose"
    DRILL_RUN = "drill:run"
    PAPER_MANAGE = "paper:manage"
    SCANNER_MANAGE = "scanner:manage"
    REUSE_AGREE = "reuse:agree"
    REUSE_READ = "reuse:read"
    DOOR_MANAGE = "door:manage"
    WEBHOOK_MANAGE = "webhook:manage"


class Reach(StrEnum):
    """Which records a grant reaches, seen from the subtree of its assignment."""

    OWN = "own"  # any state that can be read, of agencies in the subtree
    OPEN = "open"  # published with level open, of any agency; and OWN
    PUBLISHED = "published"  # published, of agencies in the subtree


P = Permission
GRANTS: dict[Role, dict[Permission, Reach]] = {
    Role.CLERK: {
        P.BATCH_INGEST: Reach.OWN,
        P.BATCH_READ: Reach.OWN,
        P.DOSSIER_CREATE: Reach.OWN,
        P.DOSSIER_READ: Reach.OWN,
        P.ITEM_READ: Reach.OPEN,
        P.ITEM_CORRECT: Reach.OWN,
        P.ITEM_REVIEW: Reach.OWN,
        P.PROGRESS_READ: Reach.OWN,
        P.PAPER_MANAGE: Reach.OWN,
        P.SCANNER_MANAGE: Reach.OWN,
    },
    Role.REVIEWER: {
        P.BATCH_READ: Reach.OWN,
        P.DOSSIER_READ: Reach.OWN,
        P.ITEM_READ: Reach.OPEN,
        P.ITEM_CORRECT: Reach.OWN,
        P.ITEM_REVIEW: Reach.OWN,
        P.ITEM_PUBLISH: Reach.OWN,
        P.PROGRESS_READ: Reach.OWN,
    },
    Role.RECORDS_MANAGER: {
        P.BATCH_INGEST: Reach.OWN,
        P.BATCH_READ: Reach.OWN,
        P.DOSSIER_CREATE: Reach.OWN,
        P.DOSSIER_READ: Reach.OWN,
        P.ITEM_READ: Reach.OPEN,
        P.ITEM_CORRECT: Reach.OWN,
        P.ITEM_REVIEW: Reach.OWN,
        P.ITEM_PUBLISH: Reach.OWN,
        P.ITEM_FILE: Reach.OWN,
        P.ITEM_RECOGNISE: Reach.OWN,
        P.PROGRESS_READ: Reach.OWN,
        P.PROGRAMME_MANAGE: Reach.OWN,
        P.CUSTODY_MOVE: Reach.OWN,
        P.SCHEDULE_IMPORT: Reach.OWN,
        P.RULE_CONFIRM: Reach.OWN,
        P.HOLD_READ: Reach.OWN,
        P.HOLD_PLACE: Reach.OWN,
        P.HOLD_LIFT: Reach.OWN,
        P.DISPOSITION_PROPOSE: Reach.OWN,
        P.DRILL_RUN: Reach.OWN,
        P.PAPER_MANAGE: Reach.OWN,
        P.SCANNER_MANAGE: Reach.OWN,
        P.REUSE_AGREE: Reach.OWN,
        P.REUSE_READ: Reach.OWN,
    },
    Role.OFFICIAL: {P.DOSSIER_READ: Reach.OWN, P.ITEM_READ: Reach.OPEN, P.PROGRESS_READ: Reach.OWN},
    Role.LEADER: {
        P.DOSSIER_READ: Reach.OWN,
        P.ITEM_READ: Reach.OPEN,
        P.PROGRESS_READ: Reach.OWN,
        P.BATCH_READ: Reach.OWN,
        P.HOLD_READ: Reach.OWN,
        P.REUSE_READ: Reach.OWN,
    },
    Role.AUDITOR: {
        P.AUDIT_READ: Reach.OWN,
        P.PROGRESS_READ: Reach.OWN,
        P.HOLD_READ: Reach.OWN,
        P.DRILL_RUN: Reach.OWN,
        P.REUSE_READ: Reach.OWN,
    },
    Role.SECURITY_OFFICER: {P.STOPPED_READ: Reach.OWN, P.STOPPED_REMOVE: Reach.OWN, P.BATCH_READ: Reach.OWN},
    Role.OPERATOR: {
        P.ACCOUNT_MANAGE: Reach.OWN,
        P.ACCOUNT_IMPERSONATE: Reach.OWN,
        P.AGENCY_REORGANISE: Reach.OWN,
        P.SERVICE_OPERATE: Reach.OWN,
        P.DRILL_RUN: Reach.OWN,
        P.DOOR_MANAGE: Reach.OWN,
        P.WEBHOOK_MANAGE: Reach.OWN,
    },
    Role.SERVICE: {P.REUSE_LOOK_UP: Reach.PUBLISHED, P.ITEM_READ: Reach.PUBLISHED},
}
