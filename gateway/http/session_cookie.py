"""The refresh token as a cookie that no script can read, for the consoles in a browser (ADR 76; RFC 6265).

The cookie goes to `/auth` alone, so that neither the graph nor the ballot box ever sees it.
"""

from collections.abc import Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from gateway.http.responses import reply
from gateway.identity.sessions import Tokens
from gateway.identity.store import Stay
from gateway.refusals import NOT_SAME_ORIGIN
from kernel.refusals import BAD_REQUEST

NAME, SECURE_NAME = "gp_refresh", "__Secure-gp_refresh"
PATH = "/auth"
_BY_TLS = "https"


def stay_of(body: Mapping[str, Any]) -> Stay:
    """How whoever signs in wants to stay signed in: `{cookie?, keep?}`, both false where they are missing.

    Raises:
        Refusal: `BAD_REQUEST`: one is neither true nor false, or `keep` comes without `cookie`.
    """
    cookie, keep = (_flag(body, name) for name in ("cookie", "keep"))
    if keep and not cookie:
        raise BAD_REQUEST(detail=("keep 须与 cookie 同用", "keep goes with cookie"), field="keep")
    if not cookie:
        return Stay.TOKEN
    return Stay.KEPT if keep else Stay.BROWSER


def token_in(request: Request) -> str | None:
    """The refresh token in the request's cookie; None without one.

    Behind TLS only the cookie counts that a page without TLS cannot have set.

    Raises:
        Refusal: `NOT_SAME_ORIGIN`: there is one, and no page of ours has sent it.
    """
    token = request.cookies.get(_name(request))
    if token is not None:
        require_same_origin(request)
    return token or None


def require_same_origin(request: Request) -> None:
    """Refuse what a page of another origin makes a browser send.

    A browser that sends no `Sec-Fetch-Site` (before 2020, or without TLS) names the page's origin with every POST.

    Raises:
        Refusal: `NOT_SAME_ORIGIN`.
    """
    site = request.headers.get("sec-fetch-site")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    is_ours = site == "same-origin" if site is not None else request.headers.get("origin") == own
    if not is_ours:
        raise NOT_SAME_ORIGIN()


def with_tokens(content: dict[str, Any], tokens: Tokens, request: Request) -> Response:
    """The reply with new tokens: where the session stays by cookie, the refresh token is there and not in the body.

    Args:
        content: The body, with `refreshToken`.
        tokens: The tokens.
        request: The request.
    """
    if tokens.refresh is None or tokens.stay is Stay.TOKEN:
        return reply(content)
    response = reply(content | {"refreshToken": None})
    _set(response, request, tokens.refresh, tokens.seconds if tokens.stay is Stay.KEPT else None)
    return response


def without_cookie(response: Response, request: Request) -> Response:
    """The reply, which ends the browser's cookie where it has sent one."""
    if _name(request) in request.cookies:
        _set(response, request, "", 0)
    return response


def _set(response: Response, request: Request, token: str, seconds: int | None) -> None:
    secure = request.url.scheme == _BY_TLS
    response.set_cookie(
        _name(request), token, max_age=seconds, path=PATH, secure=secure, httponly=True, samesite="strict"
    )


def _name(request: Request) -> str:
    return SECURE_NAME if request.url.scheme == _BY_TLS else NAME


def _flag(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name)
    if value is None:
        return False
    if not isinstance(value, bool):
        raise BAD_REQUEST(detail=(f"{name} 应为 true 或 false", f"{name} is true or false"), field=name)
    return value
