"""The demo's agencies and accounts; passwords are made for this installation and taken on loopback only."""

from __future__ import annotations

import os
import uuid
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select

from archive.access.identity import LOCAL_LOGIN, LOCAL_NAME, OFFICE_HOURS, SYSTEM
from archive.access.passwords import new_password
from archive.access.permissions import Role
from archive.actions.accounts import assign_role, create_account, set_password
from archive.actions.agencies import create_agency
from archive.bootstrap import App
from archive.db.accounts import Account, Agency, Assignment
from archive.db.unit_of_work import UnitOfWork
from archive.demo.samples import Samples


@dataclass(frozen=True, slots=True)
class Person:
    login: str
    name: str
    roles: tuple[Role, ...]
    agency_code: str
    signs_in: bool = True


CLERK = Person("can.bo", "Cán bộ số hoá (trình diễn)", (Role.CLERK,), "TD")
APPROVER = Person("luu.tru", "Lưu trữ viên (trình diễn)", (Role.RECORDS_MANAGER,), "TD")
LOCAL = Person(LOCAL_LOGIN, LOCAL_NAME, (Role.RECORDS_MANAGER, Role.OPERATOR), "TD", signs_in=False)
PEOPLE = (
    CLERK,
    APPROVER,
    Person("duyet", "Người soát xét (trình diễn)", (Role.REVIEWER,), "TD"),
    Person("tra.cuu", "Công chức tra cứu của TD02 (trình diễn)", (Role.OFFICIAL,), "TD02"),
    Person("lanh.dao", "Lãnh đạo (trình diễn)", (Role.LEADER,), "TD"),
    Person("kiem.tra", "Kiểm tra nhật ký (trình diễn)", (Role.AUDITOR,), "TD"),
    Person("bao.mat", "Cán bộ bảo mật (trình diễn)", (Role.SECURITY_OFFICER,), "TD"),
    Person("van.hanh", "Vận hành hệ thống (trình diễn)", (Role.OPERATOR,), "TD"),
    LOCAL,
)


def accounts_file(app: App) -> Path:
    return app.settings.data / "demo-accounts.txt"


def make_people(app: App, samples: Samples) -> dict[str, str]:
    """Agencies, accounts and roles that are not there yet; returns the passwords by login.

    The file is written before the accounts: after any interruption the next run goes on with the same passwords. Where
    it is gone, the accounts get new ones.
    """
    passwords = _read(accounts_file(app))
    lost = [person for person in PEOPLE if person.signs_in and person.login not in passwords]
    passwords |= {person.login: new_password() for person in lost}
    _write(accounts_file(app), passwords)
    now = app.clock()
    with app.unit_of_work() as uow:
        _make_agencies(uow, samples, now)
        uow.session.flush()
        agencies = {agency.code: agency.id for agency in uow.session.scalars(select(Agency))}
        for person in PEOPLE:
            account = _make_account(uow, person, passwords.get(person.login), renew=person in lost, now=now)
            uow.session.flush()
            _give_roles(uow, account, person, agencies[person.agency_code], now)
    return passwords


def _make_agencies(uow: UnitOfWork, samples: Samples, now: datetime) -> None:
    known = set(uow.session.scalars(select(Agency.code)))
    for wanted in (samples.root, *samples.agencies):
        if wanted.code not in known:
            above = None if wanted is samples.root else samples.root.code
            create_agency(uow, code=wanted.code, name=wanted.name, parent_code=above, actor=SYSTEM, now=now)
            uow.session.flush()


def _make_account(uow: UnitOfWork, person: Person, password: str | None, *, renew: bool, now: datetime) -> Account:
    account = uow.session.scalar(select(Account).where(Account.login == person.login))
    if account is None:
        return create_account(
            uow, login=person.login, name=person.name, password=password, loopback_only=True, actor=SYSTEM, now=now
        )
    if renew and password is not None:
        set_password(uow, account.id, password, actor=SYSTEM, now=now)
    return account


def _give_roles(uow: UnitOfWork, account: Account, person: Person, agency_id: uuid.UUID, now: datetime) -> None:
    given = select(Assignment.role).where(Assignment.account_id == account.id, Assignment.agency_id == agency_id)
    held = set(uow.session.scalars(given))
    today = now.astimezone(OFFICE_HOURS).date()
    for role in person.roles:
        if role not in held:
            assign_role(uow, account.id, role, agency_id, valid_from=today, actor=SYSTEM, now=now)


def _read(path: Path) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except FileNotFoundError:
        return {}
    words = [line.split() for line in lines if not line.startswith("#")]
    return {parts[0]: parts[1] for parts in words if len(parts) == 2}


def _write(path: Path, passwords: dict[str, str]) -> None:
    lines = ["# Mật khẩu trình diễn của riêng máy này; chỉ đăng nhập được từ chính máy này (127.0.0.1)."]
    lines += [f"{login} {password}" for login, password in passwords.items()]
    unfinished = path.with_suffix(".unfinished")
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write("\n".join(lines) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    unfinished.replace(path)
