"""What every SearchIndex promises to whoever asks; one suite for all of them."""

from __future__ import annotations

import pytest

from search.errors import InvalidQuery
from search.index import SearchIndex
from search.query import EVERYTHING, NOTHING, AllOf, AnyValue, DateRange, Not, OneOf, Query, parse
from tests.conformance.search_index import found, total
from tests.search.making import day, document, paged

# Words and tones


def test_a_query_without_tones_finds_every_tone(index: SearchIndex) -> None:
    index.put(
        [document("a", "Quyết định"), document("b", "quyet dinh"), document("c", "QUYỆT ĐÌNH"), document("d", "khác")]
    )
    assert set(found(index, "quyet dinh")) == {"a", "b", "c"}
    assert set(found(index, "QUYET")) == {"a", "b", "c"}


def test_a_query_with_tones_finds_them_first_and_the_others_after(index: SearchIndex) -> None:
    index.put(
        [
            document("plain", "quyet dinh " * 50, title="quyet dinh"),
            document("exact", "lời mở đầu rất dài " * 200 + " quyết định"),
            document("other", "quyệt đình"),
        ]
    )
    hits = found(index, "quyết định")
    assert hits[0] == "exact"
    assert set(hits) == {"exact", "plain", "other"}


def test_words_typed_side_by_side_count_more_where_they_stand_so(index: SearchIndex) -> None:
    index.put(
        [
            document("apart", "giải quyết theo quy định, định kỳ thanh quyết toán"),
            document("together", "một văn bản khá dài về nhiều việc khác nhau, trong đó có một Quyết định"),
        ]
    )
    assert found(index, "quyet dinh") == ["together", "apart"]
    assert found(index, "quyết định") == ["together", "apart"]


def test_where_the_tone_is_written_in_a_syllable_makes_no_difference(index: SearchIndex) -> None:
    index.put([document("old", "hòa thủy"), document("new", "hoà thuỷ"), document("plain", "hoa thuy " * 9)])
    assert set(found(index, "hoà thủy")[:2]) == {"old", "new"}


def test_letters_in_parts_are_found_as_whole_ones(index: SearchIndex) -> None:
    index.put([document("a", "Đường phố")])
    assert found(index, "đường") == ["a"]


def test_every_word_must_be_there_in_any_field(index: SearchIndex) -> None:
    index.put([document("a", "đất đai", title="Kế hoạch"), document("b", "đất đai"), document("c", "kế hoạch")])
    assert found(index, "kế hoạch đất đai") == ["a"]


def test_a_query_that_was_eased_finds_what_has_enough_of_its_words_and_all_of_its_phrases(index: SearchIndex) -> None:
    index.put(
        [
            document("all", "một hai ba bốn năm sáu bảy"),
            document("enough", "một hai ba sáu bảy"),
            document("few", "một hai sáu bảy"),
            document("no phrase", "một hai ba bốn năm bảy sáu"),
        ]
    )
    strict = parse('một hai ba bốn năm "sáu bảy"')
    eased = strict.eased()
    assert eased is not None
    assert [hit.id for hit in index.search(strict, EVERYTHING, limit=9).hits] == ["all"]
    page = index.search(eased, EVERYTHING, limit=9)
    assert ([hit.id for hit in page.hits], page.total) == (["all", "enough"], 2)


def test_words_of_a_phrase_stand_next_to_each_other_in_one_text(index: SearchIndex) -> None:
    index.put(
        [
            document("a", "cấp giấy phép xây dựng"),
            document("b", "giấy tờ và phép tắc"),
            document("c", "tờ giấy", title="phép tính"),
            document("d", "phép giấy"),
        ]
    )
    assert found(index, '"giấy phép"') == ["a"]
    assert found(index, '"giay phep"') == ["a"]


