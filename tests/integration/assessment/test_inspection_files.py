"""A stranger fetches the public files of an inspection and recomputes its sample by them alone (R37; ADR 55)."""

import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from starlette.applications import Starlette

from services.assessment import commands
from services.assessment.http.inspections import InspectionFiles
from tests.integration.assessment.test_inspections import VOID, Season
from tests.integration.assessment.world import World
from tests.unit.gateway.serving import Browser, served

FOLDER = "/public/inspections/2024-1"


@pytest.fixture
def season(world: World, tmp_path: Path) -> Season:
    return Season(world, tmp_path / "clock.json")


@pytest.fixture
async def browser(world: World) -> AsyncIterator[Browser]:
    files = InspectionFiles()
    files.deps = world.deps
    async with served(Starlette(routes=files.routes())) as browser:
        yield browser


async def status(browser: Browser, name: str) -> int:
    return (await browser.send("GET", f"{FOLDER}/{name}")).status


async def recomputed(browser: Browser, folder: Path) -> str:
    """What the fetched program prints for the fetched files, run in isolation."""
    for name in ("population.jsonl", "ceremony.json", "draw.py"):
        text = (await browser.send("GET", f"{FOLDER}/{name}")).text
        (folder / name).write_bytes(text.encode())
    program = [sys.executable, "-I", "-S", "draw.py", "population.jsonl", "ceremony.json"]
    done = subprocess.run(program, cwd=folder, capture_output=True, check=True)  # noqa: S603, ASYNC221 - our own program
    return done.stdout.decode()


@pytest.mark.parametrize("revealed", [True, False])
async def test_r37_the_published_sample_is_what_the_published_program_prints(
    season: Season, browser: Browser, tmp_path: Path, revealed: bool
) -> None:
    if revealed:
        await season.draw()
    else:
        await season.hold_projects()
        await season.freeze()
        await season.announce()
        end = (await season.stored()).reveal_by
        assert end
        season.move_to(end.replace(year=end.year + 1))
        await commands.draw_withheld(season.world.deps)
    answer = await browser.send("GET", f"{FOLDER}/sample.json")
    assert answer.text == await recomputed(browser, tmp_path)


async def test_r37_each_file_is_public_as_soon_as_there_is_something_in_it(season: Season, browser: Browser) -> None:
    assert await status(browser, "population.jsonl") == 404
    await season.hold_projects()
    await season.freeze()
    assert [await status(browser, name) for name in ("population.jsonl", "ceremony.json", "sample.json")] == [
        *(200, 404, 404)
    ]
    await season.announce()
    before = (await browser.send("GET", f"{FOLDER}/ceremony.json")).json
    assert "secret" not in before
    assert all("value" not in beacon for beacon in before["beacons"])
    assert await status(browser, "sample.json") == 404
    assert await status(browser, "draw.mjs") == 200
    assert await status(browser, "reference.py") == 404


async def test_r37_the_secret_of_a_draw_that_was_given_up_is_in_its_file(season: Season, browser: Browser) -> None:
    await season.hold_projects()
    await season.freeze()
    await season.announce()
    await season.ask(VOID, id="2024-1", reason="总体有误")
    assert (await browser.send("GET", f"{FOLDER}/ceremony.json")).json["secret"] == (await season.stored()).secret


async def test_a_file_that_has_not_changed_is_not_sent_again(season: Season, browser: Browser) -> None:
    """R37: caches may keep the files."""
    await season.draw()
    first = await browser.send("GET", f"{FOLDER}/sample.json")
    headers = {"If-None-Match": first.headers["etag"]}
    assert (await browser.send("GET", f"{FOLDER}/sample.json", headers=headers)).status == 304
