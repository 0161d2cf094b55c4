"""Replies of the gateway itself: JSON, coded, in the caller's language, nothing of the inside."""

from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from chassis.errors import Refusal

JSON = "application/json"
GRAPHQL = "application/graphql-response+json"
_STATUS = {
    "UNAUTHENTICATED": 401,
    "INVALID_CREDENTIALS": 401,
    "PASSWORD_CHANGE_REQUIRED": 403,
    "CODE_EXPIRED": 403,
    "ACCOUNT_DISABLED": 403,
    "RATE_LIMITED": 429,
    "BODY_TOO_LARGE": 413,
    "UNSUPPORTED_MEDIA_TYPE": 415,
    "NOT_ACCEPTABLE": 406,
    "STALE_VERSION": 409,
    "UNAVAILABLE": 503,
}


def language_of(request: Request) -> str:
    """The caller's language; Chinese by default."""
    return request.headers.get("accept-language", "zh-CN")


def reply(content: dict[str, Any], status: int = 200, media_type: str = JSON) -> Response:
    """A JSON reply that no cache keeps."""
    return Response(orjson.dumps(content), status, {"Cache-Control": "no-store"}, media_type)


def refused(refusal: Refusal, request: Request, media_type: str = JSON) -> Response:
    """A refusal as a GraphQL error, with the HTTP status of its code and `Retry-After` where it has one."""
    error = {"message": refusal.message(language_of(request)), "extensions": refusal.extensions()}
    response = reply({"errors": [error]}, _STATUS.get(refusal.code, 400), media_type)
    if "retryAfter" in refusal.details:
        response.headers["Retry-After"] = str(refusal.details["retryAfter"])
    return response


def bearer(request: Request) -> str | None:
    """The bearer token, None where there is no Authorization header.

    A header of another scheme gives an empty token, which no verifier takes.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def json_body(request: Request, most: int) -> dict[str, Any]:
    """The JSON object of a POST.

    Raises:
        Refusal: `UNSUPPORTED_MEDIA_TYPE` (also what stops a cross-site form, facts 8), `BODY_TOO_LARGE`,
            `BATCHING_NOT_OFFERED`, `BAD_REQUEST`.
    """
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != JSON:
        raise Refusal("UNSUPPORTED_MEDIA_TYPE", "请使用 application/json", "Send application/json")
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > most:
            raise Refusal("BODY_TOO_LARGE", "请求体过大", "The body is too large", limit=most)
    try:
        body = orjson.loads(bytes(raw))
    except ValueError as error:
        raise Refusal("BAD_REQUEST", "请求体不是有效的 JSON", "The body is not valid JSON") from error
    if isinstance(body, list):
        raise Refusal("BATCHING_NOT_OFFERED", "不支持批量请求", "Send one operation a request")
    if not isinstance(body, dict):
        raise Refusal("BAD_REQUEST", "请求体应为 JSON 对象", "The body must be a JSON object")
    return body
