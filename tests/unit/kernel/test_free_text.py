"""R41: what people say in their own words gets into events and mail, and holds nobody's number."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from kernel.errors import Refusal
from kernel.free_text import Name, Paragraph, Reason, Title
from kernel.personal_numbers import holds_number
from services.enrollment.domain import enrollment as enrolments
from services.enrollment.domain import funding
from services.enrollment.domain import waitlist as waiting
from services.enrollment.domain.funding import FundingEntry
from services.enrollment.domain.vocabulary import EnrollmentDecision, EnrollmentStatus, FundingSource
from tests.unit.enrollment.examples import NOW, an_enrollment

S = EnrollmentStatus
NUMBER = "110101198001010010"
DAYS = st.dates(date(1990, 1, 1), date(2039, 12, 31))
PAYMENT = FundingEntry(year=2024, amount=100, source=FundingSource.PROVINCIAL, item="骨干教师培训")
REASONS: dict[str, Callable[[str], object]] = {
    "decline": lambda why: enrolments.decline(an_enrollment(), why, "赵主任", NOW),
    "reject": lambda why: enrolments.decide(an_enrollment(S.SUBMITTED), EnrollmentDecision.REJECT, why, NOW),
    "accept": lambda why: enrolments.decide(an_enrollment(S.SUBMITTED), EnrollmentDecision.ACCEPT, why, NOW),
    "overrule": lambda why: enrolments.decide(
        an_enrollment(S.SUBMITTED), EnrollmentDecision.ACCEPT, why, NOW, overrides=True
    ),
    "withdraw": lambda why: enrolments.withdraw(an_enrollment(S.ACCEPTED), why, "赵主任", NOW),
    "substitute": lambda why: waiting.substitute(an_enrollment(S.ACCEPTED), why, "赵主任", NOW, successor="e2"),
    "correct": lambda why: funding.correct_funding(
        "f2", funding.record_funding("f1", "44", PAYMENT, NOW)[0], PAYMENT, why, NOW
    ),
}


@given(st.integers(0, 999), DAYS, st.sampled_from(["", " ", "-", "—", "  "]), st.sampled_from(["", "房间301 ", "号码"]))
def test_r41_a_personal_number_is_recognised_with_any_spacing(serial: int, born: date, apart: str, before: str) -> None:
    body = f"110101{born:%Y%m%d}{serial:03d}"
    whole = body + str(ric.calc_check_digit(f"{body}0"))
    old = f"110101{born:%y%m%d}{serial:03d}"
    mobile = f"138{serial:08d}"
    for parts in (
        (whole[:6], whole[6:14], whole[14:].lower()),
        (old[:6], old[6:12], old[12:]),
        (mobile[:3], mobile[3:7], mobile[7:]),
        ("+86", mobile),
    ):
        assert holds_number(f"{before}{apart.join(parts)}有误")


@given(st.lists(DAYS, min_size=1, max_size=3), st.sampled_from(["", "至", " 至 ", "、", " - ", "/"]))
def test_r41_dates_are_no_personal_numbers(days: list[date], between: str) -> None:
    assert not holds_number(between.join(day.isoformat() for day in days[: 3 if between else 1]) + "报到")


@pytest.mark.parametrize(
    "text", ["学校4144100001已满", "项目2024-DT-0001", "0755-12345678", "1717200000000", "经费 1500000 元"]
)
def test_r41_codes_and_amounts_are_no_personal_numbers(text: str) -> None:
    assert not holds_number(text)


@pytest.mark.parametrize("name", REASONS)
@pytest.mark.parametrize("why", [f"身份证{NUMBER}有误", "请联系 138 0000 0001", "长" * (Reason.longest + 1)])
def test_r41_a_reason_with_a_personal_number_is_refused(name: str, why: str) -> None:
    with pytest.raises(Refusal) as refused:
        REASONS[name](why)
    assert (refused.value.code, refused.value.rule) == ("INVALID_REASON", "R41")
    assert NUMBER not in str(refused.value.extensions()) + refused.value.zh


@pytest.mark.parametrize("field", ["item", "note"])
def test_r41_a_funding_entry_with_a_personal_number_is_refused(field: str) -> None:
    text = f"培训费 {NUMBER}"
    wrong = replace(PAYMENT, item=text) if field == "item" else replace(PAYMENT, note=text)
    with pytest.raises(Refusal) as refused:
        funding.record_funding("f1", "44", wrong, NOW)
    assert (refused.value.code, refused.value.details["fields"]) == ("INVALID_FUNDING", [field])


def test_r41_free_text_is_trimmed_composed_and_single_spaced() -> None:
    assert Paragraph.of("  e\u0301tude\u3000\u200b一\r\n二 ", "text").text == "étude 一\n二"
    assert Name.of(" 张\u3000 三 ", "name").text == "张三"


@pytest.mark.parametrize("text", ["a\x00b", "a\nb", "a" * 201, "电话13800138000", NUMBER])
def test_r41_a_title_is_bounded_printable_one_line_and_without_numbers(text: str) -> None:
    with pytest.raises(Refusal) as refused:
        Title.of(text, "title")
    assert refused.value.code == "INVALID_TEXT"
    assert refused.value.extensions()["field"] == "title"
    assert NUMBER not in refused.value.zh
