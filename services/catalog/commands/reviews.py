"""Experts, their reviews, the ministry's decisions and publication (R14–R17)."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from chassis.commands.bulk import Row, RowResult, run, run_row
from chassis.commands.guards import require_rows, require_scope
from chassis.context import Act
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import Document, Session
from chassis.storage.unit_of_work import UnitOfWork
from kernel.free_text import Reason
from kernel.refusals import FORBIDDEN
from services.catalog.commands.bulk import Loaded, ProjectBatch, Step, project_row, required
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import round_of
from services.catalog.domain import decision, review
from services.catalog.domain.expert import require_available
from services.catalog.domain.project import Project
from services.catalog.domain.refusals import NOT_ASSIGNED
from services.catalog.domain.review import DimensionVerdict, Review
from services.catalog.domain.vocabulary import DecisionOutcome

_AssignmentRow = Row[Sequence[str] | None]


async def assign_experts(deps: Deps, principal: Principal, *, key: str, experts: Sequence[str]) -> Project:
    """Assign experts to a plan: each gets a blank review, and an exchanged expert's blank review is deleted (R14).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The project's id.
        experts: Ids of all experts of the project from now on.

    Raises:
        Refusal: `NOT_FOUND`, `WRONG_STATE`, `EXPERTS_TOO_FEW`, `EXPERT_CONFLICT`, `EXPERT_WITHDRAWN` or
            `BUSY`.
    """
    require_scope(principal, Scope.MINISTRY)
    content = {"key": key, "experts": experts}
    row: _AssignmentRow = project_row(deps, principal, key, experts, name="assign_experts|", content=content)
    return await run_row(deps.store.client, _Assignment(deps), row)


async def auto_assign_experts(deps: Deps, principal: Principal, project_ids: Sequence[str]) -> list[RowResult[Project]]:
    """Give submitted plans to the experts who have the fewest reviews; each row succeeds or is refused by itself (R14).

    Assignments take turns, so the load stays even however many are under way at once.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        project_ids: The projects, 200 at most.

    Returns:
        One result a project, in the order of `project_ids`.

    Raises:
        Refusal: `TOO_MANY_ROWS` or `FORBIDDEN`; what refuses a single row is in its result.
    """
    require_scope(principal, Scope.MINISTRY)
    require_rows(project_ids, "projectIds")
    rows: list[_AssignmentRow] = [
        project_row(deps, principal, key, None, name=f"auto_assign_experts|{key}", content={"key": key})
        for key in project_ids
    ]
    return await run(deps.store.client, _Assignment(deps), rows)


class _Assignment(ProjectBatch[Sequence[str] | None]):
    """Assignments; the row's command is the experts' ids, None for those of the field who have the fewest reviews."""

    async def load_related(self, unit: UnitOfWork, loaded: Loaded, commands: Sequence[Sequence[str] | None]) -> None:
        await super().load_related(unit, loaded, commands)
        named = [expert for experts in commands for expert in experts or ()]
        everybody: list[Document] = [{}] if None in commands else []
        loaded.experts = {expert.id: expert for expert in await unit.load(self.store.experts, named, also=everybody)}
        loaded.reviews = await self.store.reviews.of_projects(list(loaded.projects), unit.session)
        if everybody:
            loaded.loads = await self.store.reviews.loads(list(loaded.rounds), unit.session)

    def step(self, loaded: Loaded, project: Project, command: Sequence[str] | None) -> Step:
        current = loaded.round_of(project)
        if command is None:
            written = frozenset(
                done.expert for done in loaded.reviews[project.id] if done.cycle == project.cycle and done.submitted_at
            )
            pool, loads = list(loaded.experts.values()), loaded.loads[current.year]
            people = review.choose_experts(project, pool, loads, current, written)
        else:
            people = tuple(required(loaded.experts, expert, "expert") for expert in dict.fromkeys(command))
        return review.assign_experts(project, people, current, self.now)

    def decide(self, unit: UnitOfWork, state: Loaded, row: _AssignmentRow) -> Project:
        assigned = super().decide(unit, state, row)
        self._hand_out(unit, state, assigned, row.act)
        return assigned

    def finish(self, unit: UnitOfWork, state: Loaded) -> None:
        """Take the turn of the rounds in which experts were assigned."""
        for year in sorted(state.assigned):
            self.store.reviews.take_turn(unit, year)

    def _hand_out(self, unit: UnitOfWork, state: Loaded, project: Project, act: Act) -> None:
        """Stage a blank review for each expert who has none, and the end of those of exchanged experts."""
        reviews, loads = state.reviews[project.id], state.loads.setdefault(project.year, {})
        exchanged = review.exchanged(project, reviews)
        blanks = [review.blank_review(project, expert, self.now) for expert in project.experts]
        new = [blank for blank in blanks if blank.id not in {existing.id for existing in reviews}]
        for dropped in exchanged:
            self.store.reviews.drop(unit, dropped)
        for blank in new:
            unit.insert(self.store.reviews, blank, act=act)
            loads[blank.expert] = loads.get(blank.expert, 0) + 1
        state.reviews[project.id] = [existing for existing in reviews if existing not in exchanged] + new
        state.assigned.add(project.year)


@idempotent("reviews", name="submit_review")
async def submit_review(
    deps: Deps, principal: Principal, *, project_id: str, verdicts: Sequence[DimensionVerdict]
) -> Review:
    """Submit the principal's own review of a project (R15).

    Args:
        deps: The service's dependencies.
        principal: The expert.
        project_id: The project.
        verdicts: One a dimension, as they were typed.

    Raises:
        Refusal: `NOT_FOUND`, `NOT_ASSIGNED`, `EXPERT_WITHDRAWN`, `WRONG_STATE`, `REVIEW_SUBMITTED`, `INVALID_TEXT` or
            `REVIEW_INCOMPLETE`.
    """
    require_scope(principal, Scope.EXPERT)
    if principal.person is None:
        raise FORBIDDEN(rule="R15")
    checked = [review.checked_verdict(verdict) for verdict in verdicts]
    return await deps.store.transact(partial(_judge, deps, principal.person, project_id, checked))


async def _judge(deps: Deps, expert: str, key: str, verdicts: Sequence[DimensionVerdict], session: Session) -> Review:
    """Save the review; this writes the project too, so that a decision or withdrawal at the same time conflicts."""
    project = await deps.store.projects.get(key, session)
    current = await round_of(deps, project.year, session)
    blank = await deps.store.reviews.find(review.review_id(project, expert), session)
    if blank is None:
        raise NOT_ASSIGNED()
    require_available(await deps.store.experts.get(expert, session))  # whose token outlives the account by minutes
    done, events = review.submit_review(blank, project, current, verdicts, deps.clock.now())
    await deps.store.projects.touch(key, session)
    return await deps.store.reviews.save(done, events, session)


async def decide_project(
    deps: Deps, principal: Principal, *, key: str, outcome: DecisionOutcome, reason: str
) -> Project:
    """Approve, return or reject; a rejection releases the quota (R11, R16).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The project's id.
        outcome: The decision.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `REASON_MISSING`, `INVALID_REASON`, `WRONG_STATE`, `REVIEWS_MISSING`, `PHASE_CLOSED` or
            `BUSY`.
    """
    require_scope(principal, Scope.MINISTRY)
    row = _decision_row(deps, principal, ProjectDecision(project=key, outcome=outcome, reason=reason), name="_decide|")
    return await run_row(deps.store.client, _Decision(deps), row)


async def revise_project_decision(
    deps: Deps, principal: Principal, *, key: str, outcome: DecisionOutcome, reason: str
) -> Project:
    """Put another decision in the place of the one in force; the quota follows (R11, R16).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The project's id.
        outcome: The decision.
        reason: Why it is another one, as it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `REASON_MISSING`, `INVALID_REASON`, `QUOTA_EXCEEDED`, `BASE_CLOSED`, `BUSY`, or what
            `decision.revise` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    made = ProjectDecision(project=key, outcome=outcome, reason=reason)
    row = _decision_row(deps, principal, made, name="revise_project_decision|")
    return await run_row(deps.store.client, _Revision(deps), row)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectDecision:
    """What the ministry decides on one of many projects (R16).

    Attributes:
        project: The project's id.
        reason: As it was typed.
    """

    project: str
    outcome: DecisionOutcome
    reason: str


