"""The public iCalendar files of the rounds, passed on from the catalog (R1)."""

from collections.abc import Mapping, Sequence
from urllib.parse import urljoin

import aiohttp
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.replies import guarded

_CALENDAR_TIMEOUT = aiohttp.ClientTimeout(total=5)
_REQUEST_HEADERS = ("if-none-match",)
_RESPONSE_HEADERS = ("etag", "cache-control", "content-type")
_PASSED_ON = {200, 304, 404}
log = structlog.get_logger()


def calendar_routes(catalog_url: str) -> list[Route]:
    """`GET /calendar/{year}.ics`; calendar programs ask again and again, so 304 and its headers are passed on too.

    Args:
        catalog_url: Any address of the catalog, such as its GraphQL endpoint.
    """

    async def calendar(request: Request) -> Response:
        address = urljoin(catalog_url, f"/calendar/{request.path_params['year']}.ics")
        asked = _picked(request.headers, _REQUEST_HEADERS)
        try:
            async with (
                aiohttp.ClientSession(timeout=_CALENDAR_TIMEOUT) as http,
                http.get(address, headers=asked) as reply,
            ):
                if reply.status in _PASSED_ON:
                    return Response(await reply.read(), reply.status, _picked(reply.headers, _RESPONSE_HEADERS))
                log.warning("calendar unavailable", status=reply.status)
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("calendar unavailable", error=type(error).__name__)
        return Response(status_code=503, headers={"Retry-After": "5"})

    return [Route("/calendar/{year:int}.ics", guarded(calendar))]


def _picked(headers: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {name: headers[name] for name in names if name in headers}
