"""What is indexed: one document an item; and the one place that joins recognised words to its text."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from ocr.letters import nfc
from ocr.model import Recognition, Word


@dataclass(frozen=True, slots=True)
class IndexDocument:
    """Everything that an index holds of one item; derived from catalogue and recognition, thrown away at will.

    revision: the item's revision this was made from; a smaller one never replaces a larger one.
    text: pages' text joined; page_offsets[i] is the offset in characters at which page i + 1 begins.
    Access attributes are of the record (agency that holds it, state, level), never of persons.
    """

    id: str
    revision: int
    receipt: str
    code: str | None
    title: str
    text: str
    page_offsets: tuple[int, ...]
    agency: str  # custodian, id as text
    fond: str | None
    dossier: str | None
    dossier_code: str | None
    task: int
    state: str
    level: str
    type_name: str | None = None
    code_number: str | None = None
    code_notation: str | None = None
    organ_name: str | None = None
    signer_name: str | None = None
    subject: str | None = None
    issued_on: date | None = None
    confidence: float = 0.0
    engine: str | None = None
    described: tuple[str, ...] = ()  # values of further fields, found like the text


@dataclass(frozen=True, slots=True)
class WordSpan:
    """Where a recognised word stands in the joined text: characters `start` up to `end`."""

    start: int
    end: int
    page: int  # index into the recognition's pages
    word: Word


@dataclass(frozen=True, slots=True)
class PagedText:
    text: str  # NFC
    page_offsets: tuple[int, ...]
    words: tuple[WordSpan, ...]  # in order, none touching the next


def joined(pages: Iterable[Iterable[Sequence[str]]]) -> tuple[str, tuple[int, ...]]:
    """The text and the page offsets of `text_of`, from the words of lines of pages alone."""
    texts: list[str] = []
    offsets: list[int] = []
    length = 0
    for lines in pages:
        # a mark that begins a word has nothing to join to in the blank before it: a page is composed as its words are
        page = nfc("".join(("\n" if index else "") + " ".join(line) for index, line in enumerate(lines) if line))
        offsets.append(length)
        texts.append(page)
        length += len(page) + 1
    return "\n".join(texts), tuple(offsets)


def text_of(recognition: Recognition) -> PagedText:
    """Join pages of lines of words: a blank between words, a newline between lines and between pages.

    The same recognition always gives the same text, so that offsets kept in an index hold.
    """
    pieces: list[str] = []
    offsets: list[int] = []
    spans: list[WordSpan] = []
    length = 0
    for index, page in enumerate(recognition.pages):
        if index:
            pieces.append("\n")
            length += 1
        offsets.append(length)
        for line_index, line in enumerate(page.lines):
            for word_index, word in enumerate(line.words):
                before = " " if word_index else "\n" if line_index else ""
                written = nfc(word.text)
                start = length + len(before)
                length = start + len(written)
                pieces += (before, written)
                spans.append(WordSpan(start, length, index, word))
    return PagedText("".join(pieces), tuple(offsets), tuple(spans))


KEYWORD_FIELDS = (
    "id",
    "receipt",
    "code",
    "agency",
    "fond",
    "dossier",
    "dossier_code",
    "task",
    "state",
    "level",
    "type_name",
    "code_number",
    "code_notation",
    "organ_name",
    "signer_name",
    "engine",
)
DATE_FIELDS = ("issued_on",)
MAX_KEYWORD_CHARACTERS = 500


def keyword(value: str | int) -> str:
    """A value as filters compare it: NFC, the first 500 characters."""
    return nfc(str(value))[:MAX_KEYWORD_CHARACTERS]


def heading_of(document: IndexDocument) -> tuple[str, ...]:
    """What names the document: words found here count more than words in the text."""
    values = (document.title, document.subject, document.type_name, document.dossier_code)
    return tuple(dict.fromkeys(value for value in (*values, *codes_of(document)) if value))


def codes_of(document: IndexDocument) -> tuple[str, ...]:
    number = "/".join(part for part in (document.code_number, document.code_notation) if part)
    return tuple(value for value in (document.receipt, document.code, number) if value)


def texts_of(document: IndexDocument) -> tuple[str, ...]:
    """Everything in which words are looked for; a phrase never runs from one of these into the next."""
    names = (document.organ_name, document.signer_name, *document.described)
    return tuple(dict.fromkeys((document.text, *heading_of(document), *(value for value in names if value))))
