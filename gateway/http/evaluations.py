"""What everybody may read of evaluations: key lists, byte for byte, and receipts (R34, R36)."""

import re
from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.proxied_routes import public_file
from gateway.http.replicas import Replicas
from gateway.http.responses import guarded
from kernel.refusals import NOT_FOUND

_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")
_INSTRUMENT = re.compile(r"ins[0-9a-f]{25}")


def evaluation_routes(replicas: Mapping[str, Replicas]) -> list[Route]:
    """`GET /evaluations/keys/{day}.json` and `GET /evaluations/receipts/{instrument}.txt`, public.

    What there is not is refused as `NOT_FOUND`; without an answer of assessment's, as `UNAVAILABLE`.

    Args:
        replicas: Subgraph name, in lower case, to its replicas.
    """

    async def keys(request: Request) -> Response:
        day = request.path_params["day"]
        if not _DAY.fullmatch(day):
            raise NOT_FOUND(kind="key-list", id=day[:80])
        reply = await public_file(request, replicas["assessment"], f"/evaluations/keys/{day}.json")
        if reply is None:
            raise NOT_FOUND(kind="key-list", id=day)
        return reply

    async def receipts(request: Request) -> Response:
        instrument = request.path_params["instrument"]
        if not _INSTRUMENT.fullmatch(instrument):
            raise NOT_FOUND(kind="instrument", id=instrument[:80])
        reply = await public_file(request, replicas["assessment"], f"/evaluations/receipts/{instrument}.txt")
        if reply is None:
            raise NOT_FOUND(kind="instrument", id=instrument)
        return reply

    return [
        Route("/evaluations/keys/{day}.json", guarded(keys), methods=["GET"]),
        Route("/evaluations/receipts/{instrument}.txt", guarded(receipts), methods=["GET"]),
    ]
