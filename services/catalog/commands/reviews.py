"""Experts, their reviews, the ministry's decisions and publication (R14–R17)."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass
from functools import partial

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_rows, require_scope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent, run_once
from chassis.storage.mongo import DuplicateKey, Session
from kernel.errors import Refusal
from kernel.free_text import Name, Reason
from kernel.identifiers import organization_code
from kernel.refusals import FORBIDDEN, NOT_FOUND
from services.catalog.commands.declaration import apply_quota
from services.catalog.commands.deps import Deps
from services.catalog.commands.guards import round_of
from services.catalog.domain import decision, review
from services.catalog.domain.base import Organization
from services.catalog.domain.project import Project
from services.catalog.domain.refusals import EXPERT_EXISTS, NOT_ASSIGNED
from services.catalog.domain.review import DimensionVerdict, Expert, Review
from services.catalog.domain.round import Round
from services.catalog.domain.vocabulary import DecisionOutcome


@idempotent("experts", name="register_expert")
async def register_expert(
    deps: Deps,
    principal: Principal,
    *,
    name: str,
    organization: Organization,
    fields: Sequence[int],
) -> Expert:
    """Register an expert (R14).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        name: As it was typed.
        organization: Code and name as they were typed.
        fields: Major categories, ordinals 1–19.

    Raises:
        Refusal: `INVALID_SCHOOL_CODE`, `INVALID_CREDIT_CODE`, `INVALID_TEXT`, `INVALID_EXPERT` or `EXPERT_EXISTS`.
    """
    require_scope(principal, Scope.MINISTRY)
    sender = Organization(organization_code(organization.code), Name.of(organization.name, "organizationName").text)
    draft = Expert(id=new_id(), version=1, name=Name.of(name, "name").text, organization=sender, fields=tuple(fields))
    registered, events = review.register_expert(draft)
    try:
        return await deps.store.experts.insert(registered, events)
    except DuplicateKey as error:
        raise EXPERT_EXISTS() from error


@idempotent("projects", name="assign_experts")
async def assign_experts(deps: Deps, principal: Principal, *, key: str, experts: Sequence[str]) -> Project:
    """Assign experts to a plan: each gets a blank review, and an exchanged expert's blank review is deleted (R14).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The project's id.
        experts: Ids of all experts of the project from now on.

    Raises:
        Refusal: `NOT_FOUND`, `WRONG_STATE`, `EXPERTS_TOO_FEW` or `EXPERT_CONFLICT`.
    """
    require_scope(principal, Scope.MINISTRY)
    current = await round_of(deps, (await deps.store.projects.get(key)).year)
    by_id = dict(zip(experts, await deps.store.experts.find_many(experts), strict=True))
    for expert_id, expert in by_id.items():
        if expert is None:
            raise NOT_FOUND(kind="expert", id=expert_id)
    people = [expert for expert in by_id.values() if expert]

    async def work(session: Session) -> Project:
        project = await deps.store.projects.get(key, session)
        await deps.store.reviews.take_turn(project.year, session)
        return await _assign(deps, project, people, current, session)

    return await deps.store.transact(work)


class Panel:
    """All experts and the rounds they judge in, read once for a batch of assignments (R14).

    Args:
        deps: The service's dependencies.
    """

    def __init__(self, deps: Deps) -> None:
        self._deps = deps
        self._experts: list[Expert] | None = None
        self._rounds: dict[int, Round] = {}

    async def experts(self) -> list[Expert]:
        """Every expert on file."""
        if self._experts is None:
            self._experts = await self._deps.store.experts.query({})
        return self._experts

    async def round(self, year: int) -> Round:
        """The round of a year."""
        if year not in self._rounds:
            self._rounds[year] = await round_of(self._deps, year)
        return self._rounds[year]


async def auto_assign_experts(deps: Deps, principal: Principal, project_ids: Sequence[str]) -> list[RowResult[Project]]:
    """Give submitted plans to the experts who have the fewest reviews; each row succeeds or is refused by itself (R14).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        project_ids: The projects, 200 at most.

    Returns:
        One result a project, in the order of `project_ids`.

    Raises:
        Refusal: `TOO_MANY_ROWS` or `FORBIDDEN`; what refuses a single row is in its result.
    """
    require_rows(project_ids)
    require_scope(principal, Scope.MINISTRY)
    panel = Panel(deps)
    return [await _row(key, auto_assign_experts_to(deps, principal, key=key, panel=panel)) for key in project_ids]


async def auto_assign_experts_to(deps: Deps, principal: Principal, *, key: str, panel: Panel | None = None) -> Project:
    """Give one submitted plan to the experts of its field who have the fewest reviews (R14).

    Assignments take turns, so the load stays even however many are under way at once.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The project's id.
        panel: The experts of the batch that this is a row of; no part of the request, so no repeat differs by it.

    Raises:
        Refusal: `NOT_FOUND`, `WRONG_STATE` or `EXPERTS_TOO_FEW`.
    """
    require_scope(principal, Scope.MINISTRY)
    panel = panel or Panel(deps)

    async def work(session: Session) -> Project:
        project = await deps.store.projects.get(key, session)
        current, pool = await panel.round(project.year), await panel.experts()
        await deps.store.reviews.take_turn(project.year, session)
        loads = await deps.store.reviews.loads(project.year, session)
        return await _assign(deps, project, review.choose_experts(project, pool, loads, current), current, session)

    act = partial(deps.store.transact, work)
    return await run_once(deps.store.projects, principal, f"auto_assign_experts|{key}", ((), {"key": key}), act)


async def _assign(deps: Deps, project: Project, people: Sequence[Expert], current: Round, session: Session) -> Project:
    now = deps.clock.now()
    assigned, events = review.assign_experts(project, people, current, now)
    await deps.store.reviews.drop_blank(assigned, session)
    existing = {review.id for review in (await deps.store.reviews.of_projects([project.id], session))[project.id]}
    for expert in assigned.experts:
        blank = review.blank_review(assigned, expert, now)
        if blank.id not in existing:
            await deps.store.reviews.insert(blank, session=session)
    return await deps.store.projects.save(assigned, events, session)


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
        Refusal: `NOT_FOUND`, `NOT_ASSIGNED`, `WRONG_STATE`, `REVIEW_SUBMITTED`, `INVALID_TEXT` or
            `REVIEW_INCOMPLETE`.
    """
    require_scope(principal, Scope.EXPERT)
    if principal.person is None:
        raise FORBIDDEN(rule="R15")
    return await deps.store.transact(partial(_judge, deps, principal.person, project_id, verdicts))


