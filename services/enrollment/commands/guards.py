"""Checks that commands of enrollment share: whose it is, and whether the project is open."""

from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Session
from kernel.refusals import NOT_FOUND
from services.enrollment.commands.deps import Deps
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.project import Project, require_open, require_phase
from services.enrollment.domain.school import School
from services.enrollment.store import Visibility


async def own_school(deps: Deps, principal: Principal) -> School:
    """The school of a school's account.

    Raises:
        Refusal: `FORBIDDEN` or `NOT_FOUND`.
    """
    require_scope(principal, Scope.SCHOOL)
    return await deps.store.schools.get(principal.school or "")


async def own_enrollment(
    deps: Deps, principal: Principal, scope: Scope, key: str, session: Session | None = None
) -> Enrollment:
    """An enrollment that the principal may act on; one that it may not see is not found.

    Args:
        deps: The service's dependencies.
        principal: Who acts.
        scope: The scope that the act is for.
        key: The enrollment's id.
        session: The transaction to read in.

    Raises:
        Refusal: `FORBIDDEN` or `NOT_FOUND`.
    """
    require_scope(principal, scope)
    where = {"$and": [{"_id": key}, Visibility.of(principal).condition()]}
    enrollments = await deps.store.enrollments.query(where, limit=1, session=session)
    if not enrollments:
        raise NOT_FOUND(kind="enrollment", id=key)
    return enrollments[0]


async def project_in_phase(deps: Deps, key: str, *, phase: str, rule: str, session: Session | None = None) -> Project:
    """A published project whose round is in the given phase (R1).

    Args:
        deps: The service's dependencies.
        key: The project's id.
        phase: The phase's name, `ENROL` or `ADMIT`.
        rule: The rule that a refusal names.
        session: The transaction to read in.

    Raises:
        Refusal: `NOT_FOUND`, `PROJECT_NOT_OPEN` or `PHASE_CLOSED`.
    """
    project = await deps.store.projects.get(key, session)
    require_open(project, rule)
    calendar = await deps.store.rounds.find(str(project.year), session)
    require_phase(calendar, phase, deps.clock.now(), rule)
    return project
