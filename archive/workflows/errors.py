"""How a step's run ends without an outcome. Neither may ever be recorded as one, so neither is an Exception.

Halted
└── LeaseLost      another worker has this one's place
"""

from __future__ import annotations


class Halted(BaseException):
    """The worker stops; the step is done again by whoever goes on with its work."""


class LeaseLost(Halted):
    pass
