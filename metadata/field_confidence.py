"""How sure a field is: what its words and its rule give, made a share of right values by the kind of field.

`field_confidence.json` is made on documents with known fields by scripts/field_confidence_model.py: the odds of a field
are raised or lowered by its kind, as much as was seen of that kind allows. Parts by hand that are known to be read in
part only, stamps and kinds whose truth is not known stay as they are.
"""

from __future__ import annotations

import functools
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

from metadata.evidence import PARTLY_READ, SUREST, UNREAD
from metadata.model import Field, FieldName

CALIBRATION = Path(__file__).with_name("field_confidence.json")
_STAMPED = frozenset({FieldName.SECRECY, FieldName.URGENCY})
_MAY_BE_BY_HAND = frozenset({FieldName.CODE_NUMBER, FieldName.ISSUED_DATE})  # never surer than their reader
_NEAREST = 0.02  # to 0 and 1: beyond it odds say no more


@dataclass(frozen=True)
class FieldCalibration:
    constant: float
    slope: float
    kinds: dict[str, float]

    def share(self, name: str, confidence: float) -> float:
        """Of fields of this kind and confidence that are right."""
        told = 1 / (1 + math.exp(-(self.constant + self.slope * log_odds(confidence) + self.kinds[name])))
        return min(confidence if name in _MAY_BE_BY_HAND else SUREST, max(UNREAD, told))


def calibrated(name: FieldName, field: Field, calibration: FieldCalibration | None = None) -> Field:
    calibration = calibration or calibration_of_fields()
    if not takes_part(name, field) or name.value not in calibration.kinds:
        return field
    return replace(field, confidence=round(calibration.share(name.value, field.confidence), 4))


def takes_part(name: FieldName, field: Field) -> bool:
    read = field.value not in ("", []) and field.given_by == "rule"
    return read and name not in _STAMPED and field.confidence != PARTLY_READ


def log_odds(confidence: float) -> float:
    near = min(1 - _NEAREST / 2, max(_NEAREST, confidence))
    return math.log(near / (1 - near))


@functools.cache
def calibration_of_fields() -> FieldCalibration:
    """Loaded once a process."""
    told = json.loads(CALIBRATION.read_text(encoding="utf-8"))
    return FieldCalibration(float(told["constant"]), float(told["slope"]), dict(told["kinds"]))
