"""R27: after a restore the logs number anew above a base, and cursors of before go on where their number was kept."""

from contextlib import aclosing
from typing import Any

import pytest

from chassis.context import Act, acting
from chassis.storage.cursor import cursor_of
from services.enrollment.store import Epoch, Epochs, Feed
from tests.integration.enrollment.season import GUANGDONG, Season
from tests.integration.enrollment.test_feed_worker import event, read_by
from tests.integration.enrollment.test_live import follow
from tests.support.graph import Refused

EVENTS = """query($after: String) { enrollmentEvents(after: $after) {
  nodes { sequence epoch id cursor } feed { epoch base since reason } } }"""


async def grow(feed: Feed, *numbers: int) -> None:
    await (await feed.writer()).append([read_by(event(number)) for number in numbers])


async def page(season: Season, after: str | None = None) -> dict[str, Any]:
    return dict(await season.act(GUANGDONG, EVENTS, after=after))


async def restored(season: Season) -> Epoch:
    """A log that is cut back, as an older copy has it, and its new epoch."""
    feed = season.deps.store.feed
    await grow(feed, *range(1, 20))
    last = await feed.last("44")
    await season.database["feed"].delete_many({"province": "44", "sequence": {"$gt": last - 3}})
    with acting(Act(operator="李工")):
        epoch = await feed.begin_epoch("盘损坏")
    assert epoch.base_of("44") == last - 3
    await grow(feed, *range(100, 120))
    return epoch


async def test_a_log_that_was_never_restored_is_of_epoch_0_and_its_cursors_stay_as_they_were(season: Season) -> None:
    await grow(season.deps.store.feed, *range(1, 20))
    found = await page(season)
    assert found["feed"] == {"epoch": 0, "base": 0, "since": None, "reason": None}
    assert [(row["epoch"], row["cursor"]) for row in found["nodes"]] == [
        (0, cursor_of(row["sequence"])) for row in found["nodes"]
    ]


async def test_a_cursor_of_a_former_epoch_goes_on_up_to_the_base_and_is_refused_above(season: Season) -> None:
    epoch = await restored(season)
    base = epoch.base_of("44")
    found = await page(season, cursor_of(base))
    assert (found["feed"]["epoch"], found["feed"]["base"], found["feed"]["reason"]) == (epoch.number, base, "盘损坏")
    assert [row["sequence"] for row in found["nodes"]][:2] == [base + 1, base + 2]
    assert {row["epoch"] for row in found["nodes"]} == {epoch.number}
    first = found["nodes"][0]
    assert (await page(season, first["cursor"]))["nodes"] == found["nodes"][1:]
    with pytest.raises(Refused) as refused:
        await page(season, cursor_of(base + 1))
    assert refused.value.code == "CURSOR_OF_FORMER_EPOCH"
    assert (refused.value.extensions["epoch"], refused.value.extensions["base"]) == (epoch.number, base)
    live = follow(season, GUANGDONG, cursor_of(base + 1))
    async with aclosing(live):
        assert (await anext(live)).errors[0].original_error.code == "CURSOR_OF_FORMER_EPOCH"


@pytest.mark.parametrize("position", [(2**40, 1), (-1, 1), (0, 1, 1), ("0", 1), (True, 1)])
async def test_what_names_no_epoch_of_the_log_is_no_cursor(season: Season, position: tuple[Any, ...]) -> None:
    await restored(season)
    with pytest.raises(Refused) as refused:
        await page(season, cursor_of(*position))
    assert refused.value.code == "BAD_CURSOR"


async def test_a_new_epoch_is_told_to_the_audit_with_who_and_why(season: Season) -> None:
    """R40: whoever restores the logs is named."""
    epoch = await restored(season)
    document = await season.database["feed_state"].find_one({"_id": "epochs"}) or {}
    (told,) = document["events"]
    assert (told["name"], told["actor"]["name"]) == ("feed-epoch-begun", "李工")
    assert told["data"]["epoch"] == epoch.number
    assert told["data"]["kept"] == dict(epoch.base)


def test_a_cursor_goes_on_only_where_all_epochs_since_have_kept_its_number() -> None:
    epochs = Epochs([Epoch(10, {"44": 10}), Epoch(20, {"44": 20}), Epoch(30, {"44": 15})])
    assert [epochs.kept_since(number, "44") for number in (0, 10, 15, 20, 30)] == [10, 15, 15, 15, None]
    assert epochs.kept_since(0, "51") == 0, "a log that was empty then has kept nothing"
