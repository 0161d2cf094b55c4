"""`GET /exports/…xlsx`: what the gateway passes on for who may read the same in the graph (R42)."""

import re
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from chassis.events import NATIONWIDE
from chassis.graph import SubgraphContext
from chassis.principal import Principal, TokenVerifier
from chassis.serving.asgi import internal
from kernel.errors import Refusal
from kernel.language import Language
from kernel.reference import provinces
from kernel.refusals import BAD_REQUEST, NOT_FOUND
from services.enrollment.domain.vocabulary import EnrollmentStatus
from services.enrollment.graph.context import Context, may_read_base, may_read_province, may_read_school
from services.enrollment.graph.loaders import ProjectByIdLoader, SchoolByCodeLoader
from services.enrollment.http.downloads import XLSX, Files, as_download
from services.enrollment.store import EnrollmentSelection
from services.enrollment.workbooks.enrollment_sheet import roster
from services.enrollment.workbooks.province_sheets import funding, progress
from services.enrollment.workbooks.texts import Speech
from services.enrollment.workbooks.writer import Sheet, read, write

_YEAR = re.compile(r"20\d\d", re.ASCII)


class Exports(Files):
    """The endpoints."""

    def routes(self, verifier: TokenVerifier) -> list[Route]:
        """Behind the internal token, as `/graphql` is."""
        return [
            Route("/exports/projects/{key}.xlsx", internal(verifier, self.project)),
            Route("/exports/schools/{key}.xlsx", internal(verifier, self.school)),
            Route("/exports/provinces/{key}.xlsx", internal(verifier, self.province)),
            Route("/exports/provinces.xlsx", internal(verifier, self.nation)),
        ]

    async def project(self, request: Request, principal: Principal, language: Language) -> Response:
        """A project's enrolments, for its base and the ministry; `?status=ACCEPTED` for the list of those accepted."""
        context = self._context(principal, language)
        found = await context.loader(ProjectByIdLoader).load(request.path_params["key"])
        if found is None or not may_read_base(principal, found.base):
            raise NOT_FOUND(kind="project", id=request.path_params["key"])
        sheet = await roster(context, EnrollmentSelection(project=found.id, statuses=_statuses(request)))
        return await self._reply([sheet], f"{found.code}-{Speech(language)('报名名单', 'enrolments')}")

    async def school(self, request: Request, principal: Principal, language: Language) -> Response:
        """A school's enrolments of a year, for itself, its province and the ministry."""
        context = self._context(principal, language)
        found = await context.loader(SchoolByCodeLoader).load(request.path_params["key"])
        if found is None or not may_read_school(principal, found.id, found.province):
            raise NOT_FOUND(kind="school", id=request.path_params["key"])
        year = _year(request)
        sheet = await roster(context, EnrollmentSelection(school=found.id, year=year, statuses=_statuses(request)))
        return await self._reply([sheet], f"{found.name}-{year}-{Speech(language)('报名名单', 'enrolments')}")

    async def province(self, request: Request, principal: Principal, language: Language) -> Response:
        """A province's progress, funding and enrolments of a year; `00`, which is none, for the ministry."""
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
        return await self._reply(sheets, f"{names[code]}-{year}-{Speech(language)('培训进展', 'progress')}")

    async def nation(self, request: Request, principal: Principal, language: Language) -> Response:
        """All provinces' progress of a year, and that of the schools that belong to none, for the ministry."""
        if not may_read_province(principal, NATIONWIDE):
            raise NOT_FOUND(kind="province", id=NATIONWIDE)
        context, year = self._context(principal, language), _year(request)
        sheet = await progress(context, [*provinces(), NATIONWIDE], year)
        return await self._reply([sheet], f"{year}-{Speech(language)('各省培训进展', 'progress of all provinces')}")

    def _context(self, principal: Principal, language: Language) -> Context:
        return SubgraphContext(self.deps, principal, language)

    async def _reply(self, sheets: Sequence[Sheet], name: str) -> Response:
        async with self.room:
            file = await write(sheets)
        return StreamingResponse(read(file), headers=as_download(name, "export"), media_type=XLSX)


def _year(request: Request) -> int:
    text = request.query_params.get("year", "")
    if not _YEAR.fullmatch(text):
        raise _bad_question("year")
    return int(text)


def _statuses(request: Request) -> tuple[EnrollmentStatus, ...]:
    given = request.query_params.getlist("status")
    if not set(given) <= set(EnrollmentStatus):
        raise _bad_question("status")
    return tuple(EnrollmentStatus(one) for one in given)


def _bad_question(name: str) -> Refusal:
    detail = (f"参数 {name} 缺失或无效", f"the parameter {name} is missing or wrong")
    return BAD_REQUEST(rule="R42", detail=detail, parameter=name)
