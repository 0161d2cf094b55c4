"""The data of `make run` is loaded once, and never half."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local.process import StartFailed
from deploy.local.suite import Suite
from deploy.seed.loading import LOGINS, Seed, load_once
from tests.support.eventually import eventually


@pytest.fixture
def suite(tmp_path: Path) -> Iterator[Suite]:
    """A suite of which nothing runs, so that whatever is sent to it fails."""
    made = Suite(tmp_path)
    yield made
    made.stop()


@pytest.mark.parametrize("wanted", Seed)
async def test_a_suite_with_data_keeps_it(suite: Suite, wanted: Seed) -> None:
    kept = {"seed": "round", "password": "a-password", "logins": [], "others": [], "initial": {}}
    (suite.home / LOGINS).write_text(json.dumps(kept), encoding="utf-8")
    assert await load_once(suite, wanted) == kept


async def test_data_of_an_earlier_release_counts_as_empty(suite: Suite) -> None:
    (suite.home / LOGINS).write_text(json.dumps({"password": "a-password"}), encoding="utf-8")
    assert (await load_once(suite, Seed.ROUND))["seed"] == "empty"


@pytest.mark.parametrize("wanted", Seed)
async def test_what_was_begun_and_not_finished_is_not_taken_for_data(suite: Suite, wanted: Seed) -> None:
    loading = asyncio.create_task(load_once(suite, wanted))
    await eventually(lambda: any(suite.home.glob("loading")))
    loading.cancel()  # as Ctrl-C does
    with pytest.raises(asyncio.CancelledError):
        await loading
    assert not (suite.home / LOGINS).exists()
    with pytest.raises(StartFailed, match="make reset"):
        await load_once(suite, wanted)
