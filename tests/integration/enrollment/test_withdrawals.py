"""R21, R25, R26: a teacher asks to leave and the school answers with one click; what was a mistake has a way back."""

from typing import Any

import pytest

from chassis.principal import Principal
from services.enrollment.commands import deliver_pending, lapse_requests_at_start
from tests.integration.enrollment.season import (
    BASE,
    OTHER_SCHOOL,
    SCHOOL,
    SIGN_UP,
    SUBSTITUTE,
    WITHDRAW,
    Season,
)
from tests.support.graph import Refused

REQUEST = "id status withdrawalRequest { state at answeredAt answeredBy }"
WHOLE = "id status reason reasonCode withdrawalRequest { state reason answer }"
ASK = f"mutation($id: ID!, $why: String!) {{ requestWithdrawal(id: $id, reason: $why) {{ {WHOLE} }} }}"
TAKE_BACK = f"mutation($id: ID!) {{ takeBackWithdrawalRequest(id: $id) {{ {WHOLE} }} }}"
ANSWER = f"""mutation($id: ID!, $grant: Boolean!, $why: String) {{
  answerWithdrawal(id: $id, grant: $grant, reason: $why) {{ {WHOLE} }} }}"""
DESIGNATE = "mutation($i: DesignatedPersonInput!) { designatePerson(input: $i) { code } }"
WITHDRAW_OWN = "mutation($id: ID!) { withdrawSignUp(id: $id) { status reasonCode } }"
DECLINE = """mutation($ids: [ID!]!, $why: String!) {
  declineSignUps(ids: $ids, reason: $why) { ok enrollment { status } refusal { code } } }"""
WAITING = """query($open: Boolean) {
  mySchool { enrollments(filter: {withdrawalRequested: $open}) { totalCount nodes { id } } } }"""
NOTICES = "{ myNotices { nodes { kind message reason enrollment { id } } } }"
WHY = "身体原因"


async def placed(season: Season, decision: str | None = "ACCEPT", **more: Any) -> tuple[Principal, str]:
    """A teacher whose enrollment is handed in, and decided on where a decision is given."""
    await season.publish(**more)
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    if decision:
        assert (await season.decide(key, decision))["ok"]
    return teacher, key


async def refused(season: Season, who: Principal, query: str, **variables: Any) -> Refused:
    with pytest.raises(Refused) as caught:
        await season.act(who, query, **variables)
    return caught.value


@pytest.mark.parametrize("decision", [None, "WAITLIST", "ACCEPT"])
async def test_r26_a_request_to_leave_is_seen_and_granted_by_the_school_with_the_teachers_reason(
    season: Season, decision: str | None
) -> None:
    teacher, key = await placed(season, decision)
    asked = await season.act(teacher, ASK, id=key, why=WHY)
    assert asked["withdrawalRequest"] == {"state": "OPEN", "reason": WHY, "answer": None}
    assert (await season.act(SCHOOL, WAITING, open=True))["enrollments"] == {"totalCount": 1, "nodes": [{"id": key}]}
    (notice, *_) = (await season.act(SCHOOL, NOTICES))["nodes"]
    assert (notice["kind"], notice["reason"], notice["enrollment"]) == ("WITHDRAWAL_REQUESTED", WHY, {"id": key})
    left = await season.act(SCHOOL, ANSWER, id=key, grant=True)
    assert (left["status"], left["reason"], left["reasonCode"]) == ("WITHDRAWN", WHY, "BY_TEACHER")
    assert left["withdrawalRequest"]["state"] == "GRANTED"
    assert (await season.act(SCHOOL, WAITING, open=True))["enrollments"]["totalCount"] == 0
    assert (await season.seats())["left"] == 10


async def test_r25_a_granted_request_frees_the_seat_for_the_next_in_the_same_step(season: Season) -> None:
    teacher, key = await placed(season, capacity=1)
    (colleague,) = await season.teachers(1)
    waiting = await season.submitted(colleague, "p1")
    assert (await season.decide(waiting, "WAITLIST"))["ok"]
    await season.act(teacher, ASK, id=key, why=WHY)
    await season.act(SCHOOL, ANSWER, id=key, grant=True)
    assert await season.status(waiting) == "OFFERED"
    (notice, *_) = (await season.act(BASE, NOTICES))["nodes"]
    assert notice["enrollment"] == {"id": key}


async def test_r26_a_refused_request_is_told_to_the_teacher_and_may_be_made_again(season: Season) -> None:
    teacher, key = await placed(season)
    await season.act(teacher, ASK, id=key, why=WHY)
    assert (await refused(season, SCHOOL, ANSWER, id=key, grant=False)).code == "REASON_MISSING"
    kept = await season.act(SCHOOL, ANSWER, id=key, grant=False, why="名额难得，请再考虑")
    assert kept["status"] == "ACCEPTED"
    assert kept["withdrawalRequest"] == {"state": "REFUSED", "reason": WHY, "answer": "名额难得，请再考虑"}
    (notice, *_) = (await season.act(teacher, NOTICES))["nodes"]
    assert (notice["kind"], notice["reason"]) == ("WITHDRAWAL_REFUSED", "名额难得，请再考虑")
    assert notice["message"].endswith("学校未同意退出申请，报名仍然有效")
    assert (await season.act(teacher, ASK, id=key, why="仍须退出"))["withdrawalRequest"]["state"] == "OPEN"


