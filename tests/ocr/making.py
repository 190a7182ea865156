"""Recognitions for tests, by hand and by Hypothesis."""

from __future__ import annotations

import unicodedata

from hypothesis import strategies as st

from ocr.model import Box, Cell, EngineInfo, Line, PageText, Recognition, StampKind, StampMark, Table, TextSource, Word

TEXT = st.text(alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyQĐ0123456789/-.,áàảãạ", min_size=1, max_size=12).map(
    lambda text: unicodedata.normalize("NFC", text)
)
CONFIDENCE = st.integers(0, 1000).map(lambda thousandths: thousandths / 1000)


@st.composite
def boxes(draw: st.DrawFn, width: int, height: int) -> Box:
    """In tenths of a pixel, as the pipeline gives them."""
    left, right = sorted(draw(st.lists(st.integers(0, width * 10), min_size=2, max_size=2)))
    top, bottom = sorted(draw(st.lists(st.integers(0, height * 10), min_size=2, max_size=2)))
    return Box(left / 10, top / 10, right / 10, bottom / 10)


@st.composite
def pages(draw: st.DrawFn, number: int = 1) -> PageText:
    width, height = draw(st.integers(1, 12_000)), draw(st.integers(1, 12_000))
    words = st.builds(Word, TEXT, boxes(width, height), CONFIDENCE, st.none() | TEXT, st.booleans())
    lines = st.lists(words, min_size=1, max_size=4).map(lambda told: Line(tuple(told)))
    stamps = st.builds(
        StampMark,
        boxes(width, height),
        st.sampled_from(["red", "blue", "black"]),
        TEXT,
        CONFIDENCE,
        st.sampled_from(StampKind),
        st.none() | st.integers(1, 99_999).map(str),
        st.none() | st.dates(),
    )
    cells = st.builds(Cell, st.integers(0, 20), st.integers(0, 20), boxes(width, height))
    tables = st.lists(cells, min_size=1, max_size=3).map(lambda told: Table(tuple(told)))
    return PageText(
        number=number,
        width=width,
        height=height,
        dpi=draw(st.none() | st.integers(70, 600)),
        rotation=draw(st.sampled_from([0, 90, 180, 270])),
        skew_degrees=draw(st.integers(-600, 600)) / 100,
        blank=draw(st.booleans()),
        source=draw(st.sampled_from(list(TextSource))),
        lines=tuple(draw(st.lists(lines, max_size=3))),
        stamps=tuple(draw(st.lists(stamps, max_size=2))),
        tables=tuple(draw(st.lists(tables, max_size=2))),
    )


@st.composite
def recognitions(draw: st.DrawFn) -> Recognition:
    count = draw(st.integers(0, 3))
    engine = EngineInfo(draw(TEXT), draw(TEXT))
    return Recognition(engine, tuple(draw(pages(number)) for number in range(1, count + 1)))
