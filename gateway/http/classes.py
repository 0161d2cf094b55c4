"""Files of a class at the gateway, for its base alone: workbook, sign-in sheets, certificates (R29, R30, R32)."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import Scope
from gateway.http.proxied_routes import BODY_SECONDS, MOST_BYTES, require_file
from gateway.http.proxy import SubgraphProxy
from gateway.http.responses import guarded, raw_body
from kernel.refusals import FORBIDDEN, NOT_FOUND

_KEY = re.compile(r"[0-9A-Za-z]{1,40}")
_LONGEST_SESSION = 200


def class_routes(proxy: SubgraphProxy) -> list[Route]:
    """`GET` and `POST /projects/{key}/workbook.xlsx`, `GET /projects/{key}/sign-in.pdf?session=…`, and certificates.

    `GET /certificates/projects/{key}.zip` has the pages of a class.

    Args:
        proxy: Forwards to assessment.
    """

    async def workbook(request: Request) -> Response:
        return await proxy.send(request, f"/projects/{_own(request)}/workbook.xlsx")

    async def enter(request: Request) -> Response:
        key = _own(request)
        require_file(request)
        raw = await raw_body(request, MOST_BYTES, BODY_SECONDS)
        kind_of_file = {"Content-Type": "application/octet-stream"}
        return await proxy.send(request, f"/projects/{key}/workbook.xlsx", content=raw, headers=kind_of_file)

    async def sign_in(request: Request) -> Response:
        session = request.query_params.get("session", "")[:_LONGEST_SESSION]
        return await proxy.send(request, f"/projects/{_own(request)}/sign-in.pdf", query=[("session", session)])

    async def certificates(request: Request) -> Response:
        return await proxy.send(request, f"/certificates/projects/{_own(request, 'R32')}.zip")

    def _own(request: Request, rule: str = "R29") -> str:
        """The project's id; who is signed in as a base is checked before a body is read."""
        if proxy.context(request).principal.scope is not Scope.BASE:
            raise FORBIDDEN(rule=rule)
        key: str = request.path_params["key"]
        if not _KEY.fullmatch(key):
            raise NOT_FOUND(kind="project", id=key[:80])
        return key

    return [
        Route("/projects/{key}/workbook.xlsx", guarded(workbook)),
        Route("/projects/{key}/workbook.xlsx", guarded(enter), methods=["POST"]),
        Route("/projects/{key}/sign-in.pdf", guarded(sign_in)),
        Route("/certificates/projects/{key}.zip", guarded(certificates)),
    ]
