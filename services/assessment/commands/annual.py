"""Annual assessments: computed, opened, adjusted, graded and published by the ministry; the base's word (R38)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from chassis.commands.bulk import Batch, Row, RowResult, run
from chassis.commands.guards import require_different, require_rows, require_scope
from chassis.context import current_act
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent, request_mark
from chassis.storage.mongo import DuplicateKey, Session, transact
from chassis.storage.unit_of_work import UnitOfWork, in_unit_of_work
from kernel.dates import today
from kernel.free_text import Reason
from kernel.refusals import BUSY, FORBIDDEN, NOT_FOUND, RETRY_AFTER_SECONDS
from services.assessment.commands.deps import Deps
from services.assessment.commands.rubrics import require_rubric, rubric_sha256
from services.assessment.domain import annual, annual_year, complaint
from services.assessment.domain.annual import AnnualText, Assessment, Change, Subject
from services.assessment.domain.annual_year import AssessmentYear
from services.assessment.domain.complaint import Complaint
from services.assessment.domain.finding import Finding
from services.assessment.domain.indicators import Facts, Measured, Questionnaire, measure, national_mean
from services.assessment.domain.project import Project
from services.assessment.domain.rubric import Rubric
from services.assessment.domain.vocabulary import AnnualState, InstrumentKind

T = TypeVar("T")
RULE = "R38"
_YEAR_OF_KEY = re.compile(r"([0-9]{4})/")
_BASES_AT_ONCE = 20
"""The facts of how many bases are in memory together: some twenty thousand records."""


@idempotent("annual_years", name="compute_assessments")
async def compute_assessments(deps: Deps, principal: Principal, *, year: int, rubric: str) -> AssessmentYear:
    """Compute the assessments of all bases that have projects of a year, or compute them anew.

    The bases are written some at a time. A computation that was interrupted is taken up by a repeat: what was written
    is the same then, and changes nothing.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        year: The year of the round.
        rubric: The version of the indicators.

    Returns:
        The year, as it is now.

    Raises:
        Refusal: `FORBIDDEN`, `RUBRIC_UNKNOWN` or `BUSY`; `NOT_FOUND`: no base has projects of that year; `WRONG_STATE`:
            it is not December of that year yet, or bases were asked for comments already.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    by, store, now = require_rubric(rubric), deps.store, deps.clock.now()
    annual_year.require_season(year, now)
    current = await store.annual_years.find(str(year))
    annual_year.require_drafting(current)
    projects: dict[str, list[Project]] = {}
    for project in await store.projects.query({"year": year}, sort=()):
        projects.setdefault(project.base, []).append(project)
    if not projects:
        raise NOT_FOUND(rule=RULE, kind="round", id=str(year))
    shared = _Shared(
        await store.annual_facts.questionnaires(year),
        await store.findings.query({"year": year}, sort=()),
        await store.complaints.of_year(year),
    )
    bases, changed = sorted(projects), 0
    for start in range(0, len(bases), _BASES_AT_ONCE):
        window = {base: projects[base] for base in bases[start : start + _BASES_AT_ONCE]}
        measured = await _measured(deps, window, shared, by, now)
        changed += await _store_computed(deps, measured, shared, by, now)
    if current and not changed:  # what a computation that was interrupted has changed is told now
        changed = await store.annual.count_computed_after(year, current.computed_at)
    noted, events = annual_year.note_computation(
        current, year, by, rubric_sha256(rubric), bases=len(bases), changed=changed, now=now
    )
    if not events:
        return noted
    try:
        return await (store.annual_years.save if current else store.annual_years.insert)(noted, events)
    except DuplicateKey as error:
        raise BUSY(retryAfter=RETRY_AFTER_SECONDS) from error


