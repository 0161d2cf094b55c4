"""R19–R26: whatever teachers, schools, bases and timers do at once, on a real replica set, the invariants hold."""

import asyncio
from collections.abc import Coroutine
from dataclasses import replace
from datetime import timedelta
from typing import Any, TypeVar, cast

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from tests.integration.enrollment.ledger import Ledger, Picture
from tests.integration.enrollment.playing import ACTS, PEOPLE, WEEKS, Act, Company
from tests.integration.enrollment.season import Season

T = TypeVar("T")
WHO, WHERE = st.integers(0, PEOPLE - 1), st.integers(0, len(WEEKS) - 1)
NAME = st.sampled_from(ACTS)
ACT = st.builds(Act, NAME, WHO, WHERE)
ONE_CLASS = st.builds(lambda name, where: [Act(name, who, where) for who in range(PEOPLE)], NAME, WHERE)
ONE_PERSON = st.builds(lambda name, who: [Act(name, who, where) for where in range(len(WEEKS))], NAME, WHO)
SEVERAL = st.lists(ACT, min_size=2, max_size=8) | ONE_CLASS | ONE_PERSON
"""What people do of their own accord, what everybody does about one class, and one person about all."""


class Crowd(RuleBasedStateMachine):
    """Four people of two schools, three classes of two bases; the database is asked after every rule.

    Args:
        season: The season, on its own database.
        loop: The loop that its connections live on; the machine itself runs in a thread.
    """

    def __init__(self, season: Season, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.season = season
        self.loop = loop
        self.ledger = Ledger(season)
        self.before: Picture | None = None
        self.rules_played = 0
        self.closed = False

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self.loop).result()

    @initialize(capacity=st.integers(1, 2))
    def begin(self, capacity: int) -> None:
        self.company = self.run(Company.assemble(self.season, capacity))

    @rule(acts=SEVERAL)
    def many_act_at_once(self, acts: list[Act]) -> None:
        """Meanwhile a reader sees no class over its capacity."""

        async def play() -> None:
            over = asyncio.ensure_future(self.ledger.watch())
            try:
                await asyncio.gather(*(self.company.perform(act) for act in acts))
            finally:
                over.cancel()
            assert not self.ledger.overfull

        self.run(play())
        self.ledger.reordered = any(act.name == "rank" for act in acts)

    @rule(act=ACT)
    def one_acts_alone(self, act: Act) -> None:
        """A refusal leaves every document as it was."""
        documents = self.run(self.ledger.documents())
        codes = self.run(self.company.perform(act))
        if codes:
            assert self.run(self.ledger.documents()) == documents, (act, codes)
        self.ledger.reordered = act.name == "rank"

    @precondition(lambda self: self.rules_played > 5 and not self.closed)
    @rule()
    def admission_closes(self) -> None:
        """The bases decide no more; the undecided and the free seats are for time and the ministry."""
        self.closed = True
        self.season.at("2024-05-25T00:00")

    @invariant()
    def all_holds(self) -> None:
        self.rules_played += 1
        after = self.run(self.ledger.picture())
        after.is_consistent()
        if self.before:
            after.follows(self.before, reordered=self.ledger.reordered)
        self.before = after

    def teardown(self) -> None:
        self.run(self.ledger.erase())


async def test_the_invariants_hold_under_any_acts_at_once(season: Season) -> None:
    season.deps = replace(season.deps, offer_time=timedelta(minutes=1))
    given = settings(
        max_examples=24,
        stateful_step_count=10,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],  # what happens at once does not shrink
    )
    loop = asyncio.get_running_loop()
    factory = cast("type[Crowd]", lambda: Crowd(season, loop))
    await asyncio.to_thread(run_state_machine_as_test, factory, settings=given)
