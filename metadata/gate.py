"""State-secret marks: a paper that carries one must not enter a networked system."""

from __future__ import annotations

from metadata.layout import lay_out
from metadata.model import Secrecy, SecrecyMark
from metadata.stamped import Vocabulary, find_stamped
from ocr.model import Recognition

MARKS = Vocabulary(
    words={"tuyetmat": Secrecy.STATE_TOP_SECRET, "toimat": Secrecy.TOP_SECRET, "mat": Secrecy.SECRET},
    # bí mật, bảo mật, độ mật, cơ mật, tài liệu mật, tin mật, giải mật, văn bản mật, dấu mật, sổ mật, loại mật …
    after=frozenset(["bi", "bao", "do", "co", "lieu", "tin", "giai", "ban", "dau", "muc", "so", "loai", "be", "hoa"]),
    # mật khẩu, mật mã, mật độ, mật thư, mật vụ, mật thiết, mật ong, mật báo, mật đạo, mật hiệu, mặt bằng …
    before=frozenset(["khau", "ma", "do", "thu", "vu", "thiet", "ong", "bao", "dao", "hieu", "nha", "nuoc", "bang"]),
    # one letter of MẬT damaged; MỘT is left out, it is a word of its own
    damaged=frozenset(["nat", "hat", "wat", "rnat", "nnat", "met", "mnt", "maat", "mait", "mai", "maf", "mar", "matt"]),
    worn=frozenset(first + "a" + last for first in "mnhw" for last in "tifyr"),
)


def find_marks(recognition: Recognition) -> tuple[SecrecyMark, ...]:
    """Every state-secret mark that stands as a stamp, on any page; the words in running text are none."""
    return tuple(
        SecrecyMark(Secrecy(stamp.word), page.number, stamp.box, stamp.confidence)
        for page in recognition.pages
        for stamp in find_stamped(lay_out(page), MARKS)
    )
