"""Rosters as files: passed on between a school's designated person and enrolment (R22).

The caller is known by the Authorization header alone, which no form of another site can send; form content is refused.
"""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.principal import Scope
from gateway.http.passing import Passage
from gateway.http.replies import guarded, raw_body
from kernel.errors import Refusal, Unblock, forbidden

MOST_BYTES = 4 * 1024 * 1024
_BODY_SECONDS = 60.0
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data", "text/plain")
_OWN = re.compile(r"[0-9a-f]{28}")


def roster_routes(passage: Passage) -> list[Route]:
    """`POST /rosters?filename=…` with the file as its body, and two workbooks to fetch.

    Args:
        passage: The way to enrolment.
    """

    async def stage(request: Request) -> Response:
        _require_school(request)
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind in _FORMS:
            zh, en = "请以文件本身为请求体", "Send the file itself as the body"
            raise Refusal("UNSUPPORTED_MEDIA_TYPE", zh, en, unblock=Unblock.SELF)
        raw = await raw_body(request, MOST_BYTES, _BODY_SECONDS)
        name = request.query_params.get("filename", "")[:200]
        kind_of_file = {"Content-Type": "application/octet-stream"}
        return await passage.send(request, "/rosters", query=[("filename", name)], content=raw, headers=kind_of_file)

    async def template(request: Request) -> Response:
        _require_school(request)
        return await passage.send(request, "/rosters/template.xlsx")

    async def result(request: Request) -> Response:
        _require_school(request)
        key = request.path_params["roster"]
        if not _OWN.fullmatch(key):
            raise Refusal("NOT_FOUND", "未找到该数据", "Not found", unblock=Unblock.SELF)
        return await passage.send(request, f"/rosters/{key}/result.xlsx")

    def _require_school(request: Request) -> None:
        if passage.context(request).principal.scope is not Scope.SCHOOL:
            raise forbidden("R22")

    return [
        Route("/rosters", guarded(stage), methods=["POST"]),
        Route("/rosters/template.xlsx", guarded(template)),
        Route("/rosters/{roster}/result.xlsx", guarded(result)),
    ]
