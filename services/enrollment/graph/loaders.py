"""Batch loaders: a request costs one database operation for each kind of thing that it asks for (notes N9).

A loader either confines its rows to what the principal may see, or says that the field which uses it has checked.
"""

from collections.abc import Mapping, Sequence

from chassis.graph.connection import PageOf, page_request
from chassis.graph.context import BatchLoader
from chassis.principal import Scope
from services.enrollment.domain.cut_off import CutOffs
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.funding import Funding
from services.enrollment.domain.notification_texts import Names
from services.enrollment.domain.notifications import Delivery, Notice
from services.enrollment.domain.progress import Progress
from services.enrollment.domain.project import Project
from services.enrollment.domain.roster.roster import Row
from services.enrollment.domain.school import School
from services.enrollment.domain.seats import Seats
from services.enrollment.domain.teacher import Teacher
from services.enrollment.graph.context import Context
from services.enrollment.store import EnrollmentSelection, Listed, RowsOf, TeacherSelection, Visibility


class SchoolByCodeLoader(BatchLoader[Context, str, School]):
    """Schools, for everybody signed in; which fields of one may be read, the fields say."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, School]:
        """The school for each code."""
        if self.context.principal.scope is Scope.PUBLIC:
            return {}
        schools = await self.context.deps.store.schools.find_many(keys)
        return {school.id: school for school in schools if school}


class TeacherByIdLoader(BatchLoader[Context, str, Teacher]):
    """Teachers that the principal may see.

    A teacher sees the own record, a school its teachers and those whose enrollments it has made, a base the teachers
    whose enrollments it has been sent, the ministry all.
    """

    def __init__(self, context: Context) -> None:
        super().__init__(context)
        self._met: set[str] = set()

    async def load_of(self, enrollment: Enrollment) -> Teacher | None:
        """The teacher of an enrollment; where the principal sees the enrollment, no query has to find that out."""
        if Visibility.of(self.context.principal).sees(enrollment):
            self._met.add(enrollment.teacher)
        return await self.load(enrollment.teacher)

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Teacher]:
        """The teacher for each id."""
        principal, store = self.context.principal, self.context.deps.store
        teachers = {teacher.id: teacher for teacher in await store.teachers.find_many(keys) if teacher}
        match principal.scope:
            case Scope.MINISTRY:
                visible = set(teachers)
            case Scope.SCHOOL:
                own = {key for key, teacher in teachers.items() if teacher.at(principal.school or "")}
                visible = own | await self._met_of(set(teachers))
            case Scope.TEACHER:
                visible = {key for key in teachers if key == principal.person}
            case Scope.BASE:
                visible = await self._met_of(set(teachers))
            case _:
                visible = set()
        return {key: teacher for key, teacher in teachers.items() if key in visible}

    async def _met_of(self, keys: set[str]) -> set[str]:
        """Which teachers have an enrollment that the principal sees; only of those not met yet the store is asked."""
        visibility, unmet = Visibility.of(self.context.principal), sorted(keys - self._met)
        found = await self.context.deps.store.enrollments.teachers_met(unmet, visibility) if unmet else set()
        return found | (keys & self._met)


class NameOfTeacherLoader(BatchLoader[Context, str, str]):
    """Names of persons whom a school requests; the field has checked that the principal may see the request (R20)."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, str]:
        """The name for each id."""
        teachers = await self.context.deps.store.teachers.find_many(keys)
        return {teacher.id: teacher.name for teacher in teachers if teacher}


class EnrollmentByIdLoader(BatchLoader[Context, str, Enrollment]):
    """Enrollments that the principal may see."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Enrollment]:
        """The enrollment for each id."""
        return await self.context.deps.store.enrollments.visible(keys, Visibility.of(self.context.principal))


class EnrollmentPageLoader(BatchLoader[Context, PageOf[EnrollmentSelection], list[Listed]]):
    """Pages of enrollments that the principal may see; each has one row more than was asked for."""

    async def fetch(
        self, keys: Sequence[PageOf[EnrollmentSelection]]
    ) -> Mapping[PageOf[EnrollmentSelection], list[Listed]]:
        """The page of enrollments for each `(selection, page size, cursor)`."""
        lists = [(selection, page_request(first, after)) for selection, first, after in keys]
        pages = await self.context.deps.store.enrollments.pages(lists, Visibility.of(self.context.principal))
        return dict(zip(keys, pages, strict=True))


class EnrollmentCountLoader(BatchLoader[Context, EnrollmentSelection, int]):
    """How many enrollments of a selection the principal may see."""

    async def fetch(self, keys: Sequence[EnrollmentSelection]) -> Mapping[EnrollmentSelection, int]:
        """The number of enrollments for each selection."""
        store, visibility = self.context.deps.store, Visibility.of(self.context.principal)
        return dict(zip(keys, await store.enrollments.counts(keys, visibility), strict=True))


class TeacherPageLoader(BatchLoader[Context, PageOf[TeacherSelection], list[Teacher]]):
    """Pages of schools' teachers, each with one row more than was asked for; the field has checked the principal."""

    async def fetch(self, keys: Sequence[PageOf[TeacherSelection]]) -> Mapping[PageOf[TeacherSelection], list[Teacher]]:
        """The page of teachers for each `(selection, page size, cursor)`."""
        lists = [(selection, page_request(first, after)) for selection, first, after in keys]
        return dict(zip(keys, await self.context.deps.store.teachers.pages(lists), strict=True))


