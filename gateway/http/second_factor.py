"""`/auth/second-factor…`: give a code, enroll a device or another one, and renew recovery codes (ADR 44)."""

from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.authentication import CHALLENGE_SECONDS, issued, origin_of, posted, shown, text_of, token_of
from gateway.http.responses import address_of
from gateway.http.session_cookie import stay_of, with_tokens
from gateway.identity.deps import Deps
from gateway.identity.second_step import (
    DeviceConfirmed,
    DeviceOffer,
    confirm_enrollment,
    give_code,
    renew_recovery_codes,
    replace_device,
    start_enrollment,
)


@dataclass(frozen=True, slots=True)
class SecondFactorEndpoints:
    """What the holder of an account with a second factor may ask.

    Attributes:
        deps: The dependencies of identity's use cases.
    """

    deps: Deps

    def routes(self) -> list[Route]:
        """The routes, a method each."""
        root = "/auth/second-factor"
        return [
            Route(root, posted(self.give), methods=["POST"]),
            Route(f"{root}/enrollment", posted(self.enroll), methods=["POST"]),
            Route(f"{root}/enrollment/confirm", posted(self.confirm), methods=["POST"]),
            Route(f"{root}/replacement", posted(self.replace), methods=["POST"]),
            Route(f"{root}/recovery-codes", posted(self.recovery_codes), methods=["POST"]),
        ]

    async def give(self, body: dict[str, Any], request: Request) -> Response:
        """`{challenge, code, cookie?, keep?}` to tokens."""
        challenge, code, stay = text_of(body, "challenge"), text_of(body, "code"), stay_of(body)
        return issued(
            await give_code(self.deps, challenge=challenge, code=code, stay=stay, **origin_of(request)), request
        )

    async def enroll(self, body: dict[str, Any], _: Request) -> dict[str, Any]:
        """`{challenge}` of a login to the secret of a device."""
        return _offered(await start_enrollment(self.deps, challenge=text_of(body, "challenge")))

    async def confirm(self, body: dict[str, Any], request: Request) -> Response:
        """`{challenge, code, cookie?, keep?}` to tokens and recovery codes."""
        challenge, code, stay = text_of(body, "challenge"), text_of(body, "code"), stay_of(body)
        done = await confirm_enrollment(self.deps, challenge=challenge, code=code, stay=stay, **origin_of(request))
        return with_tokens(_confirmed(done), done.tokens, request)

    async def replace(self, body: dict[str, Any], request: Request) -> dict[str, Any]:
        """`{code}` of the present device with a bearer token to the secret of another."""
        token, code = token_of(request), text_of(body, "code")
        return _offered(await replace_device(self.deps, token=token, code=code, address=address_of(request)))

    async def recovery_codes(self, body: dict[str, Any], request: Request) -> dict[str, Any]:
        """`{code}` with a bearer token to other recovery codes."""
        token, code = token_of(request), text_of(body, "code")
        codes = await renew_recovery_codes(self.deps, token=token, code=code, address=address_of(request))
        return {"recoveryCodes": codes}


def _offered(offer: DeviceOffer) -> dict[str, Any]:
    return {
        "challenge": offer.challenge,
        "expiresIn": CHALLENGE_SECONDS,
        "secret": offer.secret,
        "otpauthUri": offer.uri,
    }


def _confirmed(confirmed: DeviceConfirmed) -> dict[str, Any]:
    return shown(confirmed.tokens) | {"recoveryCodes": confirmed.recovery_codes}
