"""The fields of a document as a whole: degree of secrecy and urgency, language, number of pages."""

from __future__ import annotations

from collections.abc import Sequence

from metadata.layout import Layout
from metadata.model import Field, FieldName, Secrecy, SecrecyMark
from metadata.stamped import Vocabulary, find_stamped
from ocr.letters import fold

URGENCY = Vocabulary(
    words={"hoatoc": "HỎA TỐC", "thuongkhan": "THƯỢNG KHẨN", "khan": "KHẨN"},
    after=frozenset({"truong", "tinh"}),
    before=frozenset({"cap", "truong", "thiet", "gia", "dai", "hieu"}),
    damaged=frozenset(),
    worn=frozenset(),
)
LEVELS = tuple(Secrecy)  # from the lowest up
MARKED_LETTERS = 0.08  # of Vietnamese text more than this share of letters carries a mark
ENOUGH_LETTERS = 40


def fields_of(layouts: Sequence[Layout], marks: Sequence[SecrecyMark]) -> dict[FieldName, Field]:
    fields = {FieldName.PAGE_COUNT: Field(len(layouts), 0.99, None, None)}
    language = _language(layouts)
    if language:
        fields[FieldName.LANGUAGE] = language
    pages = {layout.page.number for layout in layouts}
    own = [mark for mark in marks if mark.page in pages]
    if own:
        highest = max(own, key=lambda mark: LEVELS.index(mark.level))
        fields[FieldName.SECRECY] = Field(highest.level.value, highest.confidence, highest.page, highest.box)
    for layout in layouts:
        stamps = find_stamped(layout, URGENCY)
        if stamps:
            stamp = stamps[0]
            fields[FieldName.URGENCY] = Field(stamp.word, stamp.confidence, layout.page.number, stamp.box)
            break
    return fields


def _language(layouts: Sequence[Layout]) -> Field | None:
    letters = [
        letter for layout in layouts for placed in layout.words for letter in placed.word.text if letter.isalpha()
    ]
    if len(letters) < ENOUGH_LETTERS:
        return None
    marked = sum(fold(letter) != letter.lower() for letter in letters) / len(letters)
    if marked >= MARKED_LETTERS:
        return Field("Tiếng Việt", min(0.99, 0.7 + 2 * (marked - MARKED_LETTERS)), None, None)
    latin = sum(letter.isascii() for letter in letters) / len(letters)
    return Field("Tiếng Anh", 0.6, None, None) if marked < 0.01 and latin > 0.98 else None
