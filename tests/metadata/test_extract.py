from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metadata.extract import describe
from metadata.model import DOUBTFUL_BELOW, Field, FieldName
from ocr.model import Box, Line, PageText, Word
from tests.metadata.pages import (
    HEIGHT,
    PARAGRAPH,
    WIDTH,
    body,
    centred,
    decision,
    letterhead,
    line,
    page,
    recognition,
    signature,
)


def fields(*pages: PageText) -> dict[FieldName, Field]:
    return describe(recognition(*pages))[0].fields


def values(*pages: PageText) -> dict[str, object]:
    return {name.value: field.value for name, field in fields(*pages).items()}


def letter(*extra: Line) -> PageText:
    return page(
        [
            *letterhead(organs=("ỦY BAN NHÂN DÂN QUẬN BA ĐÌNH", "PHÒNG TƯ PHÁP"), code="Số: 921/PTP-TNMT"),
            centred("V/v phê duyệt Danh mục thành phần hồ sơ", 700, 450),
            centred("giải quyết thủ tục hành chính về đất đai", 700, 510),
            line("Kính gửi: Ủy ban nhân dân xã Uy Nỗ", 941, 640),
            *body(760, *PARAGRAPH),
            *signature(1600, heads=("KT. TRƯỞNG PHÒNG", "PHÓ TRƯỞNG PHÒNG"), name="Phùng Quang Huỳnh"),
            *extra,
        ]
    )


