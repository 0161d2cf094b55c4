"""Whatever number or list a mutation takes has bounds: what is beyond them is refused by its name."""

from typing import Any

from chassis.context import Act
from chassis.principal import Principal
from services.enrollment.graph.schema import schema
from tests.integration.enrollment.season import BASE, GUANGDONG, SCHOOL, SIGN_UP, Season
from tests.support.extremes import Arguments, places, untold
from tests.support.graph import execute

_NONE = {"empty": "nothing is done"}
_SHOWN = {"empty": "nothing is done", "twice": "as once"}
TAKEN = {
    "markNoticesRead.ids[]": _SHOWN,
    "revealTeachers.ids[]": _NONE,
    "revealContacts.codes[]": _SHOWN,
    "registerSchools.rows[]": _NONE,
    "addTeachers.rows[]": _NONE,
    "enrollTeachers.teacherIds[]": _NONE,
    "declineSignUps.ids[]": _NONE,
    "rankSignUps.ids[]": {"empty": "nobody has a rank (R21)"},
    "confirmEligibility.ids[]": _NONE,
    "submitEnrollments.ids[]": _NONE,
    "rankWaitlist.ids[]": {"empty": "all wait in the order of their submission (R25)"},
    "decideEnrollments.decisions[]": _NONE,
    "returnEnrollments.ids[]": _NONE,
}
"""The extremes that are taken, with the bound that they are within."""


class Playing:
    """Who asks what, in a season that has something for every mutation."""

    def __init__(self, season: Season) -> None:
        self.season = season

    async def prepare(self) -> None:
        """A project with somebody signed up, and somebody handed in."""
        await self.season.publish()
        self.teachers = await self.season.teachers(4)
        self.signed_up = (await self.season.act(self.teachers[0], SIGN_UP, id="p1"))["id"]
        self.submitted = await self.season.submitted(self.teachers[1], "p1")

    async def ordinary(self, mutation: str) -> Arguments:
        """Arguments that would be taken, or refused for the state only."""
        return self._asked()[mutation][1]

    async def send(self, mutation: str, query: str, arguments: Arguments) -> Any:
        """Ask as whoever may."""
        return await execute(schema, self.season.deps, Act(self._asked()[mutation][0]), query, **arguments)

    def _asked(self) -> dict[str, tuple[Principal, Arguments]]:
        mine, theirs = {"ids": [self.signed_up]}, {"ids": [self.submitted]}
        reason, purpose = {"reason": "材料不全"}, {"purpose": "联系报到事宜"}
        school = {"code": "3144000009", "name": "新职校", "province": "44"}
        payment = {"year": 2024, "amount": 100, "source": "PROVINCIAL", "item": "教师培训"}
        correction = {"majorCategory": 6}
        return {
            "markNoticesRead": (SCHOOL, {"ids": ["nothing"]}),
            "correctTeacher": (SCHOOL, {"id": self.teachers[0].person, "version": 1, "input": correction}),
            "revealTeachers": (BASE, {"projectId": "p1", "ids": [self.teachers[1].person]} | purpose),
            "revealContacts": (BASE, {"codes": [SCHOOL.school]} | purpose),
            "registerSchools": (GUANGDONG, {"rows": [school]}),
            "recordFunding": (GUANGDONG, {"input": payment}),
            "addTeachers": (SCHOOL, {"rows": [self.season.person()]}),
            "enrollTeachers": (SCHOOL, {"projectId": "p1", "teacherIds": [self.teachers[2].person], "submit": False}),
            "setInnerCutOff": (SCHOOL, {"input": {"year": 2024, "closesOn": "2024-05-15"}}),
            "declineSignUps": (SCHOOL, mine | reason),
            "rankSignUps": (SCHOOL, mine | {"projectId": "p1"}),
            "confirmEligibility": (SCHOOL, mine | {"ok": True}),
            "submitEnrollments": (SCHOOL, mine),
            "rankWaitlist": (BASE, theirs | {"projectId": "p1"}),
            "decideEnrollments": (BASE, {"decisions": [{"id": self.submitted, "decision": "ACCEPT"}]}),
            "returnEnrollments": (BASE, theirs | reason),
        }


async def test_every_extreme_number_and_list_is_refused_by_name_or_known_to_be_taken(season: Season) -> None:
    playing = Playing(season)
    await playing.prepare()
    assert await untold(schema, places(schema), playing, TAKEN) == {}
