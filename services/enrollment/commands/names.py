"""The names of attendees, told to assessment for certificates: sealed, so that nobody else reads them (R32, ADR 52)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import structlog

from chassis.context import Act, current_act
from chassis.storage.mongo import Session
from chassis.storage.sealed_names import seal_name
from chassis.storage.unit_of_work import UnitOfWork, in_unit_of_work
from services.enrollment.commands.deps import Deps
from services.enrollment.domain.attendee_name import SealedName, is_due, tell
from services.enrollment.domain.seats import ADMITTED

_MOST_AT_ONCE = 200
log = structlog.get_logger()


@dataclass(slots=True)
class NamePosition:
    """How far the looks for untold names have come since the process began.

    Attributes:
        after: The id of the last enrollment looked at.
        done: Whether all have been looked at; what is accepted since is told by its event.
    """

    after: str = ""
    done: bool = False


async def tell_names(deps: Deps, acts: Mapping[str, Act], teachers: Iterable[str], session: Session) -> int:
    """Tell the names of attendees that assessment does not have, or has otherwise.

    Args:
        deps: The service's dependencies.
        acts: By enrollment, what its name is told upon.
        teachers: Ids of persons whose names were corrected; those of their names that were told are told anew.
        session: The transaction of the events that lead to it.

    Returns:
        How many were told.
    """
    if deps.name_keys is None:
        return 0
    store, unit = deps.store, UnitOfWork(session)
    again = {"teacher": {"$in": list(teachers)}}
    told = {name.id: name for name in await unit.load(store.names, list(acts), also=[again])}
    enrollments = await unit.load(store.enrollments, {*acts, *told})
    persons = {found.id: found for found in await unit.load(store.teachers, {each.teacher for each in enrollments})}
    among = {"_id": {"$in": sorted({each.project for each in enrollments})}}
    years = {project.id: project.year for project in await store.projects.query(among, session=session)}
    count = 0
    for enrollment in enrollments:
        person, year = persons.get(enrollment.teacher), years.get(enrollment.project)
        if person is None or year is None:
            continue
        before, digest = told.get(enrollment.id), deps.vault.keyed_hash(f"name {person.name}")
        if not is_due(enrollment, before, digest):
            continue
        try:
            sealed = SealedName(*seal_name(deps.name_keys, year, person.name, enrollment.id))
        except ValueError:  # a name of an earlier release may be too long: the others are told all the same
            log.warning("a name cannot be sealed", enrollment=enrollment.id)
            continue
        name, event = tell(enrollment, person, before, digest, sealed)
        act = acts.get(enrollment.id, current_act())
        if before:
            unit.save(store.names, name, [event], act=act)
        else:
            unit.insert(store.names, name, [event], act=act)
        count += 1
    await unit.flush()
    return count


async def tell_earlier_names(deps: Deps, position: NamePosition) -> int:
    """Tell the names of those who were accepted before names were told; a part at a time, once a process.

    Returns:
        How many were told.
    """
    if position.done or deps.name_keys is None:
        return 0
    where = {"_id": {"$gt": position.after}}
    found = await deps.store.enrollments.query(where, limit=_MOST_AT_ONCE)
    seated = {enrollment.id: current_act() for enrollment in found if enrollment.status in ADMITTED}
    count = 0
    if seated:
        count = await in_unit_of_work(deps.store.client, lambda unit: tell_names(deps, seated, (), unit.session))
    if found:  # only now: a look that fails is taken again
        position.after = found[-1].id
    position.done = len(found) < _MOST_AT_ONCE
    return count
