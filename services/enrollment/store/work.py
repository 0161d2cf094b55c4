"""Writes that change several documents together, each inside its caller's transaction (R22, R23, R26)."""

from collections.abc import Sequence

from chassis.storage.mongo import Session
from chassis.storage.repository import Repository
from services.enrollment.domain.enrollment import Enrollment, Step
from services.enrollment.domain.events import EnrollmentEvent
from services.enrollment.domain.project import Project
from services.enrollment.domain.roster.check import RowEntry
from services.enrollment.domain.seats import with_seats
from services.enrollment.store.enrollments import Enrollments
from services.enrollment.store.seating import Seating
from services.enrollment.store.teachers import Teachers


class EnrollmentWork:
    """An enrollment's step with its seat, its person's dates and its events; and the entries of a roster.

    Args:
        enrollments: The repository of enrollments.
        teachers: The repository of teachers.
        projects: The repository of projects.
        seating: The counters of seats and the accepted dates of persons.
    """

    def __init__(
        self, enrollments: Enrollments, teachers: Teachers, projects: Repository[Project], seating: Seating
    ) -> None:
        self._enrollments = enrollments
        self._teachers = teachers
        self._projects = projects
        self._seating = seating

    async def settle(
        self,
        before: Enrollment,
        after: Enrollment,
        events: Sequence[EnrollmentEvent],
        project: Project,
        session: Session,
    ) -> Enrollment:
        """Store a step of an enrollment, and move its seat and its person's accepted dates with it.

        Args:
            before: As it was read.
            after: As the step leaves it.
            events: What the step has to report; the seats are added to them.
            project: The enrollment's project.
            session: The transaction.

        Returns:
            The enrollment as stored, with its new version.

        Raises:
            Refusal: `CLASS_FULL`, `OVERLAPPING_ACCEPTANCE` or `STALE_VERSION`; the transaction is then lost.
        """
        seats = await self._seating.settle(before, after, project, session)
        return await self._enrollments.save(after, with_seats(events, seats), session)

    async def hand_over(
        self, before: Enrollment, ended: Step, created: Step, project: Project, session: Session
    ) -> Enrollment:
        """Store a substitution: an enrollment that ends, and the successor that has its seat from then on (R26).

        The successor is written first: it is the outcome of the request, so it bears the request's mark.

        Args:
            before: The enrollment that ends, as it was read.
            ended: The same as it ends, with its events.
            created: The successor, with its events.
            project: The project of both.
            session: The transaction.

        Returns:
            The successor.

        Raises:
            Refusal: `CLASS_FULL`, `OVERLAPPING_ACCEPTANCE` or `STALE_VERSION`.
            DuplicateKey: The person has a live sign-up for the project.
        """
        (closed, closing_events), (successor, events) = ended, created
        after_release = await self._seating.settle(before, closed, project, session)
        after_taking = await self._seating.settle(None, successor, project, session)
        stored = await self._enrollments.insert(successor, with_seats(events, after_taking), session)
        await self._enrollments.save(closed, with_seats(closing_events, after_release), session)
        return stored

    async def put_in(self, entries: Sequence[RowEntry], session: Session) -> None:
        """Write the teachers and enrollments of a roster's good rows (R22).

        The projects are written too, so that this transaction and one that cancels a project conflict: one of the two
        runs again and sees what the other has done.
        """
        added = [entry.teacher for entry in entries if entry.teacher]
        signed_up = [(entry.enrollment, entry.events) for entry in entries if entry.signed_up is None]
        if added:
            await self._seating.open_persons([teacher.id for teacher, _ in added], session)
            await self._teachers.insert_many(added, session)
        if signed_up:
            await self._enrollments.insert_many(signed_up, session)
        for entry in entries:
            if entry.signed_up:
                await self._enrollments.save(entry.enrollment, entry.events, session)
        projects = list({entry.enrollment.project for entry in entries})
        await self._projects.collection.update_many(
            {"_id": {"$in": projects}}, {"$inc": {"rosters": 1}}, session=session
        )
