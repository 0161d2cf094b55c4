"""R29–R31 on a real database and broker: records follow events, commands check who acts, changes are published."""

import asyncio
import hashlib
import hmac
from dataclasses import replace
from functools import partial

import pytest

from chassis.context import Act, acting
from kernel.dates import today
from kernel.errors import Refusal
from kernel.free_text import Reason
from services.assessment.commands.attendance import AttendanceMark, record_attendance
from services.assessment.commands.credits import confirm_credits, restore_credit, revoke_credit
from services.assessment.commands.results import ResultMark, record_results, reopen_records
from services.assessment.domain.vocabulary import CreditStatus, ProjectPhase, ResultOutcome
from tests.integration.assessment.world import (
    BASE,
    FOREIGN,
    MINISTRY,
    OTHER_SCHOOL,
    SCHOOL,
    TEACHER,
    World,
    attendee,
    codes,
    sessions,
)
from tests.support.eventually import eventually

SPOT_CHECK = Reason("抽检")


async def test_r29_to_r31_from_attendance_to_a_credit_revoked_and_given_back(world: World) -> None:
    await world.start("e1")
    assert await world.attend(("e1", "s1", True), ("e1", "s2", True)) == ["ok", "ok"]
    await world.finish()
    assert await world.grade("e1", ResultOutcome.PASSED, 88) == ["ok"]
    await world.close()
    assert codes(await confirm_credits(world.deps, SCHOOL, enrollments=["e1"])) == ["ok"]
    assert codes(await confirm_credits(world.deps, SCHOOL, enrollments=["e1"])) == ["ok"]
    revoked = await revoke_credit(world.deps, MINISTRY, enrollment="e1", reason=SPOT_CHECK)
    assert revoked.credit
    assert (revoked.credit.hours, revoked.credit.status) == (16, CreditStatus.REVOKED)
    assert revoked.result
    assert revoked.result.attendance_rate == 1
    restored = await restore_credit(world.deps, MINISTRY, enrollment="e1", reason=Reason("撤销有误"))
    assert restored.credit
    assert (restored.credit.hours, restored.credit.status) == (16, CreditStatus.CONFIRMED)
    heard = await world.heard(7)
    assert [(event.name, event.subject, event.province) for event in heard if event.name != "results-published"] == [
        ("attendance-recorded", "e1", "44"),
        ("attendance-recorded", "e1", "44"),
        ("result-recorded", "e1", "44"),
        ("credit-confirmed", "e1", "44"),
        ("credit-revoked", "e1", "44"),
        ("credit-restored", "e1", "44"),
    ]


async def test_r29_nothing_is_recorded_before_the_training_begins(world: World) -> None:
    await world.publish("e1")
    await eventually(lambda: world.deps.store.records.find("e1"))
    before = await world.record("e1")
    assert await world.attend(("e1", "s1", True)) == ["NOT_RUNNING"]
    assert await world.grade("e1", ResultOutcome.PASSED, 88) == ["NOT_FINISHED"]
    assert await world.record("e1") == before


async def test_a_refused_row_stops_no_other_row(world: World) -> None:
    await world.start("e1", "e2")
    marks = [("e1", "s9", True), ("nobody", "s1", True), ("e2", "s1", True), ("e1", "s2", True)]
    assert await world.attend(*marks) == ["UNKNOWN_SESSION", "NOT_FOUND", "ok", "ok"]
    assert (await world.record("e1")).attended == {"s2"}


async def test_many_rows_of_one_attendee_are_one_write(world: World) -> None:
    await world.start("e1")
    version = (await world.record("e1")).version
    assert await world.attend(("e1", "s1", False), ("e1", "s2", True)) == ["ok", "ok"]
    record = await world.record("e1")
    assert record.version == version + 1
    assert [(mark.session, mark.present) for mark in record.marks] == [("s1", False), ("s2", True)]


async def test_r29_r30_rows_that_contradict_each_other_are_refused_together(world: World) -> None:
    await world.start("e1", "e2")
    with pytest.raises(Refusal) as refused:
        await world.attend(("e1", "s1", True), ("e2", "s1", True), ("e1", "s1", False))
    assert (refused.value.code, refused.value.rule) == ("REPEATED_ROWS", "R29")
    assert (refused.value.details["field"], refused.value.details["id"]) == ("rows", "e1/s1")
    assert await world.attend(("e1", "s1", True), ("e1", "s2", True), ("e2", "s1", False)) == ["ok"] * 3
    await world.finish()
    rows = [ResultMark("e1", ResultOutcome.PASSED, 90), ResultMark("e1", ResultOutcome.FAILED, 10)]
    with pytest.raises(Refusal) as refused:
        await record_results(world.deps, BASE, project="p1", rows=rows)
    assert (refused.value.code, refused.value.rule, refused.value.details["id"]) == ("REPEATED_ROWS", "R30", "e1")
    assert (await world.deps.store.records.get("e1")).result is None


