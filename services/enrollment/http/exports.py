"""`GET /exports/…xlsx`: workbooks of what their reader may read in the graph (R42)."""

import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.events import NATIONWIDE
from chassis.graph import SubgraphContext
from chassis.principal import Principal, TokenVerifier
from chassis.serving.asgi import internal
from chassis.workbooks.writer import Sheet, read, write
from kernel.errors import Refusal
from kernel.language import Language
from kernel.reference import provinces
from kernel.refusals import BAD_REQUEST, FORBIDDEN, NOT_FOUND
from services.enrollment.domain.vocabulary import EnrollmentStatus
from services.enrollment.graph.context import Context, may_read_base, may_read_province, may_read_school
from services.enrollment.graph.loaders import ProjectByIdLoader, SchoolByCodeLoader
from services.enrollment.http.downloads import FileEndpoints, download
from services.enrollment.store import EnrollmentSelection
from services.enrollment.workbooks.enrollment_sheet import roster
from services.enrollment.workbooks.province_sheets import funding, progress

_YEAR = re.compile(r"20\d\d", re.ASCII)
_ENROLLMENTS = ("报名名单", "enrollments")


class Exports(FileEndpoints):
    """Exports of a project, a school, a province and the nation.

    Whoever may not read something is told that it is not there, as in the graph; who may not have the nation's is told
    so, for everybody knows that it is there.
    """

    def routes(self, verifier: TokenVerifier) -> list[Route]:
        """The routes, behind the gateway's internal token as `/graphql` is."""
        return [
            Route("/exports/projects/{key}.xlsx", internal(verifier, self.project)),
            Route("/exports/schools/{key}.xlsx", internal(verifier, self.school)),
            Route("/exports/provinces/{key}.xlsx", internal(verifier, self.province)),
            Route("/exports/provinces.xlsx", internal(verifier, self.nation)),
        ]

    async def project(self, request: Request, principal: Principal, language: Language) -> Response:
        """A project's enrollments, for its base and the ministry; `?status=ACCEPTED` for those accepted only.

        Raises:
            Refusal: `NOT_FOUND`, `BAD_REQUEST` or `EXPORT_TOO_LARGE`.
        """
        context, key = self._context(principal, language), request.path_params["key"]
        project = await context.loader(ProjectByIdLoader).load(key)
        if project is None or not may_read_base(principal, project.base):
            raise NOT_FOUND(kind="project", id=key)
        sheet = await roster(context, EnrollmentSelection(project=project.id, statuses=_statuses(request)))
        return await self._answer([sheet], f"{project.code}-{language.choose(*_ENROLLMENTS)}")

    async def school(self, request: Request, principal: Principal, language: Language) -> Response:
        """A school's enrollments of a year, for itself, its province and the ministry.

        Raises:
            Refusal: `NOT_FOUND`, `BAD_REQUEST` or `EXPORT_TOO_LARGE`.
        """
        context, key = self._context(principal, language), request.path_params["key"]
        school = await context.loader(SchoolByCodeLoader).load(key)
        if school is None or not may_read_school(principal, school.id, school.province):
            raise NOT_FOUND(kind="school", id=key)
        year = _year(request)
        selection = EnrollmentSelection(school=school.id, year=year, statuses=_statuses(request))
        sheet = await roster(context, selection)
        return await self._answer([sheet], f"{school.name}-{year}-{language.choose(*_ENROLLMENTS)}")

    async def province(self, request: Request, principal: Principal, language: Language) -> Response:
        """A province's progress, funding and enrollments of a year, for itself and the ministry.

        `00`, which is no province, is the schools of line ministries, for the ministry.

        Raises:
            Refusal: `NOT_FOUND`, `BAD_REQUEST` or `EXPORT_TOO_LARGE`.
        """
        code, names = request.path_params["key"], provinces() | {NATIONWIDE: "部委所属院校"}
        if code not in names or not may_read_province(principal, code):
            raise NOT_FOUND(kind="province", id=code)
        context, year = self._context(principal, language), _year(request)
        selection = EnrollmentSelection(province=code, year=year, statuses=_statuses(request))
        sheets = [
            await progress(context, [code], year),
            await funding(context, code, year),
            await roster(context, selection),
        ]
        return await self._answer(sheets, f"{names[code]}-{year}-{language.choose('培训进展', 'progress')}")

    async def nation(self, request: Request, principal: Principal, language: Language) -> Response:
        """The progress of all provinces, and of the schools that belong to none, for the ministry.

        Raises:
            Refusal: `FORBIDDEN` or `BAD_REQUEST`.
        """
        if not may_read_province(principal, NATIONWIDE):
            raise FORBIDDEN(rule="R42")
        context, year = self._context(principal, language), _year(request)
        sheet = await progress(context, [*provinces(), NATIONWIDE], year)
        return await self._answer([sheet], f"{year}-{language.choose('各省培训进展', 'progress of all provinces')}")

    def _context(self, principal: Principal, language: Language) -> Context:
        """The context that a GraphQL request of the same principal has, so that the same loaders and checks apply."""
        return SubgraphContext(self.deps, principal, language)

    async def _answer(self, sheets: Sequence[Sheet], name: str) -> Response:
        async with self.slots:
            file = await write(sheets)
        return download(read(file), name, "export")


def _year(request: Request) -> int:
    text = request.query_params.get("year", "")
    if not _YEAR.fullmatch(text):
        raise _bad_parameter("year")
    return int(text)


def _statuses(request: Request) -> tuple[EnrollmentStatus, ...]:
    statuses = request.query_params.getlist("status")
    if not set(statuses) <= set(EnrollmentStatus):
        raise _bad_parameter("status")
    return tuple(EnrollmentStatus(status) for status in statuses)


def _bad_parameter(name: str) -> Refusal:
    """A query parameter is refused by its name; its value is not repeated, for it may be anything (R41)."""
    detail = (f"参数 {name} 缺失或无效", f"the parameter {name} is missing or wrong")
    return BAD_REQUEST(rule="R42", detail=detail, parameter=name)
