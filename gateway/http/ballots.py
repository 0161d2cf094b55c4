"""Ballots on their way to the box: without login, without address, without a line in any log (R34–R36, ADR 54).

Nothing of a request goes on but its method, its path, its body and the language; nothing comes back but status, body
and when to try again. It is no part of `SubgraphProxy`, whose whole point is to say who asks.
"""

import re
from collections.abc import Mapping

import aiohttp
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.serving.bodies import BodyTooLargeError, bounded
from gateway.http.responses import JSON, Endpoint, language_of, raw_body, refused
from gateway.refusals import IDENTITY_NOT_WANTED, UNSUPPORTED_MEDIA_TYPE
from kernel.errors import Refusal
from kernel.refusals import INTERNAL, NOT_FOUND, UNAVAILABLE

MOST_BYTES = 8 * 1024
"""Of a request, and of an answer of the box."""
_BODY_SECONDS = 10.0
_TIMEOUT = aiohttp.ClientTimeout(total=10, connect=5)
_OURS = ("User-Agent", "Accept", "Accept-Encoding")  # what the library would add by itself
_IDENTITY = ("authorization", "cookie")
_INSTRUMENT = re.compile(r"ins[0-9a-f]{25}")
_ANSWERS = range(200, 300), range(400, 500), range(503, 504)
_RETRY_SECONDS = 5
_PRIVATE = {"Cache-Control": "no-store", "Referrer-Policy": "no-referrer"}
log = structlog.get_logger()


class Ballots:
    """`POST /ballots` and `GET /ballots/{instrument}`, passed on to the ballot box.

    Args:
        url: Where the box is; None where no evaluation is held.
    """

    def __init__(self, url: str | None) -> None:
        self._url = url.rstrip("/") if url else None

    def routes(self) -> list[Route]:
        """The routes; nothing else of the box can be reached through the gateway."""
        return [
            Route("/ballots", _unnamed(self.send), methods=["POST"]),
            Route("/ballots/{instrument}", _unnamed(self.window), methods=["GET"]),
        ]

    async def send(self, request: Request) -> Response:
        """Pass a ballot on.

        Raises:
            Refusal: `IDENTITY_NOT_WANTED`, before anything is read; `UNSUPPORTED_MEDIA_TYPE`, `BODY_TOO_LARGE`,
                `REQUEST_TIMEOUT`, `NOT_FOUND`, `UNAVAILABLE`.
        """
        _require_nobody(request)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != JSON:
            raise UNSUPPORTED_MEDIA_TYPE(detail=("请使用 application/json", "send application/json"))
        raw = await raw_body(request, MOST_BYTES, _BODY_SECONDS)
        return await self._ask(request, "/ballots", raw)

    async def window(self, request: Request) -> Response:
        """Pass on the question when a questionnaire is answered.

        Raises:
            Refusal: `IDENTITY_NOT_WANTED`, `NOT_FOUND`, `UNAVAILABLE`.
        """
        _require_nobody(request)
        instrument = request.path_params["instrument"]
        if not _INSTRUMENT.fullmatch(instrument):
            raise NOT_FOUND(kind="instrument", id=instrument[:80])
        return await self._ask(request, f"/ballots/{instrument}")

    async def _ask(self, request: Request, path: str, content: bytes | None = None) -> Response:
        if self._url is None:
            raise NOT_FOUND(kind="instrument")
        headers = {"Accept-Language": language_of(request).value}
        if content is not None:
            headers["Content-Type"] = JSON
        try:
            async with (
                aiohttp.ClientSession(
                    timeout=_TIMEOUT, cookie_jar=aiohttp.DummyCookieJar(), skip_auto_headers=_OURS
                ) as http,
                http.request(
                    request.method, self._url + path, data=content, headers=headers, allow_redirects=False
                ) as reply,
            ):
                status, retry = reply.status, reply.headers.get("Retry-After")
                body = await bounded(reply.content.iter_any(), MOST_BYTES)
        except (aiohttp.ClientError, OSError, TimeoutError, BodyTooLargeError) as error:
            log.warning("ballot box unavailable", error=type(error).__name__)
            raise UNAVAILABLE(retryAfter=_RETRY_SECONDS) from error
        if not any(status in answers for answers in _ANSWERS):  # of a proxy in between, or a defect
            raise UNAVAILABLE(retryAfter=_RETRY_SECONDS)
        return Response(body, status, _PRIVATE | ({"Retry-After": retry} if retry else {}), JSON)


def _require_nobody(request: Request) -> None:
    """Refuse whoever says who they are, so that a front end's mistake is seen at once.

    Raises:
        Refusal: `IDENTITY_NOT_WANTED`.
    """
    if any(name in request.headers for name in _IDENTITY):
        raise IDENTITY_NOT_WANTED()


def _unnamed(endpoint: Endpoint) -> Endpoint:
    """The endpoint with coded replies; of a defect the log has the type, neither path nor content."""

    async def safe(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refusal as refusal:
            return _private(refused(refusal, request))
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:  # noqa: BLE001 - its text may hold what was sent
            log.error("ballot not passed on", error=type(error).__name__)  # noqa: TRY400 - likewise
            return _private(refused(INTERNAL(), request))

    return safe


def _private(response: Response) -> Response:
    names: Mapping[str, str] = _PRIVATE
    response.headers.update(names)
    return response
