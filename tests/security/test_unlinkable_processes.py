"""R34–R36: classes of twenty on real processes, and an attacker who has the whole machine afterwards (ADR 54).

Gateway, register and ballot box run as in production; the voters come through the gateway. Then the test is the
attacker, with dumps of all databases, the whole oplog, the profiler, every log, span and metric, every file on disk and
what is public; and with the truth, to see how well it guesses. `test_unlinkable.py` plays the same in one process.
"""

import random
import secrets
from base64 import b64encode
from collections import defaultdict
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from bson import encode

from chassis import seal
from chassis.principal import Principal, Scope, TokenMinter
from chassis.runtime.key_files import read_keys
from chassis.storage.mongo import connect
from deploy.broker.definitions import ADMIN
from deploy.local.suite import BALLOTS, GATEWAY, Suite
from gateway.identity.sessions import GRAPH
from kernel import ballots
from kernel.encoding import from_base64url, to_base64url
from services.assessment import voting
from services.assessment.domain.record import Mark, Record
from services.assessment.domain.vocabulary import InstrumentKind, InstrumentState, ProjectPhase, SessionMode
from services.assessment.store import Store
from tests.integration.assessment.register import CLOSES, FINISHED, OPENS, PROJECT, STARTED
from tests.security.attacker import Document, bound, everything, hits, values
from tests.support.eventually import eventually
from tests.support.otlp import Collector
from tests.support.voters import sheet

PROJECTS, VOTERS = 6, 20
REGISTER = "assessment"
ISSUE = "mutation($i: ID!, $b: String!) { issueBallotToken(instrumentId: $i, blinded: $b) { reply } }"
LETTERS = "甲乙丙丁戊己庚辛壬癸子丑寅卯"
JSON = {"Content-Type": "application/json"}
Right = tuple[str, str]
"""A questionnaire and the enrollment of somebody who may answer it."""


@dataclass
class Seized:
    """What the attacker has, and the truth.

    Attributes:
        truth: Each right to its voter's secrets.
        said: Each right to the text of its ballot, of which there is one of each questionnaire.
        at_once: The rights that were used right after they were drawn.
        bodies: The bodies of `POST /ballots`.
        replies: The signatures that the register gave.
        open: The databases of register and box while the box was open, in natural order.
        keys: The secret keys of both folders at that time: folder and file to bytes.
        after: All databases after the publication, by name.
        oplog: Every entry, in the order of time.
        profiles: The profiler's rows of register and box.
        logs: Every log file.
        told: Spans and metrics.
        texts: What is published in words, by questionnaire, in natural order.
        home: Where everything on disk lies.
    """

    home: Path
    truth: dict[Right, voting.Voter] = field(default_factory=dict)
    said: dict[Right, str] = field(default_factory=dict)
    at_once: set[Right] = field(default_factory=set)
    bodies: list[bytes] = field(default_factory=list)
    replies: list[bytes] = field(default_factory=list)
    open: dict[str, list[Document]] = field(default_factory=dict)
    keys: dict[str, bytes] = field(default_factory=dict)
    after: dict[str, list[Document]] = field(default_factory=dict)
    oplog: list[Document] = field(default_factory=list)
    profiles: dict[str, list[Document]] = field(default_factory=dict)
    logs: dict[str, bytes] = field(default_factory=dict)
    told: str = ""
    texts: dict[str, list[str]] = field(default_factory=dict)

    @property
    def surveys(self) -> list[str]:
        return sorted({survey for survey, _ in self.truth})

    def entries(self, collection: str) -> dict[str, list[str]]:
        """By questionnaire, whose rights or which receipts were inserted, in the order of time."""
        found: dict[str, list[str]] = defaultdict(list)
        for entry in self.oplog:
            if entry["op"] == "i" and entry["ns"].endswith(f".{collection}"):
                survey, _, rest = entry["o"]["_id"].partition("/")
                found[survey].append(rest)
        return found

    def of(self, receipt: str) -> Right:
        """Whose ballot it is, in truth."""
        return next(right for right, voter in self.truth.items() if voter.receipt == receipt)