def test_codes_are_found_whole_and_by_their_parts(index: SearchIndex) -> None:
    index.put(
        [
            document("a", "Căn cứ Quyết định số 123/QĐ-UBND ngày 5/6/2024"),
            document("b", "số 123 của UBND về QĐ"),
            document("c", "khác", code_number="154", code_notation="2024/NĐ-CP", code="H26.2024.01.0000007"),
        ]
    )
    assert found(index, "123/QĐ-UBND") == ["a"]
    assert found(index, "123/qd-ubnd") == ["a"]
    assert set(found(index, "123 ubnd")) == {"a", "b"}
    assert found(index, "154/2024/NĐ-CP") == ["c"]
    assert found(index, "H26.2024.01.0000007") == ["c"]
    assert found(index, "BN-TEST-2025-b") == ["b"]


def test_values_described_by_people_are_found_like_the_text(index: SearchIndex) -> None:
    index.put([document("a", "chữ máy đọc sai", signer_name="Nguyễn Văn Ánh", described=("Sở Tài nguyên",))])
    assert found(index, '"nguyễn văn ánh"') == ["a"]
    assert found(index, "tài nguyên") == ["a"]


def test_excluded_words_are_in_no_hit(index: SearchIndex) -> None:
    index.put([document("a", "mặt đất"), document("b", "bí mật đất"), document("c", "mat dat"), document("d", "đất")])
    assert set(found(index, "đất -mật")) == {"a", "c", "d"}
    assert set(found(index, "đất -mat")) == {"d"}
    assert set(found(index, 'đất -"bí mật"')) == {"a", "c", "d"}
    assert set(found(index, "-mat")) == {"d"}


def test_words_of_any_script_and_length_do_no_harm(index: SearchIndex) -> None:
    odd = "ﬁ ß İ 漢字 한국 𝟙 a\u0323\u0301 \ud800 \x00 " + "x" * 100_000
    index.put([document("a", odd)])
    assert index.search(Query(), EVERYTHING, limit=1).hits[0].text.startswith("ﬁ ß İ 漢字")
    for query in ("漢字", "한국", "x" * 900, "ß"):
        assert found(index, query) == ["a"]


# Ranking and paging


def test_titles_subjects_and_codes_count_more_than_text(index: SearchIndex) -> None:
    filler = " mục khoản điểm" * 30
    index.put(
        [
            document("text", "phòng cháy" + filler),
            document("title", "văn bản" + filler, title="Phòng cháy"),
            document("subject", "văn bản" + filler, subject="V/v phòng cháy"),
            document("neither", "khác" + filler),
        ]
    )
    hits = found(index, "phòng cháy")
    assert set(hits[:2]) == {"title", "subject"}
    assert hits[2:] == ["text"]


def test_without_words_the_newest_document_comes_first_and_undated_ones_last(index: SearchIndex) -> None:
    index.put(
        [
            document("none"),
            document("old", issued_on=day("1999-12-31")),
            document("new", issued_on=day("2024-06-01")),
            document("also-none"),
            document("also-new", issued_on=day("2024-06-01")),
        ]
    )
    assert found(index, "") == ["also-new", "new", "old", "also-none", "none"]


def test_pages_of_hits_follow_each_other_without_gap_or_overlap(index: SearchIndex) -> None:
    names = [f"{n:03d}" for n in range(57)]
    index.put(document(name, "như nhau " + "thêm " * (int(name) % 3)) for name in reversed(names))
    for query in ("như nhau", ""):
        whole = found(index, query, limit=100)
        pieces = [hit for offset in range(0, 60, 7) for hit in found(index, query, limit=7, offset=offset)]
        assert pieces == whole
        assert sorted(whole) == names
        assert found(index, query, limit=100) == whole


def test_documents_that_score_alike_come_by_id(index: SearchIndex) -> None:
    index.put([document(name, "giống hệt") for name in "dbeac"])
    index.put([document("b", "giống hệt", revision=2)])
    assert found(index, "giống", limit=3) == ["a", "b", "c"]
    assert found(index, "giống", limit=3, offset=3) == ["d", "e"]


def test_totals_are_exact_whatever_part_is_asked_for(index: SearchIndex) -> None:
    index.put(document(f"{n:04d}", "từ chung") for n in range(1234))
    for limit, offset in ((0, 0), (1, 0), (10, 1230), (5, 1234), (5, 10**9)):
        page = index.search(parse("từ"), EVERYTHING, limit=limit, offset=offset)
        assert page.total == 1234
        assert len(page.hits) == max(0, min(limit, 1234 - offset))


