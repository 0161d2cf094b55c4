"""R41: what people say in their own words gets into events and mail, and holds nobody's number."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from stdnum.cn import ric

from kernel.errors import Refusal
from kernel.free_text import Name, Paragraph, Reason, Title
from kernel.personal_numbers import holds_number

NUMBER = "110101198001010010"
DAYS = st.dates(date(1990, 1, 1), date(2039, 12, 31))


@given(
    st.integers(0, 999),
    DAYS,
    st.sampled_from(["", " ", "-", "—", "  ", ".", "/", "_", "·"]),
    st.sampled_from(["", "房间301 ", "号码"]),
)
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


@given(
    st.lists(DAYS, min_size=1, max_size=3),
    st.sampled_from(["", "至", " 至 ", "、", " - ", "/", "-"]),
    st.sampled_from(["%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"]),
)
def test_r41_dates_are_no_personal_numbers(days: list[date], between: str, form: str) -> None:
    assert not holds_number(between.join(day.strftime(form) for day in days[: 3 if between else 1]) + "报到")


@pytest.mark.parametrize(
    "text", ["学校4144100001已满", "项目2024-DT-0001", "0755-12345678", "1717200000000", "经费 1500000 元"]
)
def test_r41_codes_and_amounts_are_no_personal_numbers(text: str) -> None:
    assert not holds_number(text)


@pytest.mark.parametrize("why", [f"身份证{NUMBER}有误", "请联系 138 0000 0001", "长" * (Reason.longest + 1)])
def test_r41_a_reason_with_a_number_or_too_long_is_refused(why: str) -> None:
    with pytest.raises(Refusal) as refused:
        Reason.of(why, "R26")
    assert (refused.value.code, refused.value.rule) == ("INVALID_REASON", "R41")
    assert NUMBER not in str(refused.value.extensions()) + refused.value.zh
    with pytest.raises(Refusal):
        Reason.optional(why)


@pytest.mark.parametrize("reason", ["", "   ", None])
def test_a_reason_of_blanks_is_none(reason: str | None) -> None:
    assert Reason.optional(reason) is None
    with pytest.raises(Refusal) as refused:
        Reason.of(reason, "R21")
    assert (refused.value.code, refused.value.rule) == ("REASON_MISSING", "R21")


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
