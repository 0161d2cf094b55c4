"""The login endpoints: `/auth/login`, `/auth/refresh`, `/auth/password`, `/auth/logout`, `/auth/jwks.json`."""

from collections.abc import Awaitable, Callable
from typing import Any

from joserfc.jwk import KeySet
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.context import Act, acting
from chassis.errors import Refusal, Unblock, unauthenticated
from chassis.principal import Scope
from gateway.http.context import traceparent_of
from gateway.http.replies import Endpoint, address_of, bearer, guarded, json_body, reply
from gateway.identity.accounts import Identity, log_in, set_password
from gateway.identity.sessions import ACCESS_SECONDS, Tokens

_BODY_BYTES = 4 * 1024


def auth_routes(identity: Identity, keys: KeySet) -> list[Route]:
    """The routes of identity.

    Args:
        identity: The dependencies of its use cases.
        keys: The gateway's keys; only their public half is shown.
    """

    async def login(body: dict[str, Any], request: Request) -> dict[str, Any]:
        scope = _scope(body.get("scope"))
        name, password = _text(body, "login"), _text(body, "password")
        address = address_of(request)
        return _shown(await log_in(identity, login=name, password=password, scope=scope, address=address))

    async def refresh(body: dict[str, Any], _: Request) -> dict[str, Any]:
        return _shown(await identity.sessions.refresh(_text(body, "refreshToken")))

    async def password(body: dict[str, Any], request: Request) -> dict[str, Any]:
        token = bearer(request)
        if not token:
            raise unauthenticated()
        current = _text(body, "currentPassword") if body.get("currentPassword") else None
        new, address = _text(body, "newPassword"), address_of(request)
        return _shown(await set_password(identity, token=token, current=current, new=new, address=address))

    async def logout(body: dict[str, Any], _: Request) -> dict[str, Any]:
        await identity.sessions.close(_text(body, "refreshToken"))
        return {}

    async def jwks(_: Request) -> Response:
        return reply({"keys": keys.as_dict(private=False)["keys"]})

    return [
        Route("/auth/login", _endpoint(login), methods=["POST"]),
        Route("/auth/refresh", _endpoint(refresh), methods=["POST"]),
        Route("/auth/password", _endpoint(password), methods=["POST"]),
        Route("/auth/logout", _endpoint(logout), methods=["POST"]),
        Route("/auth/jwks.json", jwks),
    ]


def _endpoint(handle: Callable[[dict[str, Any], Request], Awaitable[dict[str, Any]]]) -> Endpoint:
    async def endpoint(request: Request) -> Response:
        with acting(Act(traceparent=traceparent_of(request.headers.get("traceparent")))):
            return reply(await handle(await json_body(request, _BODY_BYTES), request))

    return guarded(endpoint)


def _shown(tokens: Tokens) -> dict[str, Any]:
    return {
        "accessToken": tokens.access,
        "refreshToken": tokens.refresh,
        "tokenType": "Bearer",
        "expiresIn": ACCESS_SECONDS,
        "scope": tokens.account.scope.value,
        "mustChangePassword": tokens.must_change,
    }


def _text(body: dict[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise Refusal("BAD_REQUEST", f"缺少 {name}", f"{name} is missing", unblock=Unblock.SELF, field=name)
    return value


def _scope(value: object) -> Scope | None:
    if value is None:
        return None
    if isinstance(value, str) and value in set(Scope):
        return Scope(value)
    raise Refusal(
        "UNKNOWN_SCOPE", "未知角色", "No such scope", unblock=Unblock.SELF, scopes=[scope.value for scope in Scope]
    )
