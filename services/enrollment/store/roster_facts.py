"""What a roster's rows are checked against, read in few operations however many rows there are (R22)."""

from collections.abc import Sequence
from datetime import datetime

from chassis.storage.mongo import Session
from chassis.storage.paging import all_of
from chassis.storage.repository import Repository
from services.enrollment.domain.enrollment import RANKABLE
from services.enrollment.domain.project import Project, Round
from services.enrollment.domain.roster.check import Facts
from services.enrollment.domain.roster.matching import needs_matching
from services.enrollment.domain.roster.roster import Row
from services.enrollment.domain.teacher import Teacher
from services.enrollment.store.enrollments import Enrollments
from services.enrollment.store.teachers import Teachers, at_school


class RosterFacts:
    """Reads of teachers, projects, rounds and enrollments on behalf of rosters.

    Args:
        teachers: The repository of teachers.
        enrollments: The repository of enrollments.
        projects: The repository of projects.
        rounds: The repository of rounds.
    """

    def __init__(
        self,
        teachers: Teachers,
        enrollments: Enrollments,
        projects: Repository[Project],
        rounds: Repository[Round],
    ) -> None:
        self._teachers = teachers
        self._enrollments = enrollments
        self._projects = projects
        self._rounds = rounds

    async def prepare(self) -> None:
        """Create the index of projects' codes."""
        await self._projects.collection.create_index("code", name="code")

    async def codes(self) -> list[str]:
        """The codes of all projects."""
        codes: list[str] = await self._projects.collection.distinct("code")
        return codes

    async def years(self, codes: Sequence[str]) -> list[int]:
        """The years of the rounds that projects of these codes belong to."""
        years: list[int] = await self._projects.collection.distinct("year", {"code": {"$in": list(codes)}})
        return years

    async def colleagues(self, rows: Sequence[Row], school: str) -> list[Teacher]:
        """Teachers of a school whom rows name by less than an ID number, in one operation, or none.

        Args:
            rows: Rows of one roster.
            school: The code of the roster's school.
        """
        named = [row for row in rows if needs_matching(row)]
        if not named:
            return []
        ids = [row.registered for row in named if row.registered is not None]
        names = list({row.name for row in named if row.registered is None})
        wanted = {"$or": [{"_id": {"$in": ids}}, {"name": {"$in": names}}]}
        return await self._teachers.query(all_of(at_school(school), wanted), sort=())

    async def of(
        self, rows: Sequence[Row], school: str, province: str, at: datetime, session: Session | None = None
    ) -> Facts:
        """What is on file about the people and projects of rows, in four operations.

        Args:
            rows: Rows of one roster.
            school: The code of the roster's school.
            province: The school's.
            at: Domain time that counts for deadlines.
            session: The transaction to read in.
        """
        facts = Facts(school, province, at)
        numbers = {"id_number.hash": {"$in": [row.id_number.hash for row in rows if row.id_number]}}
        for teacher in await self._teachers.query(numbers, sort=(), session=session):
            facts.people[teacher.id_number.hash] = teacher
        codes = list({row.project_code for row in rows if row.project_code})
        projects = await self._projects.query({"code": {"$in": codes}}, session=session)
        facts.projects = {project.code: project for project in projects}
        facts.follows = {project.id: 0 for project in projects}  # a project without ranks is remembered as such
        years = [str(year) for year in {project.year for project in projects}]
        rounds = await self._rounds.query({"_id": {"$in": years}}, session=session)
        facts.rounds = {int(calendar.id): calendar for calendar in rounds}
        colleagues = {teacher.id for teacher in facts.people.values() if teacher.at(school)}
        live = {"live": True, "teacher": {"$in": sorted(colleagues)}}
        ranked = {
            "school": school,
            "project": {"$in": [project.id for project in projects]},
            "status": {"$in": sorted(RANKABLE)},
            "rank": {"$ne": None},
        }
        for enrollment in await self._enrollments.query({"$or": [live, ranked]}, sort=(), session=session):
            if enrollment.teacher in colleagues:
                facts.live[enrollment.teacher, enrollment.project] = enrollment
            asked = enrollment.project in facts.follows  # a colleague's live one may be of another project
            if asked and enrollment.school == school and enrollment.status in RANKABLE and enrollment.rank:
                facts.follows[enrollment.project] = max(facts.follows[enrollment.project], enrollment.rank)
        return facts
