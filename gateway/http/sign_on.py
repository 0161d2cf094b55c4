"""`/auth/oidc/…`: sign in by another identity provider (ADR 45)."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.authentication import issued, origin_of, posted, text_of
from gateway.http.session_cookie import stay_of
from gateway.identity.sign_on import LIFETIME, SignOnDeps, finish_sign_on, start_sign_on


@dataclass(frozen=True, slots=True)
class SignOnEndpoints:
    """What a front end may ask to sign somebody in by another provider.

    Attributes:
        deps: The dependencies.
    """

    deps: SignOnDeps

    def routes(self) -> list[Route]:
        """The routes, a method each."""
        return [
            Route("/auth/oidc/start", posted(self.start), methods=["POST"]),
            Route("/auth/oidc/callback", posted(self.callback), methods=["POST"]),
        ]

    async def start(self, body: dict[str, Any], request: Request) -> dict[str, Any]:
        """`{redirectUri?}` to the provider's page and a ticket."""
        target = text_of(body, "redirectUri") if body.get("redirectUri") is not None else None
        started = await start_sign_on(self.deps, redirect_uri=target, address=origin_of(request)["address"])
        seconds = int(LIFETIME.total_seconds())
        return {"authorizationUrl": started.url, "ticket": started.ticket, "expiresIn": seconds}

    async def callback(self, body: dict[str, Any], request: Request) -> Response:
        """`{ticket, state, code, cookie?, keep?}` to tokens, or to the further step that the role needs."""
        ticket, state, code = text_of(body, "ticket"), text_of(body, "state"), text_of(body, "code")
        client, stay = origin_of(request)["client"], stay_of(body)
        done = await finish_sign_on(self.deps, ticket=ticket, state=state, code=code, client=client, stay=stay)
        return issued(done, request)
