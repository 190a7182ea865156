"""Who a token stands for: the first call of a new program."""

from __future__ import annotations

from fastapi import APIRouter

from archive.queries.accounts import own_account
from archive.web.api.calls import Reader
from archive.web.api.models.accounts import AccountLine

router = APIRouter(prefix="/api/v1/me", tags=["accounts"])


@router.get("")
def get_me(visit: Reader) -> AccountLine:
    """The account that calls, and what it was given."""
    with visit.unit_of_work() as uow:
        return AccountLine.model_validate(own_account(uow.session, actor=visit.actor))
