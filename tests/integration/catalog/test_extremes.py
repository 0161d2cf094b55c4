"""Whatever number or list a mutation takes has bounds: what is beyond them is refused by its name."""

from typing import Any

from chassis.context import Act
from chassis.principal import Principal
from services.catalog.graph.schema import schema
from tests.integration.catalog.season import Season
from tests.integration.catalog.test_free_text import actor, inputs
from tests.support.extremes import Arguments, places, untold
from tests.support.graph import execute

PLAN_LIMITS = {
    "mostSeats": 1000, "usualSeats": 160, "mostHoursADay": 12, "usualHoursADay": 9, "usualIdleDays": 20,
    "usualGapPercent": 20, "mostFeeFen": 10_000_000,
}  # fmt: skip
_NONE = {"empty": "nothing is done"}
_OPTIONAL = {"empty": "a round may have none; 200 rows at most"}
_LISTED = {"empty": "a round may have none; 200 rows at most", "twice": "shown as it was typed"}
_PHONES = {"twice": "shown as it was typed; a round says how many at most"}
_LIMIT = {"0": "0 to 200 (R11, R39)"}
_DRAFT = {"empty": "a draft may lack it, what is handed in may not (R7)"}
_TEAM = {"empty": "a duty may have nobody; 200 rows at most", "twice": "shown as it was typed"}
_FREE = {"0": "a plan may be free of charge (R7)"}
TAKEN = {
    **{f"{name}.input.quotas.limit": _LIMIT for name in ("openRound", "amendRound")},
    **{f"{name}.input.contacts[]": _LISTED for name in ("openRound", "amendRound")},
    **{f"{name}.input.contacts.phones[]": _PHONES for name in ("openRound", "amendRound")},
    **{f"{name}.input.steps[]": _OPTIONAL for name in ("openRound", "amendRound")},
    "openRound.input.planLimits.usualIdleDays": {"0": "every idle day is unusual"},
    "openRound.input.planLimits.usualGapPercent": {"0": "every gap is unusual"},
    "openRound.input.planLimits.mostFeeFen": {"0": "all plans are free of charge"},
    "registerBase.input.majorCategories[]": {"empty": "a base may be of all of them"},
    "registerExpert.input.fields[]": {"empty": "an expert may be of all of them"},
    "adjustQuota.input.limit": _LIMIT,
    **dict.fromkeys(("autoAssignExperts.projectIds[]", "decideProjects.decisions[]", "publishProjects.ids[]"), _NONE),
    "amendProject.input.sessionDates[]": {"empty": "no session moves"},
    "amendProject.input.sessionTeachers[]": {"empty": "everybody teaches as before"},
    "correctExpert.input.fields[]": {"empty": "an expert may be of all of them"},
    **{f"setBaseTeam.input.{duty}[]": _TEAM for duty in ("design", "declaration", "delivery")},
    **{
        f"{name}.input.{part}[]": _DRAFT
        for name in ("draftProject", "updateProject")
        for part in ("themes", "audience", "timetable", "faculty", "justifications")
    },
    **{f"{name}.input.feeFen": _FREE for name in ("draftProject", "updateProject")},
    "addClass.input.timetable[]": _DRAFT,
}
"""The extremes that are taken, with the bound that they are within."""


class Playing:
    """Who asks what, in a season that has something for every mutation."""

    def __init__(self, season: Season) -> None:
        self.season = season

    async def prepare(self) -> None:
        """A base with a project in review and a published one, and two experts."""
        self.base = await self.season.register_base()
        self.experts = [await self.season.register_expert(name) for name in ("甲", "乙")]
        self.assigned = await self.season.submitted(self.base)
        await self.season.assign(self.assigned, *self.experts)
        self.submitted = await self.season.submitted(self.base)
        self.published = await self.season.published(self.base)
        self.draft = await self.season.draft(self.base)

    async def ordinary(self, mutation: str) -> Arguments:
        """Arguments that would be taken, or refused for the state only."""
        store = self.season.deps.store
        project = await store.projects.get(self.published["id"])
        drafted = await store.projects.get(self.draft["id"])
        expert = await store.experts.get(str(self.experts[0].person))
        given = inputs(self.draft["id"], self.assigned["id"], self.base.bases[0])[mutation]
        more: dict[str, Any] = {
            "openRound": {"planLimits": PLAN_LIMITS, "completionDays": 30},
            "amendRound": {"planLimits": PLAN_LIMITS, "completionDays": 30},
            "registerBase": {"majorCategories": [6]},
            "amendBase": {"majorCategories": [6]},
            "correctExpert": {"fields": [6]},
            "amendProject": {"days": 6},
            "addClass": {"capacity": 30},
        }
        if mutation in more:
            given["input"] |= more[mutation]
        now: dict[str, Arguments] = {
            "amendRound": {"version": (await store.rounds.get("2024")).version},
            "amendProject": {"id": project.id, "version": project.version},
            "addClass": {"projectId": project.id},
            "updateProject": {"version": drafted.version},
            "assignExperts": {"projectId": self.submitted["id"], "experts": [self.experts[0].person]},
            "correctExpert": {"id": expert.id, "version": expert.version},
            **{name: {"id": self.experts[0].person} for name in ("withdrawExpert", "reinstateExpert")},
        }
        return given | now.get(mutation, {})

    async def send(self, mutation: str, query: str, arguments: Arguments) -> Any:
        """Ask as whoever may; a round is opened where there is none, and goes again."""
        rounds, kept = self.season.deps.store.rounds.collection, None
        if mutation == "openRound":
            kept = await rounds.find_one_and_delete({"_id": "2024"})
        who: Principal = actor(mutation, self.base, self.experts[0])
        result = await execute(schema, self.season.deps, Act(who), query, **arguments)
        if kept:
            await rounds.delete_many({})
            await rounds.insert_one(kept)
        return result


async def test_every_extreme_number_and_list_is_refused_by_name_or_known_to_be_taken(season: Season) -> None:
    playing = Playing(season)
    await playing.prepare()
    assert await untold(schema, places(schema), playing, TAKEN) == {}
