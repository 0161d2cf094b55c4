"""R41: what a reveal must state, and what a correction leaves."""

from dataclasses import replace

import pytest

from kernel.errors import Refusal
from kernel.free_text import PersonName, spelled
from kernel.reveals import Purpose
from services.enrollment.domain.reveal import reveal
from services.enrollment.domain.roster.sheet import tidy
from services.enrollment.domain.teacher import Sealed, correct
from services.enrollment.domain.vocabulary import TeacherField
from tests.unit.enrollment.examples import NOW, a_teacher


@pytest.mark.parametrize(
    "purpose",
    [
        "",
        "   ",
        "核对",
        "x" * 201,
        "核对110101198001010010",
        "电话 138 0000 0001 核对",
        "核对１３８０００００００１",
        "138-0000-0001有误",
    ],
)
def test_r41_a_purpose_says_something_and_holds_no_number(purpose: str) -> None:
    with pytest.raises(Refusal) as refused:
        Purpose.of(purpose)
    assert (refused.value.code, refused.value.rule) == ("INVALID_PURPOSE", "R41")


def test_r41_a_reveal_is_an_act_with_its_purpose_and_without_numbers() -> None:
    act, (event,) = reveal(
        "r1", a_teacher(), Purpose.of(" 2024年报到核验 "), NOW, by="a", scope="base", organization="4144000001"
    )
    assert (act.teacher, act.by, act.purpose, act.at) == ("t1", "a", "2024年报到核验", NOW)
    assert (event.teacher, event.purpose, event.school, event.province) == ("t1", "2024年报到核验", "4144100001", "44")


def test_r41_a_purpose_may_name_a_day() -> None:
    assert Purpose.of("2024-06-01报到核对").text == "2024-06-01报到核对"


def test_r41_a_correction_names_the_fields_and_who_and_not_what_they_said() -> None:
    before = a_teacher()
    other = Sealed("k1:other", "138****0002", "other")
    after, (event,) = correct(before, {"name": PersonName("新名"), "mobile": other}, "赵主任", NOW)
    assert (after.name, after.mobile) == ("新名", other)
    (kept,) = after.corrections
    assert (kept.by, kept.at, kept.fields) == ("赵主任", NOW, (TeacherField.NAME, TeacherField.MOBILE))
    assert event.fields == kept.fields
    assert "新名" not in repr(event)


def test_r41_the_same_number_sealed_again_is_no_correction() -> None:
    before = a_teacher()
    again = replace(before.mobile, sealed="k1:again")
    assert correct(before, {"mobile": again}, "teacher", NOW) == (before, [])


def test_r22_a_correction_leaves_no_teacher_without_a_name() -> None:
    with pytest.raises(Refusal) as refused:
        correct(a_teacher(), {"name": PersonName("")}, "teacher", NOW)
    assert refused.value.code == "INVALID_TEACHER"


@pytest.mark.parametrize(
    ("given", "name"),
    [("　张　三 ", "张三"), ("张\u200b三", "张三"), (" Li  Ming ", "Li Ming"), ("买买提·艾力", "买买提·艾力")],
)
def test_r22_a_name_is_spelled_one_way_wherever_it_comes_from(given: str, name: str) -> None:
    assert spelled(given) == tidy(given) == name
