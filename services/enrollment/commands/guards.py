"""Checks that commands of enrollment share: whose it is, and whether the school may act."""

from chassis.commands.guards import require_scope
from chassis.context import act_under
from chassis.principal import Principal, Scope
from kernel.refusals import NOT_FOUND, UNKNOWN_ROUND
from services.enrollment.commands.deps import Deps
from services.enrollment.domain.admission import Admission
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.project import Round
from services.enrollment.domain.school import (
    School,
    acts_as,
    require_designated,
    require_not_replaced,
    require_person,
)
from services.enrollment.store import Visibility


async def own_school(deps: Deps, principal: Principal) -> School:
    """The school of a school's account; for one that has ended nobody acts, nor does who was replaced (R3, R5).

    What the command does is recorded under the name under which the school acts, in events as in histories, whichever
    of the school's accounts is used (ADR 20). Rows on the lane take that name from what they load.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED` or `NO_LONGER_DESIGNATED`.
    """
    require_scope(principal, Scope.SCHOOL)
    school = await deps.store.schools.get(principal.school or "")
    require_person(school, principal.person)
    act_under(acts_as(school))
    return school


async def reading_school(deps: Deps, principal: Principal) -> School:
    """The school of a school's account that only reads; one that has ended reads on what it has done (R3, R5).

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND` or `NO_LONGER_DESIGNATED`.
    """
    require_scope(principal, Scope.SCHOOL)
    school = await deps.store.schools.get(principal.school or "")
    require_not_replaced(school, principal.person)
    return school


async def require_still_designated(deps: Deps, principal: Principal) -> School | None:
    """The caller's school, for what several roles may do; None for those who are no school (R5).

    Raises:
        Refusal: `NOT_FOUND`, `SCHOOL_CLOSED` or `NO_LONGER_DESIGNATED`.
    """
    return await own_school(deps, principal) if principal.scope is Scope.SCHOOL else None


async def round_of(deps: Deps, year: int) -> Round:
    """The round of a year (R1).

    Raises:
        Refusal: `UNKNOWN_ROUND`.
    """
    calendar = await deps.store.rounds.find(str(year))
    if calendar is None:
        raise UNKNOWN_ROUND(year=year)
    return calendar


def own_enrollment(admission: Admission, principal: Principal, key: str) -> Enrollment:
    """An enrollment that the principal may act on; one that it may not see is not found.

    Args:
        admission: What was loaded.
        principal: Who acts.
        key: The enrollment's id.

    Raises:
        Refusal: `NOT_FOUND`.
    """
    enrollment = admission.enrollment(key)
    if not Visibility.of(principal).sees(enrollment):
        raise NOT_FOUND(kind="enrollment", id=key)
    return enrollment


def name_of_school(admission: Admission, principal: Principal) -> str:
    """The name under which the caller's school acts (R5).

    Raises:
        Refusal: `NOT_FOUND`, `SCHOOL_CLOSED` or `NO_LONGER_DESIGNATED`.
    """
    school = admission.school(principal.school or "")
    require_person(school, principal.person)
    return acts_as(school)


def name_of_designated(admission: Admission, principal: Principal) -> str:
    """The name of the designated person of the caller's school (R5).

    Raises:
        Refusal: `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED` or `DESIGNATED_PERSON_MISSING`.
    """
    school = admission.school(principal.school or "")
    require_person(school, principal.person)
    return require_designated(school)
