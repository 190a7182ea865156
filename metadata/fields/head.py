"""The fields of a first page's head: organs, number, place and date, kind and subject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from metadata.evidence import PARTLY_READ, SUREST, make_field, unread
from metadata.layout import Layout, Segment
from metadata.letterhead import NUMBER_LINE, Letterhead, find_letterhead
from metadata.model import Field, FieldName
from metadata.registry import DocumentClass, classes
from metadata.types.body import OrganName, agree_with_place, clean_name, is_organ, organ_names
from metadata.types.number import CodeReading, parse_code
from metadata.types.place import PlaceAndDate, read_date_and_place, read_place_and_date
from metadata.types.title import Subject, Title, find_subject, find_title, letter_subject, untitled_subject
from ocr.letters import fold
from ocr.model import Word

PLACE_OF_ISSUE = re.compile(r"^[\W_]*(?:noi dang ky(?: khai sinh| ket hon)?|noi cap|co quan cap)\s*[:;.]\s*")
CONTRACT_DATE = re.compile(r"^[\W_]*hom nay\b")

HANDWRITTEN = 1.25


@dataclass(frozen=True)
class Head:
    """What the head says; each part None where it was not found."""

    kind: DocumentClass | None
    title: Title | None
    subject: Subject | None
    organs: tuple[OrganName, ...]
    code_row: Segment | None
    code: CodeReading | None
    dated: PlaceAndDate | None
    addressed: bool

    @property
    def issued_on(self) -> date | None:
        return self.dated.date.value if self.dated else None


def read_head(layouts: Sequence[Layout]) -> Head:
    first = layouts[0]
    letterhead = find_letterhead(first)
    left, right, below = _columns(first, letterhead)
    organs = organ_names(left) or _place_of_issue(layouts)
    issuer = organs[-1].value if organs else None
    code_row, code = _code([*left, *(row for row in first.rows if row.middle < 0.4)], issuer)
    title = find_title(first, below, _class_of(code))
    letter = letter_subject(left) if title is None else None
    addressed = any(re.match(r"[\W_]*kinh g.i\b", row.folded) for row in first.rows if row.middle < 0.5)
    kind = title.kind if title else _kind_without_title(code, letter is not None or addressed)
    subject = find_subject(first, title) if title else letter
    if subject is None and kind and kind.code != "cong_van" and code_row:
        subject = untitled_subject(first, code_row)
    dated = _dated(layouts, right, [organ.value for organ in organs])
    if dated and dated.place:
        organs = [agree_with_place(organ, dated.place_name) for organ in organs]
    return Head(kind, title, subject, tuple(organs), code_row, code, dated, addressed)


def fields_of(head: Head) -> dict[FieldName, Field]:
    fields = _type_and_subject(head)
    names = (FieldName.ORGAN_NAME, FieldName.PARENT_ORGAN_NAME)
    for name, organ in zip(names, reversed(head.organs), strict=False):
        fields[name] = make_field(organ.value, organ.evidence, organ.support, read_as=organ.read_as)
    return fields | _code_fields(head) | _date_fields(head)


def _columns(layout: Layout, head: Letterhead | None) -> tuple[Sequence[Segment], Sequence[Segment], float]:
    if head:
        return head.left, head.right, head.bottom
    top = layout.rows_where(lambda word: word.place.top < 0.25 and (word.place.left + word.place.right) / 2 < 0.48)
    right = layout.rows_where(lambda word: word.place.top < 0.25 and (word.place.left + word.place.right) / 2 >= 0.48)
    numbered = any(NUMBER_LINE.match(row.folded) for row in top)
    return (top if numbered else ()), right, 0.05


def _place_of_issue(layouts: Sequence[Layout]) -> list[OrganName]:
    for layout in layouts:
        for row in layout.rows:
            match = PLACE_OF_ISSUE.match(row.folded)
            value = clean_name(row.text[match.end() :]) if match else ""
            if value and is_organ(value):
                return [OrganName(value, value, (row,), 3.0)]
    return []


def _code(rows: Sequence[Segment], organ: str | None) -> tuple[Segment | None, CodeReading | None]:
    for row in rows:
        if NUMBER_LINE.match(row.folded):
            code = parse_code(row.text, organ)
            if code:
                return row, code
    return None, None


def _kind_without_title(code: CodeReading | None, letter: bool) -> DocumentClass | None:
    by_code = _class_of(code)
    if by_code:
        return by_code
    return classes()["cong_van"] if letter and code else None


def _class_of(code: CodeReading | None) -> DocumentClass | None:
    """The class that the notation's first group abbreviates."""
    if code is None:
        return None
    first = re.sub(r"^\d{4}/", "", code.notation).split("-")[0]
    return next((entry for entry in classes().values() if entry.abbreviation == first), None)


