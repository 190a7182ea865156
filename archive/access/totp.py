"""Second factor: RFC 6238 codes of six digits and 30 seconds. A code is taken once."""

from __future__ import annotations

import hmac
from datetime import datetime

import pyotp

STEP_S = 30
DRIFT_STEPS = 1  # a telephone's clock may be that far off


def new_secret() -> str:
    return pyotp.random_base32()


def provisioning_uri(secret: str, login: str, issuer: str) -> str:
    """For the QR code that an authenticator app reads."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=issuer)


def accepted_step(secret: str, code: str, now: datetime, *, last_step: int | None) -> int | None:
    """The time step that the code belongs to, None if it is wrong or not newer than `last_step`."""
    generator = pyotp.TOTP(secret, interval=STEP_S)
    current = int(now.timestamp()) // STEP_S
    given = "".join(code.split())
    accepted = None
    for step in range(current - DRIFT_STEPS, current + DRIFT_STEPS + 1):
        fits = hmac.compare_digest(generator.at(step * STEP_S).encode(), given.encode())
        if fits and (last_step is None or step > last_step):
            accepted = step
    return accepted