@idempotent("complaints", name="record_complaint")
async def record_complaint(deps: Deps, principal: Principal, *, base_id: str, year: int, text: AnnualText) -> Complaint:
    """Record a complaint about a base that was upheld; the next computation of its year counts it.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        base_id: The base.
        year: The year of the round.
        text: What was complained about, and what was found.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND` (the base has no projects of that year), `WRONG_STATE` (bases were shown
            that year), or what `complaint.record` refuses.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    store, now, key = deps.store, deps.clock.now(), new_id()
    held = await store.projects.query({"base": base_id, "year": year})
    if not held:
        raise NOT_FOUND(rule=RULE, kind="base", id=base_id, fields=["baseId", "year"])
    subject = Subject.of(held)

    async def work(session: Session) -> Complaint:
        annual_year.require_drafting(await store.annual_years.find(str(year), session))
        current = await store.annual.find(subject.id, session)
        recorded, events = complaint.record(key, subject, current, text, now)
        if current:  # the assessment is written too: whoever opens it to comments at the same time conflicts
            await store.annual.save(current, (), session)
        return await store.complaints.insert(recorded, events, session)

    return await transact(store.client, work)


@idempotent("annual_years", name="open_comments")
async def open_comments(deps: Deps, principal: Principal, *, year: int) -> AssessmentYear:
    """Show every base of a year what was computed, and let it comment; whoever was shown it before is left alone.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        year: The year of the round.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `BUSY`, `ASSESSMENT_OUTDATED`, or `WRONG_STATE`, where a computation was
            interrupted.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    store, now, act = deps.store, deps.clock.now(), current_act()
    await store.annual_years.get(str(year))

    async def work(unit: UnitOfWork) -> AssessmentYear:
        (current,) = await unit.load(store.annual_years, [str(year)])
        drafts = await unit.load(store.annual, also=[{"year": year, "state": AnnualState.DRAFT}])
        annual_year.require_computed(current, drafts, await store.complaints.of_year(year, unit.session))
        noted = current
        for draft in drafts:
            opened, events = annual.open_comments(draft, require_rubric(draft.rubric), now)
            unit.save(store.annual, opened, events, act=act)
            noted = annual_year.note_comments(current, opened)
        return await store.annual_years.save(noted, (), unit.session) if drafts else current

    return await in_unit_of_work(store.client, work)


@idempotent("annual", name="comment_assessment")
async def comment_assessment(
    deps: Deps, principal: Principal, *, key: str, item: str | None, text: AnnualText
) -> Assessment:
    """Comment on what was computed, as the base.

    Args:
        deps: The service's dependencies.
        principal: The base.
        key: The assessment's id.
        item: The code of the item that it is about; None for all of it.
        text: The comment.

    Raises:
        Refusal: `STALE_VERSION`, or what `_own` or `annual.comment` refuses.
    """
    now = deps.clock.now()
    current = await _own(deps, principal, key)
    return await _save(deps, annual.comment(current, item, text, now))


@idempotent("annual", name="adjust_assessment_item")
async def adjust_assessment_item(
    deps: Deps, principal: Principal, *, key: str, code: str, hundredths: int, reason: Reason
) -> Assessment:
    """Give an item other points than were computed, as the ministry.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The assessment's id.
        code: The item's.
        hundredths: Its points from now on.
        reason: Why.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, or what `annual.adjust` refuses.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    current = await deps.store.annual.get(key)
    rubric = require_rubric(current.rubric)
    return await _save(
        deps, annual.adjust(current, rubric, code, hundredths=hundredths, reason=reason, now=deps.clock.now())
    )


async def finalize_assessments(deps: Deps, principal: Principal, *, keys: Sequence[str]) -> list[RowResult[Assessment]]:
    """Make the grades of bases final, row by row, in one transaction.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        keys: The assessments' ids.

    Returns:
        A result per row, in the order of `keys`.

    Raises:
        Refusal: `FORBIDDEN`, `TOO_MANY_ROWS` or `REPEATED_ROWS`. A row that is refused stops no other.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    require_different(require_rows(keys, "ids", rule=RULE), "ids", rule=RULE)
    act, collection = current_act(), deps.store.annual.name
    rows = [
        Row(
            key=key,
            command=key,
            act=act,
            request=request_mark(collection, principal, f"finalize_assessments|{key}", key),
        )
        for key in keys
    ]
    return await run(deps.store.client, _Finalization(deps, deps.clock.now()), rows)


