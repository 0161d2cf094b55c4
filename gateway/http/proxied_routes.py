"""Routes to non-GraphQL endpoints of subgraphs: calendar, inspections, exports, rosters (R1, R22, R37, R42)."""

import re
from collections.abc import Mapping, Sequence
from http import HTTPStatus

import aiohttp
import orjson
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import Scope
from chassis.serving.bodies import BodyTooLargeError, bounded
from gateway.http.proxy import SubgraphProxy
from gateway.http.replica_requests import Wanted, requested
from gateway.http.replicas import Replicas
from gateway.http.responses import JSON, guarded, json_body, raw_body
from gateway.refusals import METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE
from kernel.refusals import FORBIDDEN, NOT_FOUND, UNAVAILABLE

_PUBLIC_TIMEOUT = aiohttp.ClientTimeout(total=5)
_REQUEST_HEADERS = ("if-none-match",)
_RESPONSE_HEADERS = ("etag", "cache-control", "content-type")
_FORWARDED_STATUS = {HTTPStatus.OK, HTTPStatus.NOT_MODIFIED}
_RETRY_SECONDS = 5
_MOST_PUBLIC_BYTES = 8 * 1024 * 1024  # a nation's population has some 500 KB
_YEAR = re.compile(r"[0-9]{1,4}")
_INSPECTION = re.compile(r"[0-9]{1,4}-[0-9]{1,4}")
INSPECTION_FILES = ("population.jsonl", "ceremony.json", "sample.json", "draw.py", "draw.mjs")
"""The public files of an inspection, the programs that recompute its draw among them (R37)."""
log = structlog.get_logger()


def calendar_routes(replicas: Mapping[str, Replicas]) -> list[Route]:
    """`GET /calendar/{year}.ics`, public; 304 and the caching headers pass, because calendar programs poll.

    Whatever is no year of a round is refused as `NOT_FOUND`; without an answer of catalog's, as `UNAVAILABLE`.

    Args:
        replicas: Subgraph name, in lower case, to its replicas.
    """

    async def calendar(request: Request) -> Response:
        year = request.path_params["year"]
        if not _YEAR.fullmatch(year):
            raise NOT_FOUND(kind="round", id=year[:80])
        reply = await public_file(request, replicas["catalog"], f"/calendar/{year}.ics")
        if reply is None:
            raise NOT_FOUND(kind="round", id=year)
        return reply

    return [Route("/calendar/{year}.ics", guarded(calendar))]


def inspection_routes(replicas: Mapping[str, Replicas]) -> list[Route]:
    """`GET /public/inspections/{inspection}/{name}`: what a stranger needs to recompute a draw (R37).

    What there is not, or not yet, is refused as `NOT_FOUND`; without an answer of assessment's, as `UNAVAILABLE`.

    Args:
        replicas: Subgraph name, in lower case, to its replicas.
    """

    async def file(request: Request) -> Response:
        key, name = request.path_params["inspection"], request.path_params["name"]
        absent = NOT_FOUND(kind="inspection", id=key[:80])
        if not _INSPECTION.fullmatch(key) or name not in INSPECTION_FILES:
            raise absent
        reply = await public_file(request, replicas["assessment"], f"/public/inspections/{key}/{name}")
        if reply is None:
            raise absent
        return reply

    return [Route("/public/inspections/{inspection}/{name}", guarded(file))]


async def public_file(request: Request, replicas: Replicas, path: str) -> Response | None:
    """A file of a subgraph that is for everybody, with its caching headers; None where there is none.

    Args:
        request: The client's request, whose conditions pass.
        replicas: The subgraph's.
        path: The path at the subgraph.

    Raises:
        Refusal: `UNAVAILABLE`.
    """
    conditions = _picked(request.headers, _REQUEST_HEADERS)
    try:
        async with (
            aiohttp.ClientSession(timeout=_PUBLIC_TIMEOUT) as http,
            requested(http, replicas, Wanted("GET", conditions, path)) as reply,
        ):
            if reply.status == HTTPStatus.NOT_FOUND:
                return None
            if reply.status in _FORWARDED_STATUS:
                content = await bounded(reply.content.iter_any(), _MOST_PUBLIC_BYTES)
                return Response(content, reply.status, _picked(reply.headers, _RESPONSE_HEADERS))
            log.warning("public file unavailable", path=path, status=reply.status)
    except (aiohttp.ClientError, OSError, BodyTooLargeError) as error:
        log.warning("public file unavailable", path=path, error=type(error).__name__)
    raise UNAVAILABLE(retryAfter=_RETRY_SECONDS)


def _picked(headers: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}


