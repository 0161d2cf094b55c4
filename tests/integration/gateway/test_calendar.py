"""R1: the public calendar by way of the gateway; catalog has a server of its own, which knows one round."""

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.app import build
from gateway.settings import GatewaySettings
from tests.unit.gateway.serving import Browser, served


async def _catalog(request: Request) -> Response:
    known = request.path_params["year"] == "2024"
    return Response("BEGIN:VCALENDAR", media_type="text/calendar") if known else Response(status_code=404)


@pytest.fixture
async def browser(settings: GatewaySettings) -> AsyncIterator[Browser]:
    async with served(Starlette(routes=[Route("/calendar/{year}.ics", _catalog)])) as catalog:
        urls = dict(settings.subgraph_urls) | {"catalog": f"{catalog.url}/graphql"}
        async with served(build(settings.model_copy(update={"subgraph_urls": urls}))) as browser:
            yield browser


async def test_r1_the_calendar_of_a_round_is_passed_on(browser: Browser) -> None:
    answer = await browser.send("GET", "/calendar/2024.ics")
    assert (answer.status, answer.text) == (200, "BEGIN:VCALENDAR")


@pytest.mark.parametrize("year", ["2023", "99999", "9" * 4301, "x", "-1", "٢٠٢٤"])
async def test_r1_what_is_no_year_of_a_round_is_refused_with_a_code(browser: Browser, year: str) -> None:
    answer = await browser.send("GET", f"/calendar/{year}.ics")
    assert (answer.status, answer.code) == (404, "NOT_FOUND")


async def test_r1_a_calendar_without_its_service_is_refused_with_a_code(settings: GatewaySettings) -> None:
    async with served(build(settings)) as browser:
        answer = await browser.send("GET", "/calendar/2024.ics")
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "UNAVAILABLE", "5")
