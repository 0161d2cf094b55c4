"""Workbooks to take away, passed on from enrolment, which knows who may have which (R42)."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.passing import Passage
from gateway.http.replies import guarded
from kernel.errors import not_found

_NAME = re.compile(r"provinces|(projects|schools|provinces)/[0-9A-Za-z]{1,40}")
_ASKED = {"year", "status"}
_MOST_PARAMETERS = 20


def export_routes(passage: Passage) -> list[Route]:
    """`GET /exports/{projects|schools|provinces}/{key}.xlsx` and `GET /exports/provinces.xlsx`.

    Args:
        passage: The way to enrolment.
    """

    async def export(request: Request) -> Response:
        name = request.path_params["name"]
        if not _NAME.fullmatch(name):
            raise not_found("export", name[:80])
        asked = [(key, value[:20]) for key, value in request.query_params.multi_items() if key in _ASKED]
        return await passage.send(request, f"/exports/{name}.xlsx", query=asked[:_MOST_PARAMETERS])

    return [Route("/exports/{name:path}.xlsx", guarded(export), methods=["GET"])]
