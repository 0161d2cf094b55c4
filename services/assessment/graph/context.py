"""The context of a request, and the loaders of assessment's resolvers."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from chassis.graph import SubgraphContext
from chassis.graph.connection import PageOf, page_request
from chassis.graph.context import BatchLoader
from chassis.principal import Principal, Scope
from services.assessment.commands.deps import Deps
from services.assessment.domain.annual import Assessment
from services.assessment.domain.book import Book
from services.assessment.domain.certificate import Certificate
from services.assessment.domain.complaint import Complaint
from services.assessment.domain.finding import Finding
from services.assessment.domain.project import Project
from services.assessment.domain.record import Record

Context: TypeAlias = SubgraphContext[Deps]
Info: TypeAlias = StrawberryInfo[Context, Any]


class RecordByEnrollmentLoader(BatchLoader[Context, str, Record]):
    """The records that the principal may see; for all others there is none."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Record]:
        """By the enrollment's id."""
        return await self.context.deps.store.records.visible(keys, self.context.principal)


class CertificateByNumberLoader(BatchLoader[Context, str, Certificate]):
    """Certificates of records that the principal may see; whoever asks has the number from such a record."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Certificate]:
        """By number."""
        found = await self.context.deps.store.certificates.find_many(keys)
        return {certificate.id: certificate for certificate in found if certificate}


class ProjectByIdLoader(BatchLoader[Context, str, Project]):
    """Assessment's view of projects; what it holds is public."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Project]:
        """By the project's id."""
        return {project.id: project for project in await self.context.deps.store.projects.find_many(keys) if project}


class BookByProjectLoader(BatchLoader[Context, str, Book]):
    """The books of classes; of a class of which nothing is stored there is none."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Book]:
        """By the project's id."""
        return {book.id: book for book in await self.context.deps.store.books.find_many(keys) if book}


class AttendeesByProjectLoader(BatchLoader[Context, str, list[Record]]):
    """The records of whole classes; a resolver asks for those only that its reader holds."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, list[Record]]:
        """By the project's id."""
        return await self.context.deps.store.records.attendees_of(keys)


class RosterByProjectLoader(BatchLoader[Context, PageOf[str], list[Record]]):
    """Pages of rosters, as far as the principal may see them; each with one row more than asked for."""

    async def fetch(self, keys: Sequence[PageOf[str]]) -> Mapping[PageOf[str], list[Record]]:
        """By the project's id and the page's arguments."""
        lists = [(project, page_request(first, after)) for project, first, after in keys]
        rosters = await self.context.deps.store.records.rosters(lists, self.context.principal)
        return dict(zip(keys, rosters, strict=True))


class RosterCountLoader(BatchLoader[Context, str, int]):
    """How many attendees of a project the principal may see."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, int]:
        """By the project's id."""
        counts = await self.context.deps.store.records.count_rosters(keys, self.context.principal)
        return dict(zip(keys, counts, strict=True))


def may_read_book(principal: Principal, base: str) -> bool:
    """Whether somebody may read the book of a class that a base holds: the base itself, and the ministry (R29, R30)."""
    return principal.scope is Scope.MINISTRY or (principal.scope is Scope.BASE and base in principal.bases)


class FindingsByProjectLoader(BatchLoader[Context, str, list[Finding]]):
    """The findings of projects, as far as the principal may see them."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, list[Finding]]:
        """By the project's id."""
        return await self.context.deps.store.findings.of_projects(keys, self.context.principal)


class ComplaintsBySubjectLoader(BatchLoader[Context, tuple[int, str], list[Complaint]]):
    """Complaints about bases; a resolver asks only for those of an assessment whose reader is a party to it."""

    async def fetch(self, keys: Sequence[tuple[int, str]]) -> Mapping[tuple[int, str], list[Complaint]]:
        """By year and base."""
        return await self.context.deps.store.complaints.of_subjects(keys)


class AssessmentsByBaseLoader(BatchLoader[Context, str, list[Assessment]]):
    """The annual assessments of bases, as far as the principal may see them."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, list[Assessment]]:
        """By the base's id."""
        return await self.context.deps.store.annual.of_bases(keys, self.context.principal)
