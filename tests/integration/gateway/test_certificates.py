"""R32 at the gateway: what is mistyped is looked up nowhere, and numbers cannot be walked."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from gateway.app import build
from gateway.http.certificates import CHECKS_A_MINUTE, FILE_CHECKS
from gateway.settings import GatewaySettings
from tests.unit.gateway.serving import Browser, served

GOOD = "GP2411-K7M2-Q9XD-E"


class Assessment:
    """Assessment, as it answers checks; remembers the numbers that it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.files = 0

    def app(self) -> Starlette:
        async def check(request: Request) -> Response:
            self.asked.append((await request.json())["number"])
            return JSONResponse({"state": "VALID"})

        async def check_file(request: Request) -> Response:
            self.files += len(await request.body()) > 0
            return JSONResponse({"seal": "INTACT"})

        async def keys(_: Request) -> Response:
            return JSONResponse({"keys": []}, headers={"Cache-Control": "public, max-age=3600"})

        return Starlette(
            routes=[
                Route("/certificates/check", check, methods=["POST"]),
                Route("/certificates/check-file", check_file, methods=["POST"]),
                Route("/certificates/keys.json", keys),
            ]
        )


@asynccontextmanager
async def gateway(settings: GatewaySettings) -> AsyncIterator[tuple[Browser, Assessment]]:
    assessment = Assessment()
    async with served(assessment.app()) as behind:
        urls = dict(settings.subgraph_urls) | {"assessment": f"{behind.url}/graphql"}
        async with served(build(settings.model_copy(update={"subgraph_urls": urls}))) as browser:
            yield browser, assessment


@pytest.fixture
async def served_gateway(settings: GatewaySettings) -> AsyncIterator[tuple[Browser, Assessment]]:
    async with gateway(settings) as running:
        yield running


async def test_r32_anybody_checks_a_number_and_a_file(served_gateway: tuple[Browser, Assessment]) -> None:
    browser, assessment = served_gateway
    answer = await browser.send("POST", "/certificates/check", json={"number": GOOD.lower()})
    assert (answer.status, answer.json, assessment.asked) == (200, {"state": "VALID"}, ["GP2411K7M2Q9XDE"])
    pdf = {"Content-Type": "application/pdf"}
    answer = await browser.send("POST", "/certificates/check", data=b"%PDF-1.7", headers=pdf)
    assert (answer.json, assessment.files) == ({"seal": "INTACT"}, 1)
    answer = await browser.send("GET", "/certificates/keys.json")
    assert (answer.status, answer.headers["cache-control"]) == (200, "public, max-age=3600")


async def test_r32_a_mistyped_number_is_looked_up_nowhere(served_gateway: tuple[Browser, Assessment]) -> None:
    browser, assessment = served_gateway
    for body, code in (
        ({"number": "GP2411-K7N2-Q9XD-E"}, "CERTIFICATE_NUMBER_INVALID"),
        ({"number": "GP" * 500}, "CERTIFICATE_NUMBER_INVALID"),
        ({"number": 1}, "BAD_REQUEST"),
        ({"number": GOOD, "key": {"$ne": None}}, "BAD_REQUEST"),
        ({"number": GOOD, "more": "x"}, "BAD_REQUEST"),
        ({}, "BAD_REQUEST"),
    ):
        assert (await browser.send("POST", "/certificates/check", json=body)).code == code
    assert assessment.asked == []


async def test_r32_the_space_of_numbers_cannot_be_walked(served_gateway: tuple[Browser, Assessment]) -> None:
    """Thirty checks a minute and address; the 31st is told when to come again."""
    browser, assessment = served_gateway
    answers = [await browser.send("POST", "/certificates/check", json={"number": GOOD}) for _ in range(40)]
    refused = [answer for answer in answers if answer.status != 200]
    assert len(assessment.asked) <= CHECKS_A_MINUTE + 5
    assert {(answer.status, answer.code) for answer in refused} == {(429, "RATE_LIMITED")}
    assert int(refused[0].headers["retry-after"]) > 0


async def test_r32_one_address_cannot_keep_the_examiner_of_files_to_itself(
    served_gateway: tuple[Browser, Assessment],
) -> None:
    """A file counts for five checks: they are examined one after another."""
    browser, assessment = served_gateway
    pdf = {"Content-Type": "application/pdf"}
    answers = [await browser.send("POST", "/certificates/check", data=b"%PDF-1.7", headers=pdf) for _ in range(10)]
    assert 0 < assessment.files <= CHECKS_A_MINUTE // FILE_CHECKS + 1
    assert answers[-1].code == "RATE_LIMITED"


async def test_r32_a_page_is_for_who_is_signed_in(served_gateway: tuple[Browser, Assessment]) -> None:
    browser, _ = served_gateway
    assert (await browser.send("GET", f"/certificates/{GOOD}.pdf")).code == "UNAUTHENTICATED"
