"""R34–R36: whoever has everything that an administrator has cannot tell who gave which answers (ADR 54).

The test is the attacker. It has both databases as they were before the closing and as they are after it, the oplog, the
profiler, both key folders, all log lines and what is public; and it knows the truth, to see how well it guesses.
"""

import random
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path

import pytest
import structlog
from bson import encode

from chassis import seal
from chassis.seal import Unreadable
from chassis.storage.mongo import Database, connect
from deploy.local.parts import Parts
from kernel import ballots
from kernel.encoding import to_base64url
from services.assessment import voting
from services.assessment.domain.instrument import instrument_id
from services.assessment.domain.vocabulary import InstrumentKind, InstrumentState, ProjectPhase
from tests.integration.assessment.register import (
    CLOSES,
    FINISHED,
    OPENS,
    PROJECT,
    STARTED,
    Register,
    running_register,
)
from tests.security.attacker import Document, bound, everything, hits, values
from tests.support.eventually import eventually
from tests.support.voters import sheet

PROJECTS, VOTERS = 12, 12


@dataclass
class Loot:
    """What the attacker has, and the truth.

    Attributes:
        truth: Enrollment to the voter's secrets.
        at_once: Those who answered right after they got their token.
        surveys: The questionnaires.
        issues: The register's `issues` in natural order, before the closing.
        boxed: The box's `ballots` likewise.
        oplog: Every insert into the two, in the order of time.
        keys: Every secret key of the two folders, before the closing: folder and file to bytes.
        profiles: The profiler's rows of register and box.
        dumps: Everything that the two databases hold after the publication.
        lines: The log lines of all that happened.
    """

    truth: dict[str, voting.Voter] = field(default_factory=dict)
    at_once: set[str] = field(default_factory=set)
    surveys: list[str] = field(default_factory=list)
    issues: list[Document] = field(default_factory=list)
    boxed: list[Document] = field(default_factory=list)
    oplog: list[Document] = field(default_factory=list)
    keys: dict[str, bytes] = field(default_factory=dict)
    profiles: tuple[list[Document], list[Document]] = ([], [])
    dumps: tuple[list[Document], list[Document]] = ([], [])
    lines: str = ""


async def _play(register: Register, url: str) -> Loot:
    """A season: half of the voters get their token days before they answer, the others answer at once."""
    loot = Loot()
    projects = [f"p{number}" for number in range(PROJECTS)]
    loot.surveys = [instrument_id(project, InstrumentKind.SATISFACTION) for project in projects]
    async with connect(url) as client:
        box = client[register.box_settings.mongodb_database]
        await _vote(register, box, loot, projects)
        loot.issues = [document async for document in register.database["issues"].find()]
        loot.boxed = [document async for document in box["ballots"].find()]
        for folder in (register.keys, register.box_keys):
            loot.keys |= {f"{folder.name}/{file.stem}": file.read_bytes() for file in folder.iterdir()}
        profiles = [[row async for row in database["system.profile"].find()] for database in (register.database, box)]
        loot.profiles = (profiles[0], profiles[1])
        register.at(CLOSES + timedelta(seconds=61))
        await register.look()
        loot.dumps = (await everything(register.database), await everything(box))
        inserted = {"op": "i", "ns": {"$in": [f"{register.database.name}.issues", f"{box.name}.ballots"]}}
        loot.oplog = [entry async for entry in client["local"]["oplog.rs"].find(inserted, sort=[("$natural", 1)])]
    return loot


async def _vote(register: Register, box: Database, loot: Loot, projects: list[str]) -> None:
    """From the beginning of the trainings to the last answer."""
    chance = random.Random(7)  # noqa: S311 - the order of a play
    voters = [(project, number) for project in projects for number in range(VOTERS)]
    surveys = dict(zip(projects, loot.surveys, strict=True))
    tokens: dict[tuple[str, int], tuple[voting.Voter, bytes]] = {}
    register.at(STARTED)
    for project in projects:
        await register.have(replace(PROJECT, id=project), VOTERS)
    await eventually(lambda: _all_made(register))
    register.at(STARTED + timedelta(days=1))
    await register.look()
    await register.audit()
    for database in (register.database, box):
        await database.command("profile", 2)
    early = [voter for voter in voters if voter[1] % 2]
    for project, number in chance.sample(early, len(early)):
        tokens[project, number] = await register.token(number, surveys[project])
    register.at(FINISHED)
    for project in projects:
        await register.phase(ProjectPhase.FINISHED, project)
    await register.look()
    register.at(OPENS)
    await register.look()
    for project, number in chance.sample(voters, len(voters)):
        key = f"e-{project}-{number}"
        if (project, number) not in tokens:
            tokens[project, number] = await register.token(number, surveys[project])
            loot.at_once.add(key)
        voter, reply = tokens[project, number]
        loot.truth[key] = voter
        await _send(register, voter.ballot(reply, sheet(mark=1 + number % 5, text=f"意见之{number}")))
    for database in (register.database, box):
        await database.command("profile", 0)


async def _all_made(register: Register) -> bool:
    await register.look()
    made = await register.deps.store.instruments.query({"box_key": {"$ne": None}})
    return len(made) == 2 * PROJECTS


async def _send(register: Register, body: Document) -> None:
    """Send a ballot, again where the box is busy."""

    async def taken() -> bool:
        return (await register.browser.send("POST", "/ballots", json=body)).status == 200

    await eventually(taken)