async def _judge(deps: Deps, expert: str, key: str, verdicts: Sequence[DimensionVerdict], session: Session) -> Review:
    """Save the review; this writes the project too, so that a decision or withdrawal at the same time conflicts."""
    project = await deps.store.projects.get(key, session)
    current = await round_of(deps, project.year, session)
    blank = await deps.store.reviews.find(review.review_id(project, expert), session)
    if blank is None:
        raise NOT_ASSIGNED()
    done, events = review.submit_review(blank, project, current, verdicts, deps.clock.now())
    await deps.store.projects.touch(key, session)
    return await deps.store.reviews.save(done, events, session)


async def _decide(deps: Deps, principal: Principal, *, key: str, outcome: DecisionOutcome, reason: str) -> Project:
    """Approve, return or reject; a rejection releases the quota (R11, R16).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The project's id.
        outcome: The decision.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `REASON_MISSING`, `INVALID_REASON`, `WRONG_STATE`, `REVIEWS_MISSING` or
            `PHASE_CLOSED`.
    """
    require_scope(principal, Scope.MINISTRY)
    current = await round_of(deps, (await deps.store.projects.get(key)).year)
    why = Reason.of(reason, "R16")

    async def work(session: Session) -> Project:
        project = await deps.store.projects.get(key, session)
        reviews = (await deps.store.reviews.of_projects([key], session))[key]
        assigned = [submitted for submitted in reviews if submitted.expert in project.experts]
        decided, events = decision.decide(project, current, assigned, outcome=outcome, reason=why, now=deps.clock.now())
        await apply_quota(deps, project, decided, session)
        return await deps.store.projects.save(decided, events, session)

    return await deps.store.transact(work)


decide_project = idempotent("projects", name="_decide")(_decide)
_decide_row = idempotent("projects", name="_decide", row="key")(_decide)
"""The same, as a row of a bulk decision."""


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
    require_rows(decisions)
    require_scope(principal, Scope.MINISTRY)
    return [
        await _row(
            decision.project,
            _decide_row(deps, principal, key=decision.project, outcome=decision.outcome, reason=decision.reason),
        )
        for decision in decisions
    ]


async def publish_projects(
    deps: Deps, principal: Principal, project_ids: Sequence[str], *, override: str | None
) -> list[RowResult[Project]]:
    """Publish approved projects; each row succeeds or is refused by itself (R17).

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
    require_rows(project_ids)
    require_scope(principal, Scope.MINISTRY)
    return [await _row(key, publish_project(deps, principal, key=key, override=override)) for key in project_ids]


async def _row(key: str, outcome: Awaitable[Project]) -> RowResult[Project]:
    try:
        return RowResult(key, await outcome)
    except Refusal as refusal:
        return RowResult(key, refusal=refusal)


@idempotent("projects", name="publish_project", row="key")
async def publish_project(deps: Deps, principal: Principal, *, key: str, override: str | None) -> Project:
    """Publish one approved project; after the publication date only by an override with a reason (R17).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The project's id.
        override: Why it is published late, as it was typed; None where it is not.

    Raises:
        Refusal: `NOT_FOUND`, `INVALID_REASON`, `WRONG_STATE` or `PUBLICATION_LATE`.
    """
    require_scope(principal, Scope.MINISTRY)
    project = await deps.store.projects.get(key)
    current = await round_of(deps, project.year)
    published, events = decision.publish(project, current, override=Reason.optional(override), now=deps.clock.now())
    return await deps.store.projects.save(published, events)