def _dated(layouts: Sequence[Layout], right: Sequence[Segment], organs: list[str]) -> PlaceAndDate | None:
    """Place and date of the head; for want of it above the signature; in a contract in its first sentence."""
    for row in right:
        found = read_place_and_date(row, organs) if row.centre > 0.55 else None
        if found:
            return found
    for layout in reversed(layouts):
        half = layout.rows_where(lambda word: (word.place.left + word.place.right) / 2 > 0.45)
        for row in half:
            found = read_place_and_date(row, organs)
            if found and found.place and row.place.left > 0.45 and len(row.words) < 14:
                return found
    for row in layouts[0].rows:
        if CONTRACT_DATE.match(row.folded):
            return read_date_and_place(row)
    return None


def _type_field(head: Head) -> Field | None:
    by_code = _class_of(head.code)
    if head.title:
        title = head.title
        conflict = by_code is not None and by_code.code not in title.kind.code
        support = (10.0 if title.likeness > 0.95 else 3.0) * (0.1 if conflict else 5.0 if by_code else 1.0)
        read_as = " ".join(segment.text for segment in title.evidence)
        exact = fold(read_as).strip(" .:") == fold(title.name)
        return make_field(title.name, title.evidence, support, read_as=None if exact else read_as)
    if head.kind is None or head.code_row is None:
        return None
    evidence = head.subject.evidence if head.subject else (head.code_row,)
    if head.kind.code == "cong_van":
        return make_field(head.kind.name, evidence, 10.0 if head.subject and head.addressed else 1.0)
    return make_field(head.kind.name, evidence, 0.5)  # only the notation says so: the title was not read


def _type_and_subject(head: Head) -> dict[FieldName, Field]:
    fields: dict[FieldName, Field] = {}
    kind = _type_field(head)
    if kind:
        fields[FieldName.TYPE_NAME] = kind
    if head.subject:
        subject = head.subject
        fields[FieldName.SUBJECT] = make_field(
            subject.value, subject.evidence, subject.support, read_as=subject.read_as
        )
    return fields


def _code_fields(head: Head) -> dict[FieldName, Field]:
    if head.code is None or head.code_row is None:
        return {}
    code, row = head.code, head.code_row
    slash = next((index for index, word in enumerate(row.words) if "/" in word.text or "\u2044" in word.text), 0)
    alone = slash > 0 and not re.search(r"\d.*/", row.words[slash].text.split("/")[0] + "/")
    number = row.part(0, slash if alone else slash + 1)
    fields = {}
    if code.number and (not alone or any(letter.isdigit() for letter in number.text)):
        # figures in one word with a notation that fits are read as well as that; apart, they speak for themselves
        fields[FieldName.CODE_NUMBER] = make_field(
            code.number,
            [number],
            (2.0 if alone else code.support) * (1.0 if code.plain else 0.1),
            at_most=_surest(number.words[-1:], head.dated) if alone else SUREST,
        )
    else:
        fields[FieldName.CODE_NUMBER] = unread(row.page, number.box)
    conflict = head.title is not None and (by_code := _class_of(code)) and by_code.code not in head.title.kind.code
    fields[FieldName.CODE_NOTATION] = make_field(
        code.notation,
        [row.part(slash, len(row.placed))],
        code.support * (0.2 if conflict else 1.0),
        read_as=code.read_as,
    )
    return fields


def _surest(words: Sequence[Word], dated: PlaceAndDate | None) -> float:
    """How sure a value can be: of figures written by hand no surer than their reader; none where none read them."""
    if any(_by_hand(word, dated) for word in words if not word.hand):
        return PARTLY_READ
    return min((word.confidence for word in words if word.hand), default=SUREST)


def _by_hand(word: Word, dated: PlaceAndDate | None) -> bool:
    """Figures much taller than those of the printed year are written by hand."""
    year = next((other for other in dated.date_words.words[::-1] if other.text.isdecimal()), None) if dated else None
    if year is None or re.search(r"ng.y|th.ng|n.m|so\b", fold(word.text)):
        return False  # letters with marks are taller
    return word.box.height > HANDWRITTEN * year.box.height


def _date_fields(head: Head) -> dict[FieldName, Field]:
    if head.dated is None:
        return {}
    dated, read = head.dated, head.dated.date
    fields = {}
    if dated.place:
        fields[FieldName.PLACE] = make_field(dated.place_name, [dated.place], dated.place_support)
    if not read.iso:
        return fields | {FieldName.ISSUED_DATE: unread(dated.row.page, dated.date_words.box)}
    year = re.match(r"(\d{4})/", head.code.notation) if head.code else None
    support = (
        0.3
        if read.guessed or dated.place is None
        else 2.0
        if year is None
        else 5.0
        if int(year[1]) == read.year
        else 0.1
    )
    fields[FieldName.ISSUED_DATE] = make_field(
        read.iso,
        [dated.date_words],
        support,
        read_as=read.written if read.guessed else None,
        at_most=_surest(dated.date_words.words, dated) if read.value else PARTLY_READ,
    )
    return fields
