"""Pages as a reader would give them, built line by line: an A4 page of 2480 x 3508 pixels at 300 dpi."""

from __future__ import annotations

from collections.abc import Iterable

from ocr.model import Box, EngineInfo, Line, PageText, Recognition, StampMark, TextSource, Word

WIDTH, HEIGHT = 2480, 3508
LETTER = 0.62  # width of a letter, in heights of a word
SPACE = 0.45  # width of a space


def words(text: str, left: float, top: float, *, size: float = 40, sure: float = 0.95) -> tuple[Word, ...]:
    """The words of a text from `left` on, with usual spaces; a run of n spaces is n spaces wide."""
    found, x = [], left
    for piece in text.split(" "):
        if piece:
            width = len(piece) * size * LETTER
            found.append(Word(piece, Box(x, top, x + width, top + size), sure))
            x += width
        x += size * SPACE
    return tuple(found)


def line(text: str, left: float, top: float, *, size: float = 40, sure: float = 0.95) -> Line:
    return Line(words(text, left, top, size=size, sure=sure))


def centred(text: str, middle: float, top: float, *, size: float = 40, sure: float = 0.95) -> Line:
    placed = words(text, 0, top, size=size, sure=sure)
    shift = middle - placed[-1].box.right / 2
    return Line(tuple(Word(w.text, _moved(w.box, shift), w.confidence) for w in placed))


def joined(*lines: Line) -> Line:
    """One line of the reader from several that stand in one row."""
    return Line(tuple(sorted((word for each in lines for word in each.words), key=lambda word: word.box.left)))


def page(lines: Iterable[Line], *, number: int = 1, stamps: tuple[StampMark, ...] = ()) -> PageText:
    lines = tuple(lines)
    return PageText(number, WIDTH, HEIGHT, 300, 0, 0.0, not lines, TextSource.RECOGNISED, lines, stamps)


def recognition(*pages: PageText) -> Recognition:
    return Recognition(EngineInfo("test", "1"), pages)


def stamp(text: str, *, colour: str = "red", sure: float = 0.9) -> StampMark:
    return StampMark(Box(394, 541, 650, 613), colour, text, sure)


PARAGRAPH = (
    "Việc sao y, trích sao tài liệu mật chỉ do người được giao thẩm quyền thực hiện; nghiêm",
    "cấm chụp ảnh, gửi qua mạng xã hội dưới mọi hình thức và không quá 23 ngày làm việc.",
)


def letterhead(
    *,
    organs: tuple[str, ...] = ("ỦY BAN NHÂN DÂN", "TỈNH QUẢNG NGÃI"),
    code: str = "Số: 15/QĐ-UBND",
    dated: str = "Quảng Ngãi, ngày 08 tháng 5 năm 2024",
) -> list[Line]:
    """The head of Nghị định 30/2020: organ and number left, national title, place and date right."""
    lines = [centred(organ, 700, 190 + 60 * row) for row, organ in enumerate(organs)]
    lines.append(centred(code, 700, 200 + 60 * len(organs) + 70))
    lines.append(centred("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 1720, 190))
    lines.append(centred("Độc lập - Tự do - Hạnh phúc", 1720, 250))
    lines.append(centred(dated, 1720, 200 + 60 * len(organs) + 70))
    return lines


def body(top: float, *texts: str) -> list[Line]:
    """Paragraph lines over the whole width, 76 pixels apart; the first one indented."""
    return [line(text, 504 if row == 0 else 354, top + 76 * row, size=36) for row, text in enumerate(texts)]


def signature(top: float, *, heads: tuple[str, ...], name: str, recipients: tuple[str, ...] = ()) -> list[Line]:
    lines = [centred(text, 1720, top + 64 * row) for row, text in enumerate(heads)]
    lines.append(centred(name, 1720, top + 64 * len(heads) + 300))
    if recipients:
        lines.append(line("Nơi nhận:", 354, top))
        lines += [line(text, 354, top + 60 + 52 * row, size=32) for row, text in enumerate(recipients)]
    return lines


def decision(
    *extra: Line, code: str = "Số: 15/QĐ-UBND", number: int = 1, stamps: tuple[StampMark, ...] = ()
) -> PageText:
    """A whole decision of one page."""
    return page(
        [
            *letterhead(code=code),
            *extra,
            centred("QUYẾT ĐỊNH", 1317, 640),
            centred("Về việc phê duyệt Kế hoạch ứng phó sự cố tràn dầu", 1317, 710),
            centred("của Cửa hàng xăng dầu Long Sơn", 1317, 780),
            centred("CHỦ TỊCH ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI", 1317, 930),
            *body(1040, "Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015;"),
            *body(1160, *PARAGRAPH),
            *signature(
                2200,
                heads=("TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH", "PHÓ CHỦ TỊCH"),
                name="Trần Phước Hiền",
                recipients=("- Như Điều 3;", "- Sở Tài nguyên và Môi trường;", "- Lưu: VT, NV."),
            ),
        ],
        number=number,
        stamps=stamps,
    )


def _moved(box: Box, shift: float) -> Box:
    return Box(box.left + shift, box.top, box.right + shift, box.bottom)
