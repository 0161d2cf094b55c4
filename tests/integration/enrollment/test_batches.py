"""Notes N9: what a request asks one by one is fetched at once, counted by the database itself."""

from tests.integration.enrollment.season import BASE, SCHOOL, Season
from tests.support.principals import ANYBODY, MINISTRY

DEEP = """query($r: [_Any!]!) { _entities(representations: $r) { ... on Enrollment {
  status teacher { name idNumber school { name } } school { name province { code } }
  project { id seats { left } } feedback { state } warnings { code } } } }"""


async def operations(season: Season) -> int:
    """Reads that the database has profiled so far."""
    profile = season.database["system.profile"]
    reads = {"$or": [{"op": "query"}, {"op": "command", "command.distinct": {"$exists": True}}]}
    return await profile.count_documents(reads | {"ns": {"$not": {"$regex": "system.profile$"}}})


async def test_fifty_enrollments_with_all_they_refer_to_cost_a_handful_of_reads(season: Season) -> None:
    await season.publish(capacity=100)
    keys = [await season.submitted(teacher, "p1") for teacher in await season.teachers(50)]
    asked = [{"__typename": "Enrollment", "id": key} for key in keys]
    await season.database.command("profile", 2)
    for who, most in ((MINISTRY, 6), (BASE, 7), (SCHOOL, 7)):
        before = await operations(season)
        found = await season.act(who, DEEP, r=asked)
        assert len(found) == 50
        assert found[0]["teacher"]["school"]["name"] == "某职业学校"
        assert found[0]["project"]["seats"] == {"left": 100}
        assert 3 <= await operations(season) - before <= most
    await season.database.command("profile", 0)


async def test_seats_of_many_projects_cost_one_read(season: Season) -> None:
    for number in range(30):
        await season.publish(f"p{number}")
    asked = [{"__typename": "Project", "id": f"p{number}"} for number in range(31)]
    query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on Project { seats { left } } } }"
    await season.database.command("profile", 2)
    found = await season.act(ANYBODY, query, r=asked)
    await season.database.command("profile", 0)
    assert [one["seats"] for one in found] == [{"left": 10}] * 30 + [None]
    assert await operations(season) == 1