def test_a_hit_carries_the_text_as_indexed_and_where_pages_begin(index: SearchIndex) -> None:
    put = paged("a", "Trang một\ndòng hai", "", "Trang ba")
    index.put([put])
    hit = index.search(parse("trang"), EVERYTHING, limit=1).hits[0]
    assert (hit.text, hit.page_offsets) == (put.text, put.page_offsets)


# Filters


def test_what_the_caller_may_not_see_is_in_no_hit_and_no_count(index: SearchIndex) -> None:
    index.put(
        document(f"{agency}{n}", "chung", agency=agency, state=state)
        for n, state in enumerate(("described", "published"))
        for agency in ("a", "b")
    )
    visible = OneOf((AnyValue("agency", frozenset({"a"})), AnyValue("state", frozenset({"published"}))))
    for query in ("chung", ""):
        assert set(found(index, query, visible)) == {"a0", "a1", "b1"}
        assert total(index, query, visible) == 3
        assert (found(index, query, NOTHING), total(index, query, NOTHING)) == ([], 0)


def test_a_denied_document_is_gone_from_hits_and_count_at_once(index: SearchIndex) -> None:
    index.put(document(name, "chung") for name in "abc")
    denied = Not(AnyValue("id", frozenset({"b"})))
    assert found(index, "chung", denied) == ["a", "c"]
    assert total(index, "chung", denied) == 2


def test_empty_filters_let_everything_or_nothing_through(index: SearchIndex) -> None:
    index.put(document(name, "chung") for name in "ab")
    for everything in (AllOf(()), Not(OneOf(())), AllOf((AllOf(()),)), Not(AnyValue("state", frozenset()))):
        assert total(index, "chung", everything) == 2
    for nothing in (OneOf(()), AnyValue("state", frozenset()), Not(AllOf(())), AllOf((EVERYTHING, NOTHING))):
        assert total(index, "chung", nothing) == 0


def test_filters_of_query_and_caller_both_hold(index: SearchIndex) -> None:
    index.put(document(f"{n}", "chung", task=n, level="open" if n % 2 else "conditional") for n in range(6))
    query = parse("chung", AnyValue("level", frozenset({"open"})))
    page = index.search(query, AnyValue("task", frozenset({"1", "2", "3"})), limit=9)
    assert ([hit.id for hit in page.hits], page.total) == (["1", "3"], 2)


def test_a_value_is_matched_whole_and_a_missing_one_never(index: SearchIndex) -> None:
    index.put([document("a", organ_name="Sở Tài chính"), document("b", organ_name="Sở"), document("c")])
    assert found(index, "", AnyValue("organ_name", frozenset({"Sở"}))) == ["b"]
    assert found(index, "", AnyValue("organ_name", frozenset({"None", ""}))) == []
    assert set(found(index, "", Not(AnyValue("organ_name", frozenset({"Sở"}))))) == {"a", "c"}


def test_date_ranges_take_both_ends_and_no_undated_document(index: SearchIndex) -> None:
    index.put(
        [
            document("a", issued_on=day("2023-12-31")),
            document("b", issued_on=day("2024-01-01")),
            document("c", issued_on=day("2024-12-31")),
            document("d"),
        ]
    )

    def between(first: str | None, last: str | None) -> set[str]:
        ends = (day(first) if first else None, day(last) if last else None)
        return set(found(index, "", DateRange("issued_on", *ends)))

    assert between("2024-01-01", "2024-12-31") == {"b", "c"}
    assert between(None, "2024-01-01") == {"a", "b"}
    assert between("2024-01-02", None) == {"c"}
    assert between(None, None) == {"a", "b", "c"}
    assert between("2025-01-01", "2024-01-01") == set()


def test_a_filter_of_an_unknown_field_is_refused(index: SearchIndex) -> None:
    index.put([document("a")])
    for part in (AnyValue("holder", frozenset({"x"})), DateRange("at", None, None)):
        with pytest.raises(InvalidQuery):
            index.search(Query(), Not(OneOf((part,))), limit=1)
