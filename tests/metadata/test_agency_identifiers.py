from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metadata.agency_identifiers import OLD_WIDTHS, Scheme, normalise, readings, twin
from metadata.errors import BadCode

CHARACTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"


@st.composite
def organs(draw: st.DrawFn) -> str:
    """Identifiers whose groups are as wide as the older form has room for, and none of zeros alone."""
    first = draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXY")) + draw(st.text(CHARACTERS, min_size=2, max_size=2))
    groups = [first]
    for width in OLD_WIDTHS[-2::-1][: draw(st.integers(0, 3))]:
        groups.append(draw(st.text(CHARACTERS, min_size=width, max_size=width).filter(lambda group: group.strip("0"))))
    return ".".join(groups)


@pytest.mark.parametrize(
    ("scheme", "typed", "value"),
    [
        (Scheme.ORGAN, "h26", "H26"),
        (Scheme.ORGAN, " H26 . 18.01 ", "H26.18.01"),
        (Scheme.OLD_ORGAN, "000.00.18.h26", "000.00.18.H26"),
        (Scheme.UNIT, "00004", "00004"),
    ],
)
def test_an_identifier_is_written_one_way(scheme: Scheme, typed: str, value: str) -> None:
    assert normalise(scheme, typed) == value


@pytest.mark.parametrize(
    ("scheme", "typed"),
    [
        (Scheme.ORGAN, "26H"),
        (Scheme.ORGAN, "H2"),
        (Scheme.ORGAN, "H26..18"),
        (Scheme.ORGAN, "H26-18"),
        (Scheme.ORGAN, "H26." + "1" * 32),
        (Scheme.ORGAN, "HÀ6"),
        (Scheme.OLD_ORGAN, "H26.18"),
        (Scheme.OLD_ORGAN, "H26"),
        (Scheme.UNIT, "4"),
        (Scheme.UNIT, "000045"),
        (Scheme.UNIT, "٠٠٠٠٤"),
        (Scheme.UNIT, ""),
    ],
)
def test_what_is_no_identifier_is_refused(scheme: Scheme, typed: str) -> None:
    with pytest.raises(BadCode):
        normalise(scheme, typed)


def test_the_older_form_is_the_same_identifier_the_other_way_round() -> None:
    assert twin(Scheme.OLD_ORGAN, "000.00.18.H26") == (Scheme.ORGAN, "H26.18")
    assert twin(Scheme.OLD_ORGAN, "000.00.00.H26") == (Scheme.ORGAN, "H26")
    assert twin(Scheme.ORGAN, "H26.18.01") == (Scheme.OLD_ORGAN, "000.01.18.H26")
    assert twin(Scheme.UNIT, "00004") is None
    assert twin(Scheme.ORGAN, "H26.18.01.001.7") is None


@given(organs())
def test_there_and_back_is_the_same_identifier(organ: str) -> None:
    older = twin(Scheme.ORGAN, organ)
    assert older is not None
    assert normalise(*older) == older[1]
    assert twin(*older) == (Scheme.ORGAN, organ)


@given(st.text(max_size=40))
def test_any_text_is_read_in_the_schemes_whose_form_it_has(text: str) -> None:
    for scheme, value in readings(text):
        assert normalise(scheme, value) == value
        other = twin(scheme, value)
        assert other is None or normalise(*other) == other[1]
