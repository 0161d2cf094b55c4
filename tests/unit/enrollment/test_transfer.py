"""R20: a school requests a person of another school, which answers; else the ministry or the province decides."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from kernel.errors import Refusal
from kernel.free_text import Reason
from services.enrollment.domain import transfer as transfers
from services.enrollment.domain.notification_texts import Names, message
from services.enrollment.domain.teacher import join, leave
from services.enrollment.domain.transfer import TRANSITIONS, Transfer, TransferRequest
from services.enrollment.domain.transfer_news import of_transfer
from services.enrollment.domain.vocabulary import Employment, TransferKind, TransferState
from tests.unit.enrollment.examples import NOW, a_teacher

HERE, THERE = "4144100001", "4143000001"
WHY, TIME = Reason.of("工作需要", "R20"), timedelta(days=10)
S = TransferState


def requested(
    kind: TransferKind = TransferKind.TRANSFER, at: tuple[str, str] = (THERE, "43"), **changes: Any
) -> Transfer:
    asked = TransferRequest(kind=kind, employment=Employment.FULL_TIME, reason=WHY)
    return transfers.request("r1", a_teacher(**changes), asked, NOW, at=at, by="钱主任", time=TIME)[0]


def boxes(transfer: Transfer) -> set[str]:
    return {notice.to for notice in of_transfer(transfer, NOW)}


def test_r20_the_school_of_the_person_is_asked_and_told_and_so_is_the_person() -> None:
    asked = requested()
    assert (asked.former, asked.former_province, asked.state, asked.due) == (HERE, "44", S.REQUESTED, NOW + TIME)
    assert boxes(asked) == {f"school:{HERE}", f"school:{THERE}", "teacher:t1"}


def test_r20_a_refusal_and_every_decision_keep_their_reason() -> None:
    refused, (told,) = transfers.answer(requested(), confirms=False, reason=WHY, by="赵主任", now=NOW)
    assert (refused.state, refused.live, refused.history[-1].reason) == (S.REFUSED, False, "工作需要")
    granted, (decided,) = transfers.decide(refused, a_teacher(), [], grants=True, reason=WHY, by="ministry", now=NOW)
    assert (told.confirmed, decided.granted, granted.state) == (False, True, S.GRANTED)  # type: ignore[union-attr]


def test_r20_nothing_is_escalated_before_its_time_and_then_it_goes_to_who_may_decide() -> None:
    asked = requested()
    assert transfers.escalate(asked, NOW + TIME - timedelta(seconds=1)) is None
    step = transfers.escalate(asked, NOW + TIME)
    assert step
    assert (step[0].state, "ministry:00" in boxes(step[0])) == (S.ESCALATED, True)
    assert transfers.escalate(step[0], NOW + TIME) is None
    within = transfers.escalate(requested(at=("4144100002", "44")), NOW + TIME)
    assert within
    assert "province:44" in boxes(within[0])
    assert "ministry:00" not in boxes(within[0])


def test_r20_a_line_ministrys_schools_have_no_province_that_could_decide() -> None:
    asked = requested(at=("4111000001", "00"), province="00")
    escalated = transfers.escalate(asked, NOW + TIME)
    assert escalated
    assert "ministry:00" in boxes(escalated[0])


def test_r20_a_move_ends_the_former_affiliation_and_part_time_work_does_not() -> None:
    moved, _ = transfers.settle(requested(), a_teacher(), NOW)
    assert [one.school for one in moved.schools if one.until is None] == [THERE]
    both, _ = transfers.settle(requested(TransferKind.PART_TIME), a_teacher(), NOW)
    assert [one.school for one in both.schools if one.until is None] == [HERE, THERE]


def test_r20_who_is_at_no_school_is_confirmed_at_once() -> None:
    nowhere, _ = leave(a_teacher(), HERE, WHY, NOW)
    asked = TransferRequest(kind=TransferKind.TRANSFER, employment=Employment.FULL_TIME, reason=WHY)
    got, told = transfers.request("r1", nowhere, asked, NOW, at=(THERE, "43"), by="钱主任", time=TIME)
    assert (got.state, got.former, len(told)) == (S.CONFIRMED, None, 2)
    back, _ = transfers.settle(got, nowhere, NOW)
    assert back.school == THERE


def test_r20_what_waits_is_asked_of_the_school_where_the_person_is_now() -> None:
    moved, _ = join(a_teacher(), "4144100003", "44", Employment.FULL_TIME, NOW, leaving=HERE)
    step = transfers.follow(requested(), moved, NOW, time=TIME)
    assert step
    assert (step[0].former, step[0].state, step[0].due) == ("4144100003", S.REQUESTED, NOW + TIME)
    assert transfers.follow(requested(), a_teacher(), NOW, time=TIME) is None


def test_r20_the_school_where_the_person_is_now_has_the_whole_time_though_the_former_ones_was_over() -> None:
    late = NOW + TIME
    escalated = transfers.escalate(requested(), late)
    moved, _ = join(a_teacher(), "4144100003", "44", Employment.FULL_TIME, late, leaving=HERE)
    assert escalated
    step = transfers.follow(escalated[0], moved, late, time=TIME)
    assert step
    assert (step[0].former, step[0].state, step[0].live, step[0].due) == ("4144100003", S.REQUESTED, True, late + TIME)
    assert [(change.state, change.by) for change in step[0].history[-2:]] == [
        (S.ESCALATED, "system"),
        (S.REQUESTED, "system"),
    ]
    with pytest.raises(Refusal) as refused:
        transfers.decide(step[0], moved, [step[0]], grants=True, reason=WHY, by="ministry", now=late)
    assert refused.value.code == "WRONG_STATE"
    assert transfers.escalate(step[0], late + TIME)


def test_r20_no_request_is_addressed_to_the_school_that_has_made_it() -> None:
    moved, _ = join(a_teacher(), THERE, "43", Employment.FULL_TIME, NOW, leaving=HERE)
    step = transfers.follow(requested(), moved, NOW, time=TIME)
    assert step
    assert (step[0].state, step[0].live, step[0].former, step[0].history[-1].by) == (S.WITHDRAWN, False, HERE, "system")


def test_r20_a_refused_request_is_granted_only_while_the_person_is_at_the_school_that_refused() -> None:
    refused, _ = transfers.answer(requested(), confirms=False, reason=WHY, by="赵主任", now=NOW)
    moved, _ = join(a_teacher(), "4144100003", "44", Employment.FULL_TIME, NOW, leaving=HERE)
    with pytest.raises(Refusal) as gone:
        transfers.decide(refused, moved, [], grants=True, reason=WHY, by="ministry", now=NOW)
    assert (gone.value.code, gone.value.rule) == ("TEACHER_MOVED", "R20")
    newer = replace(requested(), id="r2")
    with pytest.raises(Refusal) as waits:
        transfers.decide(refused, a_teacher(), [newer], grants=True, reason=WHY, by="ministry", now=NOW)
    assert waits.value.code == "TRANSFER_PENDING"
    others = replace(requested(at=("4144100003", "44")), id="r3")
    granted, _ = transfers.decide(refused, a_teacher(), [others], grants=True, reason=WHY, by="ministry", now=NOW)
    assert granted.state is S.GRANTED


def test_r20_r41_a_notice_of_a_request_says_who_requests_whom_and_stores_ids_only() -> None:
    notices = {notice.to: notice for notice in of_transfer(requested(), NOW)}
    asked = notices[f"school:{HERE}"]
    assert (asked.facts.person, asked.facts.school) == ("t1", THERE)
    names = Names(person="王老师", school="第二职业学校")
    assert message(asked, names) == (
        "第二职业学校申请调入或聘用教师王老师：请原学校在期限内答复",
        "The request of 第二职业学校 for 王老师: the school where the teacher is now answers in time",
    )
    assert message(notices["teacher:t1"], names)[0].startswith("第二职业学校申请调入或聘用您：")
    assert message(asked, Names(school="第二职业学校"))[0].startswith("第二职业学校申请调入或聘用教师：")


@pytest.mark.parametrize("state", sorted(set(S) - set(TRANSITIONS)))
def test_r20_what_is_settled_is_settled(state: TransferState) -> None:
    over = replace(requested(), state=state, live=False)
    acts: list[Callable[[], object]] = [
        lambda: transfers.answer(over, confirms=True, reason=None, by="赵主任", now=NOW),
        lambda: transfers.decide(over, a_teacher(), [], grants=True, reason=WHY, by="ministry", now=NOW),
        lambda: transfers.withdraw(over, WHY, "钱主任", NOW),
    ]
    for act in acts:
        with pytest.raises(Refusal) as refused:
            act()
        assert (refused.value.code, refused.value.rule) == ("WRONG_STATE", "R20")
