"""Who signed: authority (TM., KT., TL. …), position and name in the signature block (ô 7 of Nghị định 30/2020)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from rapidfuzz import fuzz, process

from metadata.layout import Layout, Segment
from metadata.types.body import clean_name
from metadata.types.syllable import is_syllable
from ocr.letters import fold

AUTHORITY = re.compile(r"^[\W_]*(?P<mark>t[mn]|kt|k[1i]|tl|t[1i]|tuq|q)\s?[.,:]\s*(?P<rest>\S.*)$")
AUTHORITIES = {"tm": "TM.", "tn": "TM.", "kt": "KT.", "k1": "KT.", "ki": "KT.", "tl": "TL.", "t1": "TL.", "ti": "TL."}
AUTHORITIES |= {"tuq": "TUQ.", "q": "Q."}
HEADS = (
    "CHỦ TỊCH", "GIÁM ĐỐC", "TỔNG GIÁM ĐỐC", "TRƯỞNG PHÒNG", "BỘ TRƯỞNG", "CHÁNH VĂN PHÒNG", "CỤC TRƯỞNG",
    "CHI CỤC TRƯỞNG", "TỔNG CỤC TRƯỞNG", "VỤ TRƯỞNG", "THỦ TƯỚNG", "CHỦ NHIỆM", "HIỆU TRƯỞNG", "VIỆN TRƯỞNG",
    "TRƯỞNG BAN", "CHÁNH THANH TRA", "TỔNG THANH TRA", "ĐỘI TRƯỞNG", "TRƯỞNG ĐOÀN", "CHÁNH ÁN", "THỐNG ĐỐC",
    "TỔNG KIỂM TOÁN", "TỔNG BIÊN TẬP", "BÍ THƯ", "CHỈ HUY TRƯỞNG", "TRẠM TRƯỞNG", "TRƯỞNG TRẠM", "TRƯỞNG CÔNG AN",
)  # fmt: skip
OTHERS = (
    "THỨ TRƯỞNG", "THỨ TRƯỞNG THƯỜNG TRỰC", "KẾ TOÁN TRƯỞNG", "THƯ KÝ", "CHỦ TỌA", "THẨM PHÁN", "TRƯỞNG THÔN",
    "TƯ LỆNH", "NGƯỜI ĐẠI DIỆN", "PHÓ CHỦ TỊCH THƯỜNG TRỰC",
)  # fmt: skip
ALIKE = 84.0
SIGNER_ROLES = re.compile(r"^[\W_]*(?:nguoi (?:lam|viet|de nghi|khai|nop|yeu cau|uy quyen)\b.*|ca nhan de nghi|chu ho)")
TITLES = re.compile(
    r"^(?:(?:thượng|trung|thiếu|đại)\s(?:tướng|tá|úy)|(?:p?gs\.?\s?)?ts\.?|ths\.?|p?gs\.?|bs\.?|ks\.?|cn\.?|"
    r"(?:ông|bà)(?=\s))\s*",
    re.IGNORECASE,
)
SURNAMES = (
    "Âu Bạch Bàn Bế Bùi Cam Cao Châu Chu Chử Cù Đàm Đặng Đào Diệp Đinh Đỗ Đoàn Đồng Dương Hà Hồ Hoàng Hứa "
    "Huỳnh Khuất Khúc Kiều Kim La Lại Lâm Lê Lò Lục Lương Lưu Lý Ma Mạc Mai Mẫn Nghiêm Ngô Nguyễn Ninh Nông Ông "
    "Phạm Phan Phí Phùng Quách Quản Sầm Tạ Tăng Thạch Thái Tiêu Tô Tôn Tống Trần Triệu Trịnh "
    "Trương Từ Ung Vi Võ Vũ Vương"
)
RECIPIENTS = re.compile(r"^[\W_]*\w[o0]i nh.n\b")
SPECKS = " .,;:'\"`_|~*-–—^°/\\()[]{}<>"
SIGNATURE_SPACE = 0.2  # the name stands at most so far below the position
RIGHT_HALF = 0.56


@dataclass(frozen=True)
class SignatureBlock:
    """authority: lines with TM., KT. and so on; position: the signer's own; name: None where none can be read."""

    authority: tuple[Segment, ...]
    position: tuple[Segment, ...]
    name: Segment | None
    beside_recipients: bool

    @property
    def signing_authority(self) -> str:
        return " ".join(authority_text(line.text) for line in self.authority)

    @property
    def position_read(self) -> str:
        return clean(" ".join(line.text for line in self.position))

    @property
    def deputy(self) -> str | None:
        """The position that goes with KT.: the deputy of the superior named there."""
        superior = (
            known_position(self.signing_authority.rpartition("KT. ")[2]) if "KT." in self.signing_authority else None
        )
        return None if superior is None else "THỨ TRƯỞNG" if superior == "BỘ TRƯỞNG" else f"PHÓ {superior}"

    @property
    def position_name(self) -> str:
        """With the letters of a known position put right."""
        read = self.position_read
        if self.deputy and fuzz.ratio(fold(read), fold(self.deputy)) >= 75:
            return self.deputy
        return known_position(read) or read

    @property
    def position_support(self) -> float:
        """Known positions, and a deputy under KT., speak for the reading."""
        known = known_position(self.position_name) is not None or is_position(self.position_name)
        return (5.0 if known else 0.3) * (3.0 if self.deputy and self.position_name.startswith(self.deputy) else 1.0)


