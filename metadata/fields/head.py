"""The fields of a first page's head: organs, number, place and date, kind and subject."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from metadata.evidence import make_field, unread
from metadata.layout import Layout, Segment
from metadata.letterhead import NUMBER_LINE, Letterhead, find_letterhead
from metadata.model import Field, FieldName
from metadata.registry import DocumentClass, classes
from metadata.text import fold
from metadata.types.body import OrganName, clean_name, is_organ, organ_names
from metadata.types.number import CodeReading, parse_code
from metadata.types.place import PlaceAndDate, read_place_and_date
from metadata.types.title import Subject, Title, find_subject, find_title, letter_subject

PLACE_OF_ISSUE = re.compile(r"^\W*(?:noi dang ky(?: khai sinh| ket hon)?|noi cap|co quan cap)\s*[:;.]\s*")
CONTRACT_DATE = re.compile(r"^\W*hom nay\b")


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
    title = find_title(first, below)
    letter = letter_subject(left) if title is None else None
    addressed = any(re.match(r"\W*kinh g.i\b", row.folded) for row in first.rows if row.middle < 0.5)
    kind = title.kind if title else _kind_without_title(code, letter is not None or addressed)
    subject = find_subject(first, title) if title else letter
    dated = _dated(layouts, right, [organ.value for organ in organs])
    return Head(kind, title, subject, tuple(organs), code_row, code, dated, addressed)


def fields_of(head: Head) -> dict[FieldName, Field]:
    fields = _type_and_subject(head)
    names = (FieldName.ORGAN_NAME, FieldName.PARENT_ORGAN_NAME)
    for name, organ in zip(names, reversed(head.organs), strict=False):
        fields[name] = make_field(organ.value, organ.evidence, organ.fit, read_as=organ.read_as)
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
                return [OrganName(value, value, (row,), 0.9)]
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
        found = read_place_and_date(row, organs)
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
            return read_place_and_date(row, organs)
    return None


def _type_and_subject(head: Head) -> dict[FieldName, Field]:
    fields: dict[FieldName, Field] = {}
    by_code = _class_of(head.code)
    if head.title:
        agrees = by_code is None or by_code.code == head.title.kind.code
        read_as = " ".join(segment.text for segment in head.title.evidence)
        exact = fold(read_as).strip(" .:") == fold(head.title.name)
        fit = head.title.likeness * (1.0 if agrees else 0.7)
        fields[FieldName.TYPE_NAME] = make_field(
            head.title.name, head.title.evidence, fit, read_as=None if exact else read_as
        )
    elif head.kind and head.code_row:
        evidence = head.subject.evidence if head.subject else (head.code_row,)
        is_letter = head.kind.code == "cong_van"
        sure = 1.0 if is_letter and head.subject and head.addressed else 0.85 if is_letter else 0.6
        fields[FieldName.TYPE_NAME] = make_field(head.kind.name, evidence, sure)
    if head.subject:
        subject = head.subject
        fields[FieldName.SUBJECT] = make_field(subject.value, subject.evidence, subject.fit, read_as=subject.read_as)
    return fields


def _code_fields(head: Head) -> dict[FieldName, Field]:
    if head.code is None or head.code_row is None:
        return {}
    code, row = head.code, head.code_row
    slash = next((index for index, word in enumerate(row.words) if "/" in word.text), 0)
    number = row.part(0, slash + 1)
    notation = row.part(slash, len(row.placed))
    fields = {}
    if code.number:
        fields[FieldName.CODE_NUMBER] = make_field(code.number, [number], code.fit)
    else:
        fields[FieldName.CODE_NUMBER] = unread(row.page, number.box)
    if code.notation:
        known = head.title is None or _class_of(code) is None or _class_of(code) == head.title.kind
        fit = code.fit * (1.0 if known else 0.8)
        fields[FieldName.CODE_NOTATION] = make_field(code.notation, [notation], fit, read_as=code.read_as)
    return fields


def _date_fields(head: Head) -> dict[FieldName, Field]:
    if head.dated is None:
        return {}
    dated = head.dated
    fields = {}
    if dated.place:
        fields[FieldName.PLACE] = make_field(dated.place_name, [dated.place], dated.place_fit)
    if dated.date.iso:
        fit = (1.0 if dated.date.value else 0.3) * (0.6 if dated.date.guessed else 1.0)
        if head.code and (year := re.match(r"(\d{4})/", head.code.notation)):
            fit *= 1.0 if int(year[1]) == dated.date.year else 0.6
        fields[FieldName.ISSUED_DATE] = make_field(
            dated.date.iso, [dated.date_words], fit, read_as=dated.date.written if dated.date.guessed else None
        )
    else:
        fields[FieldName.ISSUED_DATE] = unread(dated.row.page, dated.date_words.box)
    return fields
