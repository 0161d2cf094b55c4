"""Load what rows about enrollments need, and store what they lead to, in one unit of work (ADR 23)."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from chassis.context import Act
from chassis.storage.cached import CachedRepository
from chassis.storage.idempotency import RequestMark
from chassis.storage.mongo import Conflict, Document
from chassis.storage.repository import Repository
from chassis.storage.unit_of_work import UnitOfWork
from services.enrollment.domain.admission import Admission, Command, Write
from services.enrollment.domain.affiliation import current
from services.enrollment.domain.cut_off import CutOffs, key_of
from services.enrollment.domain.enrollment import RANKABLE, Enrollment
from services.enrollment.domain.project import Project, Round
from services.enrollment.domain.seats import ADMITTED, HOLDS
from services.enrollment.domain.vocabulary import EnrollmentStatus
from services.enrollment.store.enrollments import Enrollments
from services.enrollment.store.notifications import Deliveries, Notices
from services.enrollment.store.schools import Schools
from services.enrollment.store.seating import Seating
from services.enrollment.store.teachers import Teachers

_BY_SCHOOL = frozenset({EnrollmentStatus.WITHDRAWN, EnrollmentStatus.DECLINED})
"""The ends that a school brings about before the training (R21, R26)."""


class Admissions:
    """What is read and written together when enrollments move.

    Args:
        enrollments: The repository of enrollments.
        projects: The repository of projects.
        rounds: The repository of rounds.
        schools: The repository of schools.
        teachers: The repository of teachers.
        cut_offs: The repository of inner cut-offs.
        seating: The counters of seats and the accepted dates of persons.
        deliveries: The deliveries of feedback.
        notices: The entries of inboxes.
    """

    def __init__(
        self,
        *,
        enrollments: Enrollments,
        projects: CachedRepository[Project],
        rounds: CachedRepository[Round],
        schools: Schools,
        teachers: Teachers,
        cut_offs: Repository[CutOffs],
        seating: Seating,
        deliveries: Deliveries,
        notices: Notices,
    ) -> None:
        self.enrollments = enrollments
        self._projects = projects
        self._rounds = rounds
        self._schools = schools
        self._teachers = teachers
        self._cut_offs = cut_offs
        self._seating = seating
        self._deliveries = deliveries
        self._notices = notices

    async def load(
        self,
        unit: UnitOfWork,
        commands: Sequence[Command],
        marks: Sequence[RequestMark],
        now: datetime,
        offer_time: timedelta,
    ) -> Admission:
        """Load what the commands need, each collection by one query, and by none where nothing is needed of it.

        Args:
            unit: The unit of work.
            commands: What the rows ask.
            marks: The marks of the rows' requests.
            now: Domain time.
            offer_time: Validity of an offer (R25).
        """
        fresh = any(command.fresh for command in commands)
        enrollments = await self._load_enrollments(unit, commands, marks)
        enrollments |= await self._load_replacements(unit, commands, enrollments)
        keys = {key for command in commands for key in command.enrollments} & enrollments.keys()
        named = {key for command in commands for key in (*command.projects, *command.lines)}
        projects = await self._projects.recall(named | {enrollments[key].project for key in keys}, unit, fresh=fresh)
        years = {str(project.year) for project in projects.values()}
        by_steps = any(command.by_steps for command in commands)
        rounds = await self._rounds.recall(years, unit, fresh=fresh or by_steps)
        teachers = await unit.load(self._teachers, (key for command in commands for key in command.teachers))
        schools_of_teachers = {affiliation.school for teacher in teachers for affiliation in current(teacher.schools)}
        revived = {
            enrollments[key].school
            for command in commands
            if command.revives
            for key in command.enrollments
            if key in enrollments and not enrollments[key].live
        }
        acting = {command.school for command in commands if command.school}
        schools = await unit.load(self._schools, sorted(acting | revived | schools_of_teachers))
        cut_offs = await unit.load(
            self._cut_offs, (key_of(school, int(year)) for school in schools_of_teachers for year in years)
        )
        admission = Admission(
            now=now,
            offer_time=offer_time,
            enrollments=enrollments,
            projects=projects,
            rounds=rounds,
            schools={school.id: school for school in schools},
            teachers={teacher.id: teacher for teacher in teachers},
            cut_offs={cut_off.id: cut_off for cut_off in cut_offs},
        )
        await self._load_seats(unit, commands, admission)
        return admission

    async def _load_enrollments(
        self, unit: UnitOfWork, commands: Sequence[Command], marks: Sequence[RequestMark]
    ) -> dict[str, Enrollment]:
        teachers = list({key for command in commands for key in command.teachers})
        lines = list({key for command in commands for key in command.lines})
        also: list[Document] = []
        if teachers:
            also.append({"teacher": {"$in": teachers}, "live": True})
        if lines:
            also.append({"project": {"$in": lines}, "status": EnrollmentStatus.WAITLISTED})
        for school, project in {(command.school, command.ranked) for command in commands if command.ranked}:
            also.append(_ranked(school, project))
        keys = (key for command in commands for key in command.enrollments)
        loaded = await unit.load(self.enrollments, keys, marks=marks, also=also)
        return {enrollment.id: enrollment for enrollment in loaded}

    async def _load_replacements(
        self, unit: UnitOfWork, commands: Sequence[Command], loaded: Mapping[str, Enrollment]
    ) -> dict[str, Enrollment]:
        """What is in the place of enrollments that have ended and may come back.

        That is what is live of the same person (R19), and the candidates whom a school has ranked that had ended one of
        them itself (R21).
        """
        keys = {key for command in commands if command.revives for key in command.enrollments} & loaded.keys()
        ended = [loaded[key] for key in keys if not loaded[key].live]
        if not ended:
            return {}
        also: list[Document] = [
            {"teacher": enrollment.teacher, "project": enrollment.project, "live": True} for enrollment in ended
        ]
        lines = {(each.school, each.project) for each in ended if each.status in _BY_SCHOOL and each.rank is not None}
        also += [_ranked(school, project) for school, project in sorted(lines)]
        found = await unit.load(self.enrollments, also=also)
        return {enrollment.id: enrollment for enrollment in found}

    async def _load_seats(self, unit: UnitOfWork, commands: Sequence[Command], admission: Admission) -> None:
        """Load seats, accepted dates and waiting lists as far as a row may move them, or is decided on them."""
        taking = {key for command in commands if command.takes_seats for key in command.enrollments}
        freeing = {key for command in commands if command.frees_seats for key in command.enrollments}
        moving = [
            enrollment
            for enrollment in _named(commands, admission)
            if enrollment.id in taking or enrollment.status in HOLDS
        ]
        lines = {key for command in commands for key in command.lines if key in admission.projects}
        projects = lines | {enrollment.project for enrollment in moving}
        if not projects:
            return
        seats = await self._seating.load_seats(projects, unit)
        stale = any(seats[key].project_version != admission.projects[key].version for key in seats)
        if stale and unit.used_caches:
            raise Conflict("a project has changed since it was cached")
        times_named = Counter(key for command in commands for key in command.enrollments)
        asked = {
            enrollment.project
            for enrollment in moving
            if enrollment.id in freeing
            # An earlier row of the batch may put on the list whom a later one accepts.
            or (
                enrollment.id in taking
                and (enrollment.status is EnrollmentStatus.WAITLISTED or times_named[enrollment.id] > 1)
            )
        }
        if waited_for := [key for key in asked - lines if key in seats and seats[key].waitlisted]:
            waiting = {"project": {"$in": waited_for}, "status": EnrollmentStatus.WAITLISTED}
            admission.add(await unit.load(self.enrollments, also=[waiting]))
        teachers = {
            enrollment.teacher for enrollment in moving if enrollment.id in taking or enrollment.status in ADMITTED
        }
        admission.add_seats(seats, await self._seating.load_commitments(teachers | admission.teachers.keys(), unit))

    def store_steps(
        self, unit: UnitOfWork, steps: Sequence[Write], act: Act, outcome: str | None, mark: RequestMark | None
    ) -> None:
        """Stage the steps of one row.

        Args:
            unit: The unit of work.
            steps: The row's.
            act: Who acts; sealed into the events.
            outcome: The id of the enrollment that the row leads to, which bears the mark.
            mark: The mark of the row's request.
        """
        for step in steps:
            stage = unit.insert if step.is_new else unit.save
            request = mark if step.enrollment.id == outcome else None
            stage(self.enrollments, step.enrollment, step.events, act=act, request=request)

    def store_rest(self, unit: UnitOfWork, admission: Admission) -> None:
        """Stage what is written once for all rows: seats, accepted dates, feedback, and the guards of the projects."""
        for key in admission.consulted:
            project = admission.projects[key]
            if moved := admission.moved_seats(key):
                self._seating.store_seats(*moved, project, unit)
            else:
                self._seating.guard(project, unit, cached=unit.used_caches)
        for school in admission.entered:
            self._seating.guard_school(school, unit)
        for commitments in admission.moved_commitments():
            self._seating.store_commitments(commitments, unit)
        self._deliveries.stage(admission.deliveries, unit)
        self._notices.stage(admission.notices, unit)


def _ranked(school: str | None, project: str) -> Document:
    """The candidates of a project whom a school has ranked (R21)."""
    return {"school": school, "project": project, "status": {"$in": sorted(RANKABLE)}, "rank": {"$ne": None}}


def _named(commands: Sequence[Command], admission: Admission) -> list[Enrollment]:
    """The enrollments that the commands are about and that there are."""
    keys = {key for command in commands for key in command.enrollments}
    return [admission.enrollments[key] for key in keys & admission.enrollments.keys()]
