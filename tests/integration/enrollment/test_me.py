"""C4: `me` says who asks, how much is unread, and what waits with its deadline (R5, R21–R25)."""

from dataclasses import replace
from datetime import date
from typing import Any

from chassis.context import Act
from chassis.principal import Principal, Scope
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.enrollment.commands import Deps, deliver_pending, escalate_undecided
from services.enrollment.domain.notifications import digest_to, school_box
from services.enrollment.domain.vocabulary import DeliveryState
from services.enrollment.graph.schema import schema
from services.enrollment.store import Store
from tests.integration.enrollment.season import BASE, GUANGDONG, OTHER_BASE, OTHER_SCHOOL, SCHOOL, SIGN_UP, Season
from tests.support.graph import ask
from tests.support.operations import watched
from tests.support.principals import ANYBODY, MINISTRY

ME = """query { me { id scope login name unread school { code } province { code }
  todo { kind count rule clause closesAt project { id } } } }"""
WAITS = "query { me { todo { kind count rule year closesAt project { id } } } }"
LEFT = "query($year: Int!) { undeliveredFeedback(year: $year) { totalCount } }"
ENTITY = """query($r: [_Any!]!) { _entities(representations: $r) { ... on Me { id unread todo { kind } } } }"""
EXPERT = Principal("expert-account", Scope.EXPERT, person="expert-1")


async def todo(season: Season, who: Principal) -> dict[str, dict[str, Any]]:
    """What waits, by kind."""
    return {entry["kind"]: entry for entry in (await season.act(who, WAITS))["todo"]}


async def test_r3_r5_me_says_who_asks_for_every_role(season: Season) -> None:
    (teacher,) = await season.teachers(1)
    for who in (MINISTRY, GUANGDONG, EXPERT, BASE, SCHOOL, teacher):
        me = await season.act(replace(who, login="4144100001", name="赵主任"), ME)
        assert (me["id"], me["scope"], me["login"], me["name"]) == (who.subject, who.scope, "4144100001", "赵主任")
        assert (me["school"] or {}).get("code") == who.school
        assert (me["province"] or {}).get("code") == who.province
    assert await season.act(ANYBODY, ME) is None


async def test_nobody_is_shown_what_waits_for_somebody_else(season: Season) -> None:
    keys = [{"__typename": "Me", "id": who.subject} for who in (SCHOOL, BASE, MINISTRY)]
    own, *others = await season.act(SCHOOL, ENTITY, r=keys)
    assert own["id"] == SCHOOL.subject
    assert others == [None, None]


async def test_r21_r22_a_school_sees_what_it_has_to_rank_and_submit_until_enrolment_closes(season: Season) -> None:
    await season.publish()
    for teacher in await season.teachers(2):
        await season.act(teacher, SIGN_UP, id="p1")
    waiting = await todo(season, SCHOOL)
    assert {kind: (one["count"], one["rule"]) for kind, one in waiting.items()} == {
        "RANK": (2, "R21"),
        "SUBMIT": (2, "R22"),
    }
    assert waiting["SUBMIT"]["closesAt"] == "2024-05-21T00:00:00+08:00"
    assert waiting["SUBMIT"]["project"] == {"id": "p1"}
    assert await todo(season, OTHER_SCHOOL) == {}
    season.at("2024-05-21T00:00")
    assert await todo(season, SCHOOL) == {}


async def test_a_todo_of_several_projects_names_none_of_them(season: Season) -> None:
    await season.publish("p1")
    await season.publish("p2")
    for project, teacher in zip(("p1", "p2"), await season.teachers(2), strict=True):
        await season.act(teacher, SIGN_UP, id=project)
    submit = (await todo(season, SCHOOL))["SUBMIT"]
    assert (submit["count"], submit["project"]) == (2, None)


async def test_r23_what_a_base_has_to_decide_becomes_the_ministrys_at_the_deadline(season: Season) -> None:
    await season.publish()
    for teacher in await season.teachers(2):
        await season.submitted(teacher, "p1")
    decide = (await todo(season, BASE))["DECIDE"]
    assert (decide["count"], decide["closesAt"]) == (2, "2024-05-25T00:00:00+08:00")
    assert await todo(season, OTHER_BASE) == await todo(season, MINISTRY) == {}
    season.at("2024-05-25T09:00")
    await escalate_undecided(season.deps)
    assert await todo(season, BASE) == {}
    assert (await todo(season, MINISTRY))["ESCALATION"]["count"] == 2


async def test_r25_an_offered_seat_waits_for_the_school_until_the_first_offer_ends(season: Season) -> None:
    await season.publish("p1", capacity=1)
    first, second = [await season.submitted(teacher, "p1") for teacher in await season.teachers(2)]
    await season.decide(first)
    await season.decide(second, "WAITLIST")
    await season.act(SCHOOL, 'mutation($id: ID!) { withdrawEnrollment(id: $id, reason: "病假") { id } }', id=first)
    offered = await season.deps.store.enrollments.get(second)
    confirm = (await todo(season, SCHOOL))["CONFIRM_OFFER"]
    assert confirm["count"] == 1
    assert offered.offer_expires_at
    assert confirm["closesAt"] == offered.offer_expires_at.isoformat()


