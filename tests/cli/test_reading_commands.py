"""archive ocr, extract and pdf: their contracts, with no data directory."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli.running import ROOT, SAMPLES, archive

pytestmark = pytest.mark.slow

PERMIT = SAMPLES / "td02-giay-phep-dang-ky" / "007_giay_phep_xay_dung.pdf"
CONTRACT = SAMPLES / "td02-hop-dong-don-thu" / "005_hop_dong.pdf"


def test_ocr_prints_pages_lines_and_words_with_boxes_in_pixels(tmp_path: Path) -> None:
    document = archive(tmp_path / "none", "ocr", PERMIT, "--json").document
    assert document["file"] == PERMIT.name
    assert document["sha256"] == hashlib.sha256(PERMIT.read_bytes()).hexdigest()
    assert set(document["engine"]) == {"name", "version"}
    page = document["pages"][0]
    assert (page["number"], page["rotation"], page["blank"], page["source"]) == (1, 0, False, "recognised")
    assert page["text"] == "\n".join(line["text"] for line in page["lines"])
    for line in page["lines"]:
        left, top, right, bottom = line["box"]
        assert 0 <= left < right <= page["width"]
        assert 0 <= top < bottom <= page["height"]
        assert line["words"]
    assert not (tmp_path / "none").exists()


def test_only_the_pages_asked_for_are_read(tmp_path: Path) -> None:
    document = archive(tmp_path, "ocr", CONTRACT, "--pages", "2", "--json").document
    assert [page["number"] for page in document["pages"]] == [2]
    assert archive(tmp_path, "ocr", CONTRACT, "--pages", "2-9").code == 2


def test_extract_adds_documents_with_fields_and_their_evidence(tmp_path: Path) -> None:
    document = archive(tmp_path, "extract", PERMIT, "--json").document
    assert document["pages"]
    fields = document["documents"][0]["fields"]
    assert fields["type_name"]["value"] == "Giấy phép xây dựng"
    assert fields["issued_date"]["value"] == "2024-11-09"
    for field in fields.values():
        assert set(field) >= {"value", "confidence", "page", "box", "given_by"}
        assert 0 <= field["confidence"] <= 1


def test_pdf_makes_a_valid_searchable_pdf_a_and_leaves_the_file_alone(tmp_path: Path) -> None:
    if not (ROOT / ".cache" / "verapdf" / "lib").is_dir() or shutil.which("java") is None:
        pytest.skip("veraPDF is not here: scripts/setup dev brings it")
    before = PERMIT.read_bytes()
    out = tmp_path / "out.pdf"
    done = archive(tmp_path / "none", "pdf", PERMIT, out, "--json")
    assert done.code == 0
    assert done.document["sha256"] == hashlib.sha256(out.read_bytes()).hexdigest()
    assert PERMIT.read_bytes() == before
    checked = subprocess.run([ROOT / "scripts/verapdf/validate", out], capture_output=True, text=True, check=False)
    assert checked.stdout.startswith("PASS"), checked.stdout
    text = subprocess.run(["pdftotext", out, "-"], capture_output=True, text=True, check=True).stdout
    assert "Lý Xuân" in text
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("rỗng.pdf", b"", "file.empty"),
        ("cụt.pdf", b"%PDF-1.7\n1 0 obj\n<<", "file.damaged"),
        ("lạ.pdf", b"\x7fELF" + bytes(400), "file.type_unknown"),
    ],
)
def test_a_bad_file_is_a_finding_with_a_reason(tmp_path: Path, name: str, content: bytes, reason: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    done = archive(tmp_path, "ocr", path, "--json")
    assert done.code == 1
    assert done.document["error"]["reason"] == reason


def test_a_file_that_is_not_there_is_wrong_use(tmp_path: Path) -> None:
    assert archive(tmp_path, "ocr", tmp_path / "không có.pdf").code == 2
    assert archive(tmp_path, "pdf", PERMIT, PERMIT).code == 2
    assert archive(tmp_path, "pdf", PERMIT, tmp_path).code == 2