async def test_a_row_of_another_project_is_not_found(world: World) -> None:
    await world.start("e1")
    await world.start("e2", project="p2")
    assert await world.attend(("e2", "s1", True)) == ["NOT_FOUND"]


async def test_r30_a_correction_is_appended_and_numbered(world: World) -> None:
    await world.start("e1")
    await world.passes("e1")
    assert await world.grade("e1", ResultOutcome.FAILED, 50, reason="复核") == ["RECORDS_FINAL"]
    until = today(world.deps.clock.now())
    opened = await reopen_records(
        world.deps, MINISTRY, project="p1", enrollments=["e1", "e9"], until=until, reason=Reason("学员申诉")
    )
    assert codes(opened) == ["ok", "NOT_FOUND"]
    assert await world.grade("e1", ResultOutcome.FAILED, 50) == ["REASON_MISSING"]
    assert await world.grade("e1", ResultOutcome.FAILED, 50, reason="复核") == ["ok"]
    record = await world.record("e1")
    assert [(result.outcome, result.score, result.reason) for result in record.results] == [
        (ResultOutcome.PASSED, 88, None),
        (ResultOutcome.FAILED, 50, "复核"),
    ]
    heard = await world.heard(6)
    assert [event.data["correction"] for event in heard if event.name == "result-recorded"] == [0, 1]
    assert [event.data["until"] for event in heard if event.name == "record-reopened"] == [until.isoformat()]


async def test_r30_records_are_reopened_by_the_ministry_only(world: World) -> None:
    await world.start("e1")
    await world.passes("e1")
    before = await world.record("e1")
    until = today(world.deps.clock.now())
    for stranger in (BASE, SCHOOL, TEACHER):
        with pytest.raises(Refusal) as refused:
            await reopen_records(world.deps, stranger, project="p1", enrollments=["e1"], until=until, reason=SPOT_CHECK)
        assert (refused.value.code, refused.value.rule) == ("FORBIDDEN", "R30")
    assert await world.record("e1") == before


async def test_a_foreign_base_and_a_foreign_school_write_nothing(world: World) -> None:
    await world.start("e1")
    for stranger in (FOREIGN, SCHOOL, TEACHER, MINISTRY):
        with pytest.raises(Refusal) as refused:
            await world.attend(("e1", "s1", True), by=stranger)
        assert refused.value.code == "FORBIDDEN"
    await world.passes("e1")
    before = await world.record("e1")
    assert codes(await confirm_credits(world.deps, OTHER_SCHOOL, enrollments=["e1"])) == ["NOT_FOUND"]
    for stranger in (BASE, SCHOOL, TEACHER):
        with pytest.raises(Refusal) as refused:
            await revoke_credit(world.deps, stranger, enrollment="e1", reason=SPOT_CHECK)
        assert (refused.value.code, refused.value.rule) == ("FORBIDDEN", "R31")
    with pytest.raises(Refusal) as refused:
        await confirm_credits(world.deps, BASE, enrollments=["e1"])
    assert refused.value.code == "FORBIDDEN"
    assert await world.record("e1") == before


async def test_r31_no_credit_without_passing(world: World) -> None:
    await world.start("e1")
    assert codes(await confirm_credits(world.deps, SCHOOL, enrollments=["e1"])) == ["NOT_FINISHED"]
    await world.attend(("e1", "s1", True), ("e1", "s2", True))
    await world.finish()
    assert await world.grade("e1", ResultOutcome.FAILED, 10) == ["ok"]
    assert codes(await confirm_credits(world.deps, SCHOOL, enrollments=["e1"])) == ["NOT_PUBLISHED"]
    await world.close()
    assert codes(await confirm_credits(world.deps, SCHOOL, enrollments=["e1"])) == ["NOT_PASSED"]
    with pytest.raises(Refusal) as refused:
        await revoke_credit(world.deps, MINISTRY, enrollment="e1", reason=SPOT_CHECK)
    assert (refused.value.code, refused.value.rule) == ("NOT_PASSED", "R31")


