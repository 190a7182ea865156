"""archive retention import, schedules and propose, as processes over holdings of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archive.access.identity import SYSTEM
from archive.actions.dossiers import create_dossier
from archive.bootstrap import open_app
from archive.settings import Settings
from tests.cli.running import ROOT, archive, own_directory

pytestmark = pytest.mark.slow

SHEET = ROOT / "tests/resources/retention-schedule.csv"
DOSSIER = "TD01.2024.0001"
HEAD = (
    "--code",
    "CHUNG",
    "--title",
    "Bảng thử",
    "--basis",
    "Thông tư thử",
    "--source",
    "phép thử",
    "--from",
    "2020-01-01",
)


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    with own_directory() as folder:
        data = folder / "data"
        made = archive(data, "demo", "--no-samples")
        assert made.code == 0, made.stderr
        with open_app(Settings(data=data)) as app, app.unit_of_work() as uow:
            title = "Hồ sơ bổ nhiệm Trưởng phòng"
            create_dossier(uow, code=DOSSIER, title=title, agency_code="TD01", year=2024, actor=SYSTEM, now=app.clock())
        yield data


def test_a_schedule_is_shown_first_then_imported_once_and_rules_are_proposed_from_it(data: Path) -> None:
    before = archive(data, "retention", "schedules", "--json")
    assert (before.code, before.document) == (0, {"schedules": []})

    looked = archive(data, "retention", "import", SHEET, *HEAD, "--dry-run", "--json")
    assert (looked.code, looked.document["imported"], len(looked.document["rules"])) == (0, False, 12)
    assert archive(data, "retention", "schedules", "--json").document == {"schedules": []}

    done = archive(data, "retention", "import", SHEET, *HEAD, "--json")
    assert (done.code, done.document["imported"], done.document["version"]) == (0, True, 1)
    again = archive(data, "retention", "import", SHEET, *HEAD, "--json")
    assert (again.code, again.document["imported"], again.document["unchanged"]) == (0, False, True)

    rules = archive(data, "retention", "schedules", "CHUNG", "1", "--json").document["rules"]
    assert [(rule["ordinal"], rule["term"]) for rule in rules[:2]] == [(1, "70 năm"), (2, "50 năm")]

    looked_at = archive(data, "retention", "propose", "--json").document["looked_at"]
    assert looked_at == 1
    assert archive(data, "retention", "propose", "--json").document == {"looked_at": 0}
    found = archive(data, "retention", "propose", DOSSIER, "--dry-run", "--json").document
    assert [line["term"] for line in found["candidates"] if line["proposed"]] == ["70 năm"]
    assert found["candidates"][0]["reasons"] == ["Có các từ: bổ nhiệm", "Có từ cùng nghĩa với: cán bộ"]


def test_findings_end_with_one_and_wrong_use_with_two(data: Path, tmp_path: Path) -> None:
    broken = tmp_path / "bang.csv"
    broken.write_text("title,term\nHồ sơ A,lâu dài\n", encoding="utf-8")
    refused = archive(data, "retention", "import", broken, *HEAD, "--code", "KHAC", "--json")
    assert refused.code == 1
    assert [(found["line"], found["rule"]) for found in refused.document["findings"]] == [(2, "schedule.term_unknown")]
    assert not refused.document["imported"]
    assert archive(data, "retention", "import", tmp_path / "khong-co.csv", *HEAD).code == 2
    assert archive(data, "retention", "import", SHEET, *HEAD, "--from", "hôm qua").code == 2
    assert archive(data, "retention", "schedules", "KHONG", "9").code == 1
    assert archive(data, "retention", "propose", "KHONG.2025.1").code == 1
