"""The school's own last days of sign-ups (R21)."""

from datetime import date

from chassis.principal import Principal
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import DuplicateKey
from kernel.refusals import NOT_FOUND
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import own_school, round_of
from services.enrollment.domain.cut_off import CutOffs, key_of, set_cut_off


@idempotent("cut_offs", name="set_inner_cut_off")
async def set_inner_cut_off(
    deps: Deps, principal: Principal, *, year: int, project_id: str | None, closes_on: date | None
) -> CutOffs:
    """Set the last day of sign-ups at the caller's school (R21).

    Args:
        deps: The service's dependencies.
        principal: An account of the school.
        year: The round.
        project_id: The project it is for; None for the whole year.
        closes_on: The last day, included; None takes it back.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `UNKNOWN_ROUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`,
            `CUT_OFF_NOT_EARLIER`, `CUT_OFF_PAST` or `STALE_VERSION`.
    """
    school = await own_school(deps, principal)
    calendar = await round_of(deps, year)
    if project_id and (await deps.store.projects.get(project_id)).year != year:
        raise NOT_FOUND(kind="project", id=project_id)
    key = key_of(school.id, year)
    existing = await deps.store.cut_offs.find(key)
    empty = CutOffs(id=key, version=1, school=school.id, year=year, province=school.province)
    changed, events = set_cut_off(existing or empty, project_id, closes_on, calendar, deps.clock.now())
    if existing:
        return await deps.store.cut_offs.save(changed, events)
    try:
        return await deps.store.cut_offs.insert(changed, events)
    except DuplicateKey as error:
        raise await deps.store.cut_offs.stale(key) from error