async def test_r31_a_credit_is_confirmed_once_however_many_confirm_it(world: World) -> None:
    await world.start("e1")
    await world.passes("e1")
    tries = await asyncio.gather(*(confirm_credits(world.deps, SCHOOL, enrollments=["e1"]) for _ in range(4)))
    assert sorted(code for results in tries for code in codes(results)) == ["ok"] * 4
    names = [event.name for event in await world.heard(5)]
    assert names.count("credit-confirmed") == 1


async def test_concurrent_marks_of_one_attendee_are_all_stored(world: World) -> None:
    await world.start("e1")
    rows = await asyncio.gather(*(world.attend(("e1", session, True)) for session in ("s1", "s2", "s1", "s2")))
    record = await world.record("e1")
    assert [code for row in rows for code in row] == ["ok"] * 4
    assert sorted(mark.session for mark in record.marks) == ["s1", "s2"]  # sent twice, stored once


@pytest.mark.parametrize("how", ["withdrawn", "cancelled"])
async def test_r26_attendance_of_somebody_who_left_is_refused(world: World, how: str) -> None:
    await world.start("e1", "e2")
    await world.tell(f"enrollment.{how}", "e1", version=2, reason="生病", **attendee("e1"))

    async def gone() -> bool:
        return not (await world.record("e1")).live

    await eventually(gone)
    assert await world.attend(("e1", "s1", True), ("e2", "s1", True)) == ["NOT_AN_ATTENDEE", "ok"]


async def test_r29_the_end_of_the_training_records_no_shows_only(world: World) -> None:
    await world.start("e1", "e2")
    await world.attend(("e1", "s1", True), ("e2", "s1", False))
    await world.tell("catalog.project-finished", "p1", project="p1")
    heard = await world.heard(3)
    assert [(event.name, event.subject) for event in heard if event.name == "no-show-recorded"] == [
        ("no-show-recorded", "e2")
    ]
    assert await world.grade("e2", ResultOutcome.PASSED, 80) == ["ATTENDANCE_INCOMPLETE"]
    assert await world.grade("e2", ResultOutcome.INCOMPLETE, None) == ["ok"]


async def test_r33_a_suspended_or_cancelled_project_takes_no_attendance(world: World) -> None:
    await world.start("e1")
    await world.tell("catalog.project-suspended", "p1", project="p1", reason="抽检")
    await world.until_phase(ProjectPhase.SUSPENDED)
    assert await world.attend(("e1", "s1", True)) == ["NOT_RUNNING"]
    await world.tell("catalog.project-resumed", "p1", project="p1", status="RUNNING")
    await world.until_phase(ProjectPhase.RUNNING)
    assert await world.attend(("e1", "s1", True)) == ["ok"]
    await world.tell("catalog.project-cancelled", "p1", project="p1", reason="停课")
    await world.until_phase(ProjectPhase.CANCELLED)
    assert await world.attend(("e1", "s2", True)) == ["NOT_RUNNING"]


async def test_r18_attendance_counts_by_the_new_timetable(world: World) -> None:
    await world.start("e1")
    await world.attend(("e1", "s2", True))
    await world.tell("catalog.project-amended", "p1", project="p1", sessions=sessions(1))

    async def amended() -> bool:
        project = await world.deps.store.projects.get("p1")
        return len(project.sessions) == 1

    await eventually(amended)
    assert await world.attend(("e1", "s2", True)) == ["UNKNOWN_SESSION"]
    project = await world.deps.store.projects.get("p1")
    assert (await world.record("e1")).attendance_rate(project, world.deps.clock.now()) == 0


async def taken_in(world: World, key: str) -> None:
    """Wait until all events published before have taken effect."""
    await world.tell("enrollment.accepted", key, **attendee(key))
    await eventually(lambda: world.deps.store.records.find(key))


