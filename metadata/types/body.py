"""Names of organs as the head of a document gives them: the superior organ, then the issuing one."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from rapidfuzz import fuzz

from metadata.layout import Segment
from metadata.letterhead import NUMBER_LINE, is_capitals
from ocr.letters import fold
from ocr.model import Word

# A line that begins so begins the name of an organ; another one goes on with the line above.
BEGINNINGS = (
    "uy ban", "ubnd", "hoi dong", "hdnd", "so ", "phong ", "bo ", "chinh phu", "quoc hoi", "thu tuong", "chu tich nuoc",
    "tong cuc", "cuc ", "chi cuc", "vu ", "van phong", "trung tam", "truong ", "cong an", "toa an", "vien ",
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
    "ỦY BAN NHÂN DÂN", "HỘI ĐỒNG NHÂN DÂN", "LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI", "GIÁO DỤC VÀ ĐÀO TẠO",
    "TÀI NGUYÊN VÀ MÔI TRƯỜNG", "NÔNG NGHIỆP VÀ MÔI TRƯỜNG", "NÔNG NGHIỆP VÀ PHÁT TRIỂN NÔNG THÔN",
    "KẾ HOẠCH VÀ ĐẦU TƯ", "VĂN HÓA, THỂ THAO VÀ DU LỊCH", "KHOA HỌC VÀ CÔNG NGHỆ", "THÔNG TIN VÀ TRUYỀN THÔNG",
    "TÀI CHÍNH - KẾ HOẠCH", "QUY HOẠCH - KIẾN TRÚC", "GIAO THÔNG VẬN TẢI", "CÔNG THƯƠNG", "NGOẠI GIAO", "NGOẠI VỤ",
    "QUỐC PHÒNG", "TÀI CHÍNH", "XÂY DỰNG", "NỘI VỤ", "TƯ PHÁP", "Y TẾ", "CÔNG AN", "CHÍNH PHỦ", "QUỐC HỘI",
    "THỦ TƯỚNG", "VĂN PHÒNG", "THÀNH PHỐ", "THỊ TRẤN", "THỊ XÃ", "TRUNG TÂM", "BAN QUẢN LÝ",
)  # fmt: skip
FIRST_WORDS = {"bo": "BỘ", "so": "SỞ", "cuc": "CỤC", "vu": "VỤ", "phong": "PHÒNG", "chi": "CHI", "vien": "VIỆN"}
AREA_WORDS = {"tinh": "TỈNH", "huyen": "HUYỆN", "quan": "QUẬN", "phuong": "PHƯỜNG"}


@dataclass(frozen=True)
class OrganName:
    value: str
    read_as: str
    evidence: tuple[Segment, ...]
    support: float


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
    numbered = [index for index, row in enumerate(rows) if NUMBER_LINE.match(row.folded)]
    number = next((index for index in numbered if "/" in rows[index].text), (numbered or [len(rows)])[-1])
    lines: list[Segment] = []
    for row in reversed(rows[:number]):
        name = _capital_words(row)
        if name is None or not (is_capitals(name) or (lines and name.upper_share > 0.6)):
            if lines and any(letter.isalpha() for letter in row.text):
                break
            continue
        if lines and lines[-1].place.top - name.place.bottom > 2.5 * name.height:
            break
        lines.append(name)
    return list(reversed(lines))


def _capital_words(row: Segment) -> Segment | None:
    """The row without the specks that a reader takes for small letters and signs."""
    kept = tuple(placed for placed in row.placed if _is_capital(placed.word))
    while kept and not any(map(str.isalpha, kept[0].word.text)):
        kept = kept[1:]
    while kept and not any(map(str.isalpha, kept[-1].word.text)):
        kept = kept[:-1]
    return Segment(row.page, kept) if kept else None


def _is_capital(word: Word) -> bool:
    letters = [letter for letter in word.text if letter.isalpha()]
    if not letters:
        return word.text in {"-", "–"}
    return sum(letter.isupper() for letter in letters) * 2 > len(letters) and (
        len(letters) > 1 or word.confidence > 0.5
    )


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
    known = is_organ(value) or fold(value).startswith(AREAS)
    whole = " " in value  # no organ's name is one word: the rest of it was lost
    return OrganName(value, read_as, tuple(group), (4.0 if known else 0.5) if whole else 0.05)


def agree_with_place(organ: OrganName, place: str) -> OrganName:
    """The place of issue stands in the organ's name too: of the two readings the one with more tones."""
    at = fold(organ.value).find(fold(place))
    if at < 0 or len(place) < 4:
        return organ
    end = at + len(place)
    edges = (at == 0 or not organ.value[at - 1].isalnum()) and not organ.value[end : end + 1].isalnum()
    if edges and _tones(place) > _tones(organ.value[at:end]):
        return replace(organ, value=organ.value[:at] + place.upper() + organ.value[end:])
    return organ


def _tones(text: str) -> int:
    return sum(fold(letter) != letter.lower() for letter in text)


def clean_name(text: str) -> str:
    """Without specks at the ends, dashes spaced alike, the tones of frequent words put right."""
    text = text.replace("Ð", "Đ")
    text = re.sub(r"\s+", " ", re.sub(r"(?<=\w)\s*[-–—]\s*(?=\w)", " - ", text)).strip(" .,;:'\"`_-–—|~*")
    if not text.isupper():
        return text
    words = text.split(" ")
    words[0] = FIRST_WORDS.get(fold(words[0]), words[0])
    words = [AREA_WORDS.get(fold(word), word) for word in words]
    text = " ".join(words)
    for phrase in FREQUENT:
        text = _with_tones(text, phrase)
    return text


def _with_tones(text: str, phrase: str) -> str:
    """The text with the phrase written right wherever it stands, even run together or with a letter misread."""
    words, wanted = text.split(" "), fold(phrase).replace(" ", "")
    for size in range(phrase.count(" ") + 1, 0, -1):
        for start in range(len(words) - size + 1):
            piece = fold("".join(words[start : start + size]))
            if abs(len(piece) - len(wanted)) <= 1 and fuzz.ratio(piece, wanted) >= (92 if len(wanted) > 8 else 100):
                return " ".join([*words[:start], phrase, *words[start + size :]])
    return text
