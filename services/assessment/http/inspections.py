"""The public files of an inspection, and the programs that recompute its draw from them (R37; ADR 55)."""

import hashlib
from collections.abc import Callable, Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from kernel.encoding import canonical
from kernel.reference import FOLDER
from services.assessment.commands import Deps
from services.assessment.domain.inspection import Inspection
from services.assessment.store import Inspections

_CACHE_CONTROL = "public, max-age=60"
_JSON = "application/json"
_PYTHON, _JAVASCRIPT = "text/x-python; charset=utf-8", "text/javascript; charset=utf-8"
_POPULATION = "population.jsonl"
_PROGRAMS: Mapping[str, tuple[bytes, str]] = {
    name: ((FOLDER / "inspection" / name).read_bytes(), media)
    for name, media in (("draw.py", _PYTHON), ("draw.mjs", _JAVASCRIPT))
}
_FACTS: Mapping[str, Callable[[Inspection], object | None]] = {
    "ceremony.json": Inspection.ceremony,
    "sample.json": Inspection.drawn_sample,
}


class InspectionFiles:
    """Endpoint of the public files of each inspection."""

    deps: Deps | None = None

    def routes(self) -> list[Route]:
        """The endpoint's route."""
        return [Route("/public/inspections/{inspection}/{name}", self.serve)]

    async def serve(self, request: Request) -> Response:
        """`GET /public/inspections/{inspection}/{name}`, with an ETag; 503 until the service has started.

        404 where there is no such inspection, or not that file of it yet: the ceremony comes with the announcement, the
        sample with the draw.
        """
        if self.deps is None:
            return Response(status_code=503)
        store = self.deps.store.inspections
        found = await _file(store, request.path_params["inspection"], request.path_params["name"])
        if found is None:
            return Response(status_code=404)
        content, media = found
        headers = {"ETag": f'"{hashlib.sha256(content).hexdigest()[:32]}"', "Cache-Control": _CACHE_CONTROL}
        if headers["ETag"] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=media, headers=headers)


async def _file(store: Inspections, key: str, name: str) -> tuple[bytes, str] | None:
    """The content and the media type of a file; None where there is none."""
    inspection = await store.find(key)
    if inspection is None:
        return None
    if name == _POPULATION:
        return await store.population(key), "application/jsonl"
    if name in _FACTS:
        facts = _FACTS[name](inspection)
        # As the programs print it: one line of canonical JSON.
        return (canonical(facts) + b"\n", _JSON) if facts else None
    return _PROGRAMS.get(name)