class Season:
    """The suite, and its attendees who come through the gateway."""

    def __init__(self, suite: Suite, http: aiohttp.ClientSession, store: Store, seized: Seized) -> None:
        self.suite, self.http, self.store, self.seized = suite, http, store, seized
        self.minter = TokenMinter(read_keys(suite.parts.secrets.signing_keys))

    async def all_have(self, where: dict[str, Any]) -> None:
        """Wait until all questionnaires are so far."""

        async def reached() -> bool:
            assert not self.suite.dead()
            return len(await self.store.instruments.query(where)) == 2 * PROJECTS

        await eventually(reached, deadline=240, every=0.2)

    async def list_keys(self) -> dict[str, voting.Keys]:
        """Classes that have begun, and the listed keys of their questionnaires."""
        at = self.suite.move_clock(STARTED)
        for number in range(PROJECTS):
            project = f"class{number}"
            for place in range(VOTERS):
                record = Record(
                    f"e-{project}-{place:02}", 1, project, "b1", f"t-{project}-{place:02}", "3144000011", "44"
                )
                marks = (Mark("s1", True, SessionMode.OFFLINE, at),)
                await self.store.records.insert(replace(record, marks=marks))
            await self.store.projects.put(replace(PROJECT, id=project))
        await self.all_have({"box_key": {"$ne": None}})
        self.suite.move_clock(STARTED + timedelta(days=1))
        await eventually(self.list_is_audited, deadline=120, every=0.2)
        (listed,) = await self.store.key_lists.latest(5)
        made = await self.store.instruments.query({})
        return {each.id: voting.Keys.listed(listed.text.encode(), listed.sha256, each.id) for each in made}

    async def list_is_audited(self) -> bool:
        lists = await self.store.key_lists.latest(1)
        return bool(await self.store.audit.sequences_of_lists([date.fromisoformat(each.id) for each in lists]))

    async def until_open(self) -> None:
        for number in range(PROJECTS):
            project = await self.store.projects.get(f"class{number}")
            await self.store.projects.put(replace(project, phase=ProjectPhase.FINISHED))
        self.suite.move_clock(FINISHED)
        await self.all_have({"opens_at": {"$ne": None}})
        self.suite.move_clock(OPENS)
        await self.all_have({"state": InstrumentState.OPEN.value})

    async def draw(self, right: Right, keys: voting.Keys) -> bytes:
        """Draw a right by name; the register's reply."""
        survey, enrollment = right
        voter = self.seized.truth[right] = voting.Voter.of(voting.new_seed(), keys)
        person = enrollment.replace("e-", "t-")
        token = self.minter.mint(Principal(f"a{person}", Scope.TEACHER, person=person), GRAPH)
        body = {"query": ISSUE, "variables": {"i": survey, "b": to_base64url(voter.blinded)}}
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.post(f"{self.suite.url}/graphql", json=body, headers=headers) as answer:
            content = await answer.json(content_type=None)
        reply = from_base64url(content["data"]["issueBallotToken"]["reply"], 256)
        self.seized.replies.append(reply)
        return reply

    async def send(self, right: Right, reply: bytes, teaching: bool) -> None:
        """Answer without any name; again where the box is busy."""
        said = self.seized.said[right] = "意见" + "".join(secrets.choice(LETTERS) for _ in range(12))
        content = sheet(mark=1 + len(self.seized.bodies) % 5, text=said)
        if teaching:
            parts = {"project": [3] * 6, "texts": [said, "", ""], "faculty": {"f1": [3] * 4}}
            content |= {"form": "teaching-2024.1"} | parts
        body = orjson.dumps(self.seized.truth[right].ballot(reply, content))

        async def taken() -> bool:
            async with self.http.post(f"{self.suite.url}/ballots", data=body, headers=JSON) as answer:
                return answer.status == 200

        await eventually(taken)
        self.seized.bodies.append(body)


@pytest.fixture(scope="module")
async def seized(home: Path, collector: Collector) -> AsyncIterator[Seized]:
    """A season is played to its end, and everything is taken."""
    suite = Suite(home / "unlinkable", processes=(REGISTER, BALLOTS, GATEWAY))
    suite.overrides = dict.fromkeys((REGISTER, GATEWAY), collector.environment)
    with suite:
        async with aiohttp.ClientSession() as http, connect(suite.parts.mongodb_url(ADMIN)) as client:
            taken = Seized(suite.home)
            season = Season(suite, http, Store(client[REGISTER]), taken)
            await vote(season, client)
            for name in (REGISTER, BALLOTS):
                taken.open[name] = await everything(client[name])
                taken.profiles[name] = [row async for row in client[name]["system.profile"].find()]
                folder = suite.home / f"keys-{name}"
                taken.keys |= {f"{name}/{file.stem}": file.read_bytes() for file in folder.iterdir()}
            suite.move_clock(CLOSES + timedelta(minutes=2))
            await season.all_have({"state": InstrumentState.PUBLISHED.value, "ended": True})
            taken.texts = {
                survey: [text for _, text in found]
                for survey, found in (await season.store.texts.of(taken.surveys)).items()
            }
            names = [name for name in await client.list_database_names() if name != "local"]
            taken.after = {name: await everything(client[name]) for name in names}
            taken.oplog = [entry async for entry in client["local"]["oplog.rs"].find(sort=[("$natural", 1)])]
            taken.logs = {str(file): file.read_bytes() for file in suite.home.rglob("*.log*") if file.is_file()}
            taken.told = repr([span for span in collector.spans if span.service in (REGISTER, GATEWAY)])
            for name in (REGISTER, GATEWAY):
                async with http.get(suite.metrics[name]) as answer:
                    assert answer.status == 200
                    taken.told += await answer.text()
            yield taken


