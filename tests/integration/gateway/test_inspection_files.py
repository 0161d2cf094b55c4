"""R37: the public files of an inspection by way of the gateway; assessment has a server of its own here."""

from collections.abc import AsyncIterator

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.app import build
from gateway.settings import GatewaySettings
from tests.unit.gateway.serving import Browser, served

FOLDER = "/public/inspections"


async def _assessment(request: Request) -> Response:
    if request.path_params["inspection"] != "2024-1" or request.path_params["name"] == "sample.json":
        return Response(status_code=404)
    if request.headers.get("if-none-match") == '"1"':
        return Response(status_code=304, headers={"ETag": '"1"'})
    seen = sorted(name for name in request.headers if name in {"authorization", "cookie"})
    return Response(f"{seen}", headers={"ETag": '"1"', "Cache-Control": "public, max-age=60"})


@pytest.fixture
async def browser(settings: GatewaySettings) -> AsyncIterator[Browser]:
    routes = [Route(FOLDER + "/{inspection}/{name}", _assessment)]
    async with served(Starlette(routes=routes)) as assessment:
        urls = dict(settings.subgraph_urls) | {"assessment": f"{assessment.url}/graphql"}
        async with served(build(settings.model_copy(update={"subgraph_urls": urls}))) as browser:
            yield browser


@pytest.mark.parametrize("name", ["population.jsonl", "ceremony.json", "draw.py", "draw.mjs"])
async def test_r37_a_file_is_passed_on_to_anybody_and_nothing_of_the_caller_goes_along(
    browser: Browser, name: str
) -> None:
    headers = {"Authorization": "Bearer x", "Cookie": "a=b"}
    answer = await browser.send("GET", f"{FOLDER}/2024-1/{name}", headers=headers)
    assert (answer.status, answer.text) == (200, "[]")
    assert (answer.headers["etag"], answer.headers["cache-control"]) == ('"1"', "public, max-age=60")
    assert (await browser.send("GET", f"{FOLDER}/2024-1/{name}", headers={"If-None-Match": '"1"'})).status == 304


@pytest.mark.parametrize(
    "path", ["2024-2/draw.py", "2024-1/sample.json", "2024-1/secret.json", "x/draw.py", "2024-1%2F..%2F/draw.py"]
)
async def test_r37_what_there_is_not_or_not_yet_is_refused_with_a_code(browser: Browser, path: str) -> None:
    answer = await browser.send("GET", f"{FOLDER}/{path}")
    assert answer.status == 404


async def test_r37_files_without_their_service_are_refused_with_a_code(settings: GatewaySettings) -> None:
    async with served(build(settings)) as browser:
        answer = await browser.send("GET", f"{FOLDER}/2024-1/draw.py")
    assert (answer.status, answer.code, answer.headers["retry-after"]) == (503, "UNAVAILABLE", "5")
