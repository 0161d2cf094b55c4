"""What everybody may read of evaluations: key lists, byte for byte what was hashed, and receipts (R34, R36)."""

import re

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from services.assessment.commands.deps import Deps

_FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
_DAY = re.compile(r"20[0-9]{2}-[0-9]{2}-[0-9]{2}")


class EvaluationFiles:
    """The endpoints; they need no internal token, for what they answer is public.

    Attributes:
        deps: The service's dependencies; None until it has started.
    """

    deps: Deps | None = None

    def routes(self) -> list[Route]:
        """The routes."""
        return [
            Route("/evaluations/keys/{day}.json", self.keys),
            Route("/evaluations/receipts/{instrument}.txt", self.receipts),
        ]

    async def keys(self, request: Request) -> Response:
        """`GET /evaluations/keys/{day}.json`: the key list of a day."""
        if self.deps is None:
            return Response(status_code=503)
        day = request.path_params["day"]
        listed = await self.deps.store.key_lists.find(day) if _DAY.fullmatch(day) else None
        if listed is None:
            return Response(status_code=404)
        return Response(listed.text.encode(), media_type="application/json", headers=_FOR_EVER)

    async def receipts(self, request: Request) -> Response:
        """`GET /evaluations/receipts/{instrument}.txt`: sorted, a line each; none before the publication."""
        if self.deps is None:
            return Response(status_code=503)
        receipts = await self.deps.store.receipts.find(request.path_params["instrument"])
        if receipts is None:
            return Response(status_code=404)
        text = "".join(f"{receipt}\n" for receipt in receipts)
        return Response(text, media_type="text/plain; charset=utf-8", headers=_FOR_EVER)