async def decide_projects(
    deps: Deps, principal: Principal, decisions: Sequence[ProjectDecision]
) -> list[RowResult[Project]]:
    """Decide on reviewed plans; each row succeeds or is refused by itself (R16).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        decisions: 200 at most.

    Returns:
        One result a decision, in the order of `decisions`.

    Raises:
        Refusal: `TOO_MANY_ROWS` or `FORBIDDEN`; what refuses a single row is in its result.
    """
    require_scope(principal, Scope.MINISTRY)
    require_rows(decisions, "decisions")
    rows = [_decision_row(deps, principal, made, name=f"_decide|{made.project}") for made in decisions]
    return await run(deps.store.client, _Decision(deps), rows)


class _Decision(ProjectBatch[ProjectDecision]):
    """Decisions on the reviews of a project's present experts."""

    async def load_related(self, unit: UnitOfWork, loaded: Loaded, commands: Sequence[ProjectDecision]) -> None:
        await super().load_related(unit, loaded, commands)
        loaded.reviews = await self.store.reviews.of_projects(list(loaded.projects), unit.session)

    def step(self, loaded: Loaded, project: Project, command: ProjectDecision) -> Step:
        current, reason = loaded.round_of(project), Reason.of(command.reason, "R16")
        assigned = [submitted for submitted in loaded.reviews[project.id] if submitted.expert in project.experts]
        return decision.decide(project, current, assigned, outcome=command.outcome, reason=reason, now=self.now)


