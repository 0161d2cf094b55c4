"""What caches may keep of replies, and repeats that are answered with 304 (ADR 48; RFC 9110, 8.8 and 13.1.2)."""

import hashlib

from starlette.requests import Request
from starlette.responses import Response

_OK = 200
_VARY = "Accept-Language, Authorization, Accept, Accept-Encoding"
_WEAK = "W/"


def for_caches(answer: Response, request: Request, max_age: int) -> Response:
    """The answer with what caches have to know; 304 for a GET of what the client has.

    Args:
        answer: The answer, which no cache stores as it is.
        request: The client's request. One with `Authorization` is answered for its caller alone.
        max_age: For how many seconds caches may keep it; 0 for not at all.
    """
    answer.headers["Vary"] = _VARY
    if not max_age or answer.status_code != _OK or "authorization" in request.headers:
        return answer
    answer.headers["Cache-Control"] = f"public, max-age={max_age}"
    if request.method == "POST":
        return answer
    tag = f'"{hashlib.sha256(answer.body).hexdigest()}"'
    answer.headers["ETag"] = tag
    if not has_tag(request, tag):
        return answer
    kept = {name: answer.headers[name] for name in ("Cache-Control", "ETag", "Vary")}
    return Response(status_code=304, headers=kept)


def has_tag(request: Request, tag: str) -> bool:
    """Whether the client has what a strong entity tag is of, by `If-None-Match`.

    Tags are compared weakly, for a compressed reply has a weak one.

    Args:
        request: The client's request.
        tag: The tag, in its quotes.
    """
    return tag in [given.strip().removeprefix(_WEAK) for given in request.headers.get("if-none-match", "").split(",")]
