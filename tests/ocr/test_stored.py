from __future__ import annotations

import datetime
import gzip
import json
from collections.abc import Callable

import pytest
from hypothesis import given

from ocr import stored
from ocr.errors import StoredFormUnknown
from ocr.model import Box, PageText, Recognition, StampKind, StampMark, TextSource
from tests.ocr.making import recognitions


@given(recognitions())
def test_what_is_stored_is_read_back_equal(recognition: Recognition) -> None:
    assert stored.from_bytes(stored.to_bytes(recognition)) == recognition


@given(recognitions())
def test_the_same_recognition_gives_the_same_bytes(recognition: Recognition) -> None:
    data = stored.to_bytes(recognition)
    assert stored.to_bytes(stored.from_bytes(data)) == data


@given(recognitions())
def test_the_words_alone_are_those_of_the_whole(recognition: Recognition) -> None:
    data = stored.to_bytes(recognition)
    whole = stored.from_bytes(data)
    assert stored.words_from_bytes(data) == [
        [[word.text for word in line.words] for line in page.lines] for page in whole.pages
    ]


def test_stamps_stored_before_their_kinds_were_told_are_read() -> None:
    stamp = StampMark(Box(10, 10, 60, 30), "red", "ĐẾN", 0.9, StampKind.INCOMING, "12", datetime.date(2020, 2, 1))
    page = PageText(1, 100, 100, 300, 0, 0.0, False, TextSource.RECOGNISED, (), (stamp,))
    told = stored.page_to_json(page)
    assert told["stamp_kinds"] == [["incoming", "12", "2020-02-01"]]
    del told["stamp_kinds"]
    assert stored.page_from_json(told).stamps == (StampMark(stamp.box, "red", "ĐẾN", 0.9),)


READERS = (stored.from_bytes, stored.words_from_bytes)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("rest", [{}, {"pages": []}, {"pages": "elsewhere"}])
def test_another_version_is_not_guessed_at(read: Callable[[bytes], object], rest: dict[str, object]) -> None:
    with pytest.raises(StoredFormUnknown) as failure:
        read(gzip.compress(json.dumps({"version": 2, **rest}).encode()))
    assert failure.value.values == {"version": 2}


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no gzip",
        gzip.compress(b"no json"),
        gzip.compress(b'{"version": 1}'),
        gzip.compress(b'{"version": 1, "engine": {"name": "", "version": ""}, "pages": [{"lines": [[[1]]]}]}'),
        gzip.compress(b"\xff"),
        gzip.compress(b'{"version": 1, "pages": []}')[:-3],
    ],
)
def test_damaged_bytes_are_told_as_such(read: Callable[[bytes], object], data: bytes) -> None:
    with pytest.raises(StoredFormUnknown) as failure:
        read(data)
    assert failure.value.reason == "recognition.unreadable"
