"""Certificates for a whole year, by the worker: class after class, taken up where it was left (R32, ADR 61)."""

import structlog

from chassis.commands.guards import require_scope
from chassis.context import Act, acting
from chassis.principal import Principal, Scope
from chassis.storage.mongo import DuplicateKey
from kernel.errors import Refusal
from kernel.refusals import STALE_VERSION
from services.assessment.commands.certificates import issue_certificates
from services.assessment.commands.deps import Deps
from services.assessment.domain.job import CertificateJob, JobRefusal
from services.assessment.domain.refusals import NOTHING_TO_ISSUE
from services.assessment.domain.vocabulary import ProjectPhase

_HELD = (ProjectPhase.FINISHED, ProjectPhase.COMPLETED)
_AT_ONCE = 50
"""How many classes are looked up at once; their attendees are read class by class."""
log = structlog.get_logger()


async def start_certificate_job(deps: Deps, principal: Principal, *, year: int) -> CertificateJob:
    """Let the worker issue the certificates of all classes of a year whose results are published (R32).

    While a year's job is under way a further start answers with it; afterwards it runs anew, and issues what is new.

    Args:
        deps: The service's dependencies.
        principal: The ministry.
        year: The year of the round.

    Raises:
        Refusal: `FORBIDDEN`, `NOTHING_TO_ISSUE`.
    """
    require_scope(principal, Scope.MINISTRY, rule="R32")
    store, now = deps.store, deps.clock.now()
    while True:
        stored = await store.jobs.find(CertificateJob.key(year))
        if stored and stored.is_under_way:
            return stored
        total = await _passed(deps, year)
        if total == 0:
            raise NOTHING_TO_ISSUE(field="year", year=year)
        try:
            if stored is None:
                job = CertificateJob.new(year, total, principal.subject, now)
                return await store.jobs.insert(job, [job.started()])
            job = stored.again(total, principal.subject, now)
            return await store.jobs.save(job, [job.started()])
        except DuplicateKey:
            continue
        except Refusal as refusal:
            if refusal.code != STALE_VERSION.code:
                raise


async def run_certificate_jobs(deps: Deps) -> int:
    """Go on with the jobs that are under way, until they are done. Idempotent, also where two processes do it at once.

    A class is counted when it is done as a whole. One that a kill has interrupted is gone through again, and whoever
    has a certificate by then keeps it.

    Args:
        deps: The service's dependencies.

    Returns:
        How many classes were gone through.
    """
    done = 0
    for job in await deps.store.jobs.under_way():
        try:
            done += await _run(deps, job)
        except Refusal as refusal:
            if refusal.code != STALE_VERSION.code:
                raise
            log.info("a job goes on elsewhere", job=job.id)
    return done


async def _run(deps: Deps, job: CertificateJob) -> int:
    ministry, count = Principal(job.subject, Scope.MINISTRY), 0
    with acting(Act(ministry)):
        while projects := await _next(deps, job):
            for project in projects:
                job = await deps.store.jobs.save(await _issued(deps, ministry, job, project))
                count += 1
    await deps.store.jobs.save(job.ended(deps.clock.now()))
    return count


async def _issued(deps: Deps, ministry: Principal, job: CertificateJob, project: str) -> CertificateJob:
    """The job after a class."""
    passed = len(await deps.store.records.passed(project))
    results = await issue_certificates(deps, ministry, project=project) if passed else []
    refused = [JobRefusal.of(result.refusal, project, result.key) for result in results if result.refusal is not None]
    left_out = max(0, passed - len(results))
    return job.advanced(project, len(results) - len(refused) + left_out, tuple(refused), len(refused))


async def _next(deps: Deps, job: CertificateJob) -> list[str]:
    """The next classes of the year, by id."""
    where = {"year": job.year, "phase": {"$in": _HELD}, "_id": {"$gt": job.cursor}}
    return [project.id for project in await deps.store.projects.query(where, limit=_AT_ONCE)]


async def _passed(deps: Deps, year: int) -> int:
    """How many attendees of a year's classes have a published pass."""
    where = {"year": year, "phase": {"$in": _HELD}}
    projects = [project.id for project in await deps.store.projects.query(where, sort=())]
    return await deps.store.records.count_passed(projects)