@idempotent("annual", name="appeal_assessment")
async def appeal_assessment(deps: Deps, principal: Principal, *, key: str, text: AnnualText) -> Assessment:
    """Appeal against a grade, as the base.

    Args:
        deps: The service's dependencies.
        principal: The base.
        key: The assessment's id.
        text: Why.

    Raises:
        Refusal: `STALE_VERSION`, or what `_own` or `annual.appeal` refuses.
    """
    now = deps.clock.now()
    return await _save(deps, annual.appeal(await _own(deps, principal, key), text, now))


@idempotent("annual", name="decide_appeal")
async def decide_appeal(deps: Deps, principal: Principal, *, key: str, upheld: bool, reason: Reason) -> Assessment:
    """Decide on an appeal, as the ministry.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        key: The assessment's id.
        upheld: Whether the base is right.
        reason: Why.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION`, or what `annual.decide_appeal` refuses.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    current = await deps.store.annual.get(key)
    return await _save(deps, annual.decide_appeal(current, upheld=upheld, reason=reason, now=deps.clock.now()))


@idempotent("annual_years", name="publish_grades")
async def publish_grades(deps: Deps, principal: Principal, *, year: int) -> AssessmentYear:
    """Publish the grades of a year, once every one of them is final and can be appealed against no more.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        year: The year of the round.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `STALE_VERSION` or `WRONG_STATE`.
    """
    require_scope(principal, Scope.MINISTRY, rule=RULE)
    store = deps.store
    current = await store.annual_years.get(str(year))
    published, events = annual_year.publish_grades(current, await store.annual.of_year(year), deps.clock.now())
    return await store.annual_years.save(published, events) if events else current


@dataclass(frozen=True, slots=True)
class _Shared:
    """What is known of all bases of a year at once."""

    questionnaires: Sequence[Questionnaire]
    findings: Sequence[Finding]
    complaints: Sequence[Complaint]


async def _measured(
    deps: Deps, projects: Mapping[str, Sequence[Project]], shared: _Shared, rubric: Rubric, now: datetime
) -> dict[Subject, dict[str, Measured]]:
    """Measure some bases, whose facts are read by one operation a kind."""
    facts, keys = deps.store.annual_facts, [project.id for held in projects.values() for project in held]
    attendees = _by(await facts.attendees(keys), lambda attendee: attendee.project)
    applications = _by(await deps.store.applications.of_projects(keys), lambda application: application.project)
    books = {book.id: book for book in await deps.store.books.find_many(keys) if book}
    certified = await facts.certified(keys)
    questionnaires = _by(shared.questionnaires, lambda each: each.base)
    findings = _by(shared.findings, lambda finding: finding.base)
    complaints = _by(shared.complaints, lambda complaint: complaint.base)
    national = {kind: national_mean(shared.questionnaires, kind) for kind in InstrumentKind}
    measured = {}
    for base, held in projects.items():
        known = Facts(
            projects=held,
            attendees=[each for project in held for each in attendees.get(project.id, ())],
            books=books,
            applications=[each for project in held for each in applications.get(project.id, ())],
            questionnaires=questionnaires.get(base, []),
            findings=findings.get(base, []),
            complaints=[each.id for each in complaints.get(base, ())],
            certified=certified,
            national=national,
        )
        measured[Subject.of(held)] = measure(rubric, known, today(now))
    return measured


async def _store_computed(
    deps: Deps, measured: Mapping[Subject, Mapping[str, Measured]], shared: _Shared, rubric: Rubric, now: datetime
) -> int:
    """Store what is different from before, with the facts behind it; returns of how many bases."""
    store, sha256, act = deps.store, rubric_sha256(rubric.version), current_act()
    complaints = _by(shared.complaints, lambda complaint: complaint.base)

    async def work(unit: UnitOfWork) -> int:
        stored = {each.id: each for each in await unit.load(store.annual, [subject.id for subject in measured])}
        changed = 0
        for subject, found in measured.items():
            current, known = stored.get(subject.id), complaints.get(subject.base, ())
            computed = annual.compute(
                current, subject, rubric, found, rubric_sha256=sha256, now=now, complaints=[each.id for each in known]
            )
            if computed is current:
                continue
            changed += 1
            stage = unit.save if current else unit.insert
            stage(store.annual, computed, act=act)
            for write in store.evidence.keep(computed, {code: each.rows for code, each in found.items()}):
                unit.put(store.evidence.collection, write)
        return changed

    return await in_unit_of_work(store.client, work)


@dataclass(slots=True)
class _Standings:
    """The assessments of some years by id, as the rows before leave them, and the years themselves."""

    assessments: dict[str, Assessment]
    years: dict[int, AssessmentYear]
    touched: set[int]

    def of(self, year: int) -> list[Assessment]:
        """All assessments of a year."""
        return [each for each in self.assessments.values() if each.year == year]


class _Finalization(Batch[_Standings, str, Assessment, Assessment]):
    """The batch: a row is an assessment whose grade is made final; its value the assessment.

    The share of the best grade is of the whole year, so the year is written too: of two finalizations at once the
    second conflicts, and is decided anew.

    Args:
        deps: The service's dependencies.
        now: Domain time.
    """

    def __init__(self, deps: Deps, now: datetime) -> None:
        super().__init__(deps.store.annual)
        self._store, self._now = deps.store, now

    async def load(self, unit: UnitOfWork, rows: Sequence[Row[str]]) -> _Standings:
        """The assessments of all years that a row is of, and the years: two queries."""
        years = {match[1] for row in rows if (match := _YEAR_OF_KEY.match(row.key))}
        of_years = [{"year": {"$in": [int(key) for key in sorted(years)]}}]
        marks = [row.request for row in rows if row.request]
        found = await unit.load(self.outcomes, [row.key for row in rows], marks=marks, also=of_years)
        loaded = await unit.load(self._store.annual_years, sorted(years))
        return _Standings({each.id: each for each in found}, {each.year: each for each in loaded}, set())

    def decide(self, unit: UnitOfWork, state: _Standings, row: Row[str]) -> Assessment:
        """Make the grade final.

        Raises:
            Refusal: `NOT_FOUND`, or what `annual.finalize` refuses.
        """
        current = state.assessments.get(row.key)
        if current is None:
            raise NOT_FOUND(rule=RULE, kind="annual-assessment", id=row.key)
        rubric = require_rubric(current.rubric)
        final, events = annual.finalize(current, state.of(current.year), rubric, self._now)
        saved = unit.save(self.outcomes, final, events, act=row.act, request=row.request)
        state.assessments[row.key] = saved
        if current.year not in state.touched:
            state.touched.add(current.year)
            unit.save(self._store.annual_years, state.years[current.year], act=row.act)
        return saved


async def _own(deps: Deps, principal: Principal, key: str) -> Assessment:
    """The assessment of one of the principal's bases, once comments on it are open.

    Raises:
        Refusal: `FORBIDDEN` or `NOT_FOUND`.
    """
    require_scope(principal, Scope.BASE, rule=RULE)
    current = await deps.store.annual.get(key)
    if current.base not in principal.bases:
        raise FORBIDDEN(rule=RULE)
    if current.state is AnnualState.DRAFT:  # nobody but the ministry knows of a draft
        raise NOT_FOUND(rule=RULE, kind="annual-assessment", id=key)
    return current


async def _save(deps: Deps, change: Change) -> Assessment:
    """Save what was decided; nothing is written where it changes nothing."""
    changed, events = change
    return await deps.store.annual.save(changed, events) if events else changed


def _by(rows: Sequence[T], key: Callable[[T], str]) -> dict[str, list[T]]:
    groups: dict[str, list[T]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups
