"""C4: what waits for a base and a school about a training (R29–R31)."""

from typing import Any

from chassis.principal import Principal
from services.assessment.commands.credits import confirm_credits
from services.assessment.domain.vocabulary import ProjectPhase, ResultOutcome
from tests.integration.assessment.world import BASE, FOREIGN, OTHER_SCHOOL, SCHOOL, World
from tests.support.eventually import eventually
from tests.support.principals import MINISTRY

ME = """query($r: [_Any!]!) { _entities(representations: $r) { ... on Me {
  id trainingTodo { kind count rule project { id } } } } }"""


async def waits(world: World, who: Principal) -> dict[str, tuple[int, str, Any]]:
    """Count, rule and project of what waits, by kind."""
    data, refusals = await world.ask(who, ME, r=[{"__typename": "Me", "id": who.subject}])
    assert not refusals
    (me,) = data["_entities"]
    return {one["kind"]: (one["count"], one["rule"], one["project"]) for one in me["trainingTodo"]}


async def test_r29_r30_r31_attendance_results_and_credits_wait_for_those_who_record_them(world: World) -> None:
    await world.start("e1", "e2")
    held = {session.id for session in (await world.deps.store.projects.get("p1")).sessions}
    assert held == {"s1", "s2"}
    assert await waits(world, BASE) == {"MARK_ATTENDANCE": (2, "R29", {"id": "p1"})}
    assert await world.attend(("e1", "s1", True), ("e1", "s2", True), ("e2", "s1", True)) == ["ok"] * 3
    assert await waits(world, BASE) == {"MARK_ATTENDANCE": (1, "R29", {"id": "p1"})}
    assert await world.attend(("e2", "s2", False)) == ["ok"]
    assert await waits(world, BASE) == {}
    await world.finish()
    assert await waits(world, BASE) == {"RECORD_RESULTS": (2, "R30", {"id": "p1"})}
    assert await waits(world, FOREIGN) == {}
    assert await world.grade("e1", ResultOutcome.PASSED, 88) == ["ok"]
    assert await waits(world, BASE) == {
        "RECORD_RESULTS": (1, "R30", {"id": "p1"}), "PUBLISH_RESULTS": (1, "R30", {"id": "p1"})
    }  # fmt: skip
    assert await world.grade("e2", ResultOutcome.FAILED, 30) == ["ok"]
    assert await waits(world, BASE) == {"PUBLISH_RESULTS": (2, "R30", {"id": "p1"})}
    assert await waits(world, SCHOOL) == {}  # nobody knows a draft
    await world.close()
    assert await waits(world, BASE) == {}
    assert await waits(world, SCHOOL) == {"CONFIRM_CREDIT": (1, "R31", {"id": "p1"})}
    assert await waits(world, OTHER_SCHOOL) == {}
    await confirm_credits(world.deps, SCHOOL, enrollments=["e1"])
    assert await waits(world, SCHOOL) == await waits(world, MINISTRY) == {}


async def test_r30_no_result_of_a_no_show_waits(world: World) -> None:
    """Whoever was marked present by mistake and then absent attended nothing, too."""
    await world.start("e1", "e2", "e3")
    await world.attend(("e1", "s1", True), ("e2", "s1", False), ("e3", "s1", True))
    await world.attend(("e3", "s1", False))
    await world.finish()
    assert await waits(world, BASE) == {"RECORD_RESULTS": (1, "R30", {"id": "p1"})}


async def test_r29_r30_attendance_and_results_of_a_class_recorded_afterwards_wait(world: World) -> None:
    """Nobody could mark attendance before, so whoever has no mark is no no-show yet."""
    await world.publish("e1", "e2")
    await world.until_phase(ProjectPhase.PUBLISHED)
    await world.finish(afterwards=True)

    async def recorded() -> bool:
        return await world.attend(("e1", "s1", False), ("e1", "s2", False)) == ["ok", "ok"]

    await eventually(recorded)
    assert await waits(world, BASE) == {
        "MARK_ATTENDANCE": (1, "R29", {"id": "p1"}), "RECORD_RESULTS": (1, "R30", {"id": "p1"})
    }  # fmt: skip


async def test_nobody_is_shown_what_waits_for_somebody_else(world: World) -> None:
    data, _ = await world.ask(SCHOOL, ME, r=[{"__typename": "Me", "id": BASE.subject}])
    assert data["_entities"] == [None]


async def test_what_waits_is_read_from_an_index(world: World) -> None:
    records = world.deps.store.records.collection
    for where in (
        {"school": "3144000011", "credit.status": "PENDING"},
        {"$or": [{"project": "p1", "live": True, "marks.session": {"$not": {"$all": ["s1"]}}}]},
        {"project": {"$in": ["p1"]}, "live": True, "results.0": {"$exists": False}, "drafts.0": {"$exists": False}},
    ):
        plan = await records.find(where).explain()
        assert "COLLSCAN" not in str(plan["queryPlanner"]["winningPlan"]), where
    projects = world.deps.store.projects.collection
    finished = projects.find({"phase": "FINISHED", "_id": {"$gt": "p1"}}).sort([("phase", 1), ("_id", 1)])
    assert "'indexName': 'phase'" in str((await finished.explain())["queryPlanner"]["winningPlan"])
