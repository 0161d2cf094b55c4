"""Random inspections: frozen, announced, drawn, closed by the ministry; what time does to them by itself (R37)."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import structlog

from chassis.commands.guards import require_different, require_rows, require_scope
from chassis.principal import Principal, Scope
from chassis.storage.cursor import PageRequest
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import DuplicateKey, Session, transact
from kernel.errors import Refusal
from kernel.free_text import Reason, Title
from kernel.refusals import BUSY, RETRY_AFTER_SECONDS
from services.assessment.commands.deps import Deps
from services.assessment.domain import draw
from services.assessment.domain import inspection as inspections
from services.assessment.domain.beacon import BeaconValue
from services.assessment.domain.draw import Candidate
from services.assessment.domain.finding import Finding
from services.assessment.domain.inspection import Change, Inspection, facts_of, stratum_of
from services.assessment.domain.inspection_events import InspectionEvent
from services.assessment.domain.refusals import ALREADY_INSPECTED, INSPECTION_UNDER_WAY
from services.assessment.domain.vocabulary import FindingState, ProjectPhase
from services.assessment.store import AuditSelection

RULE = "R37"
UNCLASSIFIED = "UNCLASSIFIED"
"""The category of a project of which the stored view has none."""
_IN_POPULATION = (ProjectPhase.RUNNING, ProjectPhase.FINISHED, ProjectPhase.COMPLETED)
_ANNOUNCED = "assessment.inspection-announced"
log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class BeaconName:
    """A public source of chance, as it is announced.

    Attributes:
        source: Its name, down to the issue and the precision.
        at: When it is public, aware.
    """

    source: Title
    at: datetime


@idempotent("inspections", name="freeze_inspection")
async def freeze_inspection(deps: Deps, principal: Principal, *, year: int, title: Title, share_bp: int) -> Inspection:
    """Freeze the population of a new inspection: the projects of a year that run now, or have ended.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        year: The year of the projects' round.
        title: Of the inspection.
        share_bp: The share to be drawn, in basis points.

    Raises:
        Refusal: `FORBIDDEN`, `TITLE_MISSING`, `SHARE_INVALID`, `POPULATION_EMPTY`, `INSPECTION_UNDER_WAY`; `BUSY`
            where two are frozen at once.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    inspections.require_share(title, share_bp)
    store, now = deps.store, deps.clock.now()
    candidates = await _candidates(deps, year)

    async def work(session: Session) -> Inspection:
        for other in await store.inspections.not_drawn(year, session):
            raise INSPECTION_UNDER_WAY(inspection=other.id, state=other.state.value)
        key = f"{year}-{await store.inspections.count_of(year, session) + 1}"
        frozen, events, population = inspections.freeze(
            key,
            year=year,
            title=title,
            share_bp=share_bp,
            candidates=candidates,
            weights=deps.weights[-1].version,
            now=now,
        )
        await store.inspections.keep_population(key, population, session)
        return await store.inspections.insert(frozen, events, session)

    try:
        return await transact(store.client, work)
    except DuplicateKey as error:
        raise BUSY(retryAfter=RETRY_AFTER_SECONDS) from error


@idempotent("inspections", name="announce_inspection")
async def announce_inspection(
    deps: Deps, principal: Principal, *, key: str, beacons: Sequence[BeaconName], reveal_by: datetime
) -> Inspection:
    """Commit to a new secret, and announce the draw with its beacons.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The inspection's id.
        beacons: The public sources of chance.
        reveal_by: Until when the secret is to be revealed, included; aware.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `TOO_MANY_ROWS`, `REPEATED_ROWS`, `STALE_VERSION`, or what
            `inspection.announce` refuses.
    """
    require_rows(beacons, "beacons", most=inspections.MOST_BEACONS, rule=RULE)
    require_different([(beacon.source.text, beacon.at.isoformat()) for beacon in beacons], "beacons", rule=RULE)
    secret = secrets.token_bytes(draw.SECRET_BYTES)

    def decide(current: Inspection) -> Change:
        return inspections.announce(
            current,
            [(beacon.source, beacon.at) for beacon in beacons],
            reveal_by,
            secret=secret,
            sealed=deps.vault.seal(secret.hex()),
            now=deps.clock.now(),
        )

    return await _change(deps, principal, key, decide)


@idempotent("inspections", name="record_beacons")
async def record_beacons(deps: Deps, principal: Principal, *, key: str, values: Sequence[BeaconValue]) -> Inspection:
    """Record or correct the values of all beacons, in the order of their announcement.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The inspection's id.
        values: As they were made public.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `TOO_MANY_ROWS`, `STALE_VERSION`, or what `inspection.record_beacons`
            refuses.
    """
    require_rows(values, "values", most=inspections.MOST_BEACONS, rule=RULE)
    return await _change(
        deps, principal, key, lambda current: inspections.record_beacons(current, values, deps.clock.now())
    )