def find_signature(layouts: Sequence[Layout]) -> SignatureBlock | None:
    """The block beside Nơi nhận, on that page or the one before; without such a list the last that has a name.

    What comes after the list is annexed, and not looked at.
    """
    listed = next((index for index, layout in enumerate(layouts) if recipients_heading(layout)), None)
    if listed is None:
        blocks = [block for layout in layouts for block in _blocks(layout)]
    else:
        blocks = [block for layout in layouts[max(0, listed - 1) : listed + 1] for block in _blocks(layout)]
    best = max(enumerate(blocks), key=lambda entry: (_score(entry[1]), entry[0]), default=None)
    if best:
        return best[1]
    return _name_alone(layouts[listed]) if listed is not None else None


def recipients_heading(layout: Layout) -> Segment | None:
    return next((s for s in layout.segments if RECIPIENTS.match(s.folded) and s.place.left < 0.5), None)


def _name_alone(layout: Layout) -> SignatureBlock | None:
    """A name right of the recipients whose heading was lost under the seal."""
    heading = recipients_heading(layout)
    names = []
    for segment in layout.segments if heading else ():
        if heading and segment.centre > RIGHT_HALF and 0 < segment.middle - heading.middle < 2 * SIGNATURE_SPACE:
            name, support = read_name(segment.text)
            names += [(support, -segment.middle, segment)] if len(name.split()) > 1 else []
    return SignatureBlock((), (), max(names)[2], beside_recipients=True) if names else None


def known_position(text: str) -> str | None:
    """The position that a text spells, its letters put right; None unless the whole text is alike."""
    best = process.extractOne(fold(clean(text)), _positions(), scorer=fuzz.ratio, score_cutoff=ALIKE)
    return best[2] if best else None


def is_position(text: str) -> bool:
    """Whether a text is or begins with a position (Chủ tịch Ủy ban nhân dân xã …)."""
    printed = fold(clean(text))
    return known_position(text) is not None or any(printed.startswith(f"{each} ") for each in _positions().values())


@cache
def _positions() -> dict[str, str]:
    names = [*HEADS, *(f"PHÓ {head}" for head in HEADS), *OTHERS]
    return {name: fold(name) for name in names}


def read_name(text: str) -> tuple[str, float]:
    """The longest run of words that can be a name, without rank and degree, the surname's tones put right.

    Returns it with its support: a known surname and words that are syllables speak for it.
    """
    name = TITLES.sub("", text.strip(SPECKS))
    runs: list[list[str]] = [[]]
    for word in name.split():
        stripped = word.strip(SPECKS)
        if re.fullmatch(r"[^\W\d_]{1,8}", stripped) and stripped[0].isupper():
            runs[-1].append(stripped)
        elif any(letter.isalnum() for letter in stripped):
            runs.append([])
    words = max(runs, key=lambda run: sum(map(len, run)))
    if not words:
        return "", 0.0
    surname = _surnames().get(fold(words[0]))
    if surname and words[0].casefold() not in {spelling.casefold() for spelling in surname} and len(surname) == 1:
        words[0] = surname[0].upper() if words[0].isupper() else surname[0]
    return " ".join(words), _name_support(words, surname is not None)