class TeacherCountLoader(BatchLoader[Context, TeacherSelection, int]):
    """How many teachers lists have; the field has checked the principal."""

    async def fetch(self, keys: Sequence[TeacherSelection]) -> Mapping[TeacherSelection, int]:
        """The number of teachers for each selection."""
        return dict(zip(keys, await self.context.deps.store.teachers.counts(keys), strict=True))


class DeliveriesByEnrollmentLoader(BatchLoader[Context, str, list[Delivery]]):
    """The deliveries of enrollments that the principal may see, as their loader has checked."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, list[Delivery]]:
        """The deliveries for each enrollment id."""
        return await self.context.deps.store.deliveries.by_enrollment(keys)


class NamesByNoticeLoader(BatchLoader[Context, Notice, Names]):
    """What notices of the principal's own inboxes call their subjects; the list of notices has checked the inbox."""

    async def fetch(self, keys: Sequence[Notice]) -> Mapping[Notice, Names]:
        """The names for each notice."""
        return await self.context.deps.store.notices.names_of(keys)


class OverlapsByTeacherLoader(BatchLoader[Context, str, frozenset[str]]):
    """Accepted enrollments of a teacher that overlap another one in time (R19), for enrollments checked before."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """The ids of overlapping enrollments for each teacher id."""
        return await self.context.deps.store.seating.overlaps_of(keys)


class CutOffsByKeyLoader(BatchLoader[Context, str, CutOffs]):
    """The inner cut-offs of schools, by school and year (R21)."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, CutOffs]:
        """The inner cut-offs for each key that `key_of` makes of school and year."""
        stored = await self.context.deps.store.cut_offs.find_many(keys)
        return {cut_offs.id: cut_offs for cut_offs in stored if cut_offs}


class SeatsByProjectLoader(BatchLoader[Context, str, Seats]):
    """Seats, which are public."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Seats]:
        """The seats for each project id."""
        return await self.context.deps.store.seating.seats_of(keys)


class ProjectByIdLoader(BatchLoader[Context, str, Project]):
    """Published projects, which are public."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Project]:
        """The project for each id."""
        projects = await self.context.deps.store.projects.find_many(keys)
        return {project.id: project for project in projects if project}


class ProgressByProvinceLoader(BatchLoader[Context, tuple[str, int], Progress]):
    """The progress of provinces; the field has checked the principal.

    The number of database operations does not depend on the number of provinces (R27).
    """

    async def fetch(self, keys: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], Progress]:
        """The progress for each `(province, year)`."""
        return await self.context.deps.store.progress.of(keys)


class RosterRowPageLoader(BatchLoader[Context, PageOf[RowsOf], list[Row]]):
    """Pages of the rows of the school's own rosters, each with one row more than was asked for."""

    async def fetch(self, keys: Sequence[PageOf[RowsOf]]) -> Mapping[PageOf[RowsOf], list[Row]]:
        """The page of rows for each `((roster, kind of rows), page size, cursor)`."""
        lists = [(rows, page_request(first, after)) for rows, first, after in keys]
        return dict(zip(keys, await self.context.deps.store.rosters.list_rows(lists), strict=True))


class RosterRowCountLoader(BatchLoader[Context, RowsOf, int]):
    """How many rows of a kind the school's own rosters have."""

    async def fetch(self, keys: Sequence[RowsOf]) -> Mapping[RowsOf, int]:
        """The number of rows for each `(roster, kind of rows)`."""
        return dict(zip(keys, await self.context.deps.store.rosters.count_rows(keys), strict=True))


class FundingByProvinceLoader(BatchLoader[Context, tuple[str, int], list[Funding]]):
    """The funding records in force of provinces (R27); the field has checked the principal."""

    async def fetch(self, keys: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], list[Funding]]:
        """The funding records for each `(province, year)`."""
        return await self.context.deps.store.funding.in_force(keys)


class FundingRevisionsLoader(BatchLoader[Context, str, list[Funding]]):
    """All revisions of funding records that the principal may see, as the field has checked."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, list[Funding]]:
        """The revisions, oldest first, for each record."""
        return await self.context.deps.store.funding.revisions(keys)
