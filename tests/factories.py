"""Records for tests: each method writes what is missing around the thing that is asked for, and commits."""

from __future__ import annotations

import hashlib
import itertools
import uuid
from collections.abc import Callable
from datetime import date, datetime
from typing import Any, TypeVar

from archive.access.identity import Actor, actor_of
from archive.access.permissions import Role
from archive.bootstrap import App
from archive.db.accounts import Account, Agency, Assignment
from archive.db.base import Row
from archive.db.digitization import Batch, BatchEntry
from archive.db.holdings import Dossier, Fond, Item, Receipt, StoredObject
from archive.db.states import ItemState
from archive.ids import new_id

AnyRow = TypeVar("AnyRow", bound=Row)


class Factory:
    """`make.item(state="published")`; keyword arguments are columns of the row."""

    def __init__(self, app: App, clock: Callable[[], datetime]) -> None:
        self._app = app
        self._clock = clock
        self._numbers = itertools.count(1)

    def save(self, row: AnyRow) -> AnyRow:
        with self._app.unit_of_work() as uow:
            uow.session.add(row)
        return row

    def agency(self, code: str | None = None, *, parent: Agency | None = None, **columns: Any) -> Agency:
        code = code or f"CQ{next(self._numbers):02}"
        columns.setdefault("name", f"Cơ quan {code}")
        return self.save(Agency(id=new_id(), code=code, parent_id=parent.id if parent else None, **columns))

    def account(self, login: str | None = None, **columns: Any) -> Account:
        login = login or f"user{next(self._numbers)}"
        columns.setdefault("name", f"Nguyễn Văn {login}")
        return self.save(Account(id=new_id(), login=login, created_at=self._clock(), **columns))

    def actor(
        self, role: Role | str, agency: Agency, *more: tuple[Role | str, Agency], login: str | None = None
    ) -> Actor:
        """A new account with the role over the agency's subtree (and more of them)."""
        account = self.account(login)
        for given, over in ((role, agency), *more):
            self.assignment(account, given, over)
        with self._app.unit_of_work() as uow:
            return actor_of(uow.session, account.id, self._clock())

    def assignment(self, account: Account, role: Role | str, agency: Agency, **columns: Any) -> Assignment:
        columns.setdefault("valid_from", date(2020, 1, 1))
        return self.save(
            Assignment(id=new_id(), account_id=account.id, role=str(Role(role)), agency_id=agency.id, **columns)
        )

    def fond(self, agency: Agency, **columns: Any) -> Fond:
        columns.setdefault("code", f"F{next(self._numbers):03}")
        columns.setdefault("title", f"Phông {agency.name}")
        return self.save(Fond(id=new_id(), creator_id=agency.id, agency_id=agency.id, **columns))

    def dossier(self, agency: Agency, **columns: Any) -> Dossier:
        if "fond_id" not in columns:
            columns["fond_id"] = self.fond(agency).id
        columns.setdefault("code", f"{agency.code}.2025.{next(self._numbers):07}")
        columns.setdefault("title", "Hồ sơ cấp giấy phép xây dựng")
        columns.setdefault("task_number", 1)
        columns.setdefault("year", 2025)
        return self.save(Dossier(id=new_id(), agency_id=agency.id, opened_at=self._clock(), **columns))

    def batch(self, agency: Agency, **columns: Any) -> Batch:
        columns.setdefault("number", f"LO-{agency.code}-2026-{next(self._numbers):05}")
        columns.setdefault("opened_by", self._somebody())
        columns.setdefault("task_number", 1)
        return self.save(Batch(id=new_id(), agency_id=agency.id, opened_at=self._clock(), **columns))

    def receipt(self, batch: Batch, content: bytes | None = None, **columns: Any) -> Receipt:
        """A receipt with its batch entry."""
        number = next(self._numbers)
        content = content if content is not None else f"tệp {number}".encode()
        columns.setdefault("number", f"BN-{str(batch.agency_id)[-6:]}-2026-{number:07}")
        columns.setdefault("digest", hashlib.sha256(content).hexdigest())
        columns.setdefault("size_bytes", len(content))
        columns.setdefault("media_type", "application/pdf")
        columns.setdefault("received_by", batch.opened_by)
        receipt = self.save(
            Receipt(id=new_id(), agency_id=batch.agency_id, batch_id=batch.id, received_at=self._clock(), **columns)
        )
        self.save(
            BatchEntry(
                id=new_id(),
                batch_id=batch.id,
                ordinal=number,
                outcome="stored",
                receipt_id=receipt.id,
                size_bytes=receipt.size_bytes,
                at=self._clock(),
            )
        )
        return receipt

    def item(
        self,
        agency: Agency | None = None,
        *,
        state: ItemState | str = ItemState.DESCRIBED,
        dossier: Dossier | None = None,
        receipt: Receipt | None = None,
        **columns: Any,
    ) -> Item:
        """An item in any state; its bytes are not in the store, use app.store.put for that."""
        agency = agency or self.agency()
        receipt = receipt or self.receipt(self.batch(agency))
        state = ItemState(state)
        if state is ItemState.STOPPED:
            columns.setdefault("stop_reason", "gate.secret")
        elif state is not ItemState.RECEIVED:
            columns.setdefault("master_digest", self.stored_object(receipt.digest, receipt.size_bytes).digest)
            columns.setdefault("title", f"Văn bản {receipt.number}")
            columns.setdefault("file_name", "van-ban.pdf")
            columns.setdefault("page_count", 1)
            columns.setdefault("described_at", self._clock())
        if dossier is not None:
            columns.setdefault("dossier_id", dossier.id)
            columns.setdefault("fond_id", dossier.fond_id)
            columns.setdefault("code", f"{dossier.code}.{self._next_ordinal(dossier):07}")
        columns.setdefault("task_number", 1)
        return self.save(
            Item(
                id=new_id(),
                receipt_id=receipt.id,
                agency_id=agency.id,
                state=str(state),
                received_at=receipt.received_at,
                **columns,
            )
        )

    def _next_ordinal(self, dossier: Dossier) -> int:
        with self._app.unit_of_work() as uow:
            row = uow.session.get_one(Dossier, dossier.id)
            row.last_ordinal += 1
            return row.last_ordinal

    def stored_object(self, digest: str, size_bytes: int, media_type: str = "application/pdf") -> StoredObject:
        """The catalogue's row; the same digest again is the same row."""
        with self._app.unit_of_work() as uow:
            row = uow.session.get(StoredObject, digest)
            if row is None:
                row = StoredObject(digest=digest, size_bytes=size_bytes, media_type=media_type, stored_at=self._clock())
                uow.session.add(row)
            return row

    def _somebody(self) -> uuid.UUID:
        return self.account().id
