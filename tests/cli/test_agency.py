"""archive agency: imported from a sheet, shown, and asked who holds what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.running import archive, own_directory

pytestmark = pytest.mark.slow

WARDS = """Mã,Tên,Loại,Trực thuộc,Từ ngày,Mã ĐVHC
CU,Phường Cửa Đông,phường,TD,,
MOI,Phường Hoàn Kiếm,phường,TD,01/07/2025,00070
"""
FOLLOWED = "Mã cũ,Mã mới,Loại,Ngày hiệu lực,Căn cứ,Một phần\nCU,MOI,chia,01/07/2025,Nghị quyết 1656,x\n"


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with own_directory() as folder:
        data = folder / "data"
        assert archive(data, "demo", "--no-samples").code == 0
        yield data


def sheet(data: Path, name: str, text: str) -> Path:
    path = data.parent / name
    path.write_text(text, encoding="utf-8")
    return path


def test_a_sheet_is_tried_imported_and_asked_about(data: Path) -> None:
    wards = sheet(data, "phuong.csv", WARDS)
    tried = archive(data, "agency", "import", wards, "--dry-run", "--json")
    assert (tried.code, tried.document["applied"], tried.document["findings"]) == (0, False, [])
    assert [change["act"] for change in tried.document["changes"]] == ["created", "created", "identified"]
    assert archive(data, "agency", "show", "CU").code == 1, "a dry run"
    for path in (wards, sheet(data, "ke-thua.csv", FOLLOWED)):
        assert archive(data, "agency", "import", path, "--json").document["applied"]
    assert archive(data, "agency", "import", wards, "--json").document["changes"] == []
    shown = archive(data, "agency", "show", "CU", "--json").document
    assert shown["line"]["valid_to"] == "2025-06-30"
    assert [line["successor"]["code"] for line in shown["successors"]] == ["MOI"]
    listed = archive(data, "agency", "show", "--json").document["agencies"]
    assert "MOI" in {line["code"] for line in listed}
    assert "CU" not in {line["code"] for line in listed}

    asked = archive(data, "agency", "holder", "cua", "dong", "--json")
    assert asked.code == 0
    (holding,) = asked.document["holdings"]
    assert (holding["agency"]["code"], holding["fonds"][0]["waits"]) == ("CU", True)
    assert holding["chain"][0]["partial"] is True
    by_number = archive(data, "agency", "holder", "00070")
    assert "Phường Hoàn Kiếm" in by_number.stdout
    assert archive(data, "agency", "holder", "zzzz").code == 1


def test_what_is_wrong_in_a_sheet_is_said_with_its_line_and_nothing_is_imported(data: Path) -> None:
    wrong = sheet(data, "sai.csv", "Mã,Tên,Trực thuộc,Mã ĐVHC\nX1,Xã Một,TD,\nX2,Xã Hai,TD,7\n")
    done = archive(data, "agency", "import", wrong, "--json")
    assert (done.code, done.document["applied"]) == (1, False)
    (finding,) = done.document["findings"]
    assert (finding["line"], finding["rule"]) == (3, "agency.identifier_unit")
    assert archive(data, "agency", "show", "X1").code == 1
    assert archive(data, "agency", "import", wrong, "--former", wrong).code == 2
