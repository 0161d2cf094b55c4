"""Routes to non-GraphQL endpoints of subgraphs: the calendar, exports and rosters (R1, R22, R42)."""

import re
from collections.abc import Mapping, Sequence
from urllib.parse import urljoin

import aiohttp
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import Scope
from gateway.http.proxy import SubgraphProxy
from gateway.http.responses import guarded, raw_body
from gateway.refusals import UNSUPPORTED_MEDIA_TYPE
from kernel.refusals import FORBIDDEN, NOT_FOUND

_CALENDAR_TIMEOUT = aiohttp.ClientTimeout(total=5)
_REQUEST_HEADERS = ("if-none-match",)
_RESPONSE_HEADERS = ("etag", "cache-control", "content-type")
_FORWARDED_STATUS = {200, 304, 404}
log = structlog.get_logger()


def calendar_routes(catalog_url: str) -> list[Route]:
    """`GET /calendar/{year}.ics`, public; 304 and the caching headers pass, because calendar programs poll.

    Args:
        catalog_url: Any URL of the catalog, such as its GraphQL endpoint; only its scheme and host count.
    """

    async def calendar(request: Request) -> Response:
        address = urljoin(catalog_url, f"/calendar/{request.path_params['year']}.ics")
        conditions = _picked(request.headers, _REQUEST_HEADERS)
        try:
            async with (
                aiohttp.ClientSession(timeout=_CALENDAR_TIMEOUT) as http,
                http.get(address, headers=conditions) as reply,
            ):
                if reply.status in _FORWARDED_STATUS:
                    return Response(await reply.read(), reply.status, _picked(reply.headers, _RESPONSE_HEADERS))
                log.warning("calendar unavailable", status=reply.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("calendar unavailable", error=type(error).__name__)
        return Response(status_code=503, headers={"Retry-After": "5"})

    return [Route("/calendar/{year:int}.ics", guarded(calendar))]


def _picked(headers: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}


_NAME = re.compile(r"provinces|(projects|schools|provinces)/[0-9A-Za-z]{1,40}")
_PARAMETERS = {"year", "status"}
_MOST_PARAMETERS = 20


def export_routes(proxy: SubgraphProxy) -> list[Route]:
    """`GET /exports/{projects|schools|provinces}/{key}.xlsx` and `GET /exports/provinces.xlsx`.

    Args:
        proxy: Forwards to enrollment.
    """

    async def export(request: Request) -> Response:
        name = request.path_params["name"]
        if not _NAME.fullmatch(name):
            raise NOT_FOUND(kind="export", id=name[:80])
        query = [(key, value[:20]) for key, value in request.query_params.multi_items() if key in _PARAMETERS]
        return await proxy.send(request, f"/exports/{name}.xlsx", query=query[:_MOST_PARAMETERS])

    return [Route("/exports/{name:path}.xlsx", guarded(export), methods=["GET"])]


MOST_BYTES = 4 * 1024 * 1024
_BODY_SECONDS = 60.0
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_ROSTER_ID = re.compile(r"[0-9a-f]{28}")


def roster_routes(proxy: SubgraphProxy) -> list[Route]:
    """`POST /rosters?filename=…` with the file as its body; `GET` the template and a roster's result, workbooks.

    Args:
        proxy: Forwards to enrollment.
    """

    async def stage(request: Request) -> Response:
        _require_school(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _FORMS:
            raise UNSUPPORTED_MEDIA_TYPE(detail=("请以文件本身为请求体", "send the file itself as the body"))
        raw = await raw_body(request, MOST_BYTES, _BODY_SECONDS)
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