_NAME = re.compile(r"provinces|(projects|schools|provinces)/[0-9A-Za-z]{1,40}")
_YEAR = re.compile(r"20\d\d", re.ASCII)
_NUMBERS = re.compile(r"projects/[0-9A-Za-z]{1,40}/numbers")
_PARAMETERS = {"year", "status"}
_MOST_PARAMETERS = 20
_KEY = re.compile(r"[0-9A-Za-z]{1,40}")
_REVEAL_BYTES = 32 * 1024  # 200 ids and a purpose
_AS_JSON = {"Content-Type": JSON}


def export_routes(proxy: SubgraphProxy) -> list[Route]:
    """`GET /exports/{projects|schools|provinces}/{key}.xlsx`, `GET /exports/provinces.xlsx`, and numbers in plain.

    `POST /exports/projects/{key}/numbers.xlsx` has its purpose in the body, which no log holds (R41).

    Args:
        proxy: Forwards to enrollment.
    """

    async def export(request: Request) -> Response:
        name = request.path_params["name"]
        if _NUMBERS.fullmatch(name):
            raise METHOD_NOT_ALLOWED(detail=("：请使用 POST", ": send a POST"), allow=["POST"])
        if not _NAME.fullmatch(name):
            raise NOT_FOUND(kind="export", id=name[:80])
        query = [(key, value[:20]) for key, value in request.query_params.multi_items() if key in _PARAMETERS]
        return await proxy.send(request, f"/exports/{name}.xlsx", query=query[:_MOST_PARAMETERS])

    async def numbers(request: Request) -> Response:
        proxy.context(request)  # who is not signed in is told so before the body is read
        key = request.path_params["key"]
        if not _KEY.fullmatch(key):
            raise NOT_FOUND(kind="project", id=key[:80])
        content = orjson.dumps(await json_body(request, _REVEAL_BYTES))
        return await proxy.send(request, f"/exports/projects/{key}/numbers.xlsx", content=content, headers=_AS_JSON)

    return [
        Route("/exports/projects/{key}/numbers.xlsx", guarded(numbers), methods=["POST"]),
        Route("/exports/{name:path}.xlsx", guarded(export), methods=["GET"]),
    ]


def year_routes(proxy: SubgraphProxy) -> list[Route]:
    """`GET /exports/annual/{year}.xlsx` and `GET /exports/years/{year}.xlsx`: the year of bases (R38, R42).

    Args:
        proxy: Forwards to assessment.
    """

    async def export(request: Request) -> Response:
        year = request.path_params["year"]
        if not _YEAR.fullmatch(year):
            raise NOT_FOUND(kind="export", id=year[:80])
        return await proxy.send(request, request.url.path)

    paths = ("/exports/annual/{year}.xlsx", "/exports/years/{year}.xlsx")
    return [Route(path, guarded(export), methods=["GET"]) for path in paths]


MOST_BYTES = 4 * 1024 * 1024
BODY_SECONDS = 60.0
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_ROSTER_ID = re.compile(r"[0-9a-f]{28}")


def require_file(request: Request) -> None:
    """Require that the body is a file itself, not a form that has one.

    Raises:
        Refusal: `UNSUPPORTED_MEDIA_TYPE`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind in _FORMS:
        raise UNSUPPORTED_MEDIA_TYPE(detail=("请以文件本身为请求体", "send the file itself as the body"))


def roster_routes(proxy: SubgraphProxy) -> list[Route]:
    """`POST /rosters?filename=…` with the file as its body; `GET` the template and a roster's result, workbooks.

    Args:
        proxy: Forwards to enrollment.
    """

    async def stage(request: Request) -> Response:
        _require_school(request)
        require_file(request)
        raw = await raw_body(request, MOST_BYTES, BODY_SECONDS)
        name = request.query_params.get("filename", "")[:200]
        kind_of_file = {"Content-Type": "application/octet-stream"}
        return await proxy.send(request, "/rosters", query=[("filename", name)], content=raw, headers=kind_of_file)

    async def template(request: Request) -> Response:
        _require_school(request)
        return await proxy.send(request, "/rosters/template.xlsx")

    async def result(request: Request) -> Response:
        _require_school(request)
        key = request.path_params["roster"]
        if not _ROSTER_ID.fullmatch(key):
            raise NOT_FOUND()
        return await proxy.send(request, f"/rosters/{key}/result.xlsx")

    def _require_school(request: Request) -> None:
        if proxy.context(request).principal.scope is not Scope.SCHOOL:
            raise FORBIDDEN(rule="R22")

    return [
        Route("/rosters", guarded(stage), methods=["POST"]),
        Route("/rosters/template.xlsx", guarded(template)),
        Route("/rosters/{roster}/result.xlsx", guarded(result)),
    ]
