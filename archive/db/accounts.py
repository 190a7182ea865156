"""Agencies, and the people and programs that act for them."""

from __future__ import annotations

import uuid
from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archive.db.base import Row


class Agency(Row):
    """Cơ quan: a tree, bounded in time."""

    __tablename__ = "agency"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)  # the code that people use; identifiers by scheme lie beside
    name: Mapped[str]
    kind: Mapped[str | None]  # city, department, district, ward, commune, unit
    parent_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("agency.id"), index=True)
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    second_person_publishes: Mapped[bool] = mapped_column(default=True)


class AgencyIdentifier(Row):
    """An agency's identifier in one scheme (QĐ 20/2020, its older reversed form, mã ĐVHC) while it holds."""

    __tablename__ = "agency_identifier"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    scheme: Mapped[str]
    value: Mapped[str]
    valid_from: Mapped[date | None]
    valid_to: Mapped[date | None]
    __table_args__ = (UniqueConstraint("scheme", "value", "valid_from"),)


class AgencySuccession(Row):
    """One predecessor and one successor of a merger, split or closure; many-to-many by many rows."""

    __tablename__ = "agency_succession"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    predecessor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    successor_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    kind: Mapped[str]  # merger, split, separation, renaming, closure
    effective_on: Mapped[date]
    legal_basis: Mapped[str]
    partial: Mapped[bool] = mapped_column(default=False)  # only a part of the predecessor went there
    note: Mapped[str] = mapped_column(default="")
    __table_args__ = (UniqueConstraint("predecessor_id", "successor_id", "effective_on"),)


class Account(Row):
    __tablename__ = "account"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    login: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    kind: Mapped[str] = mapped_column(default="person")  # person, service, system
    password_hash: Mapped[str | None]  # argon2id
    password_expires_at: Mapped[datetime | None]  # of one that was made for its owner, until they change it
    totp_secret: Mapped[bytes | None] = mapped_column(LargeBinary)  # encrypted, see archive.access.encryption
    totp_key: Mapped[str | None]  # name of the key that encrypted it
    totp_last_step: Mapped[int | None]  # a code is taken once
    loopback_only: Mapped[bool] = mapped_column(default=False)
    sandbox: Mapped[bool] = mapped_column(default=False)  # of a program under test: meets invented people only
    email: Mapped[str | None]
    mail_notices: Mapped[bool] = mapped_column(default=False)  # notices come by mail, too
    failed_sign_ins: Mapped[int] = mapped_column(default=0)
    locked_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]


class Assignment(Row):
    """(account, role, agency subtree, from, to)."""

    __tablename__ = "assignment"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    role: Mapped[str]  # archive.access.permissions.Role
    agency_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("agency.id"), index=True)
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    ended_at: Mapped[datetime | None]  # ended at once, before valid_to
    given_by: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("account.id"))
    __table_args__ = (CheckConstraint("valid_to is null or valid_to >= valid_from", name="period"),)


class Session(Row):
    """One sign-in of a person in a browser; the cookie holds a secret whose digest is here."""

    __tablename__ = "session"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    token_digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    address: Mapped[str]


class ApiToken(Row):
    """A token of a service account; only its digest is kept."""

    __tablename__ = "api_token"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("account.id"), index=True)
    name: Mapped[str]
    token_digest: Mapped[str] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
    __table_args__ = (Index(None, "account_id", "name"),)
