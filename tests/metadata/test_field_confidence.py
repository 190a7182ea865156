"""A field's stated confidence is the share of such fields that are right."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import field_confidence as benchmark
from benchmarks.fields import Claim
from metadata.evidence import PARTLY_READ, SUREST, UNREAD
from metadata.field_confidence import CALIBRATION, FieldCalibration, calibrated, calibration_of_fields
from metadata.model import DOUBTFUL_BELOW, Field, FieldName
from ocr.model import Box
from scripts.field_confidence_model import calibration_of

CARD = json.loads(CALIBRATION.read_text(encoding="utf-8"))
BOX = Box(1, 2, 3, 4)


def field(confidence: float, value: str = "Lê Quân") -> Field:
    return Field(value, confidence, 1, BOX)


@given(st.sampled_from(sorted(CARD["kinds"])), st.floats(0, 1), st.floats(0, 1))
def test_a_field_read_more_surely_is_no_less_sure(kind: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    calibration = calibration_of_fields()
    assert 0 <= calibration.share(kind, low) <= calibration.share(kind, high) <= max(SUREST, high)


@given(st.sampled_from([FieldName.CODE_NUMBER, FieldName.ISSUED_DATE]), st.floats(0, 1))
def test_a_number_and_a_date_that_may_be_by_hand_are_no_surer_than_their_reader(kind: FieldName, sure: float) -> None:
    assert calibration_of_fields().share(kind, sure) <= sure


def test_a_kind_that_was_often_wrong_is_less_sure_than_one_that_never_was() -> None:
    name = calibrated(FieldName.SIGNER_NAME, field(0.95))
    subject = calibrated(FieldName.SUBJECT, field(0.95))
    assert name.confidence < 0.95 < subject.confidence
    assert (name.value, name.box, name.page) == ("Lê Quân", BOX, 1)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        (FieldName.SIGNER_NAME, field(UNREAD, "")),
        (FieldName.CODE_NUMBER, field(PARTLY_READ, "12")),
        (FieldName.SECRECY, field(0.6, "MẬT")),
        (FieldName.HOLDER_NAME, field(0.9)),
        (FieldName.SUBJECT, Field("x", 1.0, None, None, given_by="person")),
    ],
)
def test_unread_and_partly_read_fields_stamps_and_kinds_without_a_truth_stay(name: FieldName, given: Field) -> None:
    assert calibrated(name, given) is given


def test_of_a_kind_with_few_examples_little_is_made() -> None:
    seen = [Claim(f"d{at}", "subject", 0.9, at % 10 > 0) for at in range(200)]
    few = calibration_of([*seen, Claim("e", "recipients", 0.9, False)])
    many = calibration_of([*seen, *(Claim(f"e{at}", "recipients", 0.9, False) for at in range(40))])
    assert many.share("recipients", 0.9) < 0.1 < 0.4 < few.share("recipients", 0.9) < few.share("subject", 0.9)


def test_a_fit_finds_the_share_that_was_seen() -> None:
    seen = [Claim(f"d{at}", "subject", 0.95, at % 4 > 0) for at in range(400)]
    seen += [Claim(f"d{at}", "place", 0.6, at % 2 > 0) for at in range(400)]
    fit = calibration_of(seen)
    assert isinstance(fit, FieldCalibration)
    assert fit.share("subject", 0.95) == pytest.approx(0.75, abs=0.02)
    assert fit.share("place", 0.6) == pytest.approx(0.5, abs=0.02)


def test_on_documents_that_were_not_learned_from_the_committed_figures_are_better_than_before() -> None:
    told = json.loads(benchmark.RESULT.read_text(encoding="utf-8"))
    before, after = told["fields"]["all"]["before"], told["fields"]["all"]["after"]
    assert after["brier"] <= before["brier"]
    assert after["auc"] >= before["auc"]
    assert after["ece"] <= 0.04  # a field in a bin is a share of a few hundredths


def test_the_queue_catches_three_wrong_fields_of_four() -> None:
    told = json.loads(benchmark.RESULT.read_text(encoding="utf-8"))
    [row] = [row for row in told["queue"] if row["below"] == DOUBTFUL_BELOW]
    assert told["doubtful_below"] == DOUBTFUL_BELOW
    assert row["caught"] >= 0.75  # names of signers with one wrong tone slip through
    assert row["asked"] <= 0.1
