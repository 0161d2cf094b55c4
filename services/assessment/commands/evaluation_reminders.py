"""A base has the attendees reminded of what they may answer: all of them alike (R35, ADR 59)."""

from chassis.principal import Principal
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import Session, transact
from services.assessment.commands.deps import Deps
from services.assessment.commands.guards import own_project
from services.assessment.domain.instrument import Instrument, remind_for_base


@idempotent("instruments", name="remind_evaluation")
async def remind_evaluation(deps: Deps, principal: Principal, *, project: str) -> Instrument:
    """Remind all attendees of a project's open questionnaires, at most every three days.

    Nothing is asked about tokens or ballots, so it tells nothing of who has answered.

    Args:
        deps: The service's dependencies.
        principal: The base that holds the project.
        project: The project's id.

    Returns:
        The first of the questionnaires.

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `EVALUATION_NOT_OPEN`, `REMINDED_LATELY`.
    """
    await own_project(deps, principal, project, "R35")
    store = deps.store

    async def work(session: Session) -> Instrument:
        found = await store.instruments.query({"project": project}, session=session)
        changes = remind_for_base(found, deps.clock.now())
        first, *_ = [await store.instruments.save(after, events, session) for after, events in changes]
        return first

    return await transact(store.client, work)