@idempotent("inspections", name="reveal_inspection")
async def reveal_inspection(deps: Deps, principal: Principal, *, key: str) -> Inspection:
    """Reveal the secret, and draw the sample.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, or what `inspection.reveal` refuses.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    current = await deps.store.inspections.get(key)
    inspections.require_revealable(current, deps.clock.now())
    secret = bytes.fromhex(deps.vault.open(current.secret_sealed or ""))
    drawn, events = inspections.reveal(current, await _population(deps, key), secret, deps.clock.now())
    return await deps.store.inspections.save(drawn, events)


@idempotent("inspections", name="void_inspection")
async def void_inspection(deps: Deps, principal: Principal, *, key: str, reason: Reason) -> Inspection:
    """Give an inspection up before its first beacon is out; an announced one publishes its secret.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The inspection's id.
        reason: Why, for everybody.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, or what `inspection.void` refuses.
    """

    def decide(current: Inspection) -> Change:
        sealed = current.secret_sealed
        secret = bytes.fromhex(deps.vault.open(sealed)) if sealed else None
        return inspections.void(current, reason, secret, deps.clock.now())

    return await _change(deps, principal, key, decide)


@idempotent("inspections", name="replace_sampled")
async def replace_sampled(deps: Deps, principal: Principal, *, key: str, project: str, reason: Reason) -> Inspection:
    """Let the next ticket of its stratum take the place of a project that cannot be inspected.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The inspection's id.
        project: The project that cannot be inspected.
        reason: Why, for everybody.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `ALREADY_INSPECTED`, `STALE_VERSION`, or what `inspection.substitute`
            refuses.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    store = deps.store
    population = await _population(deps, key)

    async def work(session: Session) -> Inspection:
        current = await store.inspections.get(key, session)
        changed, events = inspections.substitute(current, population, project, reason)
        if any(finding.project == project for finding in await _standing(deps, key, session)):
            raise ALREADY_INSPECTED(project=project)
        return await store.inspections.save(changed, events, session)

    return await transact(store.client, work)


@idempotent("inspections", name="extend_inspection")
async def extend_inspection(
    deps: Deps, principal: Principal, *, key: str, stratum: str, count: int, reason: Reason
) -> Inspection:
    """Inspect the next projects of a stratum too.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The inspection's id.
        stratum: The stratum's name.
        count: How many more.
        reason: Why, for everybody.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, or what `inspection.extend` refuses.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    population = await _population(deps, key)
    return await _change(
        deps, principal, key, lambda current: inspections.extend(current, population, stratum, count, reason)
    )


@idempotent("inspections", name="close_inspection")
async def close_inspection(deps: Deps, principal: Principal, *, key: str) -> Inspection:
    """Close an inspection whose projects are all inspected, and whose findings are all closed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, or what `inspection.close` refuses.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    store = deps.store

    async def work(session: Session) -> Inspection:
        current = await store.inspections.get(key, session)
        findings = await _standing(deps, key, session)
        waiting = sum(finding.state is not FindingState.CLOSED for finding in findings)
        found = {finding.project for finding in findings}
        closed, events = inspections.close(current, found=found, open_findings=waiting, now=deps.clock.now())
        return await store.inspections.save(closed, events, session)

    return await transact(store.client, work)


async def witness_announcements(deps: Deps) -> int:
    """Note of announced inspections that the audit log has their announcement, with its number there. Idempotent.

    Returns:
        How many were noted.
    """
    noted = 0
    for current in await deps.store.inspections.announced():
        if current.witnessed_at is not None:
            continue
        selection = AuditSelection(type=_ANNOUNCED, subject=current.id)
        rows = await deps.store.audit.list(selection, PageRequest(1))
        if rows:
            noted += await _save_unless_stale(
                deps, inspections.witness(current, rows[0].sequence, deps.clock.now()), []
            )
    return noted


async def draw_withheld(deps: Deps) -> int:
    """Draw the inspections whose secret was not revealed in time: without it, and twice as many. Idempotent.

    Returns:
        How many were drawn.
    """
    drawn, now = 0, deps.clock.now()
    for current in await deps.store.inspections.announced():
        if inspections.is_overdue(current, now):
            changed, events = inspections.withhold(current, await _population(deps, current.id), now)
            drawn += await _save_unless_stale(deps, changed, events)
    return drawn


async def _save_unless_stale(deps: Deps, changed: Inspection, events: Sequence[InspectionEvent]) -> bool:
    """Save what a timer has decided; whoever changed it meanwhile is looked at again by the next look."""
    try:
        await deps.store.inspections.save(changed, events)
    except Refusal:
        return False
    return True


async def _change(deps: Deps, principal: Principal, key: str, decide: Callable[[Inspection], Change]) -> Inspection:
    """Change an inspection by a decision that may refuse; nothing is written where it changes nothing.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, or what the decision refuses.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    current = await deps.store.inspections.get(key)
    changed, events = decide(current)
    return await deps.store.inspections.save(changed, events) if events else current


async def _population(deps: Deps, key: str) -> list[Candidate]:
    return draw.candidates_of(await deps.store.inspections.population(key))


async def _candidates(deps: Deps, year: int) -> list[Candidate]:
    """The projects of a year that run or have ended, with their strata and weights."""
    rule = deps.weights[-1]
    before = await deps.store.findings.earlier(year - rule.years)
    complained_of = {complaint.base for complaint in await deps.store.complaints.of_year(year)}
    projects = await deps.store.projects.query({"year": year, "phase": {"$in": list(_IN_POPULATION)}})
    return [
        Candidate(
            project.id,
            stratum_of(project.category or UNCLASSIFIED, running=project.phase is ProjectPhase.RUNNING),
            rule.weigh(
                facts_of(
                    escalated=project.escalated,
                    overrun=project.overrun,
                    suspended=project.suspended,
                    complaint=project.base in complained_of,
                    before=before.get(project.base, {}),
                )
            ),
        )
        for project in projects
    ]


async def _standing(deps: Deps, key: str, session: Session) -> list[Finding]:
    """The findings of an inspection that are not withdrawn."""
    found = await deps.store.findings.of_inspection(key, session)
    return [finding for finding in found if finding.state is not FindingState.WITHDRAWN]
