"""`POST /rosters`, the template and the results: what the gateway passes on for a school's designated person (R22)."""

import asyncio

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import Principal, TokenVerifier
from chassis.serving.asgi import internal
from kernel.errors import Refusal, Unblock
from kernel.language import Language
from services.enrollment.commands import own_roster, stage_roster
from services.enrollment.commands.guards import own_school
from services.enrollment.domain.project import ENROL, is_open
from services.enrollment.domain.roster.roster import Roster
from services.enrollment.http.downloads import XLSX, Files, as_download
from services.enrollment.workbooks.roster_writer import result, template
from services.enrollment.workbooks.sheet_worker import read_in_worker

MOST_BYTES = 4 * 1024 * 1024


class RosterFiles(Files):
    """The endpoints."""

    def routes(self, verifier: TokenVerifier) -> list[Route]:
        """Behind the internal token, as `/graphql` is."""
        return [
            Route("/rosters", internal(verifier, self.stage), methods=["POST"]),
            Route("/rosters/template.xlsx", internal(verifier, self.template)),
            Route("/rosters/{roster}/result.xlsx", internal(verifier, self.result)),
        ]

    async def stage(self, request: Request, principal: Principal, language: Language) -> Response:
        """Check a file and keep it: 201 with its counts."""
        del language
        await own_school(self.deps, principal)
        raw = await _body(request)
        async with self.room:
            sheet = await read_in_worker(raw)
            name = request.query_params.get("filename", "")
            staged = await stage_roster(self.deps, principal, sheet=sheet, file_name=name)
        return Response(orjson.dumps(_shown(staged)), 201, media_type="application/json")

    async def template(self, request: Request, principal: Principal, language: Language) -> Response:
        """An empty roster with the projects that may be signed up for now."""
        del request, language
        await own_school(self.deps, principal)
        store, now = self.deps.store, self.deps.clock.now()
        years = [int(one.id) for one in await store.rounds.query({}) if is_open(one, ENROL, now)]
        found = await store.projects.query({"year": {"$in": years}, "state": "PUBLISHED"}, sort=[("code", 1)])
        async with self.room:
            return _workbook(await asyncio.to_thread(template, found), "国培报名名单模板", "template")

    async def result(self, request: Request, principal: Principal, language: Language) -> Response:
        """A roster of the school's own with what is wrong with each line."""
        roster = await own_roster(self.deps, principal, request.path_params["roster"])
        rows = await self.deps.store.rosters.all_rows(roster.id)
        async with self.room:
            return _workbook(await asyncio.to_thread(result, rows, language), "名单检查结果", "result")


async def _body(request: Request) -> bytes:
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > MOST_BYTES:
            zh, en = "文件过大，最多4兆字节", "The file is too large: 4 MiB at most"
            raise Refusal("BODY_TOO_LARGE", zh, en, rule="R22", unblock=Unblock.SELF, limit=MOST_BYTES)
    return bytes(raw)


def _shown(roster: Roster) -> dict[str, object]:
    return {
        "id": roster.id,
        "state": roster.state.value,
        "total": roster.total,
        "good": roster.good,
        "bad": roster.bad,
        "warned": roster.warned,
        "ignoredColumns": list(roster.ignored),
        "expiresAt": roster.expires_at.isoformat(),
    }


def _workbook(content: bytes, name: str, plain: str) -> Response:
    return Response(content, headers=as_download(name, plain), media_type=XLSX)
