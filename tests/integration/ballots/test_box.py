"""The ballot box on a real database: what it takes, when, and what it hands over (R34, R36)."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from chassis.clock import Clock, move_forward
from chassis.seal import KeyFolder
from chassis.storage.migration import migrate
from chassis.storage.mongo import Database
from deploy.local.parts import Parts
from kernel import ballots
from kernel.dates import SHANGHAI
from kernel.encoding import from_base64url, to_base64url
from kernel.errors import Refusal
from services.assessment.ballots import counting
from services.assessment.ballots.app import build
from services.assessment.ballots.box import Ballot
from services.assessment.ballots.counting import BallotBox
from services.assessment.ballots.migrations import MIGRATIONS
from services.assessment.ballots.settings import BallotsSettings
from services.assessment.ballots.store import Store
from tests.support.operations import Budget, watched
from tests.support.voters import Poll, instrument_id, token_key
from tests.unit.gateway.serving import Answer, Browser, served

SECRET = "s" * 40
INTERNAL = {"Authorization": f"Bearer {SECRET}"}
OPENS = datetime(2024, 7, 1, tzinfo=SHANGHAI)
CLOSES = OPENS + timedelta(days=14)
BEFORE, WHILE, AFTER = OPENS - timedelta(days=3), OPENS + timedelta(days=2), CLOSES + timedelta(seconds=60)


@dataclass
class Box:
    """A running ballot box.

    Attributes:
        database: Its database.
        settings: Its settings.
        clock_file: Moves its clock.
        browser: A client of it.
    """

    database: Database
    settings: BallotsSettings
    clock_file: Path
    browser: Browser = field(init=False)
    _stack: AsyncExitStack = field(default_factory=AsyncExitStack)

    async def start(self) -> None:
        self.browser = await self._stack.enter_async_context(served(build(self.settings)))

    async def stop(self) -> None:
        await self._stack.aclose()

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def at(self, moment: datetime) -> None:
        move_forward(self.clock_file, moment)

    async def ask(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        return await self.browser.send(method, path, json=body, headers=INTERNAL if headers is None else headers)

    async def set_up(
        self, poll: Poll, opens: datetime | None = OPENS, closes: datetime | None = CLOSES, n: str | None = None
    ) -> Answer:
        window = [moment.isoformat() if moment else None for moment in (opens, closes)]
        body = {"n": n or poll.n, "opensAt": window[0], "closesAt": window[1]}
        answer = await self.ask("PUT", f"/internal/boxes/{poll.id}", body)
        if answer.status == 200:
            poll.box = from_base64url(answer.json["boxKey"], 65)
        return answer

    async def send(self, body: Any) -> Answer:
        return await self.ask("POST", "/ballots", body, {})

    async def close(self, poll: Poll) -> Answer:
        return await self.ask("POST", f"/internal/boxes/{poll.id}/close")

    async def open(self, poll: Poll) -> Answer:
        return await self.ask("POST", f"/internal/boxes/{poll.id}/open")

    async def stored(self) -> list[dict[str, Any]]:
        return [document async for document in self.database["ballots"].find()]


@pytest.fixture
async def box(database: Database, parts: Parts, tmp_path: Path) -> AsyncIterator[Box]:
    """A running box, some days before the window of its questionnaires."""
    secret, clock_file = tmp_path / "secret", tmp_path / "clock.json"
    secret.write_text(SECRET + "\n", encoding="utf-8")
    settings = BallotsSettings(
        mongodb_url=SecretStr(parts.mongodb_url("admin")),
        mongodb_database=database.name,
        keys_dir=tmp_path / "keys",
        ballots_secret_file=secret,
        port=1,
        environment="development",
        clock_file=clock_file,
    )
    await migrate(database, MIGRATIONS)
    running = Box(database, settings, clock_file)
    running.at(BEFORE)
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def poll(box: Box) -> Poll:
    """A questionnaire that is open."""
    poll = Poll()
    await box.set_up(poll)
    box.at(WHILE)
    return poll


async def test_r34_a_ballot_is_answered_with_its_receipt_and_nothing_else_of_it_is_kept(box: Box, poll: Poll) -> None:
    voter = poll.voter()
    body = poll.ballot(voter)
    answer = await box.send(body)

    assert (answer.status, answer.json) == (200, {"receipt": voter.receipt})
    assert (answer.headers["cache-control"], "set-cookie" in answer.headers) == ("no-store", False)
    (document,) = await box.stored()
    assert set(document) == {"_id", "sealed"}
    assert (document["_id"], len(document["sealed"])) == (f"{poll.id}/{voter.receipt}", 4_258)


async def test_r34_a_token_answers_once_and_the_first_ballot_stays(box: Box, poll: Poll) -> None:
    voter = poll.voter()
    first = poll.ballot(voter, mark=5)
    answers = [await box.send(first), await box.send(first), await box.send(poll.ballot(voter, mark=1))]

    assert [answer.json for answer in answers] == [{"receipt": voter.receipt}] * 3
    (document,) = await box.stored()
    assert bytes(document["sealed"]) == from_base64url(first["sealed"], 4_258)


async def test_r34_of_two_ballots_under_one_token_at_once_one_is_kept(box: Box, poll: Poll) -> None:
    voter = poll.voter()
    answers = await asyncio.gather(*(box.send(poll.ballot(voter, mark=mark)) for mark in range(1, 6)))

    assert {answer.status for answer in answers} == {200}
    assert len(await box.stored()) == 1


async def test_r34_a_token_of_one_questionnaire_is_worth_nothing_at_another(box: Box, poll: Poll) -> None:
    same_key, other_key = Poll(), Poll(key=token_key(1))
    box_of = {**poll.ballot()}
    for other in (same_key, other_key):
        move = {**box_of, "instrument": other.id}
        assert (await box.send(move)).code == "NO_SUCH_BALLOT_BOX"
    await box.set_up(same_key, WHILE + timedelta(hours=1))
    await box.set_up(other_key, WHILE + timedelta(hours=1))
    box.at(WHILE + timedelta(hours=2))
    for other in (same_key, other_key):
        assert (await box.send({**box_of, "instrument": other.id})).code == "TOKEN_INVALID"
    assert await box.stored() == []


@pytest.mark.parametrize("member", ["nonce", "prefix", "token"])
async def test_r34_a_token_that_was_tampered_with_is_refused(box: Box, poll: Poll, member: str) -> None:
    body = poll.ballot()
    raw = bytearray(from_base64url(body[member], 256 if member == "token" else 32))
    raw[7] ^= 1
    answer = await box.send({**body, member: to_base64url(bytes(raw))})

    assert (answer.status, answer.code, await box.stored()) == (403, "TOKEN_INVALID", [])


async def test_r34_whatever_is_no_ballot_is_refused(box: Box, poll: Poll) -> None:
    body = poll.ballot()
    short = to_base64url(from_base64url(body["sealed"], 4_258)[:-1])
    wrong: list[Any] = [
        None,
        [],
        "x",
        {},
        {**body, "v": 2},
        {**body, "v": True},
        {**body, "more": 1},
        {name: body[name] for name in body if name != "prefix"},
        {**body, "sealed": short},
        {**body, "sealed": body["sealed"] + "="},
        {**body, "nonce": 5},
        {**body, "nonce": "!" * 43},
        {**body, "token": body["token"][:-1]},
    ]
    for each in wrong:
        answer = await box.send(each)
        assert (answer.status, answer.code) == (400, "BALLOT_MALFORMED"), each
    for name in ("ins", "x" * 28, "INS" + "0" * 25, "", None, {"$gt": ""}):
        assert (await box.send({**body, "instrument": name})).code == "NO_SUCH_BALLOT_BOX"
    large = await box.browser.send("POST", "/ballots", data=b"x" * 9_000)
    assert (large.status, large.code) == (413, "BODY_TOO_LARGE")
    assert (await box.browser.send("POST", "/ballots", data=b"{")).code == "BALLOT_MALFORMED"
    assert await box.stored() == []


async def test_r34_a_box_takes_ballots_from_its_first_moment_on_and_none_at_its_last(box: Box) -> None:
    poll = Poll()
    await box.set_up(poll)
    box.at(OPENS - timedelta(hours=1))
    early = await box.send(poll.ballot())
    box.at(OPENS)
    on_time = await box.send(poll.ballot())
    box.at(CLOSES - timedelta(minutes=1))
    last = await box.send(poll.ballot())
    box.at(CLOSES)
    late = await box.send(poll.ballot())

    assert (early.status, early.code) == (409, "BALLOT_BOX_NOT_OPEN")
    assert early.json["errors"][0]["extensions"]["opensAt"] == OPENS.isoformat()
    assert [on_time.status, last.status] == [200, 200]
    assert (late.status, late.code, len(await box.stored())) == (410, "BALLOT_BOX_CLOSED", 2)


async def test_r34_everybody_may_see_the_window_and_nothing_else_of_a_box(box: Box, poll: Poll) -> None:
    await box.send(poll.ballot())
    answer = await box.ask("GET", f"/ballots/{poll.id}", headers={})
    unknown = await box.ask("GET", f"/ballots/{instrument_id()}", headers={})

    window = {"opensAt": OPENS.isoformat(), "closesAt": CLOSES.isoformat()}
    assert answer.json == {"instrument": poll.id, "state": "OPEN", **window}
    assert (unknown.status, unknown.code) == (404, "NO_SUCH_BALLOT_BOX")


async def test_r36_only_the_register_with_its_secret_may_set_up_close_open_or_empty_a_box(box: Box, poll: Poll) -> None:
    calls = [
        ("PUT", ""), ("POST", "/close"), ("POST", "/open"), ("DELETE", "")
    ]  # fmt: skip
    for headers in ({}, {"Authorization": "Bearer " + "t" * 40}, {"Authorization": SECRET}):
        for method, tail in calls:
            answer = await box.ask(method, f"/internal/boxes/{poll.id}{tail}", {}, headers)
            assert (answer.status, answer.code) == (401, "UNAUTHENTICATED")
        assert (await box.ask("GET", "/internal/turnout", headers=headers)).code == "UNAUTHENTICATED"


async def test_r34_a_box_keeps_its_key_and_its_window_moves_until_it_opens(box: Box) -> None:
    poll, other = Poll(), Poll(key=token_key(1))
    first = await box.set_up(poll, None, None)
    await box.restart()
    moved = await box.set_up(poll, OPENS, CLOSES)
    changed = await box.set_up(poll, n=other.n)
    no_key = await box.set_up(poll, n="AQAB")
    box.at(OPENS)
    same = await box.set_up(poll, OPENS, CLOSES)
    later = await box.set_up(poll, OPENS, CLOSES + timedelta(days=1))

    assert first.json == moved.json == same.json
    assert [(answer.status, answer.code) for answer in (changed, later)] == [(409, "BALLOT_BOX_DIFFERS")] * 2
    assert (no_key.status, no_key.code) == (400, "BALLOT_MALFORMED")


async def test_r36_a_box_that_has_no_window_yet_takes_no_ballot(box: Box) -> None:
    poll = Poll()
    await box.set_up(poll, None, None)
    answer = await box.send(poll.ballot())
    assert answer.json["errors"][0]["extensions"] | {"clause": ""} == {
        "code": "BALLOT_BOX_NOT_OPEN", "rule": "R34", "clause": "", "unblock": "SELF", "opensAt": None
    }  # fmt: skip


async def test_r36_turnout_is_that_of_the_last_midnight(box: Box, poll: Poll) -> None:
    counts = []
    for _ in range(2):
        for _ in range(2):
            await box.send(poll.ballot())
            counts.append((await box.ask("GET", "/internal/turnout")).json)
        box.at(Clock(box.clock_file).now() + timedelta(days=1))

    assert counts == [{poll.id: 1}, {poll.id: 1}, {poll.id: 3}, {poll.id: 3}]


async def test_r36_no_box_is_closed_or_opened_before_its_time(box: Box, poll: Poll) -> None:
    for _ in range(5):
        await box.send(poll.ballot())
    early = [await box.close(poll), await box.open(poll), await box.ask("DELETE", f"/internal/boxes/{poll.id}")]
    box.at(AFTER - timedelta(seconds=30))
    early.append(await box.close(poll))
    box.at(AFTER)
    unclosed = await box.open(poll)

    assert [answer.code for answer in early] == [
        "BALLOT_BOX_NOT_DUE", "BALLOT_BOX_NOT_DUE", "BALLOT_BOX_DIFFERS", "BALLOT_BOX_NOT_DUE"
    ]  # fmt: skip
    assert unclosed.code == "BALLOT_BOX_NOT_DUE"


async def test_r36_a_closed_box_hands_over_what_is_under_its_seal_sorted_and_the_same_again(
    box: Box, poll: Poll
) -> None:
    voters = [poll.voter() for _ in range(6)]
    for mark, voter in enumerate(voters):
        await box.send(poll.ballot(voter, mark=mark))
    box.at(AFTER)
    closed = await box.close(poll)
    await box.restart()
    again, opened = await box.close(poll), await box.open(poll)
    await box.restart()
    reopened = await box.open(poll)

    assert closed.json == again.json == {"counted": 6}
    assert opened.json == reopened.json
    found = opened.json
    assert found["receipts"] == sorted(voter.receipt for voter in voters)
    raw = [from_base64url(inner, ballots.INNER_BYTES) for inner in found["inner"]]
    assert (raw, found["unreadable"]) == (sorted(raw), 0)
    sheets = sorted(json.loads(poll.read(inner))["project"][0] for inner in found["inner"])
    assert sheets == [0, 1, 2, 3, 4, 5]
    assert (await box.send(poll.ballot())).code == "BALLOT_BOX_CLOSED"


async def test_r36_fewer_than_five_ballots_are_never_opened(box: Box, poll: Poll) -> None:
    for _ in range(4):
        await box.send(poll.ballot())
    box.at(AFTER)
    await box.close(poll)
    answer = await box.open(poll)
    assert (answer.status, answer.code) == (409, "TOO_FEW_BALLOTS")


async def test_r36_a_sealing_that_is_malformed_is_counted_as_unreadable_and_stops_nobody(box: Box, poll: Poll) -> None:
    for _ in range(5):
        await box.send(poll.ballot())
    moved = {**poll.ballot(), "sealed": poll.ballot()["sealed"]}  # sealed for another receipt
    await box.send(moved)
    await box.send({**poll.ballot(), "sealed": to_base64url(b"\x04" + bytes(4_257))})
    box.at(AFTER)
    await box.close(poll)
    found = (await box.open(poll)).json
    assert (len(found["receipts"]), len(found["inner"]), found["unreadable"]) == (7, 5, 2)


async def test_r36_an_emptied_box_has_neither_ballots_nor_key_and_cannot_be_set_up_again(box: Box, poll: Poll) -> None:
    for _ in range(5):
        await box.send(poll.ballot())
    box.at(AFTER)
    await box.close(poll)
    for _ in range(2):
        assert (await box.ask("DELETE", f"/internal/boxes/{poll.id}")).status == 200
    await box.ask("DELETE", f"/internal/boxes/{instrument_id()}")

    assert (await box.stored(), list(box.settings.keys_dir.glob("*"))) == ([], [])
    document = await box.database["boxes"].find_one({"_id": poll.id}) or {}
    assert (document["state"], document["counted"]) == ("EMPTIED", 5)
    assert (await box.set_up(poll)).code == "BALLOT_BOX_DIFFERS"
    assert (await box.open(poll)).code == "BALLOT_BOX_NOT_DUE"
    assert (await box.send(poll.ballot())).code == "BALLOT_BOX_CLOSED"


async def test_r36_a_lost_key_is_said_and_none_is_made_in_its_place(box: Box, poll: Poll) -> None:
    for _ in range(5):
        await box.send(poll.ballot())
    for file in box.settings.keys_dir.iterdir():
        file.unlink()
    await box.restart()
    box.at(AFTER)
    await box.close(poll)
    answer = await box.open(poll)
    assert (answer.status, answer.code, list(box.settings.keys_dir.iterdir())) == (410, "BALLOT_BOX_KEY_LOST", [])


async def test_r34_a_burst_is_refused_without_a_look_at_addresses(
    box: Box, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "monotonic", lambda: 7.5)
    monkeypatch.setattr(counting, "BOX_RATE", 3)
    answers = [await box.send(poll.ballot()) for _ in range(4)]
    assert [answer.status for answer in answers] == [200, 200, 200, 503]
    assert (answers[-1].code, answers[-1].headers["retry-after"]) == ("BUSY", "1")
    garbage = {**poll.ballot(), "nonce": poll.ballot()["nonce"]}
    assert (await box.send(garbage)).code == "TOKEN_INVALID"  # which is no part of the count


async def test_r34_a_ballot_sent_again_takes_no_place_of_others(
    box: Box, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "monotonic", lambda: 7.5)
    monkeypatch.setattr(counting, "BOX_RATE", 2)
    voter = poll.voter()
    first = poll.ballot(voter)
    again = [await box.send(body) for body in (*[first] * 5, poll.ballot(voter, mark=1))]
    assert [(answer.status, answer.json) for answer in again] == [(200, {"receipt": voter.receipt})] * 6
    assert [(await box.send(poll.ballot())).status for _ in range(2)] == [200, 503]
    assert (await box.send(first)).status == 200  # a receipt that is known is told in the busiest second
    assert (await box.send({**first, "token": poll.ballot()["token"]})).code == "TOKEN_INVALID"
    assert len(await box.stored()) == 2


async def test_r34_copies_of_a_ballot_at_once_take_one_place(
    box: Box, poll: Poll, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(counting, "monotonic", lambda: 7.5)
    monkeypatch.setattr(counting, "BOX_RATE", 2)
    body = poll.ballot()
    copies = await asyncio.gather(*(box.send(body) for _ in range(8)))
    assert {answer.status for answer in copies} == {200}
    assert (await box.send(poll.ballot())).status == 200


async def test_r36_closing_waits_for_ballots_that_are_under_way(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, clock_file = Store(database), tmp_path / "clock.json"
    await store.prepare()
    move_forward(clock_file, BEFORE)
    box, poll = BallotBox(store, KeyFolder(tmp_path / "keys"), Clock(clock_file)), Poll()
    poll.box = from_base64url(await box.set_up(poll.id, poll.n, OPENS, CLOSES), 65)
    move_forward(clock_file, WHILE)
    held, may_go, add = asyncio.Event(), asyncio.Event(), store.add

    async def slow(ballot: Ballot) -> None:
        held.set()
        await may_go.wait()
        await add(ballot)

    monkeypatch.setattr(store, "add", slow)
    under_way = asyncio.ensure_future(box.take(Ballot.of(poll.ballot())))
    await held.wait()
    move_forward(clock_file, AFTER)
    closing = asyncio.ensure_future(box.close(poll.id))
    await asyncio.wait([closing], timeout=0.2)
    assert not closing.done()
    with pytest.raises(Refusal, match="截止"):
        await box.take(Ballot.of(poll.ballot()))
    may_go.set()
    await under_way
    assert await closing == 1


async def test_r34_a_token_that_nobody_signed_costs_the_database_nothing(
    database: Database, parts: Parts, tmp_path: Path
) -> None:
    """Once the box knows its key, which is after the first ballot."""
    clock_file, poll = tmp_path / "clock.json", Poll()
    move_forward(clock_file, BEFORE)
    async with watched(parts.mongodb_url("admin"), database.name) as (listened, operations):
        box = BallotBox(Store(listened), KeyFolder(tmp_path / "keys"), Clock(clock_file))
        poll.box = from_base64url(await box.set_up(poll.id, poll.n, OPENS, CLOSES), 65)
        move_forward(clock_file, WHILE)
        forged = Ballot.of(poll.ballot() | {"token": to_base64url(bytes(256))})
        for cost in (Budget(1, 0), Budget(0, 0)):
            operations.clear()
            with pytest.raises(Refusal, match="凭证无效"):
                await box.take(forged)
            assert operations.cost == cost, operations.seen
        await box.take(Ballot.of(poll.ballot()))
