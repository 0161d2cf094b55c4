"""R22, R23, R25, R26, R33: the last day, when everybody acts at once."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from chassis.principal import Principal, Scope
from services.enrollment.commands import expire_offers
from services.enrollment.domain.vocabulary import ProjectState
from tests.integration.enrollment.ledger import Ledger
from tests.integration.enrollment.season import (
    BASE,
    DECIDE,
    SCHOOL,
    SIGN_UP,
    SUBMIT,
    SUBSTITUTE,
    TAKE,
    WITHDRAW,
    Season,
)
from tests.support.principals import MINISTRY

SCHOOLS, SEATS = 200, 30
REGISTER = "mutation($i: SchoolInput!) { registerSchool(input: $i) { code } }"
DESIGNATE = "mutation($i: DesignatedPersonInput!) { designatePerson(input: $i) { code } }"


async def candidate(season: Season, number: int) -> tuple[Principal, str]:
    """A school of its own, and the sign-up of its one teacher."""
    code = f"41441{number + 10_000:05d}"
    school = Principal(f"rush-{code}", Scope.SCHOOL, organization=code, school=code)
    await season.act(MINISTRY, REGISTER, i={"code": code, "name": f"第{number}学校", "province": "44"})
    await season.act(school, DESIGNATE, i={"name": "赵主任", "phone": "13900000000"})
    (teacher,) = await season.teachers(1, school)
    return school, str((await season.act(teacher, SIGN_UP, id="p1"))["id"])


async def test_a_class_fills_while_two_hundred_schools_submit_and_the_base_decides(season: Season) -> None:
    await season.publish(capacity=SEATS)
    waiting = [
        await asyncio.gather(*(candidate(season, at + one) for one in range(20))) for at in range(0, SCHOOLS, 20)
    ]
    candidates = [one for part in waiting for one in part]
    ledger, decided = Ledger(season), set[str]()

    async def hand_in(school: Principal, key: str) -> None:
        (row,) = await season.act(school, SUBMIT, ids=[key])
        assert row["ok"], row

    async def decide_as_they_come() -> None:
        """Accept whoever is there, and put on the waiting list whom no seat is left for."""
        while len(decided) < SCHOOLS:
            found = await season.deps.store.enrollments.query({"project": "p1", "status": "SUBMITTED"}, limit=50)
            decided.update(one.id for one in found)
            rows = await season.act(BASE, DECIDE, given=[{"id": one.id, "decision": "ACCEPT"} for one in found])
            full = [{"id": row["id"], "decision": "WAITLIST"} for row in rows if not row["ok"]]
            assert {row["refusal"]["code"] for row in rows if not row["ok"]} <= {"CLASS_FULL"}
            assert all(row["ok"] for row in await season.act(BASE, DECIDE, given=full))

    watching = asyncio.ensure_future(ledger.watch())
    await asyncio.gather(decide_as_they_come(), *(hand_in(*one) for one in candidates))
    watching.cancel()
    assert not ledger.overfull
    assert await season.seats() == {
        "capacity": SEATS,
        "accepted": SEATS,
        "offered": 0,
        "waitlisted": SCHOOLS - SEATS,
        "left": 0,
    }
    (await ledger.picture()).is_consistent()


async def test_r25_a_waiting_list_that_moves_twice_keeps_its_order(season: Season) -> None:
    """Two seats are freed at once; one offer is taken, the other expires and moves on, and so does a third."""
    await season.publish(capacity=2)
    keys = [await season.submitted(teacher, "p1") for teacher in await season.teachers(6)]
    held, waiting = keys[:2], keys[2:]
    for key in keys:
        assert (await season.decide(key, "ACCEPT" if key in held else "WAITLIST"))["ok"]
    await asyncio.gather(*(season.act(SCHOOL, WITHDRAW, id=key, why="工作冲突") for key in held))
    assert [await season.status(key) for key in waiting] == ["OFFERED", "OFFERED", "WAITLISTED", "WAITLISTED"]
    await season.act(SCHOOL, TAKE, id=waiting[1])
    season.later(hours=49)
    await asyncio.gather(*(expire_offers(season.deps) for _ in range(3)))
    assert [await season.status(key) for key in waiting] == ["EXPIRED", "ACCEPTED", "OFFERED", "WAITLISTED"]
    await season.act(SCHOOL, WITHDRAW, id=waiting[1], why="工作冲突")
    assert [await season.status(key) for key in waiting] == ["EXPIRED", "WITHDRAWN", "OFFERED", "OFFERED"]
    assert await season.seats() == {"capacity": 2, "accepted": 0, "offered": 2, "waitlisted": 0, "left": 0}
    (await Ledger(season).picture()).is_consistent()


async def test_r33_a_substitute_who_crosses_the_cancellation_ends_with_it(
    season: Season, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The seat is passed on after the sweep has looked at who is there, and before it gets to them."""
    await season.publish()
    held, colleague = await season.teachers(2)
    key = await season.submitted(held, "p1")
    await season.decide(key)
    store, looks = season.deps.store, list[bool]()
    look = store.enrollments.ids_of

    async def crossed(*given: Any, **more: Any) -> Any:
        found = await look(*given, **more)
        if not looks:
            looks.append(True)
            project = await store.projects.get("p1")
            with monkeypatch.context() as patch:  # what a transaction that began before the cancellation still sees
                before = {"p1": replace(project, state=ProjectState.PUBLISHED)}
                patch.setattr(store.projects, "recall", _always(before))
                await season.act(SCHOOL, SUBSTITUTE, id=key, who=colleague.person, why="工作调动")
        return found

    monkeypatch.setattr(store.enrollments, "ids_of", crossed)
    await season.hear("catalog.project-cancelled", "p1", {"project": "p1", "reason": "场地停用"})
    left = await season.deps.store.enrollments.query({"project": "p1"})
    assert sorted(one.status.value for one in left) == ["CANCELLED", "SUBSTITUTED"]
    assert (await season.seats())["accepted"] == 0


def _always(value: Any) -> Any:
    async def recall(*_: Any, **__: Any) -> Any:
        return value

    return recall
