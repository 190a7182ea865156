"""Kind of document and what it is about: the centred title with its trích yếu, or V/v of an official letter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from statistics import median

from rapidfuzz import fuzz

from metadata.layout import Layout, Segment, split_at_gaps
from metadata.letterhead import NUMBER_LINE
from metadata.registry import DocumentClass, classes
from ocr.letters import fold

LETTER_SUBJECT = re.compile(r"^[\W_]*v\s?[/il1|\\7]\s?v\b[\s:.]*|^[\W_]*ve viec\b[\s:]*")
END_OF_SUBJECT = re.compile(
    r"^[\W_]*(?:can cu\b|kinh g.i\b|dieu \d|chuong [ivx1]|phan [ivx1]|muc [ivx1]|[1-9][.)]\s|[ivx]{1,4}[.)]\s"
    r"|hom nay\b|(?:thoi gian|dia diem|thanh phan)\b.*:|ten toi la\b|ho(?: va)? ten\b|ho, chu dem)"
)
NEXT_PARAGRAPH = 1.4  # in line pitches: a wider step ends the subject
BELOW_TITLE = 2.3
ALIKE = 0.84
LIKELIER = 0.1
AUTHORITY = re.compile(
    r"^[\W_]*(?:bo truong|thu tuong|chu tich|(?:tong )?giam doc|(?:chi |tong )?cuc truong|vien truong|chanh an|"
    r"truong phong|hieu truong|chanh van phong|truong ban|tong thanh tra|thong doc|uy ban nhan dan|"
    r"uy ban thuong vu|hoi dong nhan dan|quoc hoi|chinh phu|ban thuong vu)\b"
)


@dataclass(frozen=True)
class Title:
    """kind: the class that the words name; name: as a clerk writes it; likeness of the print to it, 0 to 1."""

    kind: DocumentClass
    name: str
    likeness: float
    evidence: tuple[Segment, ...]


@dataclass(frozen=True)
class Subject:
    value: str
    read_as: str
    evidence: tuple[Segment, ...]
    support: float


def find_title(layout: Layout, below: float, expected: DocumentClass | None = None) -> Title | None:
    """The first centred line in capitals that names a class of document, in the upper part of the page."""
    for index, segment in enumerate(layout.segments):
        if not below <= segment.middle < 0.6 or segment.upper_share < 0.7:
            continue
        if not 0.3 < segment.centre < 0.72:
            continue
        following = _next_line(layout.segments, index)
        both = (
            match_class(f"{segment.text} {following.text}", expected)
            if following and following.upper_share > 0.7
            else None
        )
        alone = match_class(segment.text, expected)
        if both and following and (alone is None or len(both[0].name) > len(alone[0].name) + 2):
            return Title(*both, (segment, following))
        if alone:
            return Title(*alone, (segment,))
    return None


def match_class(text: str, expected: DocumentClass | None = None) -> tuple[DocumentClass, str, float] | None:
    """The class whose name the text is or begins with, letters spaced out or run together.

    expected: what the notation says; of names as like to the print it wins.
    Returns the class, the name as a clerk writes it, and the likeness of the print to it.
    """
    printed = fold(text).strip(" .,:;'\"*-–_|~")
    best: tuple[float, float, DocumentClass, str] | None = None
    for spelling, kind, name in _spellings():
        likeness = fuzz.ratio(printed.replace(" ", ""), spelling.replace(" ", "")) / 100
        rank = likeness + (LIKELIER if kind == expected else 0.0)
        if likeness >= ALIKE and (best is None or rank > best[0]):
            best = (rank, likeness, kind, name)
    if best:
        return best[2], best[3], best[1]
    for spelling, kind, name in _spellings():  # longest first
        if not kind.takes_qualifier or not printed.startswith(spelling + " ") or len(printed) > len(spelling) + 60:
            continue
        rest = text.strip()[len(spelling) :].strip(" .,:;'\"*_|~")
        return kind, f"{name} {rest.lower()}", 0.95
    return None


def find_subject(layout: Layout, title: Title) -> Subject | None:
    """The centred lines under the title, up to the addressee, the authority in capitals or the first paragraph."""
    first, last = title.evidence[0], title.evidence[-1]
    return _subject(_lines_below(layout, last, (first.centre + last.centre) / 2))


def untitled_subject(layout: Layout, head: Segment) -> Subject | None:
    """The centred lines below the head where the title over them could not be read."""
    wide = [row for row in layout.rows if row.place.width > 0.6]
    if not wide:
        return None
    axis = median(row.centre for row in wide)
    centred = [row for row in layout.segments if row.middle > head.place.bottom and not _is_beside(row, axis)]
    if not centred or centred[0].upper_share > 0.6 or END_OF_SUBJECT.match(centred[0].folded):
        return None
    found = [centred[0], *_lines_below(layout, centred[0], axis)]
    subject = _subject(found)
    return replace(subject, support=0.5) if subject else None


def _lines_below(layout: Layout, title: Segment, axis: float) -> list[Segment]:
    pitch = layout.pitch or 1.6 * title.height
    ends = sorted(row.place.right for row in layout.rows if row.place.width > 0.6)
    margin = ends[3 * len(ends) // 4] if ends else 1.0  # specks beside the text reach further
    last, found = title, list[Segment]()
    for segment in _pieces(layout, axis):
        above = found[-1] if found else last
        if segment.middle <= above.middle + 0.4 * above.height or _is_beside(segment, axis):
            continue
        if not found and NUMBER_LINE.match(segment.folded):
            last = segment  # contracts carry their number under the title
            continue
        off = abs(segment.centre - axis)
        to_margin = off > 0.025 and segment.place.right > margin - 0.01 and bool(found)
        if (
            off > (0.09 if segment.place.width > 0.5 else 0.06)
            or to_margin
            or _ends_subject(segment, found, above, pitch)
        ):
            break
        found.append(segment)
    return found


def _pieces(layout: Layout, axis: float) -> list[Segment]:
    """Rows that stand centred as a whole, though a word in them was lost; of others the parts."""
    found: list[Segment] = []
    for row in layout.rows:
        parts = split_at_gaps(row, layout.aspect)
        found += [row] if len(parts) > 1 and abs(row.centre - axis) < 0.02 else parts
    return found


def letter_subject(left: Sequence[Segment]) -> Subject | None:
    """V/v … under the number of an official letter, to the end of the left column's block."""
    found: list[Segment] = []
    for row in left:
        if not found:
            if LETTER_SUBJECT.match(row.folded):
                found.append(row)
            continue
        if row.place.top - found[-1].place.bottom > 1.2 * row.height or row.upper_share > 0.8:
            break
        found.append(row)
    return _subject(found)


