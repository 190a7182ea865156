from __future__ import annotations

from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archive.intake.endings import has_end
from tests.archive.integrations.doors.conftest import pdf, picture

WHOLE = {
    "pdf": pdf(3),
    "pdf after what a scanner puts before it": b"\0" * 100 + pdf(),
    "jpeg": picture("JPEG"),
    "jpeg with filling": picture("JPEG") + b"\0" * 16,
    "png": picture("PNG"),
    "tiff": picture("TIFF"),
    "tiff in group 4": picture("TIFF", compression="tiff_lzw"),
    "big tiff": picture("TIFF", big_tiff=True),
}


@pytest.mark.parametrize("kind", sorted(WHOLE))
def test_a_whole_file_has_its_end(kind: str) -> None:
    content = WHOLE[kind]
    assert has_end(BytesIO(content), len(content)) is True


@settings(max_examples=200)
@given(st.sampled_from(["pdf", "jpeg", "png", "tiff", "big tiff"]), st.data())
def test_a_file_that_is_cut_off_anywhere_has_none(kind: str, data: st.DataObject) -> None:
    content = WHOLE[kind]
    cut = data.draw(st.integers(min_value=10, max_value=len(content) - 10))
    assert not has_end(BytesIO(content[:cut]), cut)


@given(st.binary(max_size=300), st.sampled_from([b"%PDF-1.7", b"II*\0", b"MM\0*", b"II+\0", b"\xff\xd8\xff", b""]))
def test_whatever_comes_is_told_without_failing(rest: bytes, head: bytes) -> None:
    content = head + rest
    assert has_end(BytesIO(content), len(content)) in (True, False, None)


def test_what_is_no_type_of_ours_has_no_end_that_can_be_told() -> None:
    assert has_end(BytesIO(b"some text"), 9) is None
    assert has_end(BytesIO(b""), 0) is None
