"""What a holder does: `/auth/login`, `/auth/refresh`, `/auth/password`, `/auth/logout`, `/auth/sessions`; the keys."""

from collections.abc import Awaitable, Callable
from typing import Any

from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.context import Act, acting
from chassis.principal import Scope
from gateway.http.context import traceparent_of
from gateway.http.responses import Endpoint, address_of, bearer, guarded, json_body, reply
from gateway.http.user_agent import client_of
from gateway.identity.authentication import log_in, own_sessions, revoke_sessions, set_password
from gateway.identity.deps import Deps
from gateway.identity.sessions import ACCESS_SECONDS, Tokens
from gateway.identity.store import Session
from gateway.refusals import UNKNOWN_SCOPE
from kernel.refusals import BAD_REQUEST, UNAUTHENTICATED

_BODY_BYTES = 4 * 1024


def auth_routes(deps: Deps, keys: KeySet) -> list[Route]:
    """The routes of identity.

    Args:
        deps: The dependencies of its use cases.
        keys: The gateway's keys; only their public half is shown.
    """

    async def login(body: dict[str, Any], request: Request) -> dict[str, Any]:
        scope = scope_of(body.get("scope"))
        name, password = _text(body, "login"), _text(body, "password")
        origin = _origin(request)
        return _shown(await log_in(deps, login=name, password=password, scope=scope, **origin))

    async def refresh(body: dict[str, Any], _: Request) -> dict[str, Any]:
        return _shown(await deps.sessions.refresh(_text(body, "refreshToken")))

    async def password(body: dict[str, Any], request: Request) -> dict[str, Any]:
        token = token_of(request)
        current = _text(body, "currentPassword") if body.get("currentPassword") else None
        new, origin = _text(body, "newPassword"), _origin(request)
        return _shown(await set_password(deps, token=token, current=current, new=new, **origin))

    async def logout(body: dict[str, Any], _: Request) -> dict[str, Any]:
        await deps.sessions.close(_text(body, "refreshToken"))
        return {}

    async def sessions(request: Request) -> Response:
        found = await own_sessions(deps, token=token_of(request))
        return reply({"sessions": [_session(one) for one in found]})

    async def revoke(request: Request) -> Response:
        only, but = request.path_params.get("id"), request.query_params.get("except")
        ended = await revoke_sessions(deps, token=token_of(request), only=only, but=but)
        return reply({"revoked": ended})

    async def jwks(_: Request) -> Response:
        return reply({"keys": keys.as_dict(private=False)["keys"]})

    return [
        Route("/auth/login", posted(login), methods=["POST"]),
        Route("/auth/refresh", posted(refresh), methods=["POST"]),
        Route("/auth/password", posted(password), methods=["POST"]),
        Route("/auth/logout", posted(logout), methods=["POST"]),
        Route("/auth/sessions", guarded(sessions), methods=["GET"]),
        Route("/auth/sessions", guarded(traced(revoke)), methods=["DELETE"]),
        Route("/auth/sessions/{id}", guarded(traced(revoke)), methods=["DELETE"]),
        Route("/auth/jwks.json", jwks),
    ]


def posted(handle: Callable[[dict[str, Any], Request], Awaitable[dict[str, Any]]], most: int = _BODY_BYTES) -> Endpoint:
    """The endpoint of a POST of JSON, at most so many bytes of it."""

    async def endpoint(request: Request) -> Response:
        return reply(await handle(await json_body(request, most), request))

    return guarded(traced(endpoint))


def traced(endpoint: Endpoint) -> Endpoint:
    """The endpoint; what it writes belongs to the request's trace."""

    async def within(request: Request) -> Response:
        with acting(Act(traceparent=traceparent_of(request.headers.get("traceparent")))):
            return await endpoint(request)

    return within


def token_of(request: Request) -> str:
    """The bearer token.

    Raises:
        Refusal: `UNAUTHENTICATED`.
    """
    token = bearer(request)
    if not token:
        raise UNAUTHENTICATED()
    return token


def _shown(tokens: Tokens) -> dict[str, Any]:
    return {
        "accessToken": tokens.access,
        "refreshToken": tokens.refresh,
        "tokenType": "Bearer",
        "expiresIn": ACCESS_SECONDS,
        "scope": tokens.account.scope.value,
        "mustChangePassword": tokens.must_change,
    }


def _session(session: Session) -> dict[str, Any]:
    """A session as its holder sees it; its id is the first part of its refresh tokens, up to the dot."""
    return {
        "id": session.id,
        "client": session.client,
        "openedAt": session.opened_at.isoformat() if session.opened_at else None,
        "lastUsedAt": session.rotated_at.isoformat(),
        "expiresAt": session.expires_at.isoformat(),
    }


def _origin(request: Request) -> dict[str, Any]:
    return {"address": address_of(request), "client": client_of(request.headers.get("user-agent", ""))}


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BAD_REQUEST(detail=(f"缺少 {name}", f"{name} is missing"), field=name)
    return value


def scope_of(value: object) -> Scope | None:
    """The role of that name, None for none.

    Raises:
        Refusal: `UNKNOWN_SCOPE`.
    """
    if value is None:
        return None
    if isinstance(value, str) and value in set(Scope):
        return Scope(value)
    raise UNKNOWN_SCOPE(scopes=[scope.value for scope in Scope])