def _is_beside(segment: Segment, axis: float) -> bool:
    """A stamp or a speck beside the title, or a rule under it."""
    letters = sum(letter.isalpha() for letter in segment.text)
    return letters < 3 or (abs(segment.centre - axis) > 0.06 and segment.place.width < 0.3)


def _ends_subject(segment: Segment, found: list[Segment], above: Segment, pitch: float) -> bool:
    if END_OF_SUBJECT.match(segment.folded):
        return True
    if segment.upper_share > 0.8 and (AUTHORITY.match(segment.folded) or found):
        return True
    return segment.middle - above.middle > pitch * (NEXT_PARAGRAPH if found else BELOW_TITLE)


def _subject(found: list[Segment]) -> Subject | None:
    if not found:
        return None
    read_as = " ".join(segment.text for segment in found)
    value = re.sub(r"\s+", " ", read_as).strip(" .,;:'\"`_|~*-–—")
    match = LETTER_SUBJECT.match(fold(value))
    if match and not fold(value).startswith("ve viec"):
        value = value[match.end() :]
    if read_as.strip().startswith("(") and not value.endswith(")"):
        value += ")"
    if not value:
        return None
    return Subject(value, read_as, tuple(found), 2.0 if len(value) > 10 or value.startswith("(") else 0.5)


def _next_line(segments: Sequence[Segment], index: int) -> Segment | None:
    segment = segments[index]
    for other in segments[index + 1 :]:
        if other.middle > segment.place.bottom and abs(other.centre - segment.centre) < 0.05:
            return other if other.place.top - segment.place.bottom < 1.2 * segment.height else None
    return None


@cache
def _spellings() -> tuple[tuple[str, DocumentClass, str], ...]:
    found = []
    for kind in classes().values():
        if kind.code == "cong_van":
            continue  # has no title
        found += [(fold(name), kind, name) for name in (kind.name, *kind.also_written)]
    return tuple(sorted(found, key=lambda entry: -len(entry[0])))
