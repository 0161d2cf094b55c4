"""Findings of inspections: recorded and settled by the ministry, rectified by the base (R37)."""

from datetime import date

from chassis.commands.guards import require_scope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import Session, transact
from kernel.dates import today
from kernel.errors import Refusal
from kernel.free_text import Reason
from kernel.refusals import FORBIDDEN
from services.assessment.commands.deps import Deps
from services.assessment.domain import finding as findings
from services.assessment.domain import inspection as inspections
from services.assessment.domain.finding import Finding, FindingText, Observed

RULE = "R37"
_MOST_REMINDED = 200


@idempotent("findings", name="record_finding")
async def record_finding(
    deps: Deps, principal: Principal, *, inspection: str, project: str, observed: Observed
) -> Finding:
    """Record what the inspection of a project of the sample has found.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        inspection: The inspection's id.
        project: The inspected project.
        observed: What was found.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `WRONG_STATE`, `NOT_SAMPLED`, `FINDING_MISSING`, `DUE_DATE_MISSING` or
            `CONTRADICTS_FINDING`.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    store, now, key = deps.store, deps.clock.now(), new_id()

    async def work(session: Session) -> Finding:
        current = await store.inspections.get(inspection, session)
        inspections.require_sampled(current, project)
        findings.require_consistent(observed, await store.findings.of_inspection(inspection, session), project)
        inspected = await store.projects.get(project, session)
        finding, events = findings.record(
            key,
            observed,
            inspection=inspection,
            year=current.year,
            project=project,
            base=inspected.base,
            province=inspected.province,
            now=now,
        )
        # The inspection is written too: whoever closes it, replaces the project or records something else of it at the
        # same time conflicts.
        await store.inspections.save(current, (), session)
        return await store.findings.insert(finding, events, session)

    return await transact(store.client, work)


@idempotent("findings", name="report_rectification")
async def report_rectification(deps: Deps, principal: Principal, *, key: str, text: FindingText) -> Finding:
    """Report what the base has rectified.

    Args:
        deps: The service's dependencies.
        principal: The base of the inspected project.
        key: The finding's id.
        text: What was rectified.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `FINDING_MISSING`, `WRONG_STATE` or `STALE_VERSION`.
    """
    require_scope(principal, Scope.BASE, rule=RULE)
    current = await deps.store.findings.get(key)
    if current.base not in principal.bases:
        raise FORBIDDEN(rule=RULE)
    reported, events = findings.report(current, text, deps.clock.now())
    return await deps.store.findings.save(reported, events)


@idempotent("findings", name="close_finding")
async def close_finding(
    deps: Deps, principal: Principal, *, key: str, accepted: bool, reason: Reason, due_on: date | None
) -> Finding:
    """Accept a rectification, which closes the finding, or return it to the base.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The finding's id.
        accepted: Whether the rectification is accepted.
        reason: Why.
        due_on: The new last day of a returned one, included.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `WRONG_STATE`, `DUE_DATE_MISSING` or `STALE_VERSION`.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    current = await deps.store.findings.get(key)
    settled, events = findings.settle(current, accepted=accepted, reason=reason, due_on=due_on, now=deps.clock.now())
    return await deps.store.findings.save(settled, events)


@idempotent("findings", name="withdraw_finding")
async def withdraw_finding(deps: Deps, principal: Principal, *, key: str, reason: Reason) -> Finding:
    """Withdraw a wrong finding, whatever has become of it: no computation counts it any more, and the base is told.

    An assessment that the base was shown is not computed anew: the ministry adjusts its item, with the reason (R38).

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The finding's id.
        reason: Why it was wrong.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `WRONG_STATE` or `STALE_VERSION`.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    store = deps.store

    async def work(session: Session) -> Finding:
        current = await store.findings.get(key, session)
        withdrawn, events = findings.withdraw(current, reason, deps.clock.now())
        # The inspection is written too: whoever closes it at the same time conflicts.
        await store.inspections.save(await store.inspections.get(current.inspection, session), (), session)
        return await store.findings.save(withdrawn, events, session)

    return await transact(store.client, work)


async def remind_of_rectifications(deps: Deps) -> int:
    """Call rectifications to mind that are due in three days, and daily those that are overdue. Idempotent.

    Returns:
        How many were called to mind.
    """
    now, told = deps.clock.now(), 0
    day = today(now)
    for current in await deps.store.findings.to_remind_of(day, day + findings.REMIND_BEFORE, _MOST_REMINDED):
        change = findings.remind(current, now)
        if change is None:
            continue
        try:
            await deps.store.findings.save(*change)
        except Refusal:  # reported or settled meanwhile
            continue
        told += 1
    return told
