"""Names of organs as the head of a document gives them: the superior organ, then the issuing one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz

from metadata.layout import Segment
from metadata.letterhead import NUMBER_LINE, is_capitals
from metadata.text import fold

# A line that begins so begins the name of an organ; another one goes on with the line above.
BEGINNINGS = (
    "uy ban", "ubnd", "hoi dong", "hdnd", "so ", "phong ", "bo ", "chinh phu", "quoc hoi", "thu tuong", "chu tich nuoc",
    "tong cuc", "cuc ", "chi cuc", "vu ", "van phong", "trung tam", "truong ", "cong an", "toa an", "vien ", "vien kiem",
    "ban ", "hoi ", "thanh tra", "kho bac", "ngan hang", "bao hiem", "cong ty", "tong cong ty", "lien doan", "doan ",
    "mat tran", "tong lien", "dang bo", "thanh uy", "tinh uy", "huyen uy", "quan uy", "dang uy", "benh vien", "tram ",
    "hat ", "doi ", "chi nhanh", "bqlda", "dai ", "nha xuat ban", "bao ", "tap doan", "kiem toan", "hoc vien", "bch ",
)  # fmt: skip
AREAS = ("tinh ", "thanh pho ", "tp ", "tp.", "huyen ", "quan ", "thi xa ", "xa ", "phuong ", "thi tran ", "dac khu ")
COUNCILS = (
    "uy ban nhan dan",
    "hoi dong nhan dan",
    "ubnd",
    "hdnd",
    "cong an",
    "toa an nhan dan",
    "vien kiem sat nhan dan",
)
OPEN_END = ("va", "-", "–", ",", "cua", "ve", "thuoc")
FREQUENT = (
    "ỦY BAN NHÂN DÂN",
    "HỘI ĐỒNG NHÂN DÂN",
    "THÀNH PHỐ",
    "CHÍNH PHỦ",
    "VĂN PHÒNG",
    "CÔNG AN",
    "PHÒNG",
    "HUYỆN",
    "QUẬN",
)


@dataclass(frozen=True)
class OrganName:
    value: str
    read_as: str
    evidence: tuple[Segment, ...]
    fit: float


def organ_names(rows: Sequence[Segment]) -> list[OrganName]:
    """Superior organ (if any) and issuing organ from the left column's rows above the number."""
    lines = _name_lines(rows)
    groups: list[list[Segment]] = []
    for line in lines:
        if groups and _goes_on(groups[-1], line):
            groups[-1].append(line)
        else:
            groups.append([line])
    return [_name(group) for group in groups[-2:]]


def is_organ(text: str) -> bool:
    return fold(text).lstrip(" -.,'\"").startswith(BEGINNINGS)


def _name_lines(rows: Sequence[Segment]) -> list[Segment]:
    """Rows in capitals that end right above the number line (or in the column's first block, without one)."""
    number = next((index for index, row in enumerate(rows) if NUMBER_LINE.match(row.folded)), len(rows))
    lines: list[Segment] = []
    for row in reversed(rows[:number]):
        capitals = is_capitals(row) or (lines and row.upper_share > 0.6)
        if not capitals:
            if lines:
                break
            continue
        if lines and lines[-1].place.top - row.place.bottom > 2.5 * row.height:
            break
        lines.append(row)
    return list(reversed(lines))


def _goes_on(group: list[Segment], line: Segment) -> bool:
    before, text = group[-1].folded.rstrip(" .,'"), line.folded.lstrip(" -.,'\"")
    if before.split(" ")[-1] in OPEN_END or before.endswith(("-", "–")):
        return True
    if text.startswith(AREAS):
        whole = " ".join(segment.folded for segment in group).strip(" .,'-")
        return whole in COUNCILS or not whole.startswith(AREAS)
    return not text.startswith(BEGINNINGS)


def _name(group: list[Segment]) -> OrganName:
    read_as = " ".join(segment.text for segment in group)
    value = clean_name(read_as)
    fit = 1.0 if is_organ(value) or fold(value).startswith(AREAS) else 0.75
    return OrganName(value, read_as, tuple(group), fit)


def clean_name(text: str) -> str:
    """Without specks at the ends, dashes spaced alike, the tones of frequent words put right."""
    text = re.sub(r"\s+", " ", re.sub(r"(?<=\w)\s*[-–—]\s*(?=\w)", " - ", text)).strip(" .,;:'\"`_-|~*")
    words = text.split(" ")
    for phrase in FREQUENT:
        size = phrase.count(" ") + 1
        for start in range(len(words) - size + 1):
            piece = " ".join(words[start : start + size])
            near = size > 1 and fuzz.ratio(fold(piece), fold(phrase)) >= 90
            if piece != phrase and piece.isupper() and (near or fold(piece) == fold(phrase)):
                words[start : start + size] = phrase.split(" ")
    return " ".join(words)
