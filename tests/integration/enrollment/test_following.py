"""R18, R24, R29–R31, R33: what the others' events do to enrollments, and who is told."""

from dataclasses import replace
from typing import Any

import pytest

from chassis.principal import Principal
from services.enrollment.commands import deliver_pending
from services.enrollment.messaging.from_assessment import assessment_handlers
from services.enrollment.messaging.from_catalog import catalog_handlers
from tests.integration.enrollment.season import BASE, GUANGDONG, HUNAN, OTHER_BASE, SCHOOL, SIGN_UP, WITHDRAW, Season
from tests.support.consuming import envelope_of, take_in
from tests.support.graph import Refused

DECLINE = "mutation($ids: [ID!]!, $why: String!) { declineSignUps(ids: $ids, reason: $why) { ok } }"
NOTICES = "query { myNotices { totalCount nodes { kind status message reason enrollment { id } project { id } } } }"
OWN = "您报名的《智能制造专业教师数字化能力提升》（GP-1）："
FEEDBACK = "query($id: ID!) { enrollment(id: $id) { feedback { recipient state status attempts deliveredAt } } }"


async def notices(season: Season, who: Principal) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await season.act(who, NOTICES))["nodes"]
    return found


async def test_a_decision_reaches_the_trainee_and_the_school_each_by_its_own_delivery(season: Season) -> None:
    await season.publish()
    teacher, other = await season.teachers(2)
    key = await season.submitted(teacher, "p1")
    await season.decide(key)
    before = (await season.act(SCHOOL, FEEDBACK, id=key))["feedback"]
    assert {(one["recipient"], one["state"]) for one in before} == {("TRAINEE", "PENDING"), ("SCHOOL", "PENDING")}
    assert await deliver_pending(season.deps) == 2
    assert await deliver_pending(season.deps) == 0
    after = (await season.act(BASE, FEEDBACK, id=key))["feedback"]
    assert [(one["state"], one["status"], one["attempts"]) for one in after] == [("DELIVERED", "ACCEPTED", 1)] * 2
    for who in (teacher, SCHOOL):
        (notice,) = await notices(season, who)
        assert (notice["kind"], notice["enrollment"]["id"], notice["project"]["id"]) == ("DECISION", key, "p1")
    assert await notices(season, other) == []


async def test_notices_are_marked_read_in_the_own_box_only(season: Season) -> None:
    await season.publish()
    teacher, other = await season.teachers(2)
    await season.decide(await season.submitted(teacher, "p1"))
    await deliver_pending(season.deps)
    ids = [one["_id"] async for one in season.database["notices"].find()]
    unread = "query { myNotices(unread: true) { totalCount nodes { readAt } } }"
    mark = "mutation($ids: [ID!]!) { markNoticesRead(ids: $ids) { readAt } }"
    assert await season.act(other, mark, ids=ids) == []
    assert (await season.act(teacher, unread))["totalCount"] == 1
    (first,) = await season.act(teacher, mark, ids=ids)
    season.later(hours=1)
    assert await season.act(teacher, mark, ids=ids) == [first]
    assert (await season.act(teacher, unread))["totalCount"] == 0
    assert (await season.act(SCHOOL, unread))["nodes"] == [{"readAt": None}]


async def test_cancelling_a_project_ends_every_live_enrollment_frees_its_seats_and_tells_everybody(
    season: Season,
) -> None:
    await season.publish("p1")
    await season.publish("p2")
    teachers = await season.teachers(4)
    accepted, waitlisted, rejected = [await season.submitted(teacher, "p1") for teacher in teachers[:3]]
    signed = (await season.act(teachers[3], SIGN_UP, id="p1"))["id"]
    await season.decide(accepted)
    await season.decide(waitlisted, "WAITLIST")
    await season.decide(rejected, "REJECT", reason="条件不符")
    await season.hear("catalog.project-cancelled", "p1", {"project": "p1", "reason": "场地停用"})
    for key in (accepted, waitlisted, signed):
        ended = await season.deps.store.enrollments.get(key)
        assert (ended.status, ended.reason, ended.reason_code) == ("CANCELLED", "场地停用", "PROJECT_CANCELLED")
    assert await season.status(rejected) == "REJECTED"
    assert await season.seats() == {"capacity": 10, "accepted": 0, "offered": 0, "waitlisted": 0, "left": 10}
    await deliver_pending(season.deps)
    told = await notices(season, teachers[3])
    assert [(one["kind"], one["reason"]) for one in told] == [("CANCELLED", "场地停用")]
    elsewhere = await season.submitted(teachers[0], "p2")
    assert (await season.decide(elsewhere))["ok"]
    with pytest.raises(Refused) as refused:
        await season.act(teachers[1], SIGN_UP, id="p1")
    assert refused.value.code == "PROJECT_NOT_OPEN"


