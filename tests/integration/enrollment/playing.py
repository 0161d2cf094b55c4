"""Acts of teachers, schools, bases and timers on each other's enrollments, as they come."""

import asyncio
from dataclasses import dataclass
from typing import Self

from chassis.principal import Principal
from services.enrollment.messaging.tasks import due
from tests.integration.enrollment.season import (
    BASE,
    DECIDE,
    OTHER_BASE,
    OTHER_SCHOOL,
    RANK,
    REVISE,
    SCHOOL,
    SIGN_UP,
    SUBMIT,
    SUBSTITUTE,
    TAKE,
    WITHDRAW,
    Season,
)
from tests.support.graph import Refused
from tests.support.principals import MINISTRY

ACTS = (
    "sign up",
    "submit",
    "accept",
    "accept",
    "waitlist",
    "reject",
    "correct to accept",
    "correct to reject",
    "correct to waitlist",
    "withdraw",
    "take",
    "substitute",
    "free a seat",
    "overrule",
    "time",
    "rank",
)
WEEKS = (("2024-07-08", "2024-07-14"), ("2024-07-14", "2024-07-20"), ("2024-08-01", "2024-08-05"))
"""The first two meet on a day, the third is apart."""
PEOPLE = 4
KNOWN = {
    "SECOND_SIGN_UP",
    "WRONG_STATE",
    "STALE_VERSION",
    "CLASS_FULL",
    "OVERLAPPING_ACCEPTANCE",
    "OFFER_EXPIRED",
    "NOT_A_COLLEAGUE",
    "NOT_FOUND",
    "NOT_ESCALATED",
    "PHASE_CLOSED",
    "SEAT_GIVEN",
    "DECIDED_BY_MINISTRY",
}
"""How the rules may refuse what these acts try."""


@dataclass(frozen=True)
class Act:
    """What somebody does about one person's way through one project."""

    name: str
    who: int
    where: int


@dataclass
class Company:
    """Four people of two schools, handed in to three classes of two bases; the first and the last class are full."""

    season: Season
    people: list[tuple[Principal, Principal]]
    projects: list[tuple[str, Principal]]

    @classmethod
    async def assemble(cls, season: Season, capacity: int) -> Self:
        season.clock_file.unlink()
        season.at("2024-05-12T09:00")
        people = [(one, school) for school in (SCHOOL, OTHER_SCHOOL) for one in await season.teachers(2, school)]
        projects = []
        for number, (first, last) in enumerate(WEEKS):
            base = OTHER_BASE if number == 1 else BASE
            name = f"p{season.versions}"
            await season.publish(name, base=base.bases[0], starts_on=first, ends_on=last, capacity=capacity)
            projects.append((name, base))
        handed = [season.submitted(one, key, school) for one, school in people for key, _ in projects]
        await asyncio.gather(*handed)
        company = cls(season, people, projects)
        for where in (0, 2):
            for name, members in (("accept", range(capacity)), ("waitlist", range(capacity, PEOPLE))):
                for who in members:
                    assert not await company.perform(Act(name, who, where))
        return company

    async def perform(self, act: Act) -> set[str]:
        """Do it; returns the codes of the refusal, which must be one that the rules know."""
        try:
            codes = await self._codes(act)
        except Refused as refused:
            codes = {refused.code}
        assert codes <= KNOWN, (act, codes)
        return codes

    async def _codes(self, act: Act) -> set[str]:
        teacher, school = self.people[act.who]
        project, base = self.projects[act.where]
        latest = await self.season.deps.store.enrollments.query({"teacher": teacher.person, "project": project})
        key = latest[-1].id if latest else "nobody"
        match act.name:
            case "sign up":
                await self.season.act(teacher, SIGN_UP, id=project)
            case "submit":
                return _refused(await self.season.act(school, SUBMIT, ids=[key]))
            case "accept" | "waitlist" | "reject" | "overrule":
                by, decision = (MINISTRY, "ACCEPT") if act.name == "overrule" else (base, act.name.upper())
                return _refused(await self.season.act(by, DECIDE, given=[_decision(key, decision)]))
            case "withdraw":
                await self.season.act(school, WITHDRAW, id=key, why="工作冲突")
            case "free a seat":
                await self._free(act.who, project)
            case "take":
                await self.season.act(school, TAKE, id=key)
            case "substitute":
                successor = self.people[act.who ^ 1][0].person
                await self.season.act(school, SUBSTITUTE, id=key, who=successor, why="工作调动")
            case "rank":
                await self.season.act(base, RANK, id=project, ids=[key])
            case "time":
                await self._pass_time()
            case _:
                decision = act.name.rpartition(" ")[2].upper()
                await self.season.act(base, REVISE, id=key, decision=decision, why="录入有误")
        return set()

    async def _pass_time(self) -> None:
        """Two replicas do what has come due."""
        self.season.later(minutes=2)
        await asyncio.gather(*(come_due() for come_due in [*due(self.season.deps).values()] * 2))

    async def _free(self, who: int, project: str) -> None:
        """Withdraw one of those who hold a seat of the class, if anybody does."""
        seated = {"project": project, "status": {"$in": ["ACCEPTED", "OFFERED"]}}
        if found := await self.season.deps.store.enrollments.query(seated):
            one = found[who % len(found)]
            school = SCHOOL if one.school == SCHOOL.school else OTHER_SCHOOL
            await self.season.act(school, WITHDRAW, id=one.id, why="工作冲突")


def _decision(key: str, decision: str) -> dict[str, str]:
    return {"id": key, "decision": decision, "reason": "按标准"}


def _refused(rows: list[dict[str, dict[str, str]]]) -> set[str]:
    return {row["refusal"]["code"] for row in rows if row["refusal"]}
