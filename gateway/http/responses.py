"""Read requests and write the gateway's own replies: JSON, coded refusals in the caller's language, defects masked."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from functools import lru_cache
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection, Request
from starlette.responses import Response

from chassis.serving.addresses import subscriber_of
from chassis.serving.bodies import BodyTooLargeError, bounded_body
from chassis.serving.counted import remember_code
from chassis.storage.refusals import refusal_of
from gateway.refusals import BATCHING_NOT_OFFERED, METHOD_NOT_ALLOWED, UNSUPPORTED_MEDIA_TYPE
from kernel.errors import Refusal
from kernel.language import Language
from kernel.refusals import BAD_REQUEST, BODY_TOO_LARGE, INTERNAL, NOT_FOUND, REQUEST_TIMEOUT

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
Endpoint = Callable[[Request], Awaitable[Response]]
Unrouted = Callable[[Request, Exception], Awaitable[Response]]
"""Answers what the router itself refuses."""
_BODY_SECONDS = 10.0
_CHARSETS = {"utf-8", "utf8"}
_STATUS = {
    "UNAUTHENTICATED": 401,
    "INVALID_CREDENTIALS": 401,
    "CHALLENGE_EXPIRED": 401,
    "SIGN_ON_EXPIRED": 401,
    "SIGN_ON_REFUSED": 401,
    "PASSWORD_CHANGE_REQUIRED": 403,
    "CODE_EXPIRED": 403,
    "SIGN_ON_UNKNOWN": 403,
    "ACCOUNT_DISABLED": 403,
    "FORBIDDEN": 403,
    "NOT_SAME_ORIGIN": 403,
    "TOKEN_INVALID": 403,
    "NOT_FOUND": 404,
    "SIGN_ON_NOT_OFFERED": 404,
    "NO_SUCH_BALLOT_BOX": 404,
    "METHOD_NOT_ALLOWED": 405,
    "NOT_ACCEPTABLE": 406,
    "REQUEST_TIMEOUT": 408,
    "STALE_VERSION": 409,
    "BALLOT_BOX_NOT_OPEN": 409,
    "BALLOT_BOX_CLOSED": 410,
    "BODY_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "RATE_LIMITED": 429,
    "TOO_MANY_NAMES": 429,
    "TOO_MANY_REVEALS": 429,
    "INTERNAL": 500,
    "BUSY": 503,
    "READ_ONLY": 503,
    "UNAVAILABLE": 503,
    "DEADLINE_EXCEEDED": 504,
}
_UNROUTED = {404: NOT_FOUND, 405: METHOD_NOT_ALLOWED}
log = structlog.get_logger()


def language_of(request: HTTPConnection) -> Language:
    """The caller's language, from `Accept-Language`."""
    return _preferred(request.headers.get("accept-language"))


@lru_cache(64)
def _preferred(accept_language: str | None) -> Language:
    return Language.of(accept_language)


