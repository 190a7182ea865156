"""The fields at a document's end: who signed, who gets it, and what it rests on."""

from __future__ import annotations

import re
from collections.abc import Sequence

from metadata.evidence import make_field, unread
from metadata.fields.head import Head
from metadata.layout import Layout, Segment
from metadata.model import Field, FieldName
from metadata.types.person import SignatureBlock, clean, find_signature, known_position, read_name, recipients_heading
from metadata.types.recipients import find_recipients
from metadata.types.references import find_references
from ocr.letters import fold
from ocr.model import Box

PARTY = re.compile(r"[\W_]*(?:nguoi )?dai d.en\b.{0,20}?[:;.]\s*(?:ong|ba)?\s*[:.]?\s*")
PARTY_POSITION = re.compile(r"\bchuc vu\s*[:;.]\s*")


def fields_of(layouts: Sequence[Layout], head: Head) -> dict[FieldName, Field]:
    fields: dict[FieldName, Field] = {}
    if head.kind and head.kind.code == "hop_dong":
        fields |= _first_party(layouts)
    else:
        block = find_signature(layouts)
        fields |= _signer(block) if block else _unsigned(layouts)
    if head.kind is None or head.kind.kind not in {"certificate", "form"}:
        recipients = find_recipients(layouts)
        if recipients:
            fields[FieldName.RECIPIENTS] = make_field(list(recipients.values), recipients.evidence, recipients.support)
    references = find_references(layouts)
    if references:
        fields[FieldName.REFERENCES] = make_field(list(references.values), references.evidence, references.support)
    return fields


def _signer(block: SignatureBlock) -> dict[FieldName, Field]:
    fields: dict[FieldName, Field] = {}
    if block.position:
        fields[FieldName.SIGNER_POSITION] = make_field(
            block.position_name, block.position, block.position_support, read_as=block.position_read
        )
    if block.authority:
        fields[FieldName.SIGNING_AUTHORITY] = make_field(block.signing_authority, block.authority, 3.0)
    if block.name:
        name, support = read_name(block.name.text)
        evidence = _words_of(block.name, name)
        fields[FieldName.SIGNER_NAME] = make_field(name, [evidence], support, read_as=evidence.text)
    else:
        last = (block.position or block.authority)[-1:]
        if last:
            fields[FieldName.SIGNER_NAME] = unread(last[0].page, last[0].box)
    return fields


def _unsigned(layouts: Sequence[Layout]) -> dict[FieldName, Field]:
    """Beside Nơi nhận somebody signed, though nothing of it was read: the place is given."""
    for layout in layouts:
        heading = recipients_heading(layout)
        if heading:
            page, box = layout.page, heading.box
            place = Box(0.55 * page.width, box.top, 0.95 * page.width, min(page.height, box.top + 0.2 * page.height))
            return {FieldName.SIGNER_NAME: unread(page.number, place)}
    return {}


def _first_party(layouts: Sequence[Layout]) -> dict[FieldName, Field]:
    """Of a contract, who stands for the first party: Đại diện: Ông …; Chức vụ: …"""
    for layout in layouts:
        for row in layout.rows:
            match = PARTY.match(row.folded)
            if not match or len(row.words) > 20:
                continue
            fields: dict[FieldName, Field] = {}
            rest = row.text[match.end() :]
            name, support = read_name(re.split(r"[;,]|[Cc]hức", rest, maxsplit=1)[0])
            if name:
                fields[FieldName.SIGNER_NAME] = make_field(name, [_words_of(row, name)], support)
            position = PARTY_POSITION.search(row.folded)
            if position:
                read = clean(re.split(r"[;,]", row.text[position.end() :], maxsplit=1)[0])
                value = _in_sentence_case(known_position(read), read)
                fields[FieldName.SIGNER_POSITION] = make_field(value, [_words_of(row, read)], 3.0, read_as=read)
            return fields
    return {}


def _in_sentence_case(known: str | None, read: str) -> str:
    return read if known is None else known if read.isupper() else known.capitalize()


def _words_of(row: Segment, text: str) -> Segment:
    """The words of the row that make up `text`."""
    wanted = text.split()
    for first in range(len(row.words) - len(wanted) + 1):
        if all(fold(part) in fold(word.text) for part, word in zip(wanted, row.words[first:], strict=False)):
            return row.part(first, first + len(wanted))
    return row
