"""Where in a file a new document begins.

Conservative: a page is a first page only where it carries a whole head of its own and the document before it has
ended, since the forms in the annex of a document carry national titles too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from metadata.layout import Layout
from metadata.letterhead import NUMBER_LINE, find_letterhead
from metadata.types.number import parse_code
from metadata.types.person import find_signature
from metadata.types.recipients import find_recipients
from metadata.types.title import find_title

ANNEX = re.compile(r"^[\W_]*(?:mau so|mau \d|phu luc|bieu mau|bieu so)\b|^[\W_]*mau (?:don|to khai|giay)")
PLACEHOLDER = re.compile(r"[.…_]{4,}")
OWN_PAPERS = frozenset({"certificate", "permit", "form"})


def split(layouts: Sequence[Layout]) -> list[list[Layout]]:
    """The pages of each document, in order; blank pages stay with the document before them."""
    documents: list[list[Layout]] = []
    codes: set[str] = set()
    for layout in layouts:
        code = first_page_code(layout)
        begins = not documents or (
            code is not None
            and code not in codes
            and _has_ended([page for page in documents[-1] if not page.page.blank])
        )
        if begins:
            documents.append([layout])
            codes = set()
        else:
            documents[-1].append(layout)
        if code and (begins or not codes):
            codes.add(code)
    return documents


def first_page_code(layout: Layout) -> str | None:
    """What a first page calls itself: its number and symbol, or the title of a paper that has none; else None."""
    if layout.page.blank or any(ANNEX.match(row.folded) for row in layout.rows if row.middle < 0.4):
        return None
    head = find_letterhead(layout)
    if head is None or head.title.middle > 0.2:
        return None
    for row in head.left:
        code = parse_code(row.text) if NUMBER_LINE.match(row.folded) else None
        if code and code.number and len(head.left) > 1 and not PLACEHOLDER.search(row.text):
            return f"{code.number}/{code.notation}"
    title = find_title(layout, head.bottom)
    if title and title.kind.kind in OWN_PAPERS and not any(PLACEHOLDER.search(row.text) for row in layout.rows):
        return title.name
    return None


def _has_ended(pages: Sequence[Layout]) -> bool:
    signature = find_signature(pages)
    return find_recipients(pages) is not None or (signature is not None and signature.name is not None)
