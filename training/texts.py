"""What the lines say: pieces of the legal codification, and made-up numbers, codes, names, dates and amounts."""

from __future__ import annotations

import collections
import hashlib
import random
import re
from pathlib import Path

from scripts.vietnamese_model import Counts, paragraphs, runs_of_words, texts
from training.charset import known

_LONGEST = 90  # symbols of a line
_FEWEST = 3  # times that a syllable must be there to be drawn alone
_MARKUP = re.compile(r"\*\*|__|^#+\s*|^[-*]\s+|<[^>]+>")
_KINDS = ("text", "capitals", "title", "code", "date", "amount", "name", "words", "form")
_OFTEN = (60, 8, 4, 7, 6, 5, 6, 8, 6)
_ACTS = (
    "QĐ",
    "HĐ",
    "NN",
    "TT",
    "CV",
    "BC",
    "TB",
    "KH",
    "TTr",
    "NĐ",
    "CT",
    "BB",
    "GM",
    "GP",
    "ĐN",
    "UBND",
    "HĐND",
    "CP",
    "BTC",
    "BNV",
    "SNV",
    "TTg",
    "VPCP",
    "STC",
    "SGDĐT",
    "PNV",
    "BCA",
    "BYT",
    "QH15",
)
_PLACES = ("Hà Nội", "Ba Đình", "Hoàn Kiếm", "Đống Đa", "Cầu Giấy", "Thanh Xuân", "Gia Lâm", "Ba Vì", "Đông Anh")
_LABELS = ("Nơi nhận:", "Họ và tên:", "Kính gửi:", "Số CCCD:", "Ngày sinh:", "Địa chỉ:", "Điện thoại:", "Chức vụ:")
_FAMILIES = (
    "Nguyễn",
    "Trần",
    "Lê",
    "Phạm",
    "Hoàng",
    "Huỳnh",
    "Phan",
    "Vũ",
    "Võ",
    "Đặng",
    "Bùi",
    "Đỗ",
    "Hồ",
    "Ngô",
    "Dương",
    "Lý",
    "Đinh",
    "Đoàn",
    "Lương",
    "Trịnh",
    "Mai",
    "Tạ",
)


def prepare(source: Path, without: Path, out: Path, *, share: int = 1) -> dict[str, int | str]:
    """Write the paragraphs that may be learned from, one a line. share: every so-many-th of them only."""
    told: Counts = collections.Counter()
    scored = runs_of_words(path.read_text(encoding="utf-8") for path in sorted(without.rglob("*.gt.txt")))
    digest, written = hashlib.sha256(), hashlib.sha256()
    with out.open("w", encoding="utf-8") as file:
        for text, _ in paragraphs(texts(source, digest), scored, told):
            clean = known(_MARKUP.sub("", text))
            if clean is None:
                told["paragraphs_with_other_symbols"] += 1
            elif share == 1 or int(hashlib.blake2b(clean.encode(), digest_size=4).hexdigest(), 16) % share == 0:
                told["paragraphs"] += 1
                written.update(f"{clean}\n".encode())
                file.write(clean + "\n")
    return {**dict(sorted(told.items())), "input_sha256": digest.hexdigest(), "sha256": written.hexdigest()}


class Texts:
    """Lines by their number: the same seed and number give the same line."""

    def __init__(self, prepared: Path, lists: Path) -> None:
        self._paragraphs = prepared.read_text(encoding="utf-8").splitlines()
        given = [file.read_text(encoding="utf-8").split("\n") for file in sorted(lists.glob("names-*.txt"))]
        self._given = [name for names in given for name in names if known(name)]
        counted = collections.Counter(word for text in self._paragraphs for word in text.lower().split())
        self._syllables = sorted(word for word, often in counted.items() if often >= _FEWEST and word.isalpha())

    def line(self, rng: random.Random, longest: int = _LONGEST) -> str:
        made = getattr(self, f"_{rng.choices(_KINDS, _OFTEN)[0]}")(rng, rng.randint(min(6, longest), longest))
        text = known(made)
        return text if text else self.line(rng, longest)

    def _text(self, rng: random.Random, longest: int) -> str:
        words = rng.choice(self._paragraphs).split(" ")
        start = rng.randrange(len(words)) if rng.random() < 0.7 else 0
        piece = ""
        for word in words[start:]:
            if piece and len(piece) + 1 + len(word) > longest:
                break
            piece = f"{piece} {word}" if piece else word[:longest]
        return piece

    def _capitals(self, rng: random.Random, longest: int) -> str:
        return self._text(rng, longest).upper()

    def _title(self, rng: random.Random, longest: int) -> str:
        return self._text(rng, longest).title()

    def _words(self, rng: random.Random, longest: int) -> str:
        """Syllables in no order: what is seen must be enough."""
        words = [rng.choice(self._syllables) for _ in range(max(1, longest // 6))]
        shapes = (str, str.capitalize, str.upper)
        return " ".join(rng.choices(shapes, (7, 2, 1))[0](word) for word in words)[:longest]

    def _code(self, rng: random.Random, longest: int) -> str:
        number = str(rng.randint(1, 10 ** rng.randint(1, 4)))
        parts = [number, *([str(rng.randint(1990, 2026))] if rng.random() < 0.4 else [])]
        code = "/".join([*parts, "-".join(rng.choices(_ACTS, k=rng.randint(1, 3)))])
        front = rng.choice(("Số: ", "số ", "Quyết định số ", "Công văn số ", "", ""))
        return (front + code + rng.choice(("", "", ";", ",", "."))) if rng.random() < 0.7 else f"- Lưu: VT, {code}."

    def _date(self, rng: random.Random, longest: int) -> str:
        day, month, year = rng.randint(1, 31), rng.randint(1, 12), rng.randint(1945, 2026)
        ways = (
            f"{rng.choice(_PLACES)}, ngày {day:02} tháng {month:02} năm {year}",
            f"ngày {day} tháng {month} năm {year}",
            f"{day:02}/{month:02}/{year}",
            f"{day}/{month}/{year}",
            f"từ {rng.randint(0, 23):02}h{rng.randint(0, 59):02} ngày {day}-{month}-{year}",
        )
        return rng.choice(ways)

    def _amount(self, rng: random.Random, longest: int) -> str:
        number = rng.randint(1, 10 ** rng.randint(2, 11))
        ways = (
            f"{number:,}".replace(",", ".") + rng.choice((" đồng", "đ", " VNĐ", "")),
            f"{number % 1000},{rng.randint(0, 99):02}" + rng.choice((" m²", " ha", "%", " km", " m")),
            f"{rng.randint(10**8, 10**12)}",
            f"0{rng.randint(10**8, 10**9)}",
            " ".join(str(rng.randint(0, 10 ** rng.randint(1, 6))) for _ in range(rng.randint(2, 5))),
        )
        return rng.choice(ways)

    def _name(self, rng: random.Random, longest: int) -> str:
        name = f"{rng.choice(_FAMILIES)} {rng.choice(self._given)}"
        return rng.choice((name, name, name.upper(), f"Ông {name}", f"Bà {name}, sinh năm {rng.randint(1930, 2010)}"))

    def _form(self, rng: random.Random, longest: int) -> str:
        label = rng.choice(_LABELS)
        dots = "." * rng.randint(3, max(4, longest // 3))
        return f"{label} {rng.choice((dots, self._name(rng, longest), self._amount(rng, longest)))}"
