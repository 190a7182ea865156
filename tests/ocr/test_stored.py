from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given

from ocr import stored
from ocr.errors import StoredFormUnknown
from ocr.model import Recognition
from tests.ocr.making import recognitions


@given(recognitions())
def test_what_is_stored_is_read_back_equal(recognition: Recognition) -> None:
    assert stored.from_bytes(stored.to_bytes(recognition)) == recognition


@given(recognitions())
def test_the_same_recognition_gives_the_same_bytes(recognition: Recognition) -> None:
    data = stored.to_bytes(recognition)
    assert stored.to_bytes(stored.from_bytes(data)) == data


def test_another_version_is_not_guessed_at() -> None:
    with pytest.raises(StoredFormUnknown) as failure:
        stored.from_bytes(gzip.compress(json.dumps({"version": 2}).encode()))
    assert failure.value.values == {"version": 2}


@pytest.mark.parametrize("data", [b"", b"no gzip", gzip.compress(b"no json"), gzip.compress(b'{"version": 1}')])
def test_damaged_bytes_are_told_as_such(data: bytes) -> None:
    with pytest.raises(StoredFormUnknown) as failure:
        stored.from_bytes(data)
    assert failure.value.reason == "recognition.unreadable"