async def test_r26_a_teacher_may_take_the_request_back_until_it_is_answered(season: Season) -> None:
    teacher, key = await placed(season)
    assert (await refused(season, teacher, TAKE_BACK, id=key)).code == "NO_WITHDRAWAL_REQUEST"
    await season.act(teacher, ASK, id=key, why=WHY)
    assert (await refused(season, teacher, ASK, id=key, why=WHY)).code == "WITHDRAWAL_REQUEST_OPEN"
    kept = await season.act(teacher, TAKE_BACK, id=key)
    assert (kept["status"], kept["withdrawalRequest"]["state"]) == ("ACCEPTED", "TAKEN_BACK")
    refusal = await refused(season, SCHOOL, ANSWER, id=key, grant=True)
    assert (refusal.code, refusal.extensions["rule"]) == ("NO_WITHDRAWAL_REQUEST", "R26")
    assert await season.status(key) == "ACCEPTED"


async def test_r26_a_request_ends_with_the_enrollment_and_nobody_else_answers_it(season: Season) -> None:
    teacher, key = await placed(season, decision=None)
    await season.act(teacher, ASK, id=key, why=WHY)
    assert (await refused(season, OTHER_SCHOOL, ANSWER, id=key, grant=True)).code == "NOT_FOUND"
    assert (await season.decide(key, "REJECT", reason="条件不符"))["ok"]
    stored = await season.act(teacher, f"query($id: ID!) {{ enrollment(id: $id) {{ {REQUEST} }} }}", id=key)
    assert stored["withdrawalRequest"]["state"] == "LAPSED"
    assert stored["withdrawalRequest"]["answeredAt"]
    assert (await season.act(SCHOOL, WAITING, open=False))["enrollments"]["totalCount"] == 1


async def test_r26_the_schools_own_withdrawal_answers_the_request(season: Season) -> None:
    teacher, key = await placed(season)
    await season.act(teacher, ASK, id=key, why=WHY)
    await season.act(SCHOOL, WITHDRAW, id=key, why="工作冲突")
    stored = await season.act(teacher, f"query($id: ID!) {{ enrollment(id: $id) {{ {WHOLE} }} }}", id=key)
    assert (stored["reason"], stored["withdrawalRequest"]["state"]) == ("工作冲突", "GRANTED")


async def test_r26_nobody_asks_or_grants_once_the_training_has_begun(season: Season) -> None:
    teacher, key = await placed(season)
    await season.act(teacher, ASK, id=key, why=WHY)
    season.at("2024-07-08T00:00")
    assert (await refused(season, SCHOOL, ANSWER, id=key, grant=True)).code == "PROJECT_NOT_OPEN"
    await season.act(teacher, TAKE_BACK, id=key)
    assert (await refused(season, teacher, ASK, id=key, why=WHY)).code == "PROJECT_NOT_OPEN"


async def test_r26_an_unanswered_request_lapses_when_the_base_starts_the_project(season: Season) -> None:
    """The school has nothing left to answer; who is accepted stays so."""
    teacher, key = await placed(season)
    await season.act(teacher, ASK, id=key, why=WHY)
    await season.hear("catalog.project-started", "p1", {"project": "p1"})
    stored = await season.act(SCHOOL, f"query($id: ID!) {{ enrollment(id: $id) {{ {REQUEST} }} }}", id=key)
    assert stored["status"] == "ACCEPTED"
    assert stored["withdrawalRequest"]["state"] == "LAPSED"
    for reader in (teacher, SCHOOL):
        notices = (await season.act(reader, "{ myNotices { nodes { kind reason } } }"))["nodes"]
        assert {"kind": "WITHDRAWAL_LAPSED", "reason": WHY} in notices
    assert stored["withdrawalRequest"]["answeredBy"] == "system"
    assert (await season.act(SCHOOL, WAITING, open=True))["enrollments"]["totalCount"] == 0


