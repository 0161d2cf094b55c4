"""Check-in by a code that the base shows: a mark of attendance that the attendee states, until the base does (R29)."""

from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import MAXYEAR, MINYEAR, UTC, datetime, timedelta
from functools import partial

from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope
from chassis.storage.cursor import position_of
from chassis.storage.wakeups import woken
from kernel.refusals import BAD_CURSOR
from services.assessment.commands.bulk import RecordRow, change_records
from services.assessment.commands.deps import Deps
from services.assessment.commands.guards import own_project
from services.assessment.domain import attendance
from services.assessment.domain.check_in import CheckInCode, require_open
from services.assessment.domain.record import Mark, Record
from services.assessment.domain.refusals import CHECK_IN_NOT_OF_CLASS

_OVERLAP = timedelta(seconds=5)
"""By how much a statement may have been written later than one that says a later time: replicas and their clocks."""
_Position = tuple[datetime, str, int]
"""A statement's place in the order of all of a session: when, of whom, and which of the attendee's marks."""


@dataclass(frozen=True, slots=True)
class OpenCheckIn:
    """What the base shows.

    Attributes:
        code: The code.
        link: Where a phone checks in by it, for the QR picture; the code is the fragment.
        expires_at: When the next one is to be asked for.
        checked_in: How many have a mark of the session by now.
        attendees: How many attend the class.
    """

    code: str
    link: str
    expires_at: datetime
    checked_in: int
    attendees: int


async def open_check_in(deps: Deps, principal: Principal, *, project: str, session: str) -> OpenCheckIn:
    """A code for those who are in a session now (R29). Nothing is stored: it is no act, and no event tells of it.

    Args:
        deps: The service's dependencies.
        principal: The base that holds the project.
        project: The project's id.
        session: The session's id.

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `UNKNOWN_SESSION`, `CHECK_IN_CLOSED`.
    """
    held = await own_project(deps, principal, project, "R29")
    require_open(held, held.require_session(session), deps.clock.now())
    code = CheckInCode.at(project, session, datetime.now(UTC))
    attendees = await deps.store.records.attendees(project)
    text = code.text(deps.vault.keyed_hash)
    return OpenCheckIn(
        code=text,
        link=f"{deps.credentials.origin}/check-in/#{text}",
        expires_at=code.expires_at,
        checked_in=sum(session in record.attended for record in attendees),
        attendees=len(attendees),
    )


async def check_in(deps: Deps, principal: Principal, *, code: str) -> Mark:
    """Check in to the session whose code one has before one's eyes: attended, all its hours (R29).

    What the base has stated of the session stands; what it states afterwards corrects the check-in.

    Args:
        deps: The service's dependencies.
        principal: The attendee.
        code: The code.

    Returns:
        The mark.

    Raises:
        Refusal: `FORBIDDEN`, `CHECK_IN_CODE_INVALID`, `CHECK_IN_CODE_EXPIRED`, `CHECK_IN_NOT_OF_CLASS`, `NOT_FOUND`,
            `UNKNOWN_SESSION`, or what `attendance.check_in` refuses.
    """
    require_scope(principal, Scope.TEACHER, rule="R29")
    shown = CheckInCode.read(code, deps.vault.keyed_hash, datetime.now(UTC))
    project = await deps.store.projects.get(shown.project)
    records = await deps.store.records.own(principal.person or "", [project.id])
    if not records:
        raise CHECK_IN_NOT_OF_CLASS()
    decide = partial(attendance.check_in, project=project, session=shown.session, now=deps.clock.now())
    rows = [RecordRow(records[0].id, shown, decide)]
    (result,) = await change_records(deps, principal, "check_in", rows, project.id)
    if result.value is None:
        raise result.refusal or CHECK_IN_NOT_OF_CLASS()
    return result.value.in_force[shown.session]


@dataclass(frozen=True, slots=True)
class CheckedIn:
    """A statement of attendance of a session: a check-in, or what the base has stated.

    Attributes:
        record: The attendee's record.
        place: Which of its marks the statement is.
        whole: Class hours of the session.
        checked_in: How many have attended the session by now.
        attendees: How many attend the class.
    """

    record: Record
    place: int
    whole: int
    checked_in: int
    attendees: int

    @property
    def mark(self) -> Mark:
        """The statement."""
        return self.record.marks[self.place]

    @property
    def position(self) -> tuple[str, str, int]:
        """What its cursor holds."""
        return (self.mark.at.isoformat(), self.record.id, self.place)


async def follow_check_ins(
    deps: Deps, principal: Principal, *, project: str, session: str, after: str | None
) -> AsyncGenerator[CheckedIn, None]:
    """The statements of a session's attendance, those there are and then each as it is made (R29).

    Whoever goes on after a cursor misses nothing, and may get those of a few seconds before it once more.

    Args:
        deps: The service's dependencies.
        principal: The base that holds the project.
        project: The project's id.
        session: The session's id.
        after: The cursor of the statement after which to go on; None from the first one on.

    Raises:
        Refusal: `NOT_FOUND`, `FORBIDDEN`, `UNKNOWN_SESSION`, `BAD_CURSOR`.
    """
    held = await own_project(deps, principal, project, "R29")
    whole = held.require_session(session).hours
    last = _position(after) if after else None
    seen: set[_Position] = {last} if last else set()
    attendees: set[str] = set()
    with deps.store.record_changes.reading(attendees) as wake:
        while True:
            wake.clear()
            records = await deps.store.records.attendees(project)
            attendees.update(record.id for record in records)
            checked_in = sum(session in record.attended for record in records)
            found = {
                (mark.at, record.id, place): CheckedIn(record, place, whole, checked_in, len(records))
                for record in records
                for place, mark in enumerate(record.marks)
                if mark.session == session and not (last and mark.at < last[0] - _OVERLAP)
            }
            for position in sorted(found.keys() - seen):
                yield found[position]
            seen |= found.keys()
            await woken(wake)


def _position(cursor: str) -> _Position:
    match position_of(cursor):
        case [str() as at, str() as record, int() as place]:
            return _instant(at), record, place
        case _:
            raise BAD_CURSOR()


def _instant(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise BAD_CURSOR() from error
    if at.tzinfo is None or not MINYEAR < at.year < MAXYEAR:  # beside those, an offset or the overlap overflows
        raise BAD_CURSOR()
    return at
