"""State-secret marks: a paper that carries one must not enter a networked system."""

from __future__ import annotations

from metadata.layout import lay_out
from metadata.model import Secrecy, SecrecyMark
from metadata.stamped import Vocabulary, find_stamped
from ocr.model import Recognition

MARKS = Vocabulary(
    words={"tuyetmat": Secrecy.STATE_TOP_SECRET, "toimat": Secrecy.TOP_SECRET, "mat": Secrecy.SECRET},
    after=frozenset(
        {
            "bi",
            "bao",
            "do",
            "co",
            "lieu",
            "tin",
            "giai",
            "ban",
            "dau",
            "muc",
            "so",
            "be",
            "be:",
            "hoa",
            "dan",
            "mo",
            "loai",
        }
    ),
    before=frozenset(
        {"khau", "ma", "do", "thu", "vu", "thiet", "ong", "nha", "bao", "dao", "hieu", "nuoc", "tich", "bang"}
    ),
    shapes=frozenset(
        {"nat", "hat", "wat", "mai", "maf", "mal", "mar", "mot", "met", "mnt", "miat", "mait", "matt", "maet"}
    ),
)


def find_marks(recognition: Recognition) -> tuple[SecrecyMark, ...]:
    """Every state-secret mark that stands as a stamp, on any page; the words in running text are none."""
    return tuple(
        SecrecyMark(Secrecy(stamp.word), page.number, stamp.box, stamp.confidence)
        for page in recognition.pages
        for stamp in find_stamped(lay_out(page), MARKS)
    )
