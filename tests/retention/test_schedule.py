from __future__ import annotations

from datetime import date

import pytest

from retention.errors import InvalidSchedule
from retention.schedule import Rule, RuleKind, load

HEAD = """
code = "THU-NGHIEM"
version = 2
title = "Bảng thử nghiệm"
legal_basis = "Thông tư thử nghiệm, Điều 1"
source = "viết cho phép thử"
valid_from = 2020-01-01
valid_to = 2024-12-31
"""
RULES = """
[[rules]]
ordinal = 1
title = "Hồ sơ xây dựng quy định"
kind = "permanent"

[[rules]]
ordinal = 2
title = "Kế hoạch, báo cáo tháng"
kind = "years"
years = 5
note = "bản sao"

[[rules]]
ordinal = 3
title = "Hợp đồng"
kind = "event"
event = "chấm dứt hợp đồng"
years = 10

[[rules]]
ordinal = 4
title = "Văn bản gửi chung"
kind = "event"
event = "hết hiệu lực"
"""


def test_a_schedule_is_read_with_its_basis_and_dates_of_force() -> None:
    schedule = load(HEAD + RULES)
    assert (schedule.code, schedule.version, schedule.legal_basis) == ("THU-NGHIEM", 2, "Thông tư thử nghiệm, Điều 1")
    assert (schedule.valid_from, schedule.valid_to) == (date(2020, 1, 1), date(2024, 12, 31))
    assert schedule.rules == (
        Rule(1, "Hồ sơ xây dựng quy định", RuleKind.PERMANENT),
        Rule(2, "Kế hoạch, báo cáo tháng", RuleKind.YEARS, 5, note="bản sao"),
        Rule(3, "Hợp đồng", RuleKind.EVENT, 10, "chấm dứt hợp đồng"),
        Rule(4, "Văn bản gửi chung", RuleKind.EVENT, 0, "hết hiệu lực"),
    )


def test_both_ends_of_the_dates_of_force_are_in_force() -> None:
    schedule = load(HEAD + RULES)
    days = [date(2019, 12, 31), date(2020, 1, 1), date(2024, 12, 31), date(2025, 1, 1)]
    assert [schedule.in_force(day) for day in days] == [False, True, True, False]
    open_ended = load(HEAD.replace("valid_to = 2024-12-31", "") + RULES)
    assert open_ended.in_force(date(2999, 1, 1))


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("version = 2", "version = 2\nyear = 3", "year"),
        ('note = "bản sao"', 'remark = "bản sao"', "rules[2].remark"),
        ("years = 5", "", "rules[2].years"),
        ("years = 5", "years = 0", "rules[2].years"),
        ("years = 5", "years = 201", "rules[2].years"),
        ("years = 5", "years = true", "rules[2].years"),
        ("years = 5", 'years = "5"', "rules[2].years"),
        ("years = 5", "years = 5\nevent = 'x'", "rules[2].event"),
        ('kind = "permanent"', 'kind = "permanent"\nyears = 20', "rules[1].years"),
        ('kind = "permanent"', 'kind = "forever"', "rules[1].kind"),
        ('event = "hết hiệu lực"', "", "rules[4].event"),
        ("ordinal = 2", "ordinal = 1", "rules"),
        ('title = "Hợp đồng"', 'title = " "', "rules[3].title"),
        ('legal_basis = "Thông tư thử nghiệm, Điều 1"', "", "legal_basis"),
        ("valid_from = 2020-01-01", 'valid_from = "2020-01-01"', "valid_from"),
        ("valid_from = 2020-01-01", "valid_from = 2020-01-01T00:00:00", "valid_from"),
        ("valid_to = 2024-12-31", "valid_to = 2019-12-31", "valid_to"),
        (RULES, "rules = []", "rules"),
        (RULES, "", "rules"),
    ],
)
def test_what_is_unknown_missing_or_contradictory_is_refused_with_its_place(old: str, new: str, place: str) -> None:
    assert old in HEAD + RULES
    with pytest.raises(InvalidSchedule) as refused:
        load((HEAD + RULES).replace(old, new, 1))
    assert refused.value.values["place"] == place


def test_text_that_is_no_toml_is_refused() -> None:
    with pytest.raises(InvalidSchedule) as refused:
        load("[[rules")
    assert refused.value.reason == "retention.schedule_unreadable"
