"""R20: a person may be at several schools, one of them the main one, and every school's time is kept."""

from dataclasses import replace
from datetime import timedelta

import pytest

from kernel.errors import Refusal
from kernel.free_text import Reason
from services.enrollment.domain.enrollment import sign_up
from services.enrollment.domain.teacher import TeacherChanges, correct, join, leave
from services.enrollment.domain.vocabulary import Employment
from services.enrollment.domain.waitlist import hand_over
from tests.unit.enrollment.examples import NOW, a_project, a_teacher, an_enrollment

HERE, THERE = "4144100001", "4143000001"
LATER = NOW + timedelta(days=1)
WHY = Reason.of("退休", "R20")


def test_who_was_written_by_an_earlier_release_is_at_the_stored_school() -> None:
    (here,) = a_teacher().schools
    assert (here.school, here.province, here.employment, here.since) == (HERE, "44", Employment.FULL_TIME, None)
    assert a_teacher().main == here
    assert a_teacher().at(THERE) is None


def test_r20_a_second_school_is_added_and_the_main_one_stays() -> None:
    both, (told,) = join(a_teacher(), THERE, "43", Employment.PART_TIME, NOW)
    assert [(one.school, one.until) for one in both.schools] == [(HERE, None), (THERE, None)]
    assert (both.school, both.employment) == (HERE, Employment.FULL_TIME)
    assert both.at(THERE).employment is Employment.PART_TIME  # type: ignore[union-attr]
    assert (told.school, told.main_school, told.province) == (THERE, HERE, "43")


def test_r20_who_moves_leaves_the_former_school_and_acts_for_the_new_one() -> None:
    moved, (joined, left) = join(a_teacher(), THERE, "43", Employment.FULL_TIME, NOW, leaving=HERE)
    assert (moved.school, moved.province, moved.at(HERE)) == (THERE, "43", None)
    assert [(one.school, one.since, one.until) for one in moved.schools] == [(HERE, None, NOW), (THERE, NOW, None)]
    assert (joined.main_school, left.main_school, left.school, left.province) == (THERE, THERE, HERE, "44")


def test_r20_a_part_time_school_may_become_the_only_one() -> None:
    both, _ = join(a_teacher(), THERE, "43", Employment.PART_TIME, NOW)
    moved, _ = join(both, THERE, "43", Employment.FULL_TIME, LATER, leaving=HERE)
    assert [(one.school, one.employment, one.until) for one in moved.schools] == [
        (HERE, Employment.FULL_TIME, LATER),
        (THERE, Employment.FULL_TIME, None),
    ]


def test_r20_who_leaves_the_main_school_stays_at_the_other_and_who_leaves_the_last_is_nowhere() -> None:
    both, _ = join(a_teacher(), THERE, "43", Employment.PART_TIME, NOW)
    one, (told,) = leave(both, HERE, WHY, LATER)
    assert (one.school, one.province, one.employment) == (THERE, "43", Employment.PART_TIME)
    assert (told.main_school, one.schools[0].reason) == (THERE, "退休")
    nowhere, (told,) = leave(one, THERE, WHY, LATER)
    assert (nowhere.main, nowhere.school, told.main_school) == (None, THERE, None)
    with pytest.raises(Refusal) as refused:
        leave(nowhere, THERE, WHY, LATER)
    assert refused.value.code == "NOT_FOUND"
    with pytest.raises(Refusal) as refused:
        sign_up("e1", nowhere, a_project(), LATER)
    assert (refused.value.code, refused.value.rule) == ("TEACHER_LEFT", "R20")
    back, (joined,) = join(nowhere, HERE, "44", Employment.FULL_TIME, LATER)
    assert (back.school, joined.main_school, len(back.schools)) == (HERE, HERE, 3)


def test_r20_an_enrollment_is_the_schools_that_makes_it() -> None:
    both, _ = join(a_teacher(), THERE, "43", Employment.PART_TIME, NOW)
    signed, (told,) = sign_up("e1", both, a_project(), NOW, at=both.at(THERE))
    assert (signed.school, signed.province, told.school) == (THERE, "43", THERE)
    colleague, _ = hand_over(an_enrollment(), replace(both, id="t2"), a_project(), "x", NOW, key="e2")
    assert colleague.school == HERE


def test_r20_a_former_colleague_is_no_substitute() -> None:
    moved, _ = join(a_teacher(id="t2"), THERE, "43", Employment.FULL_TIME, NOW, leaving=HERE)
    with pytest.raises(Refusal) as refused:
        hand_over(an_enrollment(), moved, a_project(), "x", NOW, key="e2")
    assert refused.value.code == "NOT_A_COLLEAGUE"


def test_r20_each_school_corrects_the_employment_with_itself() -> None:
    both, _ = join(a_teacher(), THERE, "43", Employment.PART_TIME, NOW)
    changes = TeacherChanges(employment=Employment.FULL_TIME)
    corrected, (told,) = correct(both, changes, "钱主任", NOW, school=THERE)
    assert (corrected.at(THERE).employment, told.school, told.province) == (Employment.FULL_TIME, THERE, "43")  # type: ignore[union-attr]
    assert correct(both, changes, "赵主任", NOW, school=HERE)[1] == []