async def test_r26_a_teacher_who_asks_to_leave_waits_for_the_schools_answer(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    key = await season.submitted(teacher, "p1")
    assert await todo(season, SCHOOL) == {}
    ask_to_leave = 'mutation($id: ID!) { requestWithdrawal(id: $id, reason: "家中有事") { id } }'
    await season.act(teacher, ask_to_leave, id=key)
    waiting = await todo(season, SCHOOL)
    assert {kind: (one["count"], one["rule"]) for kind, one in waiting.items()} == {"ANSWER_WITHDRAWAL": (1, "R26")}
    assert await todo(season, OTHER_SCHOOL) == {}


async def test_r23_r26_what_is_left_of_a_round_waits_for_nobody_after_the_year_after(season: Season) -> None:
    await season.publish()
    undecided, leaving = await season.teachers(2)
    await season.submitted(undecided, "p1")
    ask_to_leave = 'mutation($id: ID!) { requestWithdrawal(id: $id, reason: "家中有事") { id } }'
    await season.act(leaving, ask_to_leave, id=await season.submitted(leaving, "p1"))
    for day, waiting in (("2025-12-31T23:00", True), ("2026-01-01T00:00", False)):
        season.at(day)
        assert ("ANSWER_WITHDRAWAL" in await todo(season, SCHOOL)) is waiting
        assert ("ESCALATION" in await todo(season, MINISTRY)) is waiting


async def test_r5_a_school_without_a_designated_person_has_to_name_one(season: Season) -> None:
    await season.database["schools"].update_one({"_id": SCHOOL.school}, {"$set": {"designated": None}})
    assert (await todo(season, SCHOOL))["DESIGNATE"]["rule"] == "R5"
    assert "DESIGNATE" not in await todo(season, OTHER_SCHOOL)


async def test_r24_what_is_unread_and_what_cannot_be_delivered_is_counted(season: Season) -> None:
    await season.publish()
    (teacher,) = await season.teachers(1)
    await season.decide(await season.submitted(teacher, "p1"))
    await deliver_pending(season.deps)
    assert (await season.act(teacher, ME))["unread"] == 1
    (notice,) = (await season.act(teacher, "query { myNotices { nodes { id } } }"))["nodes"]
    await season.act(teacher, "mutation($i: [ID!]!) { markNoticesRead(ids: $i) { id } }", i=[notice["id"]])
    assert (await season.act(teacher, ME))["unread"] == 0
    await season.database["deliveries"].update_one({"school": SCHOOL.school}, {"$set": {"state": "FAILED"}})
    for who in (SCHOOL, GUANGDONG, MINISTRY):
        assert (await todo(season, who))["UNDELIVERED"]["count"] == 1
    assert "UNDELIVERED" not in await todo(season, OTHER_SCHOOL)


async def test_r24_what_cannot_be_delivered_is_what_the_list_of_its_year_shows_and_ends_with_the_year_after(
    season: Season,
) -> None:
    """A digest, which no list has, is not counted, nor is a round that is long over."""
    await season.publish()
    (teacher,) = await season.teachers(1)
    await season.decide(await season.submitted(teacher, "p1"))
    await deliver_pending(season.deps)
    deliveries = season.database["deliveries"]
    await deliveries.update_one({"school": SCHOOL.school}, {"$set": {"state": "FAILED"}})
    digest = replace(
        digest_to(school_box(str(SCHOOL.school)), date(2024, 5, 8), season.deps.clock.now()), state=DeliveryState.FAILED
    )
    await season.deps.store.deliveries.add([digest])
    for who in (SCHOOL, GUANGDONG, MINISTRY):
        waits = (await todo(season, who))["UNDELIVERED"]
        listed = await season.act(who, LEFT, year=waits["year"])
        assert (waits["count"], waits["year"]) == (listed["totalCount"], 2024) == (1, 2024)
    season.at("2025-12-31T23:00")
    assert (await todo(season, SCHOOL))["UNDELIVERED"]["count"] == 1
    season.at("2026-01-01T00:00")
    for who in (SCHOOL, GUANGDONG, MINISTRY):
        assert "UNDELIVERED" not in await todo(season, who)


async def test_r24_whose_deliveries_have_failed_is_read_from_an_index_of_the_own_ones(season: Season) -> None:
    deliveries = season.database["deliveries"]
    failed = {"state": "FAILED", "kind": "DECISION"}
    await deliveries.insert_many(
        {"_id": str(place), "school": str(place), "province": str(place % 50), "year": 2020 + place % 9, **failed}
        for place in range(450)
    )
    for own, index in (({"school": "1"}, "left_of_school"), ({"province": "44"}, "left_of_province"), ({}, "left")):
        for state in ("FAILED", {"$in": ["PENDING", "FAILED"]}):
            plan = await deliveries.find({"year": {"$in": [2024]}, "state": state, **own}).explain()
            winning = str(plan["queryPlanner"]["winningPlan"])
            assert "COLLSCAN" not in winning
            assert f"'indexName': '{index}'" in winning


async def test_each_count_is_one_operation_and_read_from_an_index(season: Season, parts: Parts) -> None:
    """N78: whatever the number of kinds and rounds, they are counted by one aggregation."""
    await season.publish()
    for teacher in await season.teachers(3):
        await season.act(teacher, SIGN_UP, id="p1")
    async with watched(parts.mongodb_url(ADMIN), season.database.name) as (database, operations):
        deps = Deps(Store(database), season.deps.clock, season.deps.vault)
        for who in (SCHOOL, BASE):
            operations.clear()
            await ask(schema, deps, Act(who), WAITS)
            assert [command for command in operations.seen if command[1] == "enrollments"] == [
                ("aggregate", "enrollments")
            ]
    for where in (
        {"school": SCHOOL.school, "status": {"$in": ["SIGNED_UP"]}, "year": 2024},
        {"base": {"$in": list(BASE.bases)}, "status": {"$in": ["SUBMITTED"]}, "year": 2024},
        {"status": {"$in": ["SUBMITTED"]}, "year": 2024},
    ):
        plan = await season.database["enrollments"].find(where).explain()
        assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"]), where
    unread = {"to": {"$in": ["school:1"]}, "read_at": None}
    plan = await season.database["notices"].find(unread).explain()
    assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"])
