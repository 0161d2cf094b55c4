"""`POST /rosters`, its template and its results: files of a school's designated person (R22)."""

import asyncio

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import Principal, TokenVerifier
from chassis.serving.asgi import internal
from kernel.free_text import Title
from kernel.language import Language
from services.enrollment.commands import own_roster, stage_roster
from services.enrollment.commands.guards import own_school
from services.enrollment.domain.project import ENROL, is_open
from services.enrollment.domain.roster.roster import Roster
from services.enrollment.http.downloads import FileEndpoints, bounded_body, download
from services.enrollment.workbooks.roster_writer import result, template
from services.enrollment.workbooks.sheet_worker import read_in_worker

MOST_BYTES = 4 * 1024 * 1024


class RosterFiles(FileEndpoints):
    """Uploads of rosters, the template, and the results of the check."""

    def routes(self, verifier: TokenVerifier) -> list[Route]:
        """The routes, behind the gateway's internal token as `/graphql` is."""
        return [
            Route("/rosters", internal(verifier, self.stage), methods=["POST"]),
            Route("/rosters/template.xlsx", internal(verifier, self.template)),
            Route("/rosters/{roster}/result.xlsx", internal(verifier, self.result)),
        ]

    async def stage(self, request: Request, principal: Principal, language: Language) -> Response:
        """Check the file in the body and keep it for the school; `?filename=` is shown beside it.

        Returns:
            201 with the roster's id and its counts.

        Raises:
            Refusal: `FORBIDDEN`, `NOT_FOUND`, `SCHOOL_CLOSED`, `NO_LONGER_DESIGNATED`, `INVALID_TEXT`,
                `BODY_TOO_LARGE`, `DESIGNATED_PERSON_MISSING`, or what `read_in_worker` refuses.
        """
        await own_school(self.deps, principal)
        name = Title.of(request.query_params.get("filename", ""), "filename", "R41")
        raw = await bounded_body(request, MOST_BYTES, "R22")
        async with self.slots:
            sheet = await read_in_worker(raw)
            roster = await stage_roster(self.deps, principal, sheet=sheet, file_name=name.text)
        return Response(orjson.dumps(_summary(roster, language)), 201, media_type="application/json")

    async def template(self, request: Request, principal: Principal, language: Language) -> Response:
        """An empty roster with the projects that are open for sign-ups."""
        del request, language
        await own_school(self.deps, principal)
        store, now = self.deps.store, self.deps.clock.now()
        years = [int(calendar.id) for calendar in await store.rounds.query({}) if is_open(calendar, ENROL, now)]
        projects = await store.projects.query({"year": {"$in": years}, "state": "PUBLISHED"}, sort=[("code", 1)])
        async with self.slots:
            content = await asyncio.to_thread(template, projects)
        return download(content, "国培报名名单模板", "template")

    async def result(self, request: Request, principal: Principal, language: Language) -> Response:
        """A roster of the school's own with the problems of each row.

        Raises:
            Refusal: `FORBIDDEN` or `NOT_FOUND`.
        """
        roster = await own_roster(self.deps, principal, request.path_params["roster"])
        rows = await self.deps.store.rosters.all_rows(roster.id)
        async with self.slots:
            content = await asyncio.to_thread(result, rows, language)
        return download(content, "名单检查结果", "result")


def _summary(roster: Roster, language: Language) -> dict[str, object]:
    return {
        "id": roster.id,
        "state": roster.state.value,
        "total": roster.total,
        "good": roster.good,
        "bad": roster.bad,
        "warned": roster.warned,
        "warnings": [
            {"code": warning.code, "message": warning.refusal().message(language)} for warning in roster.warnings
        ],
        "ignoredColumns": list(roster.ignored),
        "expiresAt": roster.expires_at.isoformat(),
    }