class _Revision(ProjectBatch[ProjectDecision]):
    """Decisions in the place of others."""

    async def load_related(self, unit: UnitOfWork, loaded: Loaded, commands: Sequence[ProjectDecision]) -> None:
        await super().load_related(unit, loaded, commands)
        await self.load_quotas(unit, loaded)

    def step(self, loaded: Loaded, project: Project, command: ProjectDecision) -> Step:
        current, reason = loaded.round_of(project), Reason.of(command.reason, "R16")
        return decision.revise(project, current, outcome=command.outcome, reason=reason, now=self.now)


def _decision_row(deps: Deps, principal: Principal, made: ProjectDecision, *, name: str) -> Row[ProjectDecision]:
    content = {"key": made.project, "outcome": made.outcome, "reason": made.reason}
    return project_row(deps, principal, made.project, made, name=name, content=content)


async def publish_projects(
    deps: Deps, principal: Principal, project_ids: Sequence[str], *, override: str | None
) -> list[RowResult[Project]]:
    """Publish approved projects; after the publication date only by an override with a reason (R17).

    Each row succeeds or is refused by itself, with `NOT_FOUND`, `INVALID_REASON`, `WRONG_STATE`, `PLAN_OVER` or
    `PUBLICATION_LATE`.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        project_ids: The projects, 200 at most.
        override: Why they are published after the publication date, as it was typed; None where they are not.

    Returns:
        One result a project, in the order of `project_ids`.

    Raises:
        Refusal: `TOO_MANY_ROWS` or `FORBIDDEN`; what refuses a single row is in its result.
    """
    require_scope(principal, Scope.MINISTRY)
    require_rows(project_ids, "ids")
    rows = [
        project_row(
            deps, principal, key, override, name=f"publish_project|{key}", content={"key": key, "override": override}
        )
        for key in project_ids
    ]
    return await run(deps.store.client, _Publication(deps), rows)


class _Publication(ProjectBatch[str | None]):
    """Publications; the row's command is the reason of a late one as it was typed."""

    def step(self, loaded: Loaded, project: Project, command: str | None) -> Step:
        current = loaded.round_of(project)
        return decision.publish(project, current, override=Reason.optional(command), now=self.now)
