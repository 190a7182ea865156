"""What programs tried that is not theirs to do leaves a trace, though nothing was done."""

from __future__ import annotations

from datetime import datetime

from archive.access.identity import Actor
from archive.audit_events import EventTag, NewEvent, append_refusal
from archive.db.unit_of_work import UnitOfWork


def note_refusal(
    uow: UnitOfWork, *, actor: Actor | None, address: str, reason: str, method: str, path: str, now: datetime
) -> None:
    """Once in a quarter hour for the same caller, reason and path; of strangers, for the same address.

    actor: None where the token is nobody's. path: names records by their codes, nothing else.
    """
    who = f"account {actor.account_id} {method} {path}" if actor else f"address {address}"
    details = {"reason": reason, "method": method, "path": path[:500], "address": address}
    event = NewEvent(EventTag.CALL_REFUSED, actor, now, "call", reason, None, details)
    append_refusal(uow.session, event, once=f"{who} {reason}")
