"""The parent's side: files go in, values come out, nothing foreign is opened here."""

from __future__ import annotations

import threading
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pikepdf
import pytest
from PIL import Image

from ocr import sandbox, work
from ocr.errors import EngineMissing, FileRefused, OcrError
from ocr.model import PageText
from tests.ocr import drawn

QPDF = Path(__file__).parents[3] / "shared/data/hostile/qpdf"


@pytest.fixture
def blanks(tmp_path: Path) -> Path:
    return drawn.pdf_of(tmp_path / "blanks.pdf", *[Image.new("RGB", (300, 400), "white")] * 10)


def test_a_file_is_looked_at_and_read(tmp_path: Path) -> None:
    file = drawn.pdf_of(tmp_path / "scan.pdf", drawn.page())
    assert work.inspect(file) == work.FileFacts("pdf", 1, False, "application/pdf", 0)
    recognition = work.recognise(file)
    assert recognition.engine.name == "tesseract"
    assert "QUYẾT ĐỊNH" in recognition.pages[0].text
    assert 0.8 < recognition.confidence < 1


def test_pages_come_in_their_order_whatever_was_read_first(blanks: Path) -> None:
    reported: list[PageText] = []
    recognition = work.recognise(blanks, engine="null", jobs=3, on_page=reported.append)
    assert [page.number for page in recognition.pages] == list(range(1, 11))
    assert sorted(page.number for page in reported) == list(range(1, 11))


def test_only_the_pages_asked_for_are_read(blanks: Path) -> None:
    recognition = work.recognise(blanks, pages=range(3, 5), engine="null")
    assert [page.number for page in recognition.pages] == [3, 4]


@pytest.mark.parametrize(
    ("pages", "jobs", "groups"), [(2, 2, [[1], [2]]), (3, 2, [[1, 2], [3]]), (4, 1, [[1, 2], [3, 4]]), (1, 2, [[1]])]
)
def test_few_pages_are_shared_out_over_all_jobs(
    blanks: Path, monkeypatch: pytest.MonkeyPatch, pages: int, jobs: int, groups: list[list[int]]
) -> None:
    read: list[list[int]] = []

    def watched(function: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if "pages" in arguments:
            read.append(arguments["pages"])
        return sandbox.call(function, arguments)

    monkeypatch.setattr(work, "sandbox", SimpleNamespace(call=watched))
    work.recognise(blanks, pages=range(1, pages + 1), engine="null", jobs=jobs)
    assert sorted(read) == groups


@pytest.mark.parametrize("pages", [[], [0], [11], [1, 99]])
def test_pages_that_are_not_there_are_a_mistake_of_the_caller(blanks: Path, pages: list[int]) -> None:
    with pytest.raises(ValueError, match="of a file of 10"):
        work.recognise(blanks, pages=pages, engine="null")


def test_reports_come_one_at_a_time(blanks: Path) -> None:
    inside = threading.Lock()

    def report(page: PageText) -> None:
        assert inside.acquire(blocking=False), "two reports at once"
        inside.release()

    work.recognise(blanks, engine="null", jobs=3, on_page=report)


def test_a_bad_file_is_refused_with_its_reason(tmp_path: Path) -> None:
    file = tmp_path / "empty.pdf"
    file.write_bytes(b"")
    with pytest.raises(FileRefused) as refusal:
        work.recognise(file)
    assert refusal.value.reason == "file.empty"


def test_an_unknown_engine_is_told_across_the_border(blanks: Path) -> None:
    with pytest.raises(EngineMissing):
        work.recognise(blanks, engine="crystal ball")


def test_a_file_that_is_not_there_is_an_error_of_its_reader(tmp_path: Path) -> None:
    with pytest.raises(OcrError):
        work.inspect(tmp_path / "nothing.pdf")


def test_a_signature_picture_is_seen_on_the_access_copy_but_never_read(tmp_path: Path) -> None:
    file = signed_looking(tmp_path)
    facts = work.inspect(file)
    assert facts.signed
    recognition = work.recognise(file, facts=facts)
    assert "SIGNEDBY" not in recognition.pages[0].text
    assert "QUYẾT ĐỊNH" in recognition.pages[0].text
    sealed = work.seal(file, recognition, tmp_path / "out")
    with Image.open(sealed.page_images[0]) as picture:
        shown = picture.convert("L").crop((0, 0, picture.width, 100))
        assert shown.getextrema()[0] < 80


def signed_looking(tmp_path: Path) -> Path:
    """A scan with a signature field whose appearance writes large letters across the top."""
    file = drawn.pdf_of(tmp_path / "signed.pdf", drawn.page())
    with pikepdf.open(file, allow_overwriting_input=True) as document:
        page = document.pages[0]
        font = pikepdf.Dictionary(Type=pikepdf.Name.Font, Subtype=pikepdf.Name.Type1, BaseFont=pikepdf.Name.Helvetica)
        look = document.make_stream(b"BT /F1 24 Tf 5 5 Td (SIGNEDBY SOMEBODY) Tj ET")
        look.update(
            pikepdf.Dictionary(
                Type=pikepdf.Name.XObject,
                Subtype=pikepdf.Name.Form,
                BBox=[0, 0, 300, 40],
                Resources=pikepdf.Dictionary(Font=pikepdf.Dictionary(F1=font)),
            )
        )
        value = pikepdf.Dictionary(Type=pikepdf.Name.Sig, ByteRange=[0, 1, 2, 3])
        widget = document.make_indirect(
            pikepdf.Dictionary(
                Type=pikepdf.Name.Annot,
                Subtype=pikepdf.Name.Widget,
                FT=pikepdf.Name.Sig,
                T="Signature1",
                V=value,
                F=4,
                Rect=[100, 800, 400, 840],
                AP=pikepdf.Dictionary(N=look),
                P=page.obj,
            )
        )
        page.Annots = pikepdf.Array([widget])
        document.Root.AcroForm = pikepdf.Dictionary(Fields=pikepdf.Array([widget]), SigFlags=3)
        document.save(file, object_stream_mode=pikepdf.ObjectStreamMode.disable)
    return file


OUTCOMES = {
    "bad1.pdf": "file.type_unknown",
    "bad16.pdf": "read",
    "fuzz-16214.pdf": "file.type_unknown",
    "issue-101.pdf": "file.damaged",
    "minimal.pdf": "read",
}


@pytest.mark.skipif(not QPDF.is_dir(), reason=f"hostile files are not at {QPDF}")
@pytest.mark.parametrize("name", OUTCOMES)
def test_hostile_files_are_read_or_refused_with_a_reason(name: str) -> None:
    assert outcome(QPDF / name) == OUTCOMES[name]


def outcome(file: Path) -> str:
    try:
        facts = work.inspect(file)
        work.recognise(file, pages=[1], engine="null", facts=facts)
    except OcrError as error:
        return error.reason
    return "read"
