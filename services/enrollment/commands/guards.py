"""Who may act on what, and when."""

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
    """An enrollment that the principal acts on; what it may not see is not found.

    Raises:
        Refusal: `FORBIDDEN` or `NOT_FOUND`.
    """
    require_scope(principal, scope)
    where = {"$and": [{"_id": key}, Visibility.of(principal).condition()]}
    found = await deps.store.enrollments.query(where, limit=1, session=session)
    if not found:
        raise NOT_FOUND(kind="enrollment", id=key)
    return found[0]


async def open_project(deps: Deps, key: str, *, phase: str, rule: str, session: Session | None = None) -> Project:
    """A project that is published and in the phase that the act belongs to (R1).

    Raises:
        Refusal: `NOT_FOUND`, `PROJECT_NOT_OPEN` or `PHASE_CLOSED`.
    """
    project = await deps.store.projects.get(key, session)
    require_open(project, rule)
    calendar = await deps.store.rounds.find(str(project.year), session)
    require_phase(calendar, phase, deps.clock.now(), rule)
    return project
