"""`/auth/…`: log in, refresh, set the password, log out, see and revoke sessions; the public keys (R3, R4)."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from chassis.context import Act, acting
from chassis.principal import Scope
from gateway.http.context import given_request, new_traceparent, request_header
from gateway.http.responses import Endpoint, address_of, bearer, guarded, json_body, refused, reply
from gateway.http.session_cookie import stay_of, token_in, with_tokens, without_cookie
from gateway.http.user_agent import client_of
from gateway.identity.authentication import log_in, own_sessions, revoke_sessions, set_password
from gateway.identity.deps import Deps
from gateway.identity.second_factor import CHALLENGE_LIFETIME
from gateway.identity.second_step import FurtherStep
from gateway.identity.sessions import ACCESS_SECONDS, Tokens
from gateway.identity.store import Session
from gateway.refusals import UNKNOWN_SCOPE
from kernel.errors import Refusal
from kernel.refusals import BAD_REQUEST, UNAUTHENTICATED

CHALLENGE_SECONDS = int(CHALLENGE_LIFETIME.total_seconds())
_BODY_BYTES = 4 * 1024
JsonHandler = Callable[[dict[str, Any], Request], Awaitable[dict[str, Any] | Response]]
"""Answers a POST: the JSON object of its body, and the request, to the JSON object of the reply, or the reply."""


@dataclass(frozen=True, slots=True)
class AuthenticationEndpoints:
    """What the holder of an account may ask.

    Attributes:
        deps: The dependencies of identity's use cases.
    """

    deps: Deps

    def routes(self) -> list[Route]:
        """The routes, a method each."""
        return [
            Route("/auth/login", posted(self.login), methods=["POST"]),
            Route("/auth/refresh", posted(self.refresh), methods=["POST"]),
            Route("/auth/password", posted(self.password), methods=["POST"]),
            Route("/auth/logout", posted(self.logout), methods=["POST"]),
            Route("/auth/sessions", guarded(self.sessions), methods=["GET"]),
            Route("/auth/sessions", guarded(traced(self.revoke)), methods=["DELETE"]),
            Route("/auth/sessions/{id}", guarded(traced(self.revoke)), methods=["DELETE"]),
            Route("/auth/jwks.json", self.jwks),
        ]

    async def login(self, body: dict[str, Any], request: Request) -> Response:
        """`{login, password, scope?, cookie?, keep?}` to tokens, or to the further step that the role needs."""
        scope, stay = scope_of(body.get("scope")), stay_of(body)
        login, password = text_of(body, "login"), text_of(body, "password")
        done = await log_in(self.deps, login=login, password=password, scope=scope, stay=stay, **origin_of(request))
        return issued(done, request)

    async def refresh(self, body: dict[str, Any], request: Request) -> Response:
        """`{refreshToken}`, or the cookie, to the next tokens of its session; a cookie that is over is ended."""
        token = refresh_token_of(body, request)
        try:
            if token is None:
                raise UNAUTHENTICATED()
            return issued(await self.deps.sessions.refresh(token), request)
        except Refusal as refusal:
            return without_cookie(refused(refusal, request), request)

    async def password(self, body: dict[str, Any], request: Request) -> Response:
        """`{currentPassword?, newPassword, cookie?, keep?}` with a bearer token to the tokens of a new session."""
        token = token_of(request)
        current = text_of(body, "currentPassword") if body.get("currentPassword") else None
        new, stay = text_of(body, "newPassword"), stay_of(body)
        done = await set_password(self.deps, token=token, current=current, new=new, stay=stay, **origin_of(request))
        return issued(done, request)

    async def logout(self, body: dict[str, Any], request: Request) -> Response:
        """End the session of `{refreshToken}`, or of the cookie, and the cookie."""
        token = refresh_token_of(body, request)
        if token is not None:
            await self.deps.sessions.close(token)
        return without_cookie(reply({}), request)

    async def sessions(self, request: Request) -> Response:
        """The sessions of the bearer's account."""
        sessions = await own_sessions(self.deps, token=token_of(request))
        return reply({"sessions": [_session(session) for session in sessions]})

    async def revoke(self, request: Request) -> Response:
        """End the session in the path, or all sessions but `?except=`."""
        only, but = request.path_params.get("id"), request.query_params.get("except")
        ended = await revoke_sessions(self.deps, token=token_of(request), only=only, but=but)
        return reply({"revoked": ended})

    async def jwks(self, _: Request) -> Response:
        """The public keys that sign tokens, a JWK set (RFC 7517)."""
        return reply({"keys": self.deps.sessions.keys.as_dict(private=False)["keys"]})


def posted(handle: JsonHandler, most_bytes: int = _BODY_BYTES) -> Endpoint:
    """The endpoint of a POST of JSON, at most so many bytes of it."""

    async def endpoint(request: Request) -> Response:
        answer = await handle(await json_body(request, most_bytes), request)
        return answer if isinstance(answer, Response) else reply(answer)

    return guarded(traced(endpoint))


def traced(endpoint: Endpoint) -> Endpoint:
    """The endpoint; the events that it writes carry the request's trace and id, and its reply names the id."""

    async def within(request: Request) -> Response:
        traceparent, given = new_traceparent(), given_request(request)
        with acting(Act(traceparent=traceparent, request=given)):
            response = await endpoint(request)
        response.raw_headers.append(request_header(traceparent, given))
        return response

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


def shown(tokens: Tokens) -> dict[str, Any]:
    """Tokens as a client gets them."""
    return {
        "accessToken": tokens.access,
        "refreshToken": tokens.refresh,
        "tokenType": "Bearer",
        "expiresIn": ACCESS_SECONDS,
        "idleSeconds": tokens.idle,
        "scope": tokens.account.scope.value,
        "mustChangePassword": tokens.must_change,
        "lastLogin": {"at": last.at.isoformat(), "client": last.client} if (last := tokens.last_login) else None,
    }


def refresh_token_of(body: dict[str, Any], request: Request) -> str | None:
    """The refresh token of the body or, where it has none, of the cookie; None without any.

    Raises:
        Refusal: `BAD_REQUEST`, `NOT_SAME_ORIGIN`.
    """
    return text_of(body, "refreshToken") if body.get("refreshToken") is not None else token_in(request)


def issued(result: Tokens | FurtherStep, request: Request) -> Response:
    """The reply with tokens, or with what the login wants before it gives any."""
    if isinstance(result, Tokens):
        return with_tokens(shown(result), result, request)
    return reply(shown_or_step(result))


def shown_or_step(result: Tokens | FurtherStep) -> dict[str, Any]:
    """Tokens, or what the login wants before it gives any."""
    if isinstance(result, Tokens):
        return shown(result)
    return {
        "nextStep": result.step.value,
        "challenge": result.challenge,
        "expiresIn": CHALLENGE_SECONDS,
        "scope": result.account.scope.value,
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


def origin_of(request: Request) -> dict[str, Any]:
    """Where a request comes from: the client's address and kind."""
    return {"address": address_of(request), "client": client_of(request.headers.get("user-agent", ""))}


def text_of(body: dict[str, Any], name: str) -> str:
    """The text of a field.

    Raises:
        Refusal: `BAD_REQUEST`: it is missing, empty or no text.
    """
    value = body.get(name)
    if not isinstance(value, str) or not value:
        raise BAD_REQUEST(detail=(f"缺少 {name}", f"{name} is missing"), field=name)
    return value