def reply(
    content: dict[str, Any], status: int = 200, media_type: str = JSON, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON reply that no cache stores."""
    all_headers = {"Cache-Control": "no-store"} | dict(headers or {})
    return Response(orjson.dumps(content), status, all_headers, f"{media_type}; charset=utf-8")


def error_of(refusal: Refusal, request: HTTPConnection) -> dict[str, Any]:
    """A refusal as a GraphQL error, in the caller's language."""
    return {"message": refusal.message(language_of(request)), "extensions": refusal.extensions()}


def status_of(code: str) -> int:
    """The HTTP status of a refusal's code; 400 for most."""
    return _STATUS.get(code, HTTPStatus.BAD_REQUEST)


def refused(refusal: Refusal, request: HTTPConnection, media_type: str = JSON) -> Response:
    """The reply to a refused request: the HTTP status of its code, `Retry-After` and `Allow` from its details."""
    remember_code(request, refusal.code)
    response = reply({"errors": [error_of(refusal, request)]}, status_of(refusal.code), media_type)
    if "retryAfter" in refusal.details:
        response.headers["Retry-After"] = str(refusal.details["retryAfter"])
    if "allow" in refusal.details:
        response.headers["Allow"] = ", ".join(refusal.details["allow"])
    return response


def guarded(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with a reply to every refusal; the stack of a defect goes to the log, never to the client."""

    async def safe(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Refusal as refusal:
            return refused(refusal, request)
        except ClientDisconnect:
            return Response(status_code=400)
        except Exception as error:
            answer = refusal_of(error)
            if answer.code != INTERNAL.code:
                log.warning("database failed", path=request.url.path, error=type(error).__name__)
                return refused(answer, request)
            log.exception("request failed", path=request.url.path)
            return refused(INTERNAL(), request)

    return safe


async def unrouted(request: Request, error: Exception) -> Response:
    """The coded reply to what the router itself refuses: an unknown path or method."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for nothing else
    kind = _UNROUTED.get(error.status_code)
    refusal = kind() if kind else BAD_REQUEST(detail=(f"HTTP {error.status_code}", f"HTTP {error.status_code}"))
    response = refused(refusal, request)
    response.headers.update(error.headers or {})
    return response


def bearer(request: HTTPConnection) -> str | None:
    """The bearer token; None where there is no Authorization header.

    A header of another scheme gives an empty token, which no verifier accepts.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


def address_of(request: HTTPConnection) -> str:
    """The client's address: IPv4, or the IPv6 network of 64 bits, which belongs to one subscriber as a whole.

    uvicorn reads `X-Forwarded-For` from the proxies in `FORWARDED_ALLOW_IPS` only.
    """
    return subscriber_of(request.client.host if request.client else "")


async def json_body(request: Request, most: int) -> dict[str, Any]:
    """The JSON object of a POST.

    Args:
        request: The request.
        most: The most bytes of its body.

    Raises:
        Refusal: `UNSUPPORTED_MEDIA_TYPE` (also what stops a cross-site form, notes N8), `BODY_TOO_LARGE`,
            `REQUEST_TIMEOUT`, `BATCHING_NOT_OFFERED`, `BAD_REQUEST`.
    """
    kind, *parameters = request.headers.get("content-type", "").lower().split(";")
    if kind.strip() != JSON:
        raise UNSUPPORTED_MEDIA_TYPE(detail=("请使用 application/json", "send application/json"))
    for name, _, value in (parameter.partition("=") for parameter in parameters):
        if name.strip() == "charset" and value.strip(' \t"') not in _CHARSETS:
            raise UNSUPPORTED_MEDIA_TYPE(detail=("请使用 UTF-8", "send UTF-8"))
    return json_object(await raw_body(request, most, _BODY_SECONDS))


async def raw_body(request: Request, most: int, seconds: float) -> bytes:
    """The body of a POST, bounded in size and in time.

    Args:
        request: The request.
        most: The most bytes.
        seconds: The most seconds that the transfer may take.

    Raises:
        Refusal: `BODY_TOO_LARGE` or `REQUEST_TIMEOUT`.
    """
    try:
        async with asyncio.timeout(seconds):
            return await bounded_body(request, most)
    except BodyTooLargeError as error:
        raise BODY_TOO_LARGE(limit=most) from error
    except TimeoutError as error:
        raise REQUEST_TIMEOUT() from error


def json_object(raw: bytes | str) -> dict[str, Any]:
    """Read a JSON object.

    Raises:
        Refusal: `BATCHING_NOT_OFFERED`, `BAD_REQUEST`.
    """
    try:
        body = orjson.loads(raw)
    except ValueError as error:
        raise BAD_REQUEST(detail=("不是有效的 JSON", "not valid JSON")) from error
    if isinstance(body, list):
        raise BATCHING_NOT_OFFERED()
    if not isinstance(body, dict):
        raise BAD_REQUEST(detail=("应为 JSON 对象", "this must be a JSON object"))
    return body
