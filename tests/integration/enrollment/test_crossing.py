"""R18, R19: an acceptance and new dates of its project cross, and neither misses the other."""

from typing import Any

import pytest

from tests.integration.enrollment.season import OTHER_BASE, Season


async def test_an_acceptance_that_crosses_new_dates_holds_the_new_ones(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The dates change between the acceptance's look at the project and its first write."""
    await season.publish("p1")
    await season.publish("p2", base="base-2", starts_on="2024-08-01", ends_on="2024-08-05")
    (teacher,) = await season.teachers(1)
    here, elsewhere = [await season.submitted(teacher, project) for project in ("p1", "p2")]
    seating, amended = season.deps.store.seating, {"starts_on": "2024-08-04", "ends_on": "2024-08-10"}
    load, crossed = seating.load_commitments, list[bool]()

    async def late(*arguments: Any) -> Any:
        loaded = await load(*arguments)
        if not crossed:
            crossed.append(True)
            await season.hear("catalog.project-amended", "p1", {"project": "p1", "reason": "场地调整", **amended})
        return loaded

    monkeypatch.setattr(seating, "load_commitments", late)
    assert (await season.decide(here))["ok"]
    person = await season.database["persons"].find_one({"_id": teacher.person})
    assert person
    assert [{name: one[name] for name in amended} for one in person["accepted"]] == [amended]
    refusal = (await season.decide(elsewhere, base=OTHER_BASE))["refusal"]
    assert refusal["code"] == "OVERLAPPING_ACCEPTANCE"
