from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archive.intake.names import clean_name, extension, shown_name
from archive.intake.refusal import Refused


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../../etc/passwd.pdf", "name.leads_elsewhere"),
        ("a/../../b.pdf", "name.leads_elsewhere"),
        ("..\\..\\b.pdf", "name.leads_elsewhere"),
        ("/etc/passwd", "name.leads_elsewhere"),
        ("C:\\scan.pdf", "name.leads_elsewhere"),
        ("C:scan.pdf", "name.leads_elsewhere"),
        ("a//b.pdf", "name.leads_elsewhere"),
        ("", "name.leads_elsewhere"),
        (".", "name.leads_elsewhere"),
        ("a\0.pdf", "name.hidden_characters"),
        ("a\nb.pdf", "name.hidden_characters"),
        ("fdp.\u202eexe", "name.hidden_characters"),
        ("x" * 252 + ".pdf", "name.too_long"),
        ("ờ" * 100 + ".pdf", "name.too_long"),
    ],
)
def test_a_name_that_leads_elsewhere_hides_something_or_is_too_long_is_refused(name: str, reason: str) -> None:
    with pytest.raises(Refused) as refused:
        clean_name(name)
    assert refused.value.refusal.reason == reason
    assert refused.value.refusal.status == 422


def test_a_decomposed_name_is_kept_composed() -> None:
    composed = "Quyết định về hộ tịch.pdf"
    assert clean_name(unicodedata.normalize("NFD", composed)) == composed


def test_the_length_of_a_decomposed_name_is_that_of_the_composed_one() -> None:
    name = "ờ" * 80 + ".pdf"
    assert len(unicodedata.normalize("NFD", name).encode()) > 255
    assert clean_name(unicodedata.normalize("NFD", name)) == name


def test_folders_of_a_delivery_stay_in_the_name() -> None:
    assert clean_name("hồ sơ 1\\tờ trình.pdf") == "hồ sơ 1/tờ trình.pdf"


@given(st.text())
def test_a_kept_name_has_only_plain_parts(name: str) -> None:
    try:
        kept = clean_name(name)
    except Refused:
        return
    assert all(part not in ("", ".", "..") for part in kept.split("/"))
    assert kept == clean_name(kept)


@given(st.text())
def test_any_refused_name_can_be_stored_and_shown(name: str) -> None:
    shown = shown_name(name)
    shown.encode()
    assert "\0" not in shown
    assert len(shown) <= 81


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.PDF", "pdf"), ("Công văn 12.2024", None), ("a.tar.gz", "gz"), ("a", None), ("số 5.QĐ-UBND", None)],
)
def test_an_extension_begins_with_a_letter(name: str, expected: str | None) -> None:
    assert extension(name) == expected
