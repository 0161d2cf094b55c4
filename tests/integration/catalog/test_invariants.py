"""R11, R13, R16, R33, R39: whatever bases and the ministry do at once on a real database keeps the rules."""

import asyncio
import os
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count, pairwise
from pathlib import Path
from typing import Any, ClassVar

import hypothesis.strategies as st
import pytest
from hypothesis import Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chassis.clock import Clock
from chassis.principal import Principal
from chassis.storage.mongo import Database, Document, connect
from chassis.storage.vault import Vault
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from services.catalog.commands import Deps, lapse_overdue
from services.catalog.commands.quotas import reconcile_quotas
from services.catalog.domain.project import TRANSITIONS
from services.catalog.domain.quota import CONSUMING
from services.catalog.domain.vocabulary import ProjectStatus
from services.catalog.store import COLLECTIONS, Store
from tests.integration.catalog.acts import ACTS, attempt
from tests.integration.catalog.season import Season
from tests.integration.catalog.test_quota import ADJUST
from tests.support.principals import MINISTRY

LIMIT = 2
DRAFTS = 3
DAYS = (
    "2024-04-25T09:00",
    "2024-05-02T09:00",
    "2024-05-08T09:00",
    "2024-05-11T00:00",
    "2024-07-08T09:00",
    "2024-07-14T09:00",
)
ALLOWED = {
    "WRONG_STATE", "STALE_VERSION", "QUOTA_EXCEEDED", "PHASE_CLOSED", "REVIEWS_MISSING", "REVIEW_SUBMITTED",
    "NOT_ASSIGNED", "PUBLICATION_LATE", "PLAN_OVER", "TOO_EARLY", "NOBODY_ACCEPTED",
}  # fmt: skip
PLACE = st.integers(0, 2 * DRAFTS - 1)
SETTINGS = settings(max_examples=12, stateful_step_count=15, deadline=None, phases=[Phase.generate])
"""An example is a season on a real database, so none is shrunk."""
Found = dict[str, dict[Any, Document]]


@dataclass
class World:
    """A real database that all examples share, each with bases of its own."""

    runner: asyncio.Runner
    database: Database
    folder: Path
    numbers: Iterator[int] = field(default_factory=count)

    def season(self) -> Season:
        """A season whose clock begins anew."""
        number = next(self.numbers)
        clock_file = self.folder / f"clock-{number}.json"
        vault = Vault({"k1": os.urandom(32)}, "k1", os.urandom(32))
        return Season(Deps(Store(self.database), Clock(clock_file), vault), clock_file, organizations=10 * number)

    async def open(self) -> None:
        """The round and its experts, once."""
        season = self.season()
        await season.deps.store.prepare()
        await season.open_round()
        for name in ("甲", "乙", "丙"):
            await season.register_expert(name)


@pytest.fixture
def world(parts: Parts, tmp_path: Path) -> Iterator[World]:
    """A database for a state machine, which has an event loop of its own."""
    with asyncio.Runner() as runner:

        async def made() -> Database:
            return connect(parts.mongodb_url(ADMIN))[f"test_{secrets.token_hex(6)}"]

        database = runner.run(made())
        playing = World(runner, database, tmp_path)
        runner.run(playing.open())
        yield playing
        runner.run(database.client.drop_database(database.name))
        runner.run(database.client.close())


