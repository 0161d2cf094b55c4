"""One database operation for what a request asks of each kind (notes N9)."""

from collections.abc import Mapping, Sequence

from chassis.graph.connection import PageOf, page_request
from chassis.graph.context import BatchLoader
from chassis.principal import Scope
from services.enrollment.domain.cut_off import CutOffs
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.funding import Funding
from services.enrollment.domain.notifications import Delivery
from services.enrollment.domain.progress import Progress
from services.enrollment.domain.project import Project
from services.enrollment.domain.roster.roster import Row
from services.enrollment.domain.school import School
from services.enrollment.domain.seats import Seats
from services.enrollment.domain.teacher import Teacher
from services.enrollment.graph.context import Context
from services.enrollment.store import EnrollmentSelection, RowsOf, Visibility


class SchoolByCodeLoader(BatchLoader[Context, str, School]):
    """Schools; their name, code and province are known to everybody signed in."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, School]:
        """By code."""
        if self.context.principal.scope is Scope.PUBLIC:
            return {}
        return {one.id: one for one in await self.context.deps.store.schools.find_many(keys) if one}


class TeacherByIdLoader(BatchLoader[Context, str, Teacher]):
    """Teachers that the principal may see: oneself, the own school's, a base's candidates, all for the ministry."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Teacher]:
        """By id."""
        principal, store = self.context.principal, self.context.deps.store
        found = [one for one in await store.teachers.find_many(keys) if one]
        match principal.scope:
            case Scope.MINISTRY:
                seen = {one.id for one in found}
            case Scope.SCHOOL:
                seen = {one.id for one in found if one.school == principal.school}
            case Scope.TEACHER:
                seen = {one.id for one in found if one.id == principal.person}
            case Scope.BASE:
                seen = await store.teachers_met(keys, Visibility.of(principal))
            case _:
                seen = set()
        return {one.id: one for one in found if one.id in seen}


class EnrollmentByIdLoader(BatchLoader[Context, str, Enrollment]):
    """Enrolments that the principal may see; the others are not found."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Enrollment]:
        """By id."""
        return await self.context.deps.store.visible_enrollments(keys, Visibility.of(self.context.principal))


class EnrollmentPageLoader(BatchLoader[Context, PageOf[EnrollmentSelection], list[Enrollment]]):
    """Pages of enrolments that the principal may see, one more row than asked for in each."""

    async def fetch(
        self, keys: Sequence[PageOf[EnrollmentSelection]]
    ) -> Mapping[PageOf[EnrollmentSelection], list[Enrollment]]:
        """By what is asked for, and which part of it."""
        lists = [(selection, page_request(first, after)) for selection, first, after in keys]
        found = await self.context.deps.store.enrollment_pages(lists, Visibility.of(self.context.principal))
        return dict(zip(keys, found, strict=True))


class EnrollmentCountLoader(BatchLoader[Context, EnrollmentSelection, int]):
    """How many enrolments the principal may see."""

    async def fetch(self, keys: Sequence[EnrollmentSelection]) -> Mapping[EnrollmentSelection, int]:
        """By what is asked for."""
        store, visibility = self.context.deps.store, Visibility.of(self.context.principal)
        return dict(zip(keys, await store.enrollment_counts(keys, visibility), strict=True))


class TeacherPageLoader(BatchLoader[Context, PageOf[str], list[Teacher]]):
    """Pages of schools' teachers, one more row than asked for in each; who asks has been checked by the field."""

    async def fetch(self, keys: Sequence[PageOf[str]]) -> Mapping[PageOf[str], list[Teacher]]:
        """By school and part."""
        lists = [(school, page_request(first, after)) for school, first, after in keys]
        return dict(zip(keys, await self.context.deps.store.list_teachers(lists), strict=True))


class TeacherCountLoader(BatchLoader[Context, str, int]):
    """How many teachers schools have on file; who asks has been checked by the field."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, int]:
        """By school."""
        return dict(zip(keys, await self.context.deps.store.count_teachers(keys), strict=True))


class DeliveriesByEnrollmentLoader(BatchLoader[Context, str, list[Delivery]]):
    """The feedback of enrolments that have been shown already."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, list[Delivery]]:
        """By enrolment id."""
        return await self.context.deps.store.deliveries_of(keys)


class OverlapsByTeacherLoader(BatchLoader[Context, str, frozenset[str]]):
    """Which accepted enrolments of a person meet another one, for enrolments that have been shown already (R19)."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, frozenset[str]]:
        """By teacher id."""
        return await self.context.deps.store.seating.overlaps_of(keys)


class CutOffsByKeyLoader(BatchLoader[Context, str, CutOffs]):
    """The inner cut-offs of schools, by school and year (R21)."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, CutOffs]:
        """By `key_of`."""
        return {one.id: one for one in await self.context.deps.store.cut_offs.find_many(keys) if one}


class SeatsByProjectLoader(BatchLoader[Context, str, Seats]):
    """Seats, which are public."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Seats]:
        """By project id."""
        return await self.context.deps.store.seating.seats_of(keys)


class ProjectByIdLoader(BatchLoader[Context, str, Project]):
    """Published projects, which are public."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Project]:
        """By id."""
        return {one.id: one for one in await self.context.deps.store.projects.find_many(keys) if one}


class ProgressByProvinceLoader(BatchLoader[Context, tuple[str, int], Progress]):
    """The progress of provinces in years, which the caller may see; as many operations for one as for all (R27)."""

    async def fetch(self, keys: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], Progress]:
        """By province and year."""
        return await self.context.deps.store.progress.of(keys)


class RosterRowPageLoader(BatchLoader[Context, PageOf[RowsOf], list[Row]]):
    """Pages of the rows of rosters that have been shown already, one more row than asked for in each."""

    async def fetch(self, keys: Sequence[PageOf[RowsOf]]) -> Mapping[PageOf[RowsOf], list[Row]]:
        """By roster, which of its rows, and part."""
        lists = [(rows, page_request(first, after)) for rows, first, after in keys]
        return dict(zip(keys, await self.context.deps.store.rosters.list_rows(lists), strict=True))


class RosterRowCountLoader(BatchLoader[Context, RowsOf, int]):
    """How many rows rosters have that have been shown already."""

    async def fetch(self, keys: Sequence[RowsOf]) -> Mapping[RowsOf, int]:
        """By roster and which of its rows."""
        return dict(zip(keys, await self.context.deps.store.rosters.count_rows(keys), strict=True))


class FundingByProvinceLoader(BatchLoader[Context, tuple[str, int], list[Funding]]):
    """What provinces have recorded for years and is in force, for who may see it (R27)."""

    async def fetch(self, keys: Sequence[tuple[str, int]]) -> Mapping[tuple[str, int], list[Funding]]:
        """By province and year."""
        return await self.context.deps.store.funding.in_force(keys)


class FundingRevisionsLoader(BatchLoader[Context, str, list[Funding]]):
    """All revisions of funding records that have been shown already."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, list[Funding]]:
        """By record."""
        return await self.context.deps.store.funding.revisions(keys)
