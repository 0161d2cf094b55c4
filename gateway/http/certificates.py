"""Certificates at the gateway: checks by anybody, within limits, what is public, and pages for holders (R32)."""

import re
from collections.abc import Mapping

import orjson
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.http.proxied_routes import public_file
from gateway.http.proxy import SubgraphProxy
from gateway.http.replicas import Replicas
from gateway.http.responses import JSON, address_of, guarded, json_body, raw_body
from gateway.protection.spending import Spending, SpendingSettings
from gateway.refusals import UNSUPPORTED_MEDIA_TYPE
from kernel.identifiers import certificate_number
from kernel.refusals import BAD_REQUEST, NOT_FOUND

PDF = "application/pdf"
MOST_CHECK_BYTES = 4 * 1024
MOST_FILE_BYTES = 2 * 1024 * 1024
CHECKS_A_MINUTE = 30
"""How many checks an address may ask for a minute, at all replicas together."""
FILE_CHECKS = 5
"""For how many checks that of a file counts: files are examined one after another, and a hostile one takes seconds."""
_BODY_SECONDS = 30.0
_FIELDS = {"number", "key", "name"}
_YEAR = re.compile("[0-9]{4}", re.ASCII)


def check_limit() -> Spending:
    """What an address may check: at thirty a minute, one walks a space of 40 bits in some 700 centuries."""
    return Spending(SpendingSettings(principal=CHECKS_A_MINUTE, address=CHECKS_A_MINUTE), 1)


def certificate_routes(proxy: SubgraphProxy, replicas: Mapping[str, Replicas], checks: Spending) -> list[Route]:
    """The routes below `/certificates`.

    Args:
        proxy: Forwards to assessment.
        replicas: Subgraph name, in lower case, to its replicas.
        checks: What an address may check.
    """

    async def check(request: Request) -> Response:
        """A check by number, as JSON, or of a file, as PDF."""
        kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        bill = checks.bill(proxy.nobody(request).principal, address_of(request))
        bill(FILE_CHECKS if kind == PDF else 1)
        if kind == PDF:
            raw = await raw_body(request, MOST_FILE_BYTES, _BODY_SECONDS)
            return await proxy.send(
                request, "/certificates/check-file", content=raw, headers={"Content-Type": PDF}, public=True
            )
        if kind != JSON:
            raise UNSUPPORTED_MEDIA_TYPE(detail=(f"请使用 {JSON} 或 {PDF}", f"send {JSON} or {PDF}"))
        asked = _asked(await json_body(request, MOST_CHECK_BYTES))
        content = orjson.dumps(asked)
        return await proxy.send(
            request, "/certificates/check", content=content, headers={"Content-Type": JSON}, public=True
        )

    async def keys(request: Request) -> Response:
        return await _public(request, replicas["assessment"], "/certificates/keys.json")

    async def status(request: Request) -> Response:
        year = request.path_params["year"]
        if not _YEAR.fullmatch(year):
            raise NOT_FOUND()
        path = f"/certificates/status/{year}.jwt"
        return await _public(request, replicas["assessment"], path)

    async def page(request: Request) -> Response:
        proxy.context(request)  # who is not signed in is told so first
        number = certificate_number(request.path_params["number"])
        return await proxy.send(request, f"/certificates/{number}.pdf")

    return [
        Route("/certificates/check", guarded(check), methods=["POST"]),
        Route("/certificates/keys.json", guarded(keys)),
        Route("/certificates/status/{year}.jwt", guarded(status)),
        Route("/certificates/{number}.pdf", guarded(page)),
    ]


async def _public(request: Request, replicas: Replicas, path: str) -> Response:
    """What is public of certificates.

    Raises:
        Refusal: `NOT_FOUND`, `UNAVAILABLE`.
    """
    reply = await public_file(request, replicas, path)
    if reply is None:
        raise NOT_FOUND()
    return reply


def _asked(body: dict[str, object]) -> dict[str, object]:
    """What is asked; a number that is mistyped is refused here, and nothing is looked up (R32).

    Raises:
        Refusal: `BAD_REQUEST`, `CERTIFICATE_NUMBER_INVALID`.
    """
    number = body.get("number")
    texts = all(value is None or isinstance(value, str) for value in body.values())
    if not isinstance(number, str) or not texts or not body.keys() <= _FIELDS:
        words = ("应为 number 和可选的 key、name", "this must be `number` and, if wanted, `key` and `name`")
        raise BAD_REQUEST(rule="R32", detail=words)
    return body | {"number": certificate_number(number)}