@pytest.fixture(scope="module")
async def loot(
    module_database: Database, parts: Parts, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[tuple[Loot, Register]]:
    """All that there is to have."""
    folder, url = tmp_path_factory.mktemp("register"), parts.mongodb_url("admin")
    with structlog.testing.capture_logs() as lines:
        async with running_register(module_database, url, folder) as register:
            found = await _play(register, url)
            found.lines = str(lines)
            yield found, register


def _hits(loot: Loot, issued: list[Document], boxed: list[Document], survey: str) -> int:
    """How often the n-th right belongs to the n-th ballot."""
    rights = [row["_id"].split("/")[1] for row in issued if row["_id"].startswith(survey)]
    found = [row["_id"].split("/")[1] for row in boxed if row["_id"].startswith(survey)]
    return hits([loot.truth[right].receipt for right in rights], found)


async def test_r36_everybody_has_answered_and_all_is_published(loot: tuple[Loot, Register]) -> None:
    found, register = loot
    states = {each.state for each in await register.deps.store.instruments.query({"_id": {"$in": found.surveys}})}
    assert states == {InstrumentState.PUBLISHED}
    assert len(found.issues) == len(found.boxed) == PROJECTS * VOTERS
    assert len(found.at_once) == PROJECTS * VOTERS // 2


async def test_r34_no_value_is_in_the_register_and_in_the_box_but_the_names_of_questionnaires(
    loot: tuple[Loot, Register],
) -> None:
    found, register = loot
    entries = {
        name: [entry["o"] for entry in found.oplog if entry["ns"].endswith(name)] for name in ("issues", "ballots")
    }
    one_side = {*values(found.issues), *values(entries["issues"])}
    other_side = {*values(found.boxed), *values(entries["ballots"])}
    assert one_side & other_side == {survey.encode() for survey in found.surveys}
    register_side = {*values(found.profiles[0]), *one_side}
    secrets = {value for voter in found.truth.values() for value in (voter.nonce, voter.receipt.encode(), voter.prefix)}
    assert not secrets & register_side
    box_side = {*values(found.profiles[1]), *values(found.dumps[1]), *other_side}
    people = {value for key in found.truth for value in (key.encode(), key.replace("e-", "t-").encode())}
    assert not people & box_side
    assert not {voter.blinded for voter in found.truth.values()} & box_side
    assert register.database.name


async def test_r34_the_order_of_documents_tells_no_more_than_chance(loot: tuple[Loot, Register]) -> None:
    found, _ = loot
    matched = sum(_hits(found, found.issues, found.boxed, survey) for survey in found.surveys)
    assert matched <= bound(PROJECTS)
    assert [row["_id"] for row in found.boxed] == sorted(row["_id"] for row in found.boxed)
    assert {len(row["sealed"]) for row in found.boxed} == {ballots.SEALED_BYTES}


async def test_r34_the_oplog_tells_when_somebody_answered_at_once_and_nothing_of_who_waited(
    loot: tuple[Loot, Register],
) -> None:
    """The first half must succeed, or the test would be blind: therefore tokens are issued days before."""
    found, _ = loot
    of_receipt = {voter.receipt: key for key, voter in found.truth.items()}
    caught = 0
    for entry, following in zip(found.oplog, found.oplog[1:], strict=False):
        key = entry["o"]["_id"].split("/")[1]
        if entry["ns"].endswith("issues") and following["ns"].endswith("ballots"):
            caught += of_receipt[following["o"]["_id"].split("/")[1]] == key
    assert caught >= len(found.at_once)
    early_hits = 0
    for survey in found.surveys:
        rows = {
            name: [entry["o"] for entry in found.oplog if entry["ns"].endswith(name)] for name in ("issues", "ballots")
        }
        rights = [row for row in rows["issues"] if row["_id"].split("/")[1] not in found.at_once]
        boxed = [row for row in rows["ballots"] if of_receipt[row["_id"].split("/")[1]] not in found.at_once]
        early_hits += _hits(found, rights, boxed, survey)
    assert early_hits <= bound(PROJECTS)


async def test_r36_while_a_box_is_open_one_folder_alone_opens_nothing(loot: tuple[Loot, Register]) -> None:
    found, _ = loot
    for row in found.boxed[:20]:
        survey, receipt = row["_id"].split("/")
        register_key, box_key = (seal.private_key(found.keys[f"{folder}/{survey}"]) for folder in ("register", "box"))
        sealed = bytes(row["sealed"])
        for info in (ballots.inner_info(survey), ballots.outer_info(survey, receipt)):
            with pytest.raises(Unreadable):
                seal.unseal(register_key, info, sealed)
        inner = seal.unseal(box_key, ballots.outer_info(survey, receipt), sealed)
        with pytest.raises(Unreadable):
            seal.unseal(box_key, ballots.inner_info(survey), inner)


async def test_r36_after_publication_no_key_is_left_that_opens_what_the_oplog_still_has(
    loot: tuple[Loot, Register],
) -> None:
    found, register = loot
    secret = {found.keys[f"{folder}/{survey}"] for folder in ("register", "box") for survey in found.surveys}
    left = [Path(folder) for folder in (register.keys, register.box_keys)]
    assert [file for folder in left for file in folder.iterdir() if file.stem in found.surveys] == []
    assert len([entry for entry in found.oplog if entry["ns"].endswith("ballots")]) == PROJECTS * VOTERS
    for document in (*found.oplog, *found.dumps[0], *found.dumps[1]):
        raw = encode(document)
        assert not any(key in raw for key in secret)
    assert not [row for dump in found.dumps for row in dump if "sealed" in row or "blinded" in row]


async def test_r34_no_log_line_holds_anything_of_a_ballot(loot: tuple[Loot, Register]) -> None:
    found, _ = loot
    for key, voter in found.truth.items():
        for value in (voter.receipt, to_base64url(voter.nonce), to_base64url(voter.blinded), key):
            assert value not in found.lines