@pytest.mark.parametrize("suspended", [False, True])
async def test_r26_an_unanswered_request_lapses_on_the_planned_first_day(season: Season, suspended: bool) -> None:
    """Whatever the base does, the school may not grant it from then on; one for a later project still waits."""
    teacher, key = await placed(season)
    await season.publish("p2", starts_on="2024-09-02", ends_on="2024-09-06")
    later = await season.submitted(teacher, "p2")
    await season.act(teacher, ASK, id=key, why=WHY)
    await season.act(teacher, ASK, id=later, why=WHY)
    if suspended:
        await season.hear("catalog.project-suspended", "p1", {"project": "p1", "reason": "抽检"})
    season.at("2024-07-07T23:00")
    assert await lapse_requests_at_start(season.deps) == 0
    season.at("2024-07-08T00:00")
    assert await lapse_requests_at_start(season.deps) == 1
    assert await lapse_requests_at_start(season.deps) == 0
    assert await season.status(key) == "ACCEPTED"
    waiting = (await season.act(SCHOOL, WAITING, open=True))["enrollments"]
    assert waiting == {"totalCount": 1, "nodes": [{"id": later}]}
    assert (await refused(season, SCHOOL, ANSWER, id=key, grant=True)).code == "NO_WITHDRAWAL_REQUEST"


async def test_r26_who_asks_to_leave_is_found_by_an_index(season: Season) -> None:
    where = {"withdrawal_request.state": "OPEN", "project": {"$in": ["p1", "p2"]}}
    plan = await season.database["enrollments"].find(where, sort=[("_id", 1)]).explain()
    assert "'indexName': 'leaving'" in str(plan["queryPlanner"]["winningPlan"])


async def test_r5_an_answered_request_says_who_has_answered_it(season: Season) -> None:
    await season.act(SCHOOL, DESIGNATE, i={"name": "赵主任", "phone": "13900000000"})
    teacher, key = await placed(season)
    asked = f"query($id: ID!) {{ enrollment(id: $id) {{ {REQUEST} }} }}"

    async def answered_by() -> Any:
        return (await season.act(teacher, asked, id=key))["withdrawalRequest"]["answeredBy"]

    await season.act(teacher, ASK, id=key, why=WHY)
    assert await answered_by() is None
    await season.act(teacher, TAKE_BACK, id=key)
    assert await answered_by() == "teacher"
    await season.act(teacher, ASK, id=key, why=WHY)
    await season.act(SCHOOL, ANSWER, id=key, grant=False, why="名额难得，请再考虑")
    assert await answered_by() == "赵主任"
    await season.act(teacher, ASK, id=key, why=WHY)
    await season.act(SCHOOL, ANSWER, id=key, grant=True)
    assert await answered_by() == "赵主任"
    # A document of an earlier release does not say who.
    where = {"_id": key}
    await season.database["enrollments"].update_one(where, {"$unset": {"withdrawal_request.answered_by": ""}})
    assert await answered_by() is None


async def test_r19_before_the_submission_the_teacher_withdraws_the_sign_up_alone(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    signed = await season.act(teacher, SIGN_UP, id="p1")
    assert (await refused(season, teacher, ASK, id=signed["id"], why=WHY)).code == "WRONG_STATE"
    withdrawn = await season.act(teacher, WITHDRAW_OWN, id=signed["id"])
    assert withdrawn == {"status": "WITHDRAWN", "reasonCode": "BY_TEACHER"}


async def test_r25_a_school_declines_an_offer_by_withdrawing_and_it_moves_on_at_once(season: Season) -> None:
    """Asked for by the teacher, or of its own accord."""
    _, key = await placed(season, capacity=1)
    waiting = []
    for other in await season.teachers(2):
        waiting.append((other, await season.submitted(other, "p1")))
        assert (await season.decide(waiting[-1][1], "WAITLIST"))["ok"]
    await season.act(SCHOOL, WITHDRAW, id=key, why="工作冲突")
    (first, offered), (_, next_offered) = waiting
    assert (await season.act(first, ASK, id=offered, why=WHY))["status"] == "OFFERED"
    assert (await season.act(SCHOOL, ANSWER, id=offered, grant=True))["status"] == "WITHDRAWN"
    assert await season.status(next_offered) == "OFFERED"
    await season.act(SCHOOL, WITHDRAW, id=next_offered, why="放弃名额")
    assert (await season.seats())["left"] == 1


async def test_r21_a_sign_up_declined_by_mistake_is_made_again(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    declined = await season.act(teacher, SIGN_UP, id="p1")
    (row,) = await season.act(SCHOOL, DECLINE, ids=[declined["id"]], why="教学任务重")
    assert row["enrollment"]["status"] == "DECLINED"
    again = await season.submitted(teacher, "p1")
    assert again != declined["id"]
    assert [await season.status(key) for key in (declined["id"], again)] == ["DECLINED", "SUBMITTED"]


async def test_r26_a_substitution_by_mistake_is_undone_by_another(season: Season) -> None:
    teacher, key = await placed(season, capacity=1)
    (colleague,) = await season.teachers(1)
    successor = await season.act(SCHOOL, SUBSTITUTE, id=key, who=colleague.person, why="误操作")
    back = await season.act(SCHOOL, SUBSTITUTE, id=successor["id"], who=teacher.person, why="更正误操作")
    assert (back["status"], back["teacher"]["id"]) == ("ACCEPTED", teacher.person)
    assert await season.seats() == {"capacity": 1, "accepted": 1, "offered": 0, "waitlisted": 0, "left": 0}
    await deliver_pending(season.deps)