@pytest.mark.parametrize("key", [None, "k1"])
async def test_r33_a_sign_up_that_meets_a_cancellation_is_none(
    season: Season, monkeypatch: pytest.MonkeyPatch, key: str | None
) -> None:
    """The project is called off between the sign-up's look and its write, and swept before the write."""
    await season.publish()
    (teacher,) = await season.teachers(1)
    consumer = replace(season, deps=replace(season.deps))  # another process, with a lane of its own
    admissions, crossed = season.deps.store.admissions, list[bool]()
    load = admissions.load

    async def late(*arguments: Any) -> Any:
        loaded = await load(*arguments)
        if not crossed:
            crossed.append(True)
            await consumer.hear("catalog.project-cancelled", "p1", {"project": "p1", "reason": "场地停用"})
        return loaded

    monkeypatch.setattr(admissions, "load", late)
    season.key = key
    with pytest.raises(Refused) as refused:
        await season.act(teacher, SIGN_UP, id="p1")
    assert (refused.value.code, refused.value.extensions["status"]) == ("PROJECT_NOT_OPEN", "CANCELLED")
    assert await season.database["enrollments"].count_documents({}) == 0


async def test_r21_r24_whom_the_school_declines_learns_why(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = (await season.act(teacher, SIGN_UP, id="p1"))["id"]
    (row,) = await season.act(SCHOOL, DECLINE, ids=[key], why="教学任务重")
    assert row["ok"]
    await deliver_pending(season.deps)
    (told,) = await notices(season, teacher)
    assert (told["status"], told["reason"], told["message"]) == ("DECLINED", "教学任务重", f"{OWN}学校未同意报名")


async def test_r24_r26_of_a_withdrawal_the_trainee_learns_and_of_a_lost_seat_the_base(season: Season) -> None:
    await season.publish()
    seated, submitted = await season.teachers(2)
    held, waiting = [await season.submitted(one, "p1") for one in (seated, submitted)]
    await season.decide(held)
    for key in (held, waiting):
        await season.act(SCHOOL, WITHDRAW, id=key, why="工作冲突")
    await deliver_pending(season.deps)
    for who in (seated, submitted):
        told = (await notices(season, who))[0]
        assert (told["status"], told["reason"], told["message"]) == ("WITHDRAWN", "工作冲突", f"{OWN}学校已撤回报名")
    lost, _ = await notices(season, BASE)
    assert (lost["enrollment"]["id"], lost["status"], lost["reason"]) == (held, "WITHDRAWN", "工作冲突")


async def test_who_has_no_seat_at_the_start_lapses(season: Season) -> None:
    await season.publish()
    teachers = await season.teachers(4)
    accepted, waitlisted, submitted = [await season.submitted(teacher, "p1") for teacher in teachers[:3]]
    signed = (await season.act(teachers[3], SIGN_UP, id="p1"))["id"]
    await season.decide(accepted)
    await season.decide(waitlisted, "WAITLIST")
    await season.hear("catalog.project-started", "p1", {"project": "p1"})
    states = [await season.status(key) for key in (accepted, waitlisted, submitted, signed)]
    assert states == ["ACCEPTED", "LAPSED", "LAPSED", "LAPSED"]
    assert (await season.seats())["waitlisted"] == 0


async def test_a_suspended_project_takes_nothing_until_it_is_resumed(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    await season.hear("catalog.project-suspended", "p1", {"project": "p1", "reason": "抽检"})
    with pytest.raises(Refused) as refused:
        await season.act(teacher, SIGN_UP, id="p1")
    assert (refused.value.code, refused.value.extensions["status"]) == ("PROJECT_NOT_OPEN", "SUSPENDED")
    await season.hear("catalog.project-resumed", "p1", {"project": "p1", "status": "PUBLISHED"})
    assert (await season.act(teacher, SIGN_UP, id="p1"))["status"] == "SIGNED_UP"


async def test_new_dates_move_the_persons_time_and_an_overlap_is_reported_to_both_bases_and_the_school(
    season: Season,
) -> None:
    await season.publish("p1")
    await season.publish("p2", base="base-2", starts_on="2024-08-01", ends_on="2024-08-05")
    (teacher,) = await season.teachers(1)
    here, elsewhere = [await season.submitted(teacher, project) for project in ("p1", "p2")]
    await season.decide(here, reason="按标准")
    await season.decide(elsewhere, base=OTHER_BASE)
    amended = {"project": "p1", "starts_on": "2024-08-04", "ends_on": "2024-08-10", "reason": "场地调整"}
    await season.hear("catalog.project-amended", "p1", amended)
    await deliver_pending(season.deps)
    told = [(one["kind"], one["reason"]) for one in await notices(season, teacher)]
    assert told == [("AMENDED", "场地调整"), ("DECISION", None), ("DECISION", "按标准")]
    for who, key in ((BASE, here), (OTHER_BASE, elsewhere)):
        notice, _ = await notices(season, who)  # the other tells of the publication
        assert (notice["kind"], notice["enrollment"]["id"]) == ("OVERLAP", key)
    assert "OVERLAP" in {one["kind"] for one in await notices(season, SCHOOL)}


async def test_assessments_events_lead_from_accepted_to_credited_in_any_order(season: Season) -> None:
    await season.publish()
    one, other, absent = [await season.submitted(teacher, "p1") for teacher in await season.teachers(3)]
    for key in (one, other, absent):
        await season.decide(key)
    await season.hear("assessment.attendance-recorded", one, {"enrollment": one, "present": True})
    assert await season.status(one) == "ATTENDING"
    await season.hear("assessment.result-recorded", one, {"enrollment": one, "outcome": "FAILED"})
    await season.hear("assessment.result-recorded", one, {"enrollment": one, "outcome": "PASSED"})
    assert await season.status(one) == "PASSED"
    await season.hear("assessment.credit-confirmed", other, {"enrollment": other, "hours": 56})
    await season.hear("assessment.result-recorded", other, {"enrollment": other, "outcome": "PASSED"})
    assert await season.status(other) == "CREDITED"
    await season.hear("assessment.credit-revoked", other, {"enrollment": other, "reason": "材料不实"})
    assert await season.status(other) == "CREDIT_REVOKED"
    await season.hear("assessment.attendance-recorded", absent, {"enrollment": absent, "present": False})
    await season.hear("assessment.no-show-recorded", absent, {"enrollment": absent})
    assert await season.status(absent) == "NO_SHOW"
    assert (await season.seats())["accepted"] == 3


async def test_r29_attendance_recorded_by_mistake_is_taken_back(season: Season) -> None:
    """Else somebody who was never there would stay ATTENDING, and no no-show could be told of."""
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    await season.decide(key)
    marks = ((True, 1, "ATTENDING"), (False, 0, "ACCEPTED"), (True, 1, "ATTENDING"), (False, 1, "ATTENDING"))
    for present, attended, status in marks:
        recorded = {"enrollment": key, "present": present, "attended": attended}
        await season.hear("assessment.attendance-recorded", key, recorded)
        assert await season.status(key) == status
    await season.hear("assessment.attendance-recorded", key, {"enrollment": key, "present": False, "attended": 0})
    await season.hear("assessment.no-show-recorded", key, {"enrollment": key})
    assert await season.status(key) == "NO_SHOW"


async def test_r31_a_credit_given_back_holds_again_and_a_late_confirmation_gives_nothing_back(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    await season.decide(key)
    await season.hear("assessment.credit-confirmed", key, {"enrollment": key, "hours": 56})
    await season.hear("assessment.credit-revoked", key, {"enrollment": key, "reason": "材料不实"})
    await season.hear("assessment.credit-confirmed", key, {"enrollment": key, "hours": 56})
    assert await season.status(key) == "CREDIT_REVOKED"
    await season.hear("assessment.credit-restored", key, {"enrollment": key, "reason": "撤销有误"})
    given_back = await season.deps.store.enrollments.get(key)
    assert (given_back.status, given_back.reason, given_back.reason_code) == ("CREDITED", "撤销有误", None)
    for reader in (teacher, SCHOOL):
        assert "CREDIT_RESTORED" in {notice["kind"] for notice in await notices(season, reader)}


async def test_r29_r31_assessments_events_in_one_batch_are_steps_in_order_each_in_its_own_trace(season: Season) -> None:
    await season.publish()
    one, other = [await season.submitted(teacher, "p1") for teacher in await season.teachers(2)]
    for key in (one, other):
        await season.decide(key)
    before = await season.deps.store.enrollments.get(one)
    story: list[tuple[str, str, dict[str, Any]]] = [
        ("attendance-recorded", one, {"present": True}),
        ("attendance-recorded", other, {"present": True}),
        ("attendance-recorded", one, {"present": True}),
        ("result-recorded", one, {"outcome": "PASSED"}),
        ("result-recorded", "nobody", {"outcome": "PASSED"}),
        ("credit-confirmed", one, {"hours": 56}),
        ("result-recorded", other, {"outcome": "FAILED"}),
    ]
    batch = [
        replace(
            envelope_of(f"assessment.{name}", key, number, {"enrollment": key} | data),
            traceparent=f"00-{number:032x}-b7ad6b7169203331-01",
        )
        for number, (name, key, data) in enumerate(story, start=1)
    ]
    assert await take_in(season.database, assessment_handlers(season.deps), *batch) == len(story)
    assert [await season.status(key) for key in (one, other)] == ["CREDITED", "FAILED"]
    document = await season.database["enrollments"].find_one({"_id": one})
    assert document
    steps = [(event["name"], event["version"], event["traceparent"][3:35]) for event in document["events"][-3:]]
    assert steps == [
        ("attending", before.version + 1, f"{1:032x}"),
        ("assessed", before.version + 2, f"{4:032x}"),
        ("credited", before.version + 3, f"{6:032x}"),
    ]
    assert document["version"] == before.version + 3


async def test_a_province_sees_its_own_progress(season: Season) -> None:
    await season.publish()
    keys = [await season.submitted(teacher, "p1") for teacher in await season.teachers(2)]
    await season.decide(keys[0])
    query = """query { myProvince { progress(year: 2024) { total schools statuses { status count } }
      enrollments(first: 1) { totalCount nodes { id } pageInfo { hasNextPage endCursor } } } }"""
    own = await season.act(GUANGDONG, query)
    assert own["progress"] == {
        "total": 2,
        "schools": 1,
        "statuses": [{"status": "SUBMITTED", "count": 1}, {"status": "ACCEPTED", "count": 1}],
    }
    assert (own["enrollments"]["totalCount"], own["enrollments"]["nodes"]) == (2, [{"id": keys[0]}])
    assert own["enrollments"]["pageInfo"]["hasNextPage"]
    foreign = await season.act(HUNAN, query)
    assert (foreign["progress"]["total"], foreign["enrollments"]["totalCount"]) == (0, 0)


async def test_r2_a_renamed_base_is_shown_under_its_new_name(season: Season) -> None:
    await season.publish("p1")
    await season.publish("p2", base="base-2")
    renamed = {"base": "base-1", "name": "岭表师资基地", "former": "示范大学职教基地", "reason": "更名"}
    await season.hear("catalog.base-renamed", "base-1", renamed)
    names = [(await season.deps.store.projects.get(key)).base_name for key in ("p1", "p2")]
    assert names == ["岭表师资基地", "示范大学职教基地"]


async def renamed(season: Season, name: str, version: int) -> None:
    """The catalog's event that base-1 is called `name` from that version of the base on."""
    data = {"base": "base-1", "name": name, "former": "x", "reason": "更名"}
    event = envelope_of("catalog.base-renamed", "base-1", version, data)
    await take_in(season.database, catalog_handlers(season.deps), event)


async def test_r2_a_name_that_a_later_one_overtook_is_not_restored(season: Season) -> None:
    await season.publish("p1")
    await renamed(season, "第三名", 3)
    await renamed(season, "第二名", 2)
    assert (await season.deps.store.projects.get("p1")).base_name == "第三名"


async def test_r2_a_project_that_comes_after_the_rename_it_was_published_before_has_the_new_name(
    season: Season,
) -> None:
    await renamed(season, "第三名", 3)
    await season.publish("p1")
    await season.publish("p2", base="base-2")
    names = [(await season.deps.store.projects.get(key)).base_name for key in ("p1", "p2")]
    assert names == ["第三名", "示范大学职教基地"]
