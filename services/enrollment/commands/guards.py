"""Who may act on what, and when."""

from collections.abc import Sequence

from chassis.principal import Principal, Scope
from chassis.storage.mongo import Session
from kernel.errors import Refusal, Unblock, forbidden, not_found
from services.enrollment.commands.deps import Office
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.project import Project, require_open, require_phase
from services.enrollment.domain.school import School
from services.enrollment.store import Visibility


async def own_school(office: Office, principal: Principal) -> School:
    """The school of a school's account.

    Raises:
        Refusal: `FORBIDDEN` or `NOT_FOUND`.
    """
    require_scope(principal, Scope.SCHOOL)
    return await office.store.schools.get(principal.school or "")


_LONGEST_LIST = 200


def capped(rows: Sequence[object]) -> None:
    """Refuse a bulk command of too many rows.

    Raises:
        Refusal: `TOO_MANY_ROWS`.
    """
    if len(rows) > _LONGEST_LIST:
        raise Refusal(
            "TOO_MANY_ROWS",
            f"一次最多处理{_LONGEST_LIST}行",
            f"At most {_LONGEST_LIST} rows at once",
            rule="R22",
            unblock=Unblock.SELF,
            limit=_LONGEST_LIST,
        )


def require_scope(principal: Principal, *scopes: Scope) -> None:
    """Refuse everybody else: an account is a login and a scope (R3).

    Raises:
        Refusal: `FORBIDDEN`.
    """
    if principal.scope not in scopes:
        raise forbidden("R3")


async def own_enrollment(
    office: Office, principal: Principal, scope: Scope, key: str, session: Session | None = None
) -> Enrollment:
    """An enrolment that the principal acts on; what it may not see is not found.

    Raises:
        Refusal: `FORBIDDEN` or `NOT_FOUND`.
    """
    require_scope(principal, scope)
    where = {"$and": [{"_id": key}, Visibility.of(principal).condition()]}
    found = await office.store.enrollments.query(where, limit=1, session=session)
    if not found:
        raise not_found("enrollment", key)
    return found[0]


async def open_project(office: Office, key: str, *, phase: str, rule: str, session: Session | None = None) -> Project:
    """A project that is published and in the phase that the act belongs to (R1).

    Raises:
        Refusal: `NOT_FOUND`, `PROJECT_NOT_OPEN` or `PHASE_CLOSED`.
    """
    project = await office.store.projects.get(key, session)
    require_open(project, rule)
    calendar = await office.store.rounds.find(str(project.year), session)
    require_phase(calendar, phase, office.clock.now(), rule)
    return project
