from __future__ import annotations

import json

from metadata.extract import describe
from metadata.model import FieldName
from metadata.report import from_catalogue, to_catalogue, to_json
from tests.metadata.pages import HEIGHT, WIDTH, decision, recognition


def test_the_printed_form_has_boxes_in_pixels_and_is_json() -> None:
    (document,) = describe(recognition(decision()))
    (printed,) = json.loads(json.dumps(to_json([document])))
    subject, box = printed["fields"]["subject"], document.fields[FieldName.SUBJECT].box
    assert printed["pages"] == [1]
    assert set(subject) == {"value", "confidence", "page", "box", "given_by"}
    assert box is not None
    assert subject["box"] == [round(edge) for edge in (box.left, box.top, box.right, box.bottom)]


def test_a_value_put_right_is_printed_with_what_was_read() -> None:
    (document,) = describe(recognition(decision(code="Số: 15/QD-UBND")))
    notation = to_json([document])[0]["fields"]["code_notation"]
    assert (notation["value"], notation["read_as"]) == ("QĐ-UBND", "QD-UBND")


def test_the_catalogue_keeps_boxes_as_fractions_of_the_page() -> None:
    read = recognition(decision())
    (document,) = describe(read)
    box, field = to_catalogue(document, read)["place"]["box"], document.fields[FieldName.PLACE]
    assert field.box is not None
    assert box == [
        round(field.box.left / WIDTH, 6),
        round(field.box.top / HEIGHT, 6),
        round(field.box.right / WIDTH, 6),
        round(field.box.bottom / HEIGHT, 6),
    ]


def test_what_the_catalogue_keeps_is_read_back() -> None:
    read = recognition(decision(code="Số: 15/QD-UBND"))
    (document,) = describe(read)
    stored = json.loads(json.dumps(to_catalogue(document, read)))
    back = from_catalogue({**stored, "colour": {"value": "red"}})
    assert set(back) == set(document.fields)
    for name, field in document.fields.items():
        assert (back[name].value, back[name].confidence, back[name].page, back[name].read_as) == (
            field.value,
            field.confidence,
            field.page,
            field.read_as,
        )
