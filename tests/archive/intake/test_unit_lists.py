from __future__ import annotations

import json
from collections import Counter
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from archive.errors import InvalidInput
from archive.intake.agency_rows import AgencyRows
from archive.intake.unit_lists import Reform, unit_code, unit_rows

LISTS = Path(__file__).parents[4] / "shared/data/lists"
REFORM = Reform("Thành phố Hà Nội", "HN", date(2025, 7, 1), "Nghị quyết 1656/NQ-UBTVQH15")


def units(*wards: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"FullName": "Thành phố Hà Nội", "Wards": [{"Code": code, "FullName": name} for code, name in wards]}]


def former(**news: list[tuple[str, str]]) -> dict[str, Any]:
    return {
        "wards": {
            str(number): {
                "new_ward_name": name.replace("_", " "),
                "new_province_name": "Thành Phố Hà Nội",
                "old_wards": [
                    {"old_ward_id": f"{old}/{district}", "old_ward_name": old, "old_district_name": district}
                    for old, district in olds
                ],
            }
            for number, (name, olds) in enumerate(news.items())
        }
    }


def rows(tmp_path: Path, wanted: object, mapping: object, reform: Reform = REFORM) -> AgencyRows:
    (tmp_path / "units.json").write_text(json.dumps(wanted), encoding="utf-8")
    (tmp_path / "former.json").write_text(json.dumps(mapping), encoding="utf-8")
    return unit_rows(tmp_path / "units.json", tmp_path / "former.json", reform)


def test_old_wards_stand_in_their_districts_and_go_whole_or_in_parts(tmp_path: Path) -> None:
    told = rows(
        tmp_path,
        units(("00070", "Phường Hoàn Kiếm"), ("00175", "Phường Yên Hoà")),
        former(
            Phường_Hoàn_Kiếm=[("Phường Cửa Đông", "Quận Hoàn Kiếm"), ("Phường Hàng Bạc", "Quận Hoàn Kiếm")],
            Phường_Yên_Hòa=[("Phường Cửa Đông", "Quận Hoàn Kiếm")],
        ),
    )
    by_code = {row.code: row for row in told.agencies}
    assert [*by_code] == [
        "P.HOANKIEM", "Q.HOANKIEM", "P.CUADONG.HOANKIEM", "P.HANGBAC.HOANKIEM", "P.YENHOA",
    ]  # fmt: skip
    new, district, old = (by_code[code] for code in ("P.YENHOA", "Q.HOANKIEM", "P.CUADONG.HOANKIEM"))
    assert (new.name, new.valid_from, new.identifiers) == ("Phường Yên Hoà", date(2025, 7, 1), (("unit", "00175"),))
    assert (district.last_day, district.legal_basis) == (date(2025, 6, 30), REFORM.legal_basis)
    assert (old.parent, old.valid_from, old.kind) == ("Q.HOANKIEM", None, "ward")
    assert [(row.predecessor, row.successor, row.kind, row.partial) for row in told.successions] == [
        ("P.CUADONG.HOANKIEM", "P.HOANKIEM", "split", True),
        ("P.HANGBAC.HOANKIEM", "P.HOANKIEM", "merger", False),
        ("P.CUADONG.HOANKIEM", "P.YENHOA", "split", True),
    ]


def test_a_ward_that_only_goes_on_is_followed_by_nobody(tmp_path: Path) -> None:
    told = rows(tmp_path, units(("1", "Xã Minh Châu")), former(Xã_Minh_Châu=[("Xã Minh Châu", "Huyện Ba Vì")]))
    assert [(row.code, row.valid_from) for row in told.agencies] == [("X.MINHCHAU", None)]
    assert told.successions == ()


def test_what_one_list_tells_and_the_other_does_not_is_found(tmp_path: Path) -> None:
    told = rows(
        tmp_path, units(("1", "Phường A"), ("2", "Phường B")), former(Phường_A=[("Phường X", "Quận Y")], Phường_C=[])
    )
    assert [(finding.line, finding.rule) for finding in told.findings] == [
        (2, "agency.list_no_number"),
        (0, "agency.list_no_former"),
    ]
    assert told.agencies == ()


@pytest.mark.parametrize(
    ("wanted", "mapping"), [([], {"wards": {}}), (units(), []), ({"a": 1}, {}), ([1], {"wards": {}})]
)
def test_a_file_of_another_form_is_refused(tmp_path: Path, wanted: object, mapping: object) -> None:
    with pytest.raises(InvalidInput):
        rows(tmp_path, wanted, mapping)


def test_codes_can_be_read() -> None:
    assert unit_code("Thị trấn Xuân Mai", "Huyện Chương Mỹ") == "TT.XUANMAI.CHUONGMY"
    assert unit_code("Phường Văn Miếu - Quốc Tử Giám") == "P.VANMIEUQUOCTUGIAM"


@pytest.mark.skipif(not LISTS.exists(), reason="the lists of units are not in ../shared/data/lists")
def test_the_capital_as_the_lists_have_it() -> None:
    told = unit_rows(LISTS / "units-2025.json", LISTS / "units-new-to-old.json", REFORM)
    assert told.findings == ()
    assert len(told.agencies) == 126 + 526 + 30
    assert len(told.successions) == 667
    shares = Counter(row.predecessor for row in told.successions)
    assert sum(count > 1 for count in shares.values()) == 128
    assert len({row.code for row in told.agencies}) == len(told.agencies)