def _name_support(words: list[str], surname_known: bool) -> float:
    support = 4.0 if surname_known else 0.4
    if not 2 <= len(words) <= 5 or (len(words) == 2 and not surname_known):
        support *= 0.1  # as a rule the surname was lost under the seal
    cased = all(word[1:].islower() for word in words) or all(word.isupper() for word in words)
    syllables = all(is_syllable(word) for word in words)
    return support * (1.0 if cased and syllables else 0.15)


@cache
def _surnames() -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for surname in SURNAMES.split():
        found.setdefault(fold(surname), []).append(surname)
    return found


def authority_text(line: str) -> str:
    match = AUTHORITY.match(fold(line))
    if not match:
        return clean(line)
    superior = line[match.start("rest") :]
    return f"{AUTHORITIES[match['mark']]} {known_position(superior) or clean_name(superior)}"


def clean(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(SPECKS)


def _blocks(layout: Layout) -> list[SignatureBlock]:
    recipients = recipients_heading(layout)
    found: list[SignatureBlock] = []
    used: set[int] = set()
    for index, segment in enumerate(layout.segments):
        if index in used or not _opens_block(segment):
            continue
        lines = [segment]
        used.add(index)
        for later in range(index + 1, len(layout.segments)):
            other = layout.segments[later]
            if other.place.top - lines[-1].place.bottom > 1.6 * other.height:
                break
            if other.middle > lines[-1].middle and abs(other.centre - segment.centre) < 0.09 and _is_heading(other):
                lines.append(other)
                used.add(later)
        found.append(_block(layout, lines, recipients))
    return found


def _opens_block(segment: Segment) -> bool:
    if segment.centre < RIGHT_HALF or len(segment.words) > 14:
        return False
    return _is_heading(segment) and bool(
        AUTHORITY.match(segment.folded) or is_position(segment.text) or SIGNER_ROLES.match(segment.folded)
    )


def _is_heading(segment: Segment) -> bool:
    return segment.upper_share > 0.75 and sum(letter.isalpha() for letter in segment.text) >= 4


def _block(layout: Layout, lines: list[Segment], recipients: Segment | None) -> SignatureBlock:
    authority = [line for line in lines if AUTHORITY.match(line.folded)]
    position = [line for line in lines if line not in authority and not SIGNER_ROLES.match(line.folded)]
    if authority and position and position[0].middle < authority[0].middle:
        position = [line for line in position if line.middle > authority[0].middle]
    # lines between two authorities go on with the first (TM. ỦY BAN NHÂN DÂN / THÀNH PHỐ / KT. CHỦ TỊCH)
    if authority:
        between = [line for line in position if line.middle < authority[-1].middle]
        authority = sorted([*authority, *between], key=lambda line: line.middle)
        position = [line for line in position if line not in between]
    beside = recipients is not None and -0.12 < recipients.middle - lines[0].middle < 0.15
    return SignatureBlock(tuple(authority), tuple(position), _name_below(layout, lines), beside)


def _name_below(layout: Layout, lines: list[Segment]) -> Segment | None:
    axis = sum(line.centre for line in lines) / len(lines)
    last = lines[-1]
    candidates = []
    for segment in layout.between(last.middle, last.place.bottom + SIGNATURE_SPACE + last.height):
        below = segment.place.top - last.place.bottom
        if not 0 <= below < SIGNATURE_SPACE or abs(segment.centre - axis) > 0.08:
            continue
        name, support = read_name(segment.text)
        size = segment.height / max(last.height, 1e-6)
        if len(name.split()) >= 2 and 0.55 < size < 2 and not is_position(segment.text):
            candidates.append((support - 5 * abs(segment.centre - axis), -below, segment))
    return max(candidates)[2] if candidates else None


def _score(block: SignatureBlock) -> int:
    return 3 * block.beside_recipients + 2 * (block.name is not None) + bool(block.authority)