async def vote(season: Season, client: Any) -> None:
    """Half of the rights are drawn days before, the others right before the answer; all in a random order."""
    chance, taken = random.Random(11), season.seized  # noqa: S311 - the order of a play
    keys = await season.list_keys()
    made = {each.id: each for each in await season.store.instruments.query({})}
    rights = [(survey, f"e-{made[survey].project}-{place:02}") for survey in keys for place in range(VOTERS)]
    for name in (REGISTER, BALLOTS):
        await client[name].command("profile", 2)
    early = chance.sample(rights, len(rights) // 2)
    replies = {right: await season.draw(right, keys[right[0]]) for right in early}
    await season.until_open()
    for right in chance.sample(rights, len(rights)):
        if right not in replies:
            replies[right] = await season.draw(right, keys[right[0]])
            taken.at_once.add(right)
        await season.send(right, replies[right], made[right[0]].kind is InstrumentKind.TEACHING)
    for name in (REGISTER, BALLOTS):
        await client[name].command("profile", 0)


def people_in_time(seized: Seized, survey: str) -> list[str]:
    """Whose ballots came, in the order of time, as the best attacker knows it: the truth."""
    return [seized.of(receipt)[1] for receipt in seized.entries("ballots")[survey]]


def test_r36_a_class_of_twenty_has_answered_and_everything_is_published(seized: Seized) -> None:
    assert len(seized.truth) == len(seized.bodies) == 2 * PROJECTS * VOTERS
    assert len(seized.at_once) == PROJECTS * VOTERS
    for survey in seized.surveys:
        said = [text for (where, _), text in seized.said.items() if where == survey]
        assert sorted(seized.texts[survey]) == sorted(said)


def test_r34_order_tells_no_more_than_chance(seized: Seized) -> None:
    """The n-th right, as the register stores them, against the n-th ballot, as the box stores them, and backwards."""
    forwards = backwards = 0
    for survey in seized.surveys:
        rights = [
            row["_id"].split("/")[1] for row in seized.open[REGISTER] if str(row.get("_id")).startswith(f"{survey}/")
        ]
        boxed = [
            row["_id"].split("/")[1] for row in seized.open[BALLOTS] if str(row.get("_id")).startswith(f"{survey}/")
        ]
        guesses = [seized.truth[survey, right].receipt for right in rights]
        forwards += hits(guesses, boxed)
        backwards += hits(guesses, boxed[::-1])
    assert max(forwards, backwards) <= bound(2 * PROJECTS)


def test_r34_time_tells_who_answered_when_of_those_alone_who_did_not_wait(seized: Seized) -> None:
    """A ballot that follows a right at once is its own; of rights that were drawn days before, time tells nothing."""
    inserts = [entry for entry in seized.oplog if entry["op"] == "i" and entry["ns"].endswith((".issues", ".ballots"))]
    caught = sum(
        entry["ns"].endswith(".issues")
        and following["ns"].endswith(".ballots")
        and seized.truth[tuple(entry["o"]["_id"].split("/"))].receipt == following["o"]["_id"].split("/")[1]
        for entry, following in pairwise(inserts)
    )
    assert caught == len(seized.at_once), "or this test would be blind"
    waited = 0
    for survey in seized.surveys:
        rights = [right for right in seized.entries("issues")[survey] if (survey, right) not in seized.at_once]
        came = [receipt for receipt in seized.entries("ballots")[survey] if seized.of(receipt) not in seized.at_once]
        waited += hits([seized.truth[survey, right].receipt for right in rights], came)
    assert waited <= bound(2 * PROJECTS)


def test_r34_content_is_nobodys_even_for_who_knows_whose_ballot_came_when(seized: Seized) -> None:
    """The published texts, in natural order and in that of the oplog, against the ballots by time, receipt and name."""
    stored: dict[str, list[str]] = defaultdict(list)
    for entry in seized.oplog:
        for insert in entry["o"].get("applyOps", [entry]):
            if insert["op"] == "i" and insert["ns"] == f"{REGISTER}.texts":
                stored[insert["o"]["instrument"]].append(insert["o"]["text"])
    for order in (seized.texts, stored):
        matched: dict[str, int] = defaultdict(int)
        for survey in seized.surveys:
            in_time = people_in_time(seized, survey)
            people = {
                "time": in_time,
                "receipt": sorted(in_time, key=lambda person: seized.truth[survey, person].receipt),
                "name": sorted(in_time),
                "issue": seized.entries("issues")[survey],
            }
            for how, guessed in people.items():
                matched[how] += hits([seized.said[survey, person] for person in guessed], order[survey])
        assert max(matched.values()) <= bound(2 * PROJECTS), matched


def test_r34_every_ballot_has_the_same_size(seized: Seized) -> None:
    assert len({len(body) for body in seized.bodies}) == 1
    sealed = {len(row["sealed"]) for row in seized.open[BALLOTS] if "sealed" in row}
    assert sealed == {ballots.SEALED_BYTES}


def test_r34_no_side_has_a_value_of_the_other(seized: Seized) -> None:
    """While the box is open: register and box, their profiles and their oplog, share ids and public keys only."""
    sides = {}
    for name, collection in ((REGISTER, "issues"), (BALLOTS, "ballots")):
        inserted = [entry["o"] for entry in seized.oplog if entry["ns"] == f"{name}.{collection}"]
        sides[name] = set(values([seized.open[name], seized.profiles[name], inserted]))
    voters = seized.truth.values()
    secret = {value for voter in voters for value in (voter.nonce, voter.prefix, voter.receipt.encode())}
    assert not secret & sides[REGISTER]
    people = {value for _, key in seized.truth for value in (key.encode(), key.replace("e-", "t-").encode())}
    assert people & sides[REGISTER], "or this test would be blind"
    assert not people & sides[BALLOTS]
    assert not {*(voter.blinded for voter in voters), *seized.replies} & sides[BALLOTS]


def test_r34_no_log_span_or_metric_holds_anything_of_a_ballot(seized: Seized) -> None:
    assert {GATEWAY, REGISTER, BALLOTS} <= {Path(name).name.partition(".")[0] for name in seized.logs}
    everything_told = b"\n".join([*seized.logs.values(), seized.told.encode()])
    for (_, enrollment), voter in seized.truth.items():
        hidden = (voter.nonce, voter.prefix, voter.blinded, bytes.fromhex(voter.receipt))
        for value in (*hidden, *(b64encode(secret)[:40] for secret in hidden), voter.receipt.encode()):
            assert value not in everything_told
        for secret in hidden:
            assert to_base64url(secret).encode() not in everything_told
        assert enrollment.encode() not in everything_told
    assert b"/ballots/ins" not in everything_told
    for body in seized.bodies:
        assert body[-60:-2] not in everything_told


def test_r36_after_the_publication_no_file_on_the_machine_has_a_key_that_opens_what_is_left(seized: Seized) -> None:
    """Every file of the suite, the database's own among them, is searched for both keys of every questionnaire."""
    assert len(seized.keys) == 2 * 2 * PROJECTS
    left = [encode(document) for documents in seized.after.values() for document in documents]
    left += [file.read_bytes() for file in seized.home.rglob("*") if file.is_file()]
    for key in seized.keys.values():
        forms = (key, key.hex().encode(), to_base64url(key).encode(), b64encode(key))
        assert not [raw for raw in left for form in forms if form in raw]
    assert sum(map(len, seized.entries("ballots").values())) == len(seized.truth), "the oplog still has the ballots"


def test_r36_while_a_box_is_open_both_folders_together_read_and_match_those_who_did_not_wait(seized: Seized) -> None:
    """The residual risk that docs/trust.md states: with everything of both sides, half of the class is recognised."""
    read: dict[str, str] = {}
    for entry in seized.oplog:
        if entry["op"] == "i" and entry["ns"].endswith(".ballots"):
            survey, receipt = entry["o"]["_id"].split("/")
            box, register = (seal.private_key(seized.keys[f"{name}/{survey}"]) for name in (BALLOTS, REGISTER))
            inner = seal.unseal(box, ballots.outer_info(survey, receipt), bytes(entry["o"]["sealed"]))
            raw = seal.unpad(seal.unseal(register, ballots.inner_info(survey), inner), ballots.CONTENT_BYTES)
            read[receipt] = raw.decode()
    assert all(said in read[seized.truth[right].receipt] for right, said in seized.said.items())
