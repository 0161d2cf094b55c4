"""Rosters as files: passed on between a school's designated person and enrolment (R22).

The caller is known by the Authorization header alone, which no form of another site can send; form content is refused.
"""

import io
import re
from urllib.parse import urljoin

import aiohttp
import structlog
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.errors import Refusal, Unblock, forbidden, unauthenticated
from chassis.principal import Scope
from gateway.http.context import RequestContext
from gateway.http.operations import Operations
from gateway.http.replies import bearer, guarded, raw_body
from gateway.http.transport import HttpTransport

MOST_BYTES = 4 * 1024 * 1024
_BODY_SECONDS = 60.0
_TIMEOUT = aiohttp.ClientTimeout(total=120)
_ENROLLMENT = "enrollment"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_PASSED_ON = ("Content-Type", "Content-Disposition")
_OWN = re.compile(r"[0-9a-f]{28}")
log = structlog.get_logger()


class RosterGate:
    """The endpoints of rosters.

    Args:
        operations: Knows who calls.
        transport: Mints the internal token.
        url: Any address of enrolment, such as its GraphQL endpoint.
    """

    def __init__(self, operations: Operations, transport: HttpTransport, url: str) -> None:
        self._operations = operations
        self._transport = transport
        self._url = url

    def routes(self) -> list[Route]:
        """`POST /rosters?filename=…` with the file as its body, and two workbooks to fetch."""
        return [
            Route("/rosters", guarded(self._stage), methods=["POST"]),
            Route("/rosters/template.xlsx", guarded(self._template)),
            Route("/rosters/{roster}/result.xlsx", guarded(self._result)),
        ]

    async def _stage(self, request: Request) -> Response:
        context = self._context(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _FORMS:
            zh, en = "请以文件本身为请求体", "Send the file itself as the body"
            raise Refusal("UNSUPPORTED_MEDIA_TYPE", zh, en, unblock=Unblock.SELF)
        raw = await raw_body(request, MOST_BYTES, _BODY_SECONDS)
        name = request.query_params.get("filename", "")[:200]
        return await self._pass_on("POST", "/rosters", context, raw, {"filename": name})

    async def _template(self, request: Request) -> Response:
        return await self._pass_on("GET", "/rosters/template.xlsx", self._context(request))

    async def _result(self, request: Request) -> Response:
        context, key = self._context(request), request.path_params["roster"]
        if not _OWN.fullmatch(key):
            raise Refusal("NOT_FOUND", "未找到该数据", "Not found", unblock=Unblock.SELF)
        return await self._pass_on("GET", f"/rosters/{key}/result.xlsx", context)

    def _context(self, request: Request) -> RequestContext:
        token = bearer(request)
        if not token:
            raise unauthenticated()
        context = self._operations.context(request, token)
        if context.principal.scope is not Scope.SCHOOL:
            raise forbidden("R22")
        return context

    async def _pass_on(
        self,
        method: str,
        path: str,
        context: RequestContext,
        body: bytes | None = None,
        query: dict[str, str] | None = None,
    ) -> Response:
        headers = self._transport.headers(_ENROLLMENT, context) | {"Content-Type": "application/octet-stream"}
        address, payload = urljoin(self._url, path), io.BytesIO(body) if body else None
        try:
            async with (
                aiohttp.ClientSession(timeout=_TIMEOUT) as http,
                http.request(method, address, data=payload, params=query, headers=headers) as reply,
            ):
                content = await reply.read()
        except (aiohttp.ClientError, TimeoutError) as error:
            log.warning("rosters unavailable", error=type(error).__name__)
            raise _unavailable() from error
        if reply.status >= 500:  # noqa: PLR2004 - a defect, or a proxy before it: nothing of it goes out
            raise _unavailable()
        kept = {name: reply.headers[name] for name in _PASSED_ON if name in reply.headers}
        return Response(
            content, reply.status, kept | {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        )


def _unavailable() -> Refusal:
    return Refusal("UNAVAILABLE", "所需服务暂时没有应答", "The service needed did not answer", retryAfter=5)
