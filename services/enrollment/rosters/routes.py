"""`POST /rosters`, the template and the results: what the gateway passes on for a school's designated person (R22)."""

import asyncio
from urllib.parse import quote

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.asgi import internal
from chassis.errors import Refusal, Unblock
from chassis.principal import Principal, TokenVerifier
from services.enrollment.commands import Office, own_roster, stage_roster
from services.enrollment.commands.schools import own_school
from services.enrollment.domain.project import ENROL, is_open
from services.enrollment.domain.roster import Roster
from services.enrollment.rosters.reading import read_roster
from services.enrollment.rosters.writing import result, template

MOST_BYTES = 4 * 1024 * 1024
_AT_ONCE = 2
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


class RosterFiles:
    """The endpoints; files are taken apart beside the event loop, a few at a time.

    Attributes:
        office: The service's dependencies, once it runs.
    """

    office: Office

    def __init__(self) -> None:
        self._room = asyncio.Semaphore(_AT_ONCE)

    def routes(self, verifier: TokenVerifier) -> list[Route]:
        """Behind the internal token, as `/graphql` is."""
        return [
            Route("/rosters", internal(verifier, self.stage), methods=["POST"]),
            Route("/rosters/template.xlsx", internal(verifier, self.template)),
            Route("/rosters/{roster}/result.xlsx", internal(verifier, self.result)),
        ]

    async def stage(self, request: Request, principal: Principal, language: str) -> Response:
        """Check a file and keep it: 201 with its counts."""
        del language
        await own_school(self.office, principal)
        raw = await _body(request)
        async with self._room:
            sheet = await asyncio.to_thread(read_roster, raw)
            name = request.query_params.get("filename", "")
            staged = await stage_roster(self.office, principal, sheet=sheet, file_name=name)
        return Response(orjson.dumps(_shown(staged)), 201, media_type="application/json")

    async def template(self, request: Request, principal: Principal, language: str) -> Response:
        """An empty roster with the projects that may be signed up for now."""
        del request, language
        await own_school(self.office, principal)
        store, now = self.office.store, self.office.clock.now()
        years = [int(one.id) for one in await store.rounds.query({}) if is_open(one, ENROL, now)]
        found = await store.projects.query({"year": {"$in": years}, "state": "PUBLISHED"}, sort=[("code", 1)])
        async with self._room:
            return _workbook(await asyncio.to_thread(template, found), "国培报名名单模板.xlsx")

    async def result(self, request: Request, principal: Principal, language: str) -> Response:
        """A roster of the school's own with what is wrong with each line."""
        roster = await own_roster(self.office, principal, request.path_params["roster"])
        rows = await self.office.store.rosters.all_rows(roster.id)
        async with self._room:
            return _workbook(await asyncio.to_thread(result, rows, language), "名单检查结果.xlsx")


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


def _workbook(content: bytes, name: str) -> Response:
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(content, headers=headers, media_type=_XLSX)