async def test_r29_a_replayed_event_does_not_restore_an_older_state(world: World) -> None:
    """A replayed event arrives after later ones; its version shows that (chassis.messaging.deadletters)."""
    await world.start("e1", "e2")
    tell = partial(world.tell, subject="p1", project="p1")
    await tell("catalog.project-amended", version=6, sessions=sessions(1), days=3)
    await tell("catalog.project-finished", version=7)
    await world.until_phase(ProjectPhase.FINISHED)
    before, missed = await world.deps.store.projects.get("p1"), await world.record("e1")
    await tell("catalog.project-started", version=4)
    await tell("catalog.project-amended", version=5, sessions=sessions(2))
    await world.publish()
    await taken_in(world, "e9")
    remembered = replace(before, amendments=(6, 5))  # it was amended then, too, which counts in assessments (R38)
    assert await world.deps.store.projects.get("p1") == remembered
    assert len(before.sessions) == 1
    await tell("catalog.project-amended", version=8, sessions=sessions(2))
    await tell("catalog.project-cancelled", version=9)
    await world.until_phase(ProjectPhase.CANCELLED)
    assert len((await world.deps.store.projects.get("p1")).sessions) == 2
    await tell("catalog.project-finished", version=7)
    await taken_in(world, "e10")
    assert await world.record("e1") == missed, "a no-show is recorded once"


async def test_r29_a_repeated_acceptance_changes_nothing(world: World) -> None:
    await world.start("e1")
    assert await world.attend(("e1", "s1", True)) == ["ok"]
    before = await world.record("e1")
    await world.tell("enrollment.accepted", "e1", **attendee("e1"))
    await taken_in(world, "e9")
    assert await world.record("e1") == before


async def test_r26_a_withdrawal_that_arrives_before_the_acceptance_counts(world: World) -> None:
    await world.start("e2")
    await world.tell("enrollment.withdrawn", "e1", reason="生病", **attendee("e1"))
    await world.tell("enrollment.accepted", "e1", **attendee("e1"))
    await taken_in(world, "e9")
    assert not (await world.record("e1")).live
    assert await world.attend(("e1", "s1", True)) == ["NOT_AN_ATTENDEE"]


async def test_r3_r31_the_successor_of_a_merged_school_confirms_its_credits(world: World) -> None:
    await world.start("e1")
    await world.passes("e1")
    inherited = attendee("e1") | {"school": OTHER_SCHOOL.school, "former_school": SCHOOL.school}
    await world.tell("enrollment.enrollment-inherited", "e1", province="51", version=9, **inherited)
    await world.tell("enrollment.enrollment-inherited", "e1", version=8, **attendee("e1"))
    await taken_in(world, "e9")
    record = await world.record("e1")
    assert (record.school, record.province, record.live) == (OTHER_SCHOOL.school, "51", True)
    assert codes(await confirm_credits(world.deps, SCHOOL, enrollments=["e1"])) == ["NOT_FOUND"]
    assert codes(await confirm_credits(world.deps, OTHER_SCHOOL, enrollments=["e1"])) == ["ok"]


async def test_r3_r31_an_acceptance_that_arrives_after_the_inheritance_is_the_successors(world: World) -> None:
    await world.start("e2")
    inherited = attendee("e1") | {"school": OTHER_SCHOOL.school, "former_school": SCHOOL.school}
    await world.tell("enrollment.enrollment-inherited", "e1", province="51", version=9, **inherited)
    await taken_in(world, "e8")
    assert await world.attend(("e1", "s1", True)) == ["NOT_AN_ATTENDEE"]
    await world.tell("enrollment.accepted", "e1", version=3, **attendee("e1"))
    await taken_in(world, "e9")
    record = await world.record("e1")
    assert (record.school, record.province, record.live) == (OTHER_SCHOOL.school, "51", True)


async def test_r3_an_inheritance_from_before_the_acceptance_that_opened_the_record_is_late(world: World) -> None:
    await world.start("e2")
    await world.tell("enrollment.accepted", "e1", version=8, **attendee("e1"))
    earlier = attendee("e1") | {"school": OTHER_SCHOOL.school, "former_school": "3144000099"}
    await world.tell("enrollment.enrollment-inherited", "e1", province="51", version=5, **earlier)
    await taken_in(world, "e9")
    assert (await world.record("e1")).school == SCHOOL.school


async def test_a_list_repeated_under_its_key_does_not_undo_later_corrections(world: World) -> None:
    """A repeat under the same `Idempotency-Key` has no second effect (chassis.storage.idempotency)."""
    await world.start("e1", "e2")
    marks = [("e1", "s1", True), ("e1", "s9", True), ("e2", "s1", True)]
    with acting(Act(BASE, idempotency_key="k1")):
        assert await world.attend(*marks) == ["ok", "UNKNOWN_SESSION", "ok"]
    assert await world.attend(("e1", "s1", False)) == ["ok"]
    before = await world.record("e1")
    with acting(Act(BASE, idempotency_key="k1")):
        assert await world.attend(*marks) == ["ok", "UNKNOWN_SESSION", "ok"]
        assert await world.record("e1") == before
        assert await world.attend(("e1", "s2", True)) == ["IDEMPOTENCY_KEY_REUSED"]
    assert await world.record("e1") == before
    assert not before.attended