def certificate() -> PageText:
    return page(
        [
            centred("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 1317, 190),
            centred("Độc lập - Tự do - Hạnh phúc", 1317, 250),
            centred("GIẤY KHAI SINH", 1317, 390, size=55),
            line("Họ, chữ đệm, tên: KIỀU HỮU TUẤN", 354, 616),
            line("Ngày, tháng, năm sinh: 08/07/1980", 354, 701),
            line("Số định danh cá nhân: 001080000123", 354, 786),
            line("Họ, chữ đệm, tên người mẹ: Trịnh Thị Thắng", 354, 871),
            line("Giấy tờ tùy thân: CCCD số 001822119669", 354, 956),
            line("Nơi đăng ký khai sinh: Ủy ban nhân dân phường Phượng Cách", 354, 1041),
            centred("Trúc Bạch, ngày 22 tháng 9 năm 2018", 1720, 1200),
            centred("CHỦ TỊCH", 1720, 1264),
            centred("Trịnh Trọng Tiệp", 1720, 1600),
        ]
    )


def test_a_decision_is_described_whole() -> None:
    assert values(decision()) == {
        "type_name": "Quyết định",
        "code_number": "15",
        "code_notation": "QĐ-UBND",
        "issued_date": "2024-05-08",
        "place": "Quảng Ngãi",
        "organ_name": "ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI",
        "subject": "Về việc phê duyệt Kế hoạch ứng phó sự cố tràn dầu của Cửa hàng xăng dầu Long Sơn",
        "signer_position": "PHÓ CHỦ TỊCH",
        "signer_name": "Trần Phước Hiền",
        "signing_authority": "TM. ỦY BAN NHÂN DÂN KT. CHỦ TỊCH",
        "recipients": ["Như Điều 3", "Sở Tài nguyên và Môi trường", "Lưu: VT, NV"],
        "references": ["Căn cứ Luật Tổ chức chính quyền địa phương ngày 19 tháng 6 năm 2015"],
        "language": "Tiếng Việt",
        "page_count": 1,
    }


def test_a_well_read_document_has_no_doubtful_field_and_each_says_where_it_stands() -> None:
    for name, field in fields(decision()).items():
        assert field.confidence >= DOUBTFUL_BELOW, name
        assert field.given_by == "rule"
        if name not in (FieldName.PAGE_COUNT, FieldName.LANGUAGE):
            assert field.page == 1
            assert field.box is not None


def test_the_box_of_a_field_holds_its_words_and_no_others() -> None:
    box = fields(decision())[FieldName.SIGNER_NAME].box
    name = centred("Trần Phước Hiền", 1720, 2200 + 64 * 3 + 300).box
    assert box == name


def test_superior_and_issuing_organ_are_told_apart() -> None:
    read = values(letter())
    assert (read["parent_organ_name"], read["organ_name"]) == ("ỦY BAN NHÂN DÂN QUẬN BA ĐÌNH", "PHÒNG TƯ PHÁP")


@pytest.mark.parametrize(
    ("rows", "parent", "organ"),
    [
        (
            ("THÀNH PHỐ HÀ NỘI", "ỦY BAN NHÂN DÂN HUYỆN ĐÔNG", "ANH"),
            "THÀNH PHỐ HÀ NỘI",
            "ỦY BAN NHÂN DÂN HUYỆN ĐÔNG ANH",
        ),
        (
            ("UBND THÀNH PHỐ HÀ NỘI", "SỞ LAO ĐỘNG - THƯƠNG BINH VÀ", "XÃ HỘI"),
            "UBND THÀNH PHỐ HÀ NỘI",
            "SỞ LAO ĐỘNG - THƯƠNG BINH VÀ XÃ HỘI",
        ),
        (("BỘ CÔNG AN",), None, "BỘ CÔNG AN"),
        (("ỦY BANNHÂN DÂN", "TINH QUẢNG NGÃI"), None, "ỦY BAN NHÂN DÂN TỈNH QUẢNG NGÃI"),
        (("BỌ GIÁO ĐỤC VÀ ĐÀO TẠO.",), None, "BỘ GIÁO DỤC VÀ ĐÀO TẠO"),
    ],
)
def test_lines_of_the_head_are_joined_into_organs(rows: tuple[str, ...], parent: str | None, organ: str) -> None:
    read = values(page([*letterhead(organs=rows), *body(900, *PARAGRAPH)]))
    assert (read.get("parent_organ_name"), read["organ_name"]) == (parent, organ)


def test_a_name_that_was_put_right_keeps_what_was_read() -> None:
    field = fields(page([*letterhead(organs=("BỌ GIÁO ĐỤC VÀ ĐÀO TẠO.",)), *body(900, *PARAGRAPH)]))[
        FieldName.ORGAN_NAME
    ]
    assert field.read_as == "BỌ GIÁO ĐỤC VÀ ĐÀO TẠO."


def test_an_official_letter_has_its_kind_from_its_form_and_its_subject_under_the_number() -> None:
    read = values(letter())
    assert read["type_name"] == "Công văn"
    assert read["subject"] == "phê duyệt Danh mục thành phần hồ sơ giải quyết thủ tục hành chính về đất đai"
    assert (read["signer_name"], read["signer_position"]) == ("Phùng Quang Huỳnh", "PHÓ TRƯỞNG PHÒNG")


def test_columns_that_the_reader_ran_together_are_parted() -> None:
    rows: dict[float, list[Line]] = {}
    for each in decision().lines:
        rows.setdefault(each.box.top, []).append(each)
    run_together = [
        Line(tuple(word for each in sorted(row, key=lambda x: x.box.left) for word in each.words))
        for row in rows.values()
    ]
    assert values(page(run_together)) == values(decision())


@pytest.mark.parametrize("degrees", [-2.0, 1.0, 2.5])
def test_a_skewed_page_reads_the_same(degrees: float) -> None:
    slope = degrees * 3.14159 / 180

    def turned(word: Word) -> Word:
        down = ((word.box.left + word.box.right) / 2 - WIDTH / 2) * slope
        return replace(word, box=Box(word.box.left, word.box.top + down, word.box.right, word.box.bottom + down))

    straight = decision()
    lines = tuple(Line(tuple(map(turned, each.words))) for each in straight.lines)
    assert values(replace(straight, lines=lines, skew_degrees=degrees)) == values(straight)


def test_the_year_of_a_legal_document_belongs_to_its_notation() -> None:
    decree = page(
        [
            *letterhead(organs=("CHÍNH PHỦ",), code="Số: 154/2024/NĐ-CP", dated="Hà Nội, ngày 26 tháng 11 năm 2024"),
            centred("NGHỊ ĐỊNH", 1317, 640),
            centred("Quy định chi tiết một số điều và biện pháp thi hành Luật Cư trú", 1317, 710),
            *body(900, "Căn cứ Luật Cư trú ngày 13 tháng 11 năm 2020;"),
        ]
    )
    read = values(decree)
    assert (read["type_name"], read["code_number"], read["code_notation"]) == ("Nghị định", "154", "2024/NĐ-CP")


def test_a_number_and_day_left_for_handwriting_are_there_and_doubtful() -> None:
    blank = page(
        [
            *letterhead(code="Số:        /QĐ-UBND", dated="Quảng Ngãi, ngày      tháng 12 năm 2024"),
            centred("QUYẾT ĐỊNH", 1317, 640),
            *body(900, *PARAGRAPH),
        ]
    )
    read = fields(blank)
    assert (read[FieldName.CODE_NUMBER].value, read[FieldName.ISSUED_DATE].value) == ("", "2024-12")
    assert read[FieldName.CODE_NUMBER].confidence < 0.5
    assert read[FieldName.ISSUED_DATE].confidence < 0.5
    assert read[FieldName.CODE_NOTATION].value == "QĐ-UBND"


def test_figures_much_taller_than_print_are_handwriting_and_doubtful() -> None:
    head = letterhead(code="Số:")
    row = head[2].box
    tall = line("44", row.right + 20, row.top - 10, size=62, sure=0.9)
    rest = line("/QĐ-UBND", row.right + 130, row.top)
    head[2] = Line((*head[2].words, *tall.words, *rest.words))
    number = fields(page([*head, centred("QUYẾT ĐỊNH", 1317, 640), *body(900, *PARAGRAPH)]))[FieldName.CODE_NUMBER]
    assert number.value == "44"
    assert number.confidence < 0.5


@pytest.mark.parametrize("sure", [0.3, 0.7, 0.9])
def test_figures_read_as_handwriting_are_no_surer_than_their_reader_was(sure: float) -> None:
    head = letterhead(code="Số: 44 /QĐ-UBND", dated="Quảng Ngãi, ngày 05 tháng 12 năm 2024")
    written = [
        Line(tuple(replace(w, confidence=sure, hand=True) if w.text in ("44", "05") else w for w in row.words))
        for row in head
    ]
    read = fields(page([*written, centred("QUYẾT ĐỊNH", 1317, 640), *body(900, *PARAGRAPH)]))
    for name, value in ((FieldName.CODE_NUMBER, "44"), (FieldName.ISSUED_DATE, "2024-12-05")):
        assert read[name].value == value
        assert read[name].confidence <= sure
        assert read[name].confidence > sure - 0.25


def test_a_field_is_less_sure_the_worse_its_words_were_read() -> None:
    def confidence(sure: float) -> float:
        name = centred("Trần Phước Hiền", 1720, 2692, sure=sure)
        lines = [each for each in decision().lines if each.text != "Trần Phước Hiền"]
        return fields(page([*lines, name]))[FieldName.SIGNER_NAME].confidence

    assert confidence(0.95) > confidence(0.7) > confidence(0.3)


def test_a_name_without_a_known_surname_is_doubtful() -> None:
    lines = [each for each in decision().lines if each.text != "Trần Phước Hiền"]
    name = fields(page([*lines, centred("Phước Hiền", 1720, 2692)]))[FieldName.SIGNER_NAME]
    assert name.confidence < DOUBTFUL_BELOW


def test_a_signature_without_a_readable_name_is_there_and_doubtful() -> None:
    lines = [each for each in decision().lines if each.text != "Trần Phước Hiền"]
    name = fields(page(lines))[FieldName.SIGNER_NAME]
    assert (name.value, name.confidence < 0.5) == ("", True)


def test_the_deputy_under_kt_is_put_right() -> None:
    damaged = [
        each if each.text != "PHÓ CHỦ TỊCH" else centred("PHÓ CHỦ TIC", 1720, each.box.top) for each in decision().lines
    ]
    position = fields(page(damaged))[FieldName.SIGNER_POSITION]
    assert (position.value, position.read_as) == ("PHÓ CHỦ TỊCH", "PHÓ CHỦ TIC")


def test_a_certificate_names_its_holder_and_not_the_others_on_it() -> None:
    read = values(certificate())
    assert read["type_name"] == "Giấy khai sinh"
    assert read["holder_name"] == "KIỀU HỮU TUẤN"
    assert read["holder_birth_date"] == "1980-07-08"
    assert read["holder_identifier"] == "001080000123"
    assert read["organ_name"] == "Ủy ban nhân dân phường Phượng Cách"
    assert (read["place"], read["issued_date"]) == ("Trúc Bạch", "2018-09-22")
    assert (read["signer_position"], read["signer_name"]) == ("CHỦ TỊCH", "Trịnh Trọng Tiệp")
    assert "code_number" not in read


def test_a_permit_holds_for_the_months_that_it_says() -> None:
    permit = page(
        [
            *letterhead(code="Số: 3596/GPXD-UBND", dated="Hà Nội, ngày 30 tháng 11 năm 2024"),
            centred("GIẤY PHÉP XÂY DỰNG", 1317, 640),
            centred("(Sử dụng cho công trình nhà ở riêng lẻ)", 1317, 700),
            *body(800, "1. Cấp cho: ông (bà) Ngô Trọng Thưởng ; địa chỉ: Số 28, ngõ 112 phố Phạm Hùng,"),
            *body(
                1000,
                "4. Giấy phép này có hiệu lực khởi công xây dựng trong thời hạn 03 tháng kể từ ngày",
                "cấp; quá thời hạn trên thì phải đề nghị gia hạn.",
            ),
        ]
    )
    read = fields(permit)
    assert read[FieldName.HOLDER_NAME].value == "Ngô Trọng Thưởng"
    assert read[FieldName.VALID_FROM].value == "2024-11-30"
    assert read[FieldName.VALID_UNTIL].value == "2025-02-28"
    assert "03 tháng" in str(read[FieldName.VALID_UNTIL].read_as)
    assert read[FieldName.SUBJECT].value == "(Sử dụng cho công trình nhà ở riêng lẻ)"


def test_a_contract_is_signed_by_its_first_party() -> None:
    contract = page(
        [
            centred("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", 1317, 190),
            centred("Độc lập - Tự do - Hạnh phúc", 1317, 250),
            centred("HỢP ĐỒNG KINH TẾ", 1317, 370),
            centred("Số: 261/2017/HĐKT", 1317, 460),
            centred("Về việc phân công nhiệm vụ", 1317, 550),
            *body(700, "Hôm nay, ngày 16 tháng 11 năm 2017, tại Hà Nội, chúng tôi gồm:"),
            *body(800, "BÊN A: SỞ QUY HOẠCH - KIẾN TRÚC"),
            *body(900, "Đại diện: Ông Trịnh Bá Bổng; Chức vụ: Giám đốc"),
            *body(1000, "Đại diện: Ông Lê Đức Bổng; Chức vụ: Kế toán trưởng"),
        ]
    )
    read = values(contract)
    assert (read["type_name"], read["subject"]) == ("Hợp đồng kinh tế", "Về việc phân công nhiệm vụ")
    assert (read["code_number"], read["code_notation"]) == ("261", "2017/HĐKT")
    assert (read["place"], read["issued_date"]) == ("Hà Nội", "2017-11-16")
    assert (read["signer_name"], read["signer_position"]) == ("Trịnh Bá Bổng", "Giám đốc")


def test_a_subject_from_which_a_word_was_lost_is_one_line_still() -> None:
    damaged = [
        each
        if "ứng phó" not in each.text
        else Line(tuple(word for word in each.words if word.text not in ("Kế", "hoạch")))
        for each in decision().lines
    ]
    assert values(page(damaged))["subject"] == (
        "Về việc phê duyệt ứng phó sự cố tràn dầu của Cửa hàng xăng dầu Long Sơn"
    )


def test_a_title_that_was_not_read_is_taken_from_the_notation_with_doubt() -> None:
    untitled = page([each for each in decision().lines if each.text != "QUYẾT ĐỊNH"])
    kind = fields(untitled)[FieldName.TYPE_NAME]
    assert kind.value == "Quyết định"
    assert fields(untitled)[FieldName.SUBJECT].value == values(decision())["subject"]


@pytest.mark.parametrize(
    ("printed", "code", "kind"),
    [
        ("QUYÉT ĐINH", "Số: 15/QĐ-UBND", "Quyết định"),
        ("QUY ẾT ĐỊNH", "Số: 15/QĐ-UBND", "Quyết định"),
        ("Q U Y Ế T  Đ Ị N H", "Số: 15/QĐ-UBND", "Quyết định"),
        ("QUY ĐỊNH", "Số: 15/QyĐ-UBND", "Quy định"),
        ("THÔNG DÁO", "Số: 15/TB-UBND", "Thông báo"),
        ("THÔNG DÁO", "Số: 15/TC-UBND", "Thông cáo"),
        ("NGHI QUYẾT", "Số: 15/NQ-HĐND", "Nghị quyết"),
        ("GIẤY MỜI", "Số: 15/GM-UBND", "Giấy mời"),
        ("CÔNG ĐIỆN", "Số: 15/CĐ-UBND", "Công điện"),
        ("GIẤY PHÉP LÁI XE", "Số: 15/GP-SGTVT", "Giấy phép lái xe"),
    ],
)
def test_a_title_is_known_through_reading_errors(printed: str, code: str, kind: str) -> None:
    read = values(page([*letterhead(code=code), centred(printed, 1317, 640), *body(900, *PARAGRAPH)]))
    assert read["type_name"] == kind


def test_the_highest_mark_of_secrecy_and_the_urgency_are_fields() -> None:
    read = values(
        decision(line("MẬT", 394, 500), line("HỎA TỐC", 394, 560)), page([line("TỐI MẬT", 394, 300)], number=2)
    )
    assert (read["secrecy"], read["urgency"]) == ("TỐI MẬT", "HỎA TỐC")


def test_urgent_in_running_text_is_no_urgency() -> None:
    assert "urgency" not in values(decision(line("KHẨN TRƯƠNG", 394, 560), line("xử lý KHẨN CẤP", 394, 3200)))


def test_a_file_without_text_is_one_document_of_all_its_pages() -> None:
    (document,) = describe(recognition(page([], number=1), page([], number=2)))
    assert document.pages == (1, 2)
    assert {name.value: field.value for name, field in document.fields.items()} == {"page_count": 2}


def test_english_text_is_called_so() -> None:
    text = [
        "This agreement is made between the parties named below and shall remain in force",
        "until it is ended by either.",
    ]
    assert values(page(body(300, *text)))["language"] == "Tiếng Anh"


words = st.builds(
    lambda text, x, y, w, h, c: Word(text, Box(x, y, x + w, y + h), c),
    st.text(alphabet="ABCabcđĐÂậ0123456789/-.:; ", min_size=1, max_size=9).filter(
        lambda text: text.strip() == text and " " not in text
    ),
    st.floats(0, WIDTH),
    st.floats(0, HEIGHT),
    st.floats(1, 400),
    st.floats(1, 80),
    st.floats(0, 1),
)


@settings(deadline=None, max_examples=60)
@given(st.lists(st.lists(words, min_size=1, max_size=6).map(lambda found: Line(tuple(found))), max_size=12))
def test_no_reading_breaks_the_description(lines: list[Line]) -> None:
    for field in fields(page(lines)).values():
        assert 0 <= field.confidence < 1


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_a_document_with_words_lost_or_damaged_is_still_described(data: st.DataObject) -> None:
    lines = []
    for each in decision().lines:
        kept = [word for word in each.words if data.draw(st.integers(0, 9)) > 1]
        lines += [Line(tuple(kept))] if kept else []
    document = describe(recognition(page(lines)))[0]
    assert document.pages == (1,)
    assert all(0 <= field.confidence < 1 for field in document.fields.values())
