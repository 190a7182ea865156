"""Accounts, for those who manage them: who may sign in, in which roles, with which tokens."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from archive.access.permissions import Role
from archive.queries.accounts import AccountView
from archive.web.api.models.records import Answer, Asked, Day

Login = Annotated[str, Field(min_length=1, max_length=64, examples=["lan.nguyen"])]
NewPassword = Annotated[str, Field(min_length=1, max_length=1000, examples=["bốn từ ngẫu nhiên dễ nhớ"])]
TokenName = Annotated[str, Field(min_length=1, max_length=200, examples=["Cổng dịch vụ công"])]


class AccountRole(Answer):
    role: Role
    agency: str = Field(validation_alias="agency_code")
    agency_name: str
    valid_from: date
    valid_to: date | None
    ended_at: datetime | None


class AccountLine(Answer):
    """Roles are told where you manage accounts, past ones too."""

    login: str
    name: str
    kind: Literal["person", "service", "system"]
    sandbox: bool = Field(description="of a program under test: meets invented people only, never has a role")
    created_at: datetime
    disabled_at: datetime | None
    locked_until: datetime | None
    second_factor: bool
    password_expires_at: datetime | None = Field(description="of one that somebody else made, until it is changed")
    assignments: list[AccountRole]


class ApiToken(Answer):
    """What is known of a token; the token itself is kept nowhere."""

    name: str
    created_at: datetime
    expires_at: datetime | None
    revoked_at: datetime | None


class Account(AccountLine):
    managed: bool = Field(description="wholly yours to manage: password, tokens and second factor")
    tokens: list[ApiToken] = Field(description="newest first; empty where the account is not wholly yours to manage")

    @classmethod
    def of(cls, view: AccountView) -> Account:
        line = AccountLine.model_validate(view.line)
        roles = [AccountRole.model_validate(each) for each in view.line.assignments]
        tokens = [ApiToken.model_validate(token) for token in view.tokens]
        return cls(**line.model_dump(exclude={"assignments"}), assignments=roles, managed=view.managed, tokens=tokens)


class AccountGiven(Asked):
    """A program's account has no password: it gets a token. A person changes the one that is given here."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"login": "cong-dvc", "name": "Cổng dịch vụ công", "kind": "service"}]}
    )
    login: Login
    name: str = Field(min_length=1, max_length=300)
    kind: Literal["person", "service"] = "person"
    password: NewPassword | None = Field(None, description="of a person")
    sandbox: bool = Field(False, description="of a program under test, for ever: it meets invented people only")


class RoleGiven(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "clerk", "agency": "TD01"}]})
    role: Role
    agency: str = Field(min_length=1, max_length=100)
    until: Day | None = Field(None, description="its last day; null: until it is ended")


class RoleEnding(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"role": "clerk", "agency": "TD01"}]})
    role: Role
    agency: str = Field(min_length=1, max_length=100)


class TokenGiven(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Cổng dịch vụ công", "until": "2026-12-31"}]})
    name: TokenName
    until: Day | None = Field(None, description="its last day; null: until it is taken back")


class TokenMade(Answer):
    """The only answer that shows the token."""

    token: str | None = Field(description="null where an Idempotency-Key is answered again: it is kept nowhere")
    name: str
    expires_at: datetime | None


class TokenRevocation(Asked):
    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "Cổng dịch vụ công"}]})
    name: TokenName = Field(description="all tokens of this name are taken back")


class PasswordGiven(Asked):
    password: NewPassword