async def test_a_repeat_about_a_record_of_another_project_is_not_found(world: World) -> None:
    await world.start("e1")
    await world.start(project="p2")
    marks = [AttendanceMark("e1", "s1", True, None)]
    with acting(Act(BASE, idempotency_key="k1")):
        first, other = [
            codes(await record_attendance(world.deps, BASE, project=project, rows=marks)) for project in ("p1", "p2")
        ]
    assert (first, other) == (["ok"], ["NOT_FOUND"])


async def test_a_record_that_cannot_be_read_costs_no_other_row_anything(world: World) -> None:
    await world.start("e1", "e2", "e3")
    await world.deps.store.records.collection.update_one({"_id": "e2"}, {"$set": {"version": "one"}})
    assert await world.attend(("e1", "s1", True), ("e2", "s1", True), ("e3", "s1", True)) == ["ok", "INTERNAL", "ok"]


async def test_lists_of_a_whole_class_at_once_lose_no_mark(world: World) -> None:
    keys = [f"e{number}" for number in range(20)]
    await world.start(*keys)
    lists = [[(key, session, True) for key in keys] for session in ("s1", "s2", "s1")]
    rows = await asyncio.gather(*(world.attend(*marks) for marks in lists))
    assert {code for codes_of_list in rows for code in codes_of_list} == {"ok"}
    for key in keys:
        assert sorted(mark.session for mark in (await world.record(key)).marks) == ["s1", "s2"]
    assert len({event.id for event in await world.heard(40)}) == 40


async def test_a_repeat_of_what_took_effect_is_not_refused_for_what_came_after_it(world: World) -> None:
    await world.start("e1")
    assert await world.attend(("e1", "s1", True), ("e1", "s2", True)) == ["ok", "ok"]
    await world.finish()
    with acting(Act(BASE, idempotency_key="k1")):
        assert await world.grade("e1", ResultOutcome.PASSED, 88) == ["ok"]
    await world.close()
    with acting(Act(SCHOOL, idempotency_key="k1")):
        assert codes(await confirm_credits(world.deps, SCHOOL, enrollments=["e1"])) == ["ok"]
    with acting(Act(BASE, idempotency_key="k1")):
        assert await world.grade("e1", ResultOutcome.PASSED, 88) == ["ok"]


async def test_a_request_leaves_the_mark_it_always_had(world: World) -> None:
    """Names and digests are data: of the rows about one record in their order (chassis.storage.idempotency)."""
    await world.start("e1")
    with acting(Act(BASE, idempotency_key="k1")):
        assert await world.attend(("e1", "s1", True), ("e1", "s2", True)) == ["ok"] * 2
    await world.finish()
    with acting(Act(BASE, idempotency_key="k1")):
        assert await world.grade("e1", ResultOutcome.PASSED, 88) == ["ok"]
    await world.close()
    with acting(Act(SCHOOL, idempotency_key="k1")):
        assert codes(await confirm_credits(world.deps, SCHOOL, enrollments=["e1"])) == ["ok"]
    with acting(Act(MINISTRY, idempotency_key="k1")):
        await revoke_credit(world.deps, MINISTRY, enrollment="e1", reason=SPOT_CHECK)
    document = await world.deps.store.records.collection.find_one({"_id": "e1"})
    assert document
    marks = ",".join(
        f'{{"enrollment":"e1","session":"{session}","present":{present},"mode":null}}'
        for session, present in (("s1", "true"), ("s2", "true"))
    )
    assert document["requests"] == [
        {
            "key": hashlib.sha256(f"{principal.subject}\nk1\n{name}|e1".encode()).hexdigest(),
            "input": hmac.new(b"k1", content.encode(), hashlib.sha256).hexdigest(),
        }
        for principal, name, content in (
            (BASE, "record_attendance", f"[{marks}]"),
            (BASE, "record_results", '[{"enrollment":"e1","outcome":"PASSED","score":88}]'),
            (SCHOOL, "confirm_credits", "[null]"),
            (MINISTRY, "revoke_credit", '["抽检"]'),
        )
    ]
