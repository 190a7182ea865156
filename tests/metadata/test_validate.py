from __future__ import annotations

from datetime import date

import pytest

from metadata.model import Field, FieldName
from metadata.validate import class_of, validate
from ocr.model import Box

TODAY = date(2026, 6, 1)
DECISION = {
    FieldName.TYPE_NAME: "Quyết định",
    FieldName.CODE_NUMBER: "15",
    FieldName.CODE_NOTATION: "QĐ-UBND",
    FieldName.ISSUED_DATE: "2024-05-08",
    FieldName.PLACE: "Hà Nội",
    FieldName.ORGAN_NAME: "ỦY BAN NHÂN DÂN THÀNH PHỐ HÀ NỘI",
    FieldName.SUBJECT: "Về việc phê duyệt Kế hoạch",
    FieldName.SIGNER_NAME: "Trần Phước Hiền",
    FieldName.SIGNER_POSITION: "PHÓ CHỦ TỊCH",
    FieldName.SIGNING_AUTHORITY: "TM. ỦY BAN NHÂN DÂN KT. CHỦ TỊCH",
}


def fields(**changes: str | None) -> dict[FieldName, Field]:
    values = {**DECISION, **{FieldName(name): value for name, value in changes.items()}}
    return {name: Field(value, 0.9, 1, Box(0, 0, 1, 1)) for name, value in values.items() if value is not None}


def rules(**changes: str | None) -> list[tuple[str, str]]:
    return [(finding.rule, finding.place.value) for finding in validate(fields(**changes), today=TODAY)]


def test_a_complete_decision_has_no_findings() -> None:
    assert rules() == []


@pytest.mark.parametrize(
    ("changes", "finding"),
    [
        ({"subject": None}, ("field.missing", "subject")),
        ({"code_number": ""}, ("field.missing", "code_number")),
        ({"type_name": None}, ("field.missing", "type_name")),
        ({"type_name": "Bài thơ"}, ("type.unknown", "type_name")),
        ({"subject": "x" * 501}, ("field.too_long", "subject")),
        ({"code_number": "1 5"}, ("number.grammar", "code_number")),
        ({"code_notation": "QĐ UBND"}, ("notation.grammar", "code_notation")),
        ({"code_notation": "TB-UBND"}, ("notation.type", "code_notation")),
        ({"code_notation": "2023/QĐ-UBND"}, ("notation.year", "code_notation")),
        ({"issued_date": "2024-02-30"}, ("date.grammar", "issued_date")),
        ({"issued_date": "2024-05"}, ("date.grammar", "issued_date")),
        ({"issued_date": "2026-06-02"}, ("date.future", "issued_date")),
        ({"signer_position": "CHỦ TỊCH"}, ("authority.deputy", "signer_position")),
        ({"holder_identifier": "12345"}, ("identifier.grammar", "holder_identifier")),
        ({"holder_birth_date": "2025-01-01"}, ("dates.order", "issued_date")),
        ({"valid_from": "2025-01-01", "valid_until": "2024-01-01"}, ("dates.order", "valid_until")),
    ],
)
def test_each_damage_gives_its_finding_and_no_other(changes: dict[str, str | None], finding: tuple[str, str]) -> None:
    assert rules(**changes) == [finding]


def test_a_validity_in_the_future_is_no_finding() -> None:
    assert rules(valid_from="2027-01-01", valid_until="2030-01-01") == []


def test_a_finding_says_what_was_expected_and_found() -> None:
    (finding,) = validate(fields(code_notation="2023/QĐ-UBND"), today=TODAY)
    assert (finding.expected, finding.found) == ("2024", "2023")


def test_a_title_that_goes_on_belongs_to_the_class_it_begins_with() -> None:
    kind = class_of(fields(type_name="Hợp đồng kinh tế"))
    assert kind is not None
    assert kind.code == "hop_dong"
    assert class_of(fields(type_name="Quyết định kinh tế")) is None
