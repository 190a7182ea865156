"""Who signed: authority (TM., KT., TL. …), position and name in the signature block (ô 7 of Nghị định 30/2020)."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from metadata.layout import Layout, Segment
from metadata.text import fold

AUTHORITY = re.compile(r"^\W*(?P<mark>t[mn]|kt|k[1i]|tl|t[1i]|tuq|q)\s?[.,:]\s*(?P<rest>\S.*)$")
AUTHORITIES = {"tm": "TM.", "tn": "TM.", "kt": "KT.", "k1": "KT.", "ki": "KT.", "tl": "TL.", "t1": "TL.", "ti": "TL."}
AUTHORITIES |= {"tuq": "TUQ.", "q": "Q."}
POSITION = re.compile(
    r"^\W*(?:(?:pho|quyen)\s)?(?:chu tich|(?:tong )?giam doc|truong phong|bo truong|thu truong|chanh van phong|"
    r"(?:chi |tong )?cuc truong|vu truong|thu tuong|chu nhiem|hieu truong|vien truong|truong ban|chanh thanh tra|"
    r"tong thanh tra|doi truong|truong doan|chanh an|tham phan|thong doc|tong kiem toan|tong bien tap|vien pho|"
    r"cuc pho|vu pho|truong thon|ke toan truong|bi thu|chi huy truong|tu lenh|tram truong|truong tram|"
    r"truong cong an|chu toa|thu ky|nguoi dai dien|dai dien)\b"
)
SIGNER_ROLES = re.compile(r"^\W*(?:nguoi (?:lam|viet|de nghi|khai|nop|yeu cau|uy quyen)\b.*|ca nhan de nghi|chu ho)")
TITLES = re.compile(
    r"^(?:(?:thượng|trung|thiếu|đại)\s(?:tướng|tá|úy)|(?:p?gs\.?\s?)?ts\.?|ths\.?|p?gs\.?|bs\.?|ks\.?|cn\.?|"
    r"(?:ông|bà)(?=\s))\s*",
    re.IGNORECASE,
)
SURNAMES = frozenset(
    ["an", "au", "bach", "ban", "be", "bui", "cam", "cao", "chau", "chu", "cu", "dam", "dang", "dao", "diep", "dinh"]
    + ["do", "doan", "dong", "duong", "giang", "ha", "ho", "hoa", "hoang", "hua", "huynh", "khuat", "khuc", "kieu"]
    + ["kim", "la", "lai", "lam", "le", "lo", "luc", "luong", "luu", "ly", "ma", "mac", "mai", "mau", "nghiem", "ngo"]
    + ["nguyen", "ninh", "nong", "ong", "pham", "phan", "phu", "phung", "quach", "quan", "quang", "son", "ta", "tang"]
    + ["thach", "thai", "than", "tieu", "to", "ton", "tong", "tran", "trieu", "trinh", "truong", "tu", "ung", "van"]
    + ["vi", "vo", "vu", "vuong"]
)
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
    def position_name(self) -> str:
        return clean("".join(f" {line.text}" for line in self.position))


def find_signature(layouts: Sequence[Layout]) -> SignatureBlock | None:
    """The block that stands beside Nơi nhận; for want of one the last that has a name."""
    blocks = [block for layout in layouts for block in _blocks(layout)]
    if not blocks:
        return None
    return max(
        enumerate(blocks), key=lambda entry: (_score(entry[1]), entry[0] if not entry[1].beside_recipients else 0)
    )[1]


def name_fit(name: str) -> float:
    """How much a text looks like a Vietnamese person's name."""
    words = name.split()
    if not 2 <= len(words) <= 6:
        return 0.3
    fit = 1.0 if fold(words[0]) in SURNAMES else 0.7
    shaped = all(re.fullmatch(r"[^\W\d_]+", word) and word[0].isupper() for word in words)
    cased = all(word[1:].islower() for word in words) or all(word.isupper() for word in words)
    return fit * (1.0 if shaped and cased else 0.6)


def clean_name(text: str) -> str:
    """The longest run of words that can be a name, without rank and degree."""
    text = TITLES.sub("", text.strip(" .,;:'\"`_|~*-–^°/\\()"))
    runs: list[list[str]] = [[]]
    for word in text.split():
        stripped = word.strip(".,;:'\"`_|~*^°()")
        if re.fullmatch(r"[^\W\d_]{1,8}", stripped) and stripped[0].isupper():
            runs[-1].append(stripped)
        else:
            runs.append([])
    return " ".join(max(runs, key=lambda run: len(run)))


def authority_text(line: str) -> str:
    match = AUTHORITY.match(fold(line))
    if not match:
        return clean(line)
    return f"{AUTHORITIES[match['mark']]} {clean(line[match.start('rest') :])}"


def clean(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip(" .,;:'\"`_|~*-–^°/\\")


def _blocks(layout: Layout) -> list[SignatureBlock]:
    recipients = next((s for s in layout.segments if re.match(r"\W*n[o0]i nh.n\b", s.folded)), None)
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
        AUTHORITY.match(segment.folded) or POSITION.match(segment.folded) or SIGNER_ROLES.match(segment.folded)
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
    for segment in layout.segments:
        below = segment.place.top - last.place.bottom
        if not 0 <= below < SIGNATURE_SPACE or abs(segment.centre - axis) > 0.08:
            continue
        name = clean_name(segment.text)
        size = segment.height / max(last.height, 1e-6)
        if len(name.split()) >= 2 and 0.55 < size < 2:
            candidates.append((name_fit(name) - abs(segment.centre - axis), -below, segment))
    return max(candidates)[2] if candidates else None


def _score(block: SignatureBlock) -> int:
    return 3 * block.beside_recipients + 2 * (block.name is not None) + bool(block.authority)
