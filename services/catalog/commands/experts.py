"""Experts that the ministry registers, corrects, lets go and takes back (R14)."""

from collections.abc import Sequence

from chassis.commands.guards import require_scope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import DuplicateKey, Session
from kernel.free_text import Name, PersonName, Reason
from kernel.identifiers import organization_code
from services.catalog.commands.deps import Deps
from services.catalog.domain import expert as experts
from services.catalog.domain import review
from services.catalog.domain.base import Organization, require_registered_name
from services.catalog.domain.project import Project
from services.catalog.domain.refusals import EXPERT_EXISTS
from services.catalog.domain.review import Expert
from services.catalog.domain.vocabulary import ProjectStatus


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
        Refusal: `INVALID_SCHOOL_CODE`, `INVALID_CREDIT_CODE`, `INVALID_TEXT`, `INVALID_NAME`, `INVALID_EXPERT`,
            `ORGANIZATION_NAME_DIFFERS` or `EXPERT_EXISTS`.
    """
    require_scope(principal, Scope.MINISTRY)
    sender = _checked(organization)
    draft = Expert(
        id=new_id(), version=1, name=PersonName.of(name, "name", "R14").text, organization=sender, fields=tuple(fields)
    )
    registered, events = review.register_expert(draft)

    async def work(session: Session) -> Expert:
        await deps.store.organizations.take_turn(sender.code, session)
        on_file = await deps.store.organizations.find_many([sender.code], session)
        require_registered_name(sender, on_file.get(sender.code))
        return await deps.store.experts.insert(registered, events, session)

    try:
        return await deps.store.transact(work)
    except DuplicateKey as error:
        raise EXPERT_EXISTS() from error


@idempotent("experts", name="correct_expert")
async def correct_expert(
    deps: Deps,
    principal: Principal,
    *,
    key: str,
    version: int,
    name: str | None,
    organization: Organization | None,
    reason: str,
    fields: Sequence[int] | None = None,
) -> Expert:
    """Set right an expert's name, organisation or fields (R14).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The expert's id.
        version: The version that was read.
        name: As it was typed; None leaves it.
        organization: Code and name as they were typed; None leaves it.
        reason: As it was typed.
        fields: Major categories, ordinals 1–19. Not passed where none were given: they are no part of earlier marks.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`, `INVALID_SCHOOL_CODE`, `INVALID_CREDIT_CODE`, `INVALID_TEXT`,
            `INVALID_NAME`, `REASON_MISSING`, `INVALID_REASON`, `ORGANIZATION_NAME_DIFFERS`, `EXPERT_EXISTS`, or what
            `expert.correct_expert` refuses.
    """
    require_scope(principal, Scope.MINISTRY)
    right_name = None if name is None else PersonName.of(name, "name", "R14")
    sender = None if organization is None else _checked(organization)
    why = Reason.of(reason, "R14")

    async def work(session: Session) -> Expert:
        expert = await deps.store.experts.as_read(key, version, session)
        if sender:
            await deps.store.organizations.take_turn(sender.code, session)
            on_file = await deps.store.organizations.find_many([sender.code], session)
            require_registered_name(sender, on_file.get(sender.code))
        await _take_every_turn(deps, session)
        # Those whose review is in too: it counts until the plan is decided.
        where = {"status": ProjectStatus.UNDER_REVIEW, "experts": key}
        reviewed = await deps.store.projects.query(where, session=session)
        right = None if fields is None else tuple(fields)
        changed, events = experts.correct_expert(
            expert, name=right_name, organization=sender, reason=why, reviewed=reviewed, fields=right
        )
        return await deps.store.experts.save(changed, events, session)

    try:
        return await deps.store.transact(work)
    except DuplicateKey as error:
        raise EXPERT_EXISTS() from error


@idempotent("experts", name="withdraw_expert")
async def withdraw_expert(deps: Deps, principal: Principal, *, key: str, version: int, reason: str) -> Expert:
    """Let an expert go, whose account ends by the event (R14).

    What is unwritten must be reassigned, by `autoAssignExperts` or by hand.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The expert's id.
        version: The version that was read.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`, `REASON_MISSING`, `INVALID_REASON` or `EXPERT_WITHDRAWN`.
    """
    require_scope(principal, Scope.MINISTRY)
    why = Reason.of(reason, "R14")

    async def work(session: Session) -> Expert:
        expert = await deps.store.experts.as_read(key, version, session)
        assigned = await _assigned(deps, key, session)
        return await deps.store.experts.save(*experts.withdraw_expert(expert, assigned, why, deps.clock.now()), session)

    return await deps.store.transact(work)


@idempotent("experts", name="reinstate_expert")
async def reinstate_expert(deps: Deps, principal: Principal, *, key: str, version: int, reason: str) -> Expert:
    """Put an expert back on the list who had withdrawn; the account waits for a new code by the event (R14).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The expert's id.
        version: The version that was read.
        reason: As it was typed.

    Raises:
        Refusal: `NOT_FOUND`, `STALE_VERSION`, `REASON_MISSING`, `INVALID_REASON` or `NOTHING_CHANGED`.
    """
    require_scope(principal, Scope.MINISTRY)
    why = Reason.of(reason, "R14")
    expert = await deps.store.experts.as_read(key, version)
    return await deps.store.experts.save(*experts.reinstate_expert(expert, why))


async def _assigned(deps: Deps, key: str, session: Session) -> list[Project]:
    """The expert's open assignments; those who assign at the same time wait for their turn."""
    await _take_every_turn(deps, session)
    blank = (await deps.store.reviews.blank_of([key], session))[key]
    projects = await deps.store.projects.query({"_id": {"$in": [review.project for review in blank]}}, session=session)
    return experts.open_assignments(blank, projects)


async def _take_every_turn(deps: Deps, session: Session) -> None:
    rounds = await deps.store.rounds.query({}, session=session)
    await deps.store.reviews.take_every_turn([current.year for current in rounds], session)


def _checked(organization: Organization) -> Organization:
    return Organization(organization_code(organization.code), Name.of(organization.name, "organizationName").text)
