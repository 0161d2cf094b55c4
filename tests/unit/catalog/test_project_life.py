"""The project's state machine and the quota, walked at random (docs/state-machines.md; R11)."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kernel.dates import SHANGHAI
from kernel.errors import Refusal
from services.catalog.domain import decision, declaration, lifecycle, quota, review, window
from services.catalog.domain.lifecycle import Amendment
from services.catalog.domain.plan import FacultyMember
from services.catalog.domain.project import TRANSITIONS, Project, move
from services.catalog.domain.quota import CONSUMING, Quota
from services.catalog.domain.versions import versions_of
from services.catalog.domain.vocabulary import DecisionOutcome, ProjectStatus
from tests.unit.catalog.examples import DECLARING, EXPERTS, LATE, a_base, a_draft, reviews_of, round_2024, why

NOW = [
    DECLARING,
    datetime(2024, 5, 8, 9, tzinfo=SHANGHAI),
    LATE,
    datetime(2024, 7, 8, 9, tzinfo=SHANGHAI),
    datetime(2024, 7, 14, 9, tzinfo=SHANGHAI),
]


def _decide(outcome: DecisionOutcome) -> Callable[[Project, datetime], tuple[Project, Any]]:
    def act(project: Project, now: datetime) -> tuple[Project, Any]:
        return decision.decide(
            project, round_2024(), reviews_of(project), outcome=outcome, reason=why("按意见"), now=now
        )

    return act


def _revise(outcome: DecisionOutcome) -> Callable[[Project, datetime], tuple[Project, Any]]:
    def act(project: Project, now: datetime) -> tuple[Project, Any]:
        return decision.revise(project, round_2024(), outcome=outcome, reason=why("更正"), now=now)

    return act


def _update(project: Project, now: datetime) -> tuple[Project, Any]:
    plan = replace(project.plan, title=f"{project.plan.title}，改")
    return declaration.update(project, a_base(), round_2024(), kind=None, plan=plan, now=now)


def _amend(project: Project, now: datetime) -> tuple[Project, Any]:
    faculty = (*project.plan.faculty, FacultyMember(f"{len(project.plan.faculty)}号教师"))
    return lifecycle.amend(project, a_base(), round_2024(), Amendment(reason="换人", faculty=faculty), now)


def _extend(project: Project, now: datetime) -> tuple[Project, Any]:
    until = window.last_day(project, round_2024()) + timedelta(days=1)
    return window.extend(project, round_2024(), until=until, reason=why("补训"), now=now)


ACTS: dict[str, Callable[[Project, datetime], tuple[Project, Any]]] = {
    "update": _update,
    "amend": _amend,
    "extend": _extend,
    "submit": lambda project, now: declaration.submit(project, a_base(), round_2024(), now),
    "withdraw": lambda project, now: declaration.withdraw(project, why("不办了"), now),
    "lapse": lambda project, now: declaration.lapse(project, round_2024(), now),
    "assign": lambda project, now: review.assign_experts(project, EXPERTS[:2], round_2024(), now),
    "approve": _decide(DecisionOutcome.APPROVE),
    "return": _decide(DecisionOutcome.RETURN),
    "reject": _decide(DecisionOutcome.REJECT),
    "revise to approve": _revise(DecisionOutcome.APPROVE),
    "revise to return": _revise(DecisionOutcome.RETURN),
    "revise to reject": _revise(DecisionOutcome.REJECT),
    "publish": lambda project, now: decision.publish(project, round_2024(), override=why("补发"), now=now),
    "start": lambda project, now: lifecycle.start(project, "补开", now),
    "hold": lambda project, now: lifecycle.record_as_held(project, round_2024(), why("忘记开班"), now, accepted=1),
    "not hold": lambda project, now: lifecycle.record_as_not_held(project, why("无人报到"), now),
    "finish": lambda project, now: lifecycle.finish(project, round_2024(), now),
    "complete": lambda project, now: lifecycle.complete(project, now, settled=True),
    "cancel": lambda project, now: lifecycle.cancel(project, why("不办了"), "base", now),
    "suspend": lambda project, now: lifecycle.suspend(project, why("整改"), now),
    "resume": lifecycle.resume,
}


class Season(RuleBasedStateMachine):
    """Some projects of one base, any act on any of them at any time, the quota kept as the commands keep it."""

    def __init__(self) -> None:
        super().__init__()
        self.quota = Quota(id="base-1:2024", version=1, base="base-1", year=2024, province="44", limit=2)
        self.projects: list[Project] = [replace(a_draft(), id=f"p{number}") for number in range(4)]
        self.moment = 0
        self.refusals: list[tuple[str, Refusal]] = []
        self.ended: dict[str, Project] = {}

    @rule(place=st.integers(0, 3), name=st.sampled_from(sorted(ACTS)))
    def act(self, place: int, name: str) -> None:
        before = self.projects[place]
        now = NOW[self.moment]
        try:
            after, events = ACTS[name](before, now)
            change = quota.delta(before.status, after.status)
            moved = quota.consume(self.quota, now.date()) if change > 0 else None
        except Refusal as refused:
            self.refusals.append((name, refused))
            return
        written = name == "update"  # what is written is told when it is handed in
        assert len(events) == (0 if written else 1)
        assert after.status is before.status or after.status in TRANSITIONS[before.status]
        noted = not written or (before.status is ProjectStatus.RETURNED and before.history[-1].replaced is None)
        assert len(after.history) == len(before.history) + noted
        if moved:
            assert moved.used <= moved.limit_on(now.date())
        self.quota = moved or replace(self.quota, used=self.quota.used + change)
        self.projects[place] = replace(after, version=before.version + 1)

    @rule()
    def time_passes(self) -> None:
        self.moment = min(self.moment + 1, len(NOW) - 1)

    @rule(limit=st.integers(0, 4))
    def ministry_adjusts(self, limit: int) -> None:
        now = NOW[self.moment]
        reason = why("动态调整")
        self.quota, _ = quota.adjust(
            self.quota, limit=limit, reason=reason, effective_from=None, now=now, above_round=True
        )

    @invariant()
    def used_is_the_number_of_consuming_projects(self) -> None:
        assert self.quota.used == sum(project.status in CONSUMING for project in self.projects)

    @invariant()
    def every_refusal_names_its_rule_and_who_unblocks(self) -> None:
        for name, refused in self.refusals:
            assert refused.unblock
            assert refused.rule or name in {"suspend", "resume"}  # which the notice does not speak of

    @invariant()
    def an_end_is_for_ever_and_has_its_reason(self) -> None:
        for project in self.projects:
            if not TRANSITIONS[project.status]:
                assert self.ended.setdefault(project.id, project) == project
                assert project.history[-1].reason or project.status is ProjectStatus.COMPLETED

    @invariant()
    def the_last_version_is_the_present_plan(self) -> None:
        for project in self.projects:
            versions = versions_of(project)
            assert bool(versions) == bool(project.cycle)
            assert not versions or versions[-1].design == project.design

    @invariant()
    def published_is_for_ever(self) -> None:
        for project in self.projects:
            published = {ProjectStatus.PUBLISHED, ProjectStatus.RUNNING, ProjectStatus.FINISHED}
            assert project.published_at or project.status not in published
            assert not project.published_at or project.status in CONSUMING


TestSeason = Season.TestCase
TestSeason.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@pytest.mark.parametrize("start", list(ProjectStatus))
@pytest.mark.parametrize("target", list(ProjectStatus))
def test_only_the_edges_of_the_table_can_be_taken(start: ProjectStatus, target: ProjectStatus) -> None:
    project = replace(a_draft(), status=start)
    if target in TRANSITIONS[start]:
        assert move(project, target, rule="R13", actor="base", now=DECLARING).status is target
    else:
        with pytest.raises(Refusal) as refused:
            move(project, target, rule="R13", actor="base", now=DECLARING)
        assert refused.value.code == "WRONG_STATE"


def test_the_table_is_the_one_of_the_rules() -> None:
    edges = {(start.value, end.value) for start, ends in TRANSITIONS.items() for end in ends}
    chain = ["DRAFT", "SUBMITTED", "UNDER_REVIEW", "APPROVED", "PUBLISHED", "RUNNING", "FINISHED", "COMPLETED"]
    wanted = set(itertools.pairwise(chain))
    wanted |= {("UNDER_REVIEW", "RETURNED"), ("UNDER_REVIEW", "REJECTED"), ("RETURNED", "SUBMITTED")}
    wanted |= {(status, "WITHDRAWN") for status in ("DRAFT", "SUBMITTED", "UNDER_REVIEW", "RETURNED", "APPROVED")}
    wanted |= set(itertools.permutations(("APPROVED", "RETURNED", "REJECTED"), 2))
    wanted |= {("RETURNED", "LAPSED"), ("PUBLISHED", "FINISHED")}
    wanted |= {(status, "CANCELLED") for status in ("PUBLISHED", "RUNNING", "SUSPENDED")}
    wanted |= {(status, "SUSPENDED") for status in ("PUBLISHED", "RUNNING")}
    wanted |= {("SUSPENDED", status) for status in ("PUBLISHED", "RUNNING")}
    assert edges == wanted


def test_an_adjusted_limit_counts_from_its_day_and_below_used_it_only_stops_new_ones() -> None:
    """R39: the quota is dynamic, and takes nothing back."""
    granted = Quota(id="b:2024", version=1, base="b", year=2024, province="44", limit=20, used=18)
    adjusted, (event,) = quota.adjust(
        granted, limit=10, reason=why("抽检不合格"), effective_from=date(2024, 5, 1), now=DECLARING
    )
    assert (adjusted.limit_on(date(2024, 4, 30)), adjusted.limit_on(date(2024, 5, 1))) == (20, 10)
    assert (event.before, event.limit, event.used) == (20, 10, 18)
    assert adjusted.used == 18
    assert quota.consume(adjusted, date(2024, 4, 30)).used == 19
    with pytest.raises(Refusal) as refused:
        quota.consume(adjusted, date(2024, 5, 1))
    assert refused.value.extensions() | {"clause": None} == {
        "code": "QUOTA_EXCEEDED", "rule": "R11", "clause": None, "unblock": "MINISTRY", "used": 18, "limit": 10,
    }  # fmt: skip


def test_an_adjustment_counts_from_today_at_the_earliest() -> None:
    """R39: what was before a day that is over nobody was told."""
    granted = Quota(id="b:2024", version=1, base="b", year=2024, province="44", limit=20)
    for limit, since in ((10, date(2024, 4, 19)), (-1, None)):
        with pytest.raises(Refusal) as refused:
            quota.adjust(granted, limit=limit, reason=why("抽检不合格"), effective_from=since, now=DECLARING)
        assert (refused.value.code, refused.value.rule) == ("INVALID_QUOTA", "R39")
    adjusted, (event,) = quota.adjust(
        granted, limit=10, reason=why("抽检"), effective_from=DECLARING.date(), now=DECLARING
    )
    assert (event.before, adjusted.limit_on(DECLARING.date())) == (20, 10)
