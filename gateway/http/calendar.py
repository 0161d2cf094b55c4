"""The public iCalendar files of the rounds, passed on from the catalog (R1)."""

from urllib.parse import urljoin

import aiohttp
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.replies import guarded

_TIMEOUT = aiohttp.ClientTimeout(total=5)
log = structlog.get_logger()


def calendar_routes(catalog_url: str) -> list[Route]:
    """`GET /calendar/{year}.ics`.

    Args:
        catalog_url: Any address of the catalog, such as its GraphQL endpoint.
    """

    async def calendar(request: Request) -> Response:
        address = urljoin(catalog_url, f"/calendar/{request.path_params['year']}.ics")
        try:
            async with aiohttp.ClientSession(timeout=_TIMEOUT) as http, http.get(address) as reply:
                if reply.status != 200:  # noqa: PLR2004 - OK
                    return Response(status_code=404)
                return Response(await reply.read(), media_type="text/calendar; charset=utf-8")
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("calendar unavailable", error=type(error).__name__)
            return Response(status_code=503, headers={"Retry-After": "5"})

    return [Route("/calendar/{year:int}.ics", guarded(calendar))]
