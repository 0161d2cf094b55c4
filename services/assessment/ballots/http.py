"""The endpoints of the ballot box: for voters without a name, and internal ones for assessment's worker."""

import hmac
from collections.abc import Awaitable, Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.serving.bodies import BodyTooLargeError, bounded_body
from chassis.storage.refusals import ABSENT_SECONDS, refusal_of
from kernel.encoding import to_base64url
from kernel.errors import Refusal
from kernel.language import Language
from kernel.refusals import BODY_TOO_LARGE, INTERNAL, UNAUTHENTICATED, UNAVAILABLE
from services.assessment.ballots.box import Ballot, instrument_id
from services.assessment.ballots.counting import BallotBox
from services.assessment.ballots.refusals import BALLOT_MALFORMED

MOST_BYTES = 8 * 1024
_STATUS = {
    "UNAUTHENTICATED": 401,
    "TOKEN_INVALID": 403,
    "NO_SUCH_BALLOT_BOX": 404,
    "BALLOT_BOX_NOT_OPEN": 409,
    "BALLOT_BOX_DIFFERS": 409,
    "BALLOT_BOX_NOT_DUE": 409,
    "TOO_FEW_BALLOTS": 409,
    "BALLOT_BOX_CLOSED": 410,
    "BALLOT_BOX_KEY_LOST": 410,
    "BODY_TOO_LARGE": 413,
    "INTERNAL": 500,
    "BUSY": 503,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
Endpoint = Callable[[Request], Awaitable[Response]]
log = structlog.get_logger()


class Endpoints:
    """The endpoints over one ballot box.

    Args:
        secret: What the register's worker proves itself with.
    """

    def __init__(self, secret: str) -> None:
        self._secret = secret.encode()
        self._box: BallotBox | None = None

    @property
    def box(self) -> BallotBox:
        """The ballot box, set once the process has connected to a database that is migrated.

        Raises:
            Refusal: UNAVAILABLE, until then.
        """
        if self._box is None:
            raise UNAVAILABLE(retryAfter=ABSENT_SECONDS)
        return self._box

    @box.setter
    def box(self, box: BallotBox) -> None:
        self._box = box

    def routes(self) -> list[Route]:
        """All routes but the probes."""
        boxes = "/internal/boxes/{instrument}"
        return [
            Route("/ballots", _guarded(self.take), methods=["POST"]),
            Route("/ballots/{instrument}", _guarded(self.window), methods=["GET"]),
            Route(boxes, self._internal(self.set_up), methods=["PUT"]),
            Route(boxes, self._internal(self.empty), methods=["DELETE"]),
            Route(f"{boxes}/close", self._internal(self.close), methods=["POST"]),
            Route(f"{boxes}/open", self._internal(self.open), methods=["POST"]),
            Route("/internal/turnout", self._internal(self.turnout), methods=["GET"]),
        ]

    async def take(self, request: Request) -> Response:
        """Take a ballot and answer with its receipt."""
        ballot = Ballot.of(await _json(request))
        return _reply({"receipt": await self.box.take(ballot)})

    async def window(self, request: Request) -> Response:
        """State and window of a box, for everybody."""
        box = await self.box.find(instrument_id(request.path_params["instrument"]))
        window = {"opensAt": _text(box.opens_at), "closesAt": _text(box.closes_at)}
        return _reply({"instrument": box.id, "state": box.state.value} | window)

    async def set_up(self, request: Request) -> Response:
        """Set a box up."""
        instrument, body = instrument_id(request.path_params["instrument"]), await _json(request)
        try:
            n, window = str(body["n"]), [_time(body[name]) for name in ("opensAt", "closesAt")]
        except (KeyError, TypeError, ValueError) as error:
            raise BALLOT_MALFORMED() from error
        return _reply({"boxKey": await self.box.set_up(instrument, n, *window)})

    async def turnout(self, _: Request) -> Response:
        """The turnout of open boxes, of the last midnight."""
        return _reply(await self.box.turnout())

    async def close(self, request: Request) -> Response:
        """Close a box."""
        return _reply({"counted": await self.box.close(instrument_id(request.path_params["instrument"]))})

    async def open(self, request: Request) -> Response:
        """Hand over what is under the outer seals."""
        opened = await self.box.open(instrument_id(request.path_params["instrument"]))
        inner = [to_base64url(sealed) for sealed in opened.inner]
        return _reply({"receipts": opened.receipts, "inner": inner, "unreadable": opened.unreadable})

    async def empty(self, request: Request) -> Response:
        """Destroy key and ballots of a box."""
        await self.box.empty(instrument_id(request.path_params["instrument"]))
        return _reply({})

    def _internal(self, endpoint: Endpoint) -> Endpoint:
        async def known(request: Request) -> Response:
            scheme, _, given = request.headers.get("authorization", "").partition(" ")
            if scheme.lower() != "bearer" or not hmac.compare_digest(given.encode(), self._secret):
                raise UNAUTHENTICATED()
            return await endpoint(request)

        return _guarded(known)


def _guarded(endpoint: Endpoint) -> Endpoint:
    """The endpoint with coded replies; of a defect its type is logged, and never what was sent."""

    async def safe(request: Request) -> Response:
        language = Language.of(request.headers.get("accept-language"))
        try:
            return await endpoint(request)
        except Refusal as refusal:
            return _refused(refusal, language)
        except ClientDisconnect:
            return Response(status_code=HTTPStatus.BAD_REQUEST)
        except Exception as error:  # noqa: BLE001 - its text may hold what was sent
            answer = refusal_of(error)
            if answer.code == INTERNAL.code:
                log.error("request failed", error=type(error).__name__)  # noqa: TRY400 - likewise
            return _refused(answer, language)

    return safe


def _refused(refusal: Refusal, language: Language) -> Response:
    error = {"message": refusal.message(language), "extensions": refusal.extensions(language)}
    response = _reply({"errors": [error]}, _STATUS.get(refusal.code, HTTPStatus.BAD_REQUEST))
    if "retryAfter" in refusal.details:
        response.headers["Retry-After"] = str(refusal.details["retryAfter"])
    return response


def _reply(content: Any, status: int = HTTPStatus.OK) -> Response:
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store"}, "application/json")


async def _json(request: Request) -> Any:
    try:
        return orjson.loads(await bounded_body(request, MOST_BYTES))
    except BodyTooLargeError as error:
        raise BODY_TOO_LARGE(rule="R34", limit=MOST_BYTES) from error
    except ValueError as error:
        raise BALLOT_MALFORMED() from error


def _time(text: str | None) -> datetime | None:
    if text is None:
        return None
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise ValueError("without a zone")
    return at


def _text(at: datetime | None) -> str | None:
    return at.isoformat() if at else None
