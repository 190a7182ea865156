"""The contracts of the commands over holdings, on one sample scan."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.running import SAMPLES, archive, own_directory, processes_of

pytestmark = pytest.mark.slow

LETTER = SAMPLES / "td01-van-ban-chi-dao" / "010_cong_van.pdf"
SECRET = SAMPLES / "td01-bao-cao-to-trinh" / "004_bao_cao.pdf"


@pytest.fixture(scope="module")
def data() -> Iterator[Path]:
    """Holdings with the demo's people, and one delivery: a letter, a paper with a secrecy mark, a text file."""
    with own_directory() as folder:
        data = folder / "data"
        made = archive(data, "demo", "--no-samples")
        assert made.code == 0, made.stderr
        note = folder / "ghi-chu.txt"
        note.write_text("không phải bản quét", encoding="utf-8")
        done = archive(data, "ingest", LETTER, SECRET, note, "--agency", "TD01", "--task", "5", "--wait", "--json")
        told = {"code": done.code, "document": done.document}
        (folder / "ingested.json").write_text(json.dumps(told), encoding="utf-8")
        yield data


@pytest.fixture(scope="module")
def ingested(data: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((data.parent / "ingested.json").read_text())
    return told


@pytest.fixture(scope="module")
def hit(data: Path) -> dict[str, Any]:
    found = archive(data, "search", "thanh phan ho so", "--json")
    assert found.code == 0
    hit: dict[str, Any] = found.document["hits"][0]
    return hit


def test_ingest_explains_every_file_and_ends_with_findings(ingested: dict[str, Any]) -> None:
    document = ingested["document"]
    assert ingested["code"] == 1
    assert {"batch", "agency", "task", "expected", "stored", "duplicates", "refused", "quarantined"} <= document.keys()
    assert (document["agency"], document["task"]) == ("TD01", 5)
    assert (document["expected"], document["stored"], document["unexplained"]) == (3, 1, 0)
    assert [entry["name"] for entry in document["refused"]] == ["ghi-chu.txt"]
    assert document["refused"][0]["reason"]
    assert document["quarantined"][0]["receipt"].startswith("BN-TD01-")
    assert document["items"] == {"review": 1}


def test_batch_tells_the_same_again(data: Path, ingested: dict[str, Any]) -> None:
    told = archive(data, "batch", ingested["document"]["batch"], "--json")
    assert told.document == ingested["document"]


def test_the_same_bytes_again_are_duplicates_of_their_receipts(data: Path) -> None:
    again = archive(data, "ingest", LETTER, "--agency", "TD01", "--task", "5", "--wait", "--json")
    assert (again.document["stored"], len(again.document["duplicates"])) == (0, 1)


def test_search_finds_with_tones_and_without_with_page_and_boxes(data: Path, hit: dict[str, Any]) -> None:
    exact = archive(data, "search", "thành phần hồ sơ", "--json").document
    assert [found["id"] for found in exact["hits"]] == [hit["id"]]
    assert {"id", "code", "dossier", "title", "score", "pages"} <= hit.keys()
    page = hit["pages"][0]
    assert page["number"] == 1
    assert "thành phần hồ sơ" in page["snippet"]
    assert all(len(box) == 4 and box[0] < box[2] and box[1] < box[3] for box in page["boxes"])
    assert page["boxes"]


def test_a_stopped_paper_is_found_by_nobody(data: Path) -> None:
    assert archive(data, "search", "mầm non đạt chuẩn", "--json").document == {"total": 0, "hits": []}


def test_as_another_account_only_what_that_account_may_see_is_found(data: Path) -> None:
    assert archive(data, "search", "thành phần hồ sơ", "--as", "lanh.dao", "--json").document["total"] == 1
    assert archive(data, "search", "thành phần hồ sơ", "--as", "tra.cuu", "--json").document["total"] == 0
    assert archive(data, "search", "thành phần hồ sơ", "--as", "khong.co").code == 1


def test_show_tells_everything_of_an_item_but_its_inner_ids(data: Path, hit: dict[str, Any]) -> None:
    shown = archive(data, "show", hit["id"], "--json").document
    assert shown["receipt"] == hit["id"]
    assert shown["state"] == "described"
    assert "id" not in shown
    number = next(field for field in shown["fields"] if field["name"] == "issued_date")
    assert number["value"] == "2017-08-09"
    assert 0 < number["confidence"] < 1
    assert all(0 <= edge <= 1 for edge in number["box"])


def test_show_of_a_stopped_paper_is_its_receipt_alone(data: Path, ingested: dict[str, Any]) -> None:
    receipt = ingested["document"]["quarantined"][0]["receipt"]
    shown = archive(data, "show", receipt, "--json").document
    assert (shown["number"], shown["state"]) == (receipt, "stopped")
    assert not {"title", "file_name", "fields", "pages"} & shown.keys()


def test_show_of_what_is_not_there_is_a_finding(data: Path) -> None:
    assert archive(data, "show", "BN-TD01-2020-9999999").code == 1


@pytest.mark.parametrize("words", [("reconcile",), ("fixity",), ("audit", "verify"), ("doctor",), ("reindex",)])
def test_the_parts_agree_and_are_whole(data: Path, words: tuple[str, ...]) -> None:
    done = archive(data, *words, "--json")
    assert done.code == 0, done.stderr
    assert done.document


def test_a_kept_export_of_the_trail_shows_what_was_changed_later(data: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.jsonl"
    assert archive(data, "audit", "export", kept).code == 1  # the account of the command line may not read the trail
    assert archive(data, "audit", "export", kept, "--as", "kiem.tra").code == 0
    assert archive(data, "audit", "verify", kept).code == 0
    lines = kept.read_text(encoding="utf-8").splitlines()
    kept.write_text("\n".join([lines[0].replace("agency.created", "agency.removed"), *lines[1:]]), encoding="utf-8")
    changed = archive(data, "audit", "verify", kept, "--json")
    assert changed.code == 1
    assert changed.document["findings"][0]["rule"] == "audit.event_changed"


def test_no_process_is_left_behind(data: Path) -> None:
    assert processes_of(data) == []
