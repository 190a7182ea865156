from __future__ import annotations

from metadata.extract import describe
from ocr.model import PageText
from tests.metadata.pages import PARAGRAPH, body, centred, decision, letterhead, line, page, recognition


def groups(*pages: PageText) -> list[tuple[int, ...]]:
    return [document.pages for document in describe(recognition(*pages))]


def more(number: int) -> PageText:
    return page([line(str(number), 1240, 144), *body(300, *PARAGRAPH)], number=number)


def test_pages_without_a_head_belong_to_the_document_before_them() -> None:
    assert groups(decision(), more(2), more(3)) == [(1, 2, 3)]


def test_a_page_with_a_head_and_number_of_its_own_begins_a_document() -> None:
    assert groups(decision(), more(2), decision(code="Số: 16/QĐ-UBND", number=3)) == [(1, 2), (3,)]


def test_each_document_has_its_own_fields() -> None:
    first, second = describe(recognition(decision(), decision(code="Số: 16/QĐ-UBND", number=2)))
    assert [document.fields["code_number"].value for document in (first, second)] == ["15", "16"]  # type: ignore[index]
    assert [document.fields["page_count"].value for document in (first, second)] == [1, 1]  # type: ignore[index]
    assert second.fields["signer_name"].page == 2  # type: ignore[index]


def test_a_blank_page_between_two_documents_stays_with_the_first() -> None:
    assert groups(decision(), page([], number=2), decision(code="Số: 16/QĐ-UBND", number=3)) == [(1, 2), (3,)]


def test_a_form_in_an_annex_is_no_document_of_its_own() -> None:
    form = page([line("Mẫu số 01", 1900, 130), *letterhead(code="Số: 12/GP-UBND"), *body(900, *PARAGRAPH)], number=2)
    assert groups(decision(), form) == [(1, 2)]


def test_a_form_to_be_filled_in_is_no_document_of_its_own() -> None:
    form = page([*letterhead(code="Số: ......../GP-UBND"), *body(900, *PARAGRAPH)], number=2)
    assert groups(decision(), form) == [(1, 2)]


def test_the_same_number_again_is_no_new_document() -> None:
    assert groups(decision(), decision(number=2)) == [(1, 2)]


def test_a_head_before_the_first_document_has_ended_is_no_new_document() -> None:
    open_end = page([*letterhead(), centred("QUYẾT ĐỊNH", 1317, 640), *body(900, *PARAGRAPH)])
    assert groups(open_end, decision(code="Số: 16/QĐ-UBND", number=2)) == [(1, 2)]


def test_every_page_is_in_exactly_one_document() -> None:
    pages = [decision(code=f"Số: {number}/QĐ-UBND", number=number) for number in range(1, 6)]
    assert [number for group in groups(*pages) for number in group] == [1, 2, 3, 4, 5]
