"""archive programme: filled in from a sheet, shown, and taken along."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openpyxl
import pytest

from tests.cli.running import archive, own_directory

pytestmark = pytest.mark.slow

TASKS = "Số;Tên;Số lượng;Đơn vị;Hạn\n3;Số hoá sổ hộ tịch;1.000;văn bản;31/12/2027\n"


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


def test_a_sheet_is_tried_imported_shown_and_exported(data: Path) -> None:
    tasks = sheet(data, "nhiem-vu.csv", TASKS)
    tried = archive(data, "programme", "import", tasks, "--dry-run", "--json")
    assert (tried.code, tried.document["imported"], len(tried.document["changes"])) == (0, False, 1)
    assert archive(data, "programme", "import", tasks, "--json").document["imported"]
    again = archive(data, "programme", "import", tasks, "--json").document
    assert (again["changes"], again["unchanged"]) == ([], 1)
    shown = archive(data, "programme", "show", "--task", "3", "--json").document
    (task,) = shown["tasks"]
    assert (task["title"], task["planned_quantity"], task["unit"]) == ("Số hoá sổ hộ tịch", 1000, "văn bản")
    assert (task["percent"], task["outlook"], len(shown["targets"])) == (0, "no_pace", 7)
    out = data.parent / "nhiem-vu.xlsx"
    assert archive(data, "programme", "export", out, "--kind", "tasks").code == 0
    assert [row[1] for row in openpyxl.load_workbook(out).active.values][3] == "Số hoá sổ hộ tịch"
    assert archive(data, "programme", "export", out).code == 2, "what is there is not written over"
    assert archive(data, "programme", "import", out, "--json").document["unchanged"] == 24


def test_with_a_finding_nothing_is_imported(data: Path) -> None:
    wrong = sheet(data, "sai.csv", TASKS.replace("\n3;", "\n33;"))
    done = archive(data, "programme", "import", wrong, "--json")
    assert (done.code, done.document["imported"]) == (1, False)
    (found,) = done.document["findings"]
    assert (found["line"], found["rule"]) == (2, "programme.task_unknown")