class Ministry(RuleBasedStateMachine):
    """Two bases with a quota of two and three drafts each; any acts at once, and alone, at any time."""

    world: ClassVar[World]

    def __init__(self) -> None:
        super().__init__()
        self.run = self.world.runner.run
        self.season = self.world.season()
        self.season.at("2024-04-20T09:00")
        self.moment = 0
        self.bases: list[Principal] = []
        self.projects: list[tuple[Principal, str]] = []
        self.ended: dict[str, Document] = {}
        self.used: dict[str, int] = {}
        self.run(self._begin())

    async def _begin(self) -> None:
        for _ in range(2):
            base = await self.season.register_base()
            self.bases.append(base)
            self.projects += [(base, (await self.season.draft(base))["id"]) for _ in range(DRAFTS)]
            await self._adjust(base, LIMIT)

    async def _adjust(self, base: Principal, limit: int) -> None:
        given = {"year": 2024, "limit": limit, "reason": "动态调整"}
        await self.season.act(MINISTRY, ADJUST, base=base.bases[0], input=given)

    async def _act(self, name: str, place: int) -> bool:
        """Whether the act took effect; a refusal must be one that the rules know."""
        base, key = self.projects[place]
        refusal = await attempt(self.season, base, name, key)
        assert refusal in ALLOWED | {None}, name
        return refusal is None

    @rule(acts=st.lists(st.tuples(st.sampled_from(ACTS), PLACE), min_size=2, max_size=6))
    def at_once(self, acts: list[tuple[str, int]]) -> None:
        async def batch() -> None:
            await asyncio.gather(
                *(self._act(name, place) for name, place in acts), reconcile_quotas(self.season.deps.store)
            )

        self.run(batch())

    def _each(self, *acts: tuple[str, ...]) -> None:
        """One act on each project, all at once; then the next."""

        async def batch() -> None:
            for names in acts:
                await asyncio.gather(*(self._act(name, place) for place, name in enumerate(names)))

        self.run(batch())

    @initialize()
    def all_are_handed_in_at_once(self) -> None:
        self._each(("submit",) * len(self.projects))
        assert set(self.run(self._used())) == {LIMIT}

    @rule(outcomes=st.tuples(*[st.sampled_from(["approve", "return", "reject"])] * 2 * DRAFTS))
    def what_is_handed_in_is_reviewed_decided_and_published(self, outcomes: tuple[str, ...]) -> None:
        everything = len(self.projects)
        self._each(("assign",) * everything, ("review",) * everything, outcomes, ("publish",) * everything)

    @rule()
    def what_is_not_handed_in_is_written_and_handed_in(self) -> None:
        self._each(("update",) * len(self.projects), ("submit",) * len(self.projects))

    async def _used(self) -> list[int]:
        quotas = [await self.season.quota(base) for base in self.bases]
        return [quota["used"] for quota in quotas]

    @rule(name=st.sampled_from([name for name in ACTS if name != "review"]), place=PLACE)
    def alone_what_is_refused_writes_nothing(self, name: str, place: int) -> None:
        before = self.run(self._everything())
        if not self.run(self._act(name, place)):
            assert self.run(self._everything()) == before

    @rule(place=st.integers(0, 1), limit=st.integers(0, DRAFTS))
    def the_ministry_adjusts(self, place: int, limit: int) -> None:
        self.run(self._adjust(self.bases[place], limit))

    @rule(acts=st.tuples(*[st.sampled_from(["start", "suspend", "resume", "finish", "cancel", "amend"])] * 2 * DRAFTS))
    def what_is_published_goes_on(self, acts: tuple[str, ...]) -> None:
        self._each(acts)

    @rule(days=st.integers(1, 3))
    def time_passes_and_what_is_overdue_lapses(self, days: int) -> None:
        moment = min(self.moment + days, len(DAYS))
        if moment > self.moment:
            self.season.at(DAYS[moment - 1])
            self.moment = moment
        self.run(lapse_overdue(self.season.deps))

    async def _everything(self) -> Found:
        """Every document there is."""
        return {
            name: {row["_id"]: row async for row in self.world.database[name].find()}
            for name in (*COLLECTIONS, "counters")
        }

    @invariant()
    def the_rules_hold(self) -> None:
        documents = self.run(self._everything())
        projects = [documents["projects"][key] for _, key in self.projects]
        for base in self.bases:
            quota = documents["quotas"][f"{base.bases[0]}:2024"]
            live = sum(
                project_document["status"] in CONSUMING
                for project_document in projects
                if project_document["base"] == base.bases[0]
            )
            assert quota["used"] == live
            if live > self.used.get(quota["_id"], 0):
                assert live <= quota["adjustments"][-1]["limit"]
            self.used[quota["_id"]] = live
        for project in projects:
            self._ends_for_good(project)
            _tells_each_change_once(project)

    def _ends_for_good(self, project: Document) -> None:
        if not TRANSITIONS[ProjectStatus(project["status"])]:
            assert project["history"][-1]["reason"]
            assert self.ended.setdefault(project["_id"], project) == project


def _tells_each_change_once(project: Document) -> None:
    """Every entry of the history has one event of its version, a rewritten plan apart; no event has no entry."""
    versions = [event["version"] for event in project["events"]]
    entries = [{"status": None}, *project["history"]]
    changed = [new["version"] for old, new in pairwise(entries) if new["status"] != old["status"]]
    rewritten = [
        entry["version"] for entry in project["history"] if entry["replaced"] and entry["status"] == "RETURNED"
    ]
    assert versions == sorted({entry["version"] for entry in project["history"]} - set(rewritten))
    assert set(changed) <= set(versions)
    assert max(versions) <= project["version"]


def test_quotas_ends_and_events_hold_whatever_is_done_at_once(world: World) -> None:
    Ministry.world = world
    run_state_machine_as_test(Ministry, settings=SETTINGS)
