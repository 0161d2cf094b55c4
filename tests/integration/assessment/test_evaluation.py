"""Evaluations from the making of the questionnaires to the result, with a real ballot box (R34–R36)."""

import asyncio
import hashlib
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from chassis import seal
from chassis.clock import Clock, move_forward
from chassis.context import Act, acting
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Database, connect
from chassis.storage.rotation import keys, rotate
from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from kernel import ballots
from kernel.dates import start_of
from kernel.encoding import canonical, from_base64url, to_base64url
from kernel.errors import Refusal
from services.assessment import voting
from services.assessment.commands import (
    AttendanceMark,
    ResultMark,
    confirm_credits,
    evaluations,
    issue_ballot_token,
    publish_results,
    record_attendance,
    record_results,
    remind_evaluation,
)
from services.assessment.commands.evaluations import BoxAway
from services.assessment.domain.instrument import KeyList
from services.assessment.domain.project import RatedTeacher
from services.assessment.domain.record import Mark
from services.assessment.domain.vocabulary import (
    InstrumentKind,
    InstrumentState,
    ProjectPhase,
    ResultOutcome,
    SessionMode,
)
from services.assessment.graph.schema import schema
from services.assessment.http.evaluations import EvaluationFiles
from services.assessment.messaging.ballot_box import HttpBallotBox
from services.assessment.store import SEALED, Store
from tests.integration.assessment.register import (
    CLOSES,
    FACULTY,
    FINISHED,
    OPENS,
    PROJECT,
    SECRET,
    STARTED,
    SURVEY,
    TEACHING,
    Register,
    running_register,
    teacher,
)
from tests.integration.assessment.world import BASE, OTHER_TEACHER
from tests.support.graph import execute
from tests.support.operations import Budget, watched
from tests.support.voters import sheet
from tests.unit.gateway.serving import served


@pytest.fixture
async def register(database: Database, parts: Parts, tmp_path: Path) -> AsyncIterator[Register]:
    """The register, and a ballot box with a database of its own."""
    async with running_register(database, parts.mongodb_url("admin"), tmp_path) as running:
        yield running


async def refused(register: Register, principal: Principal, key: str = SURVEY, blinded: str | None = None) -> str:
    """The code by which a right to answer is refused."""
    with pytest.raises(Refusal) as refusal:
        await issue_ballot_token(register.deps, principal, instrument=key, blinded=blinded or to_base64url(b"\1" * 256))
    return refusal.value.code


async def test_r34_r35_a_project_that_has_begun_gets_two_questionnaires_once_with_keys_of_their_own(
    register: Register,
) -> None:
    register.at(STARTED)
    await register.have(PROJECT, 1)
    await register.have(replace(PROJECT, id="p2", phase=ProjectPhase.PUBLISHED), 1)
    await register.look()
    await register.restart()
    await register.look()

    made = await register.deps.store.instruments.query({})
    assert {each.kind for each in made} == set(InstrumentKind)
    assert {each.project for each in made} == {"p1"}
    for name in ("token_key", "register_key", "box_key", "token_sealed"):
        assert len({getattr(each, name) for each in made}) == 2, name
    assert {file.stem for file in register.keys.iterdir()} == {each.id for each in made}
    assert {file.stem for file in register.box_keys.iterdir()} == {each.id for each in made}


async def test_r34_a_class_that_was_completed_before_its_questionnaires_were_made_is_rated_all_the_same(
    register: Register,
) -> None:
    register.at(STARTED)
    completed = replace(PROJECT, phase=ProjectPhase.COMPLETED, finished_on=STARTED.date() - timedelta(days=14))
    await register.have(completed, 6)
    for key, finished_on in (("p2", STARTED.date() - timedelta(days=15)), ("p3", None)):
        await register.have(replace(completed, id=key, finished_on=finished_on), 1)
    await register.look()
    made = await register.deps.store.instruments.query({})
    assert {each.project for each in made} == {"p1"}
    opens = start_of(STARTED.date() + timedelta(days=1))
    assert {(each.opens_at, each.closes_at) for each in made} == {(opens, opens + timedelta(days=14))}

    register.at(opens)
    await register.look()
    await register.audit()
    for number in range(5):
        await register.vote(number, 1 + number)
    register.at(opens + timedelta(days=14, seconds=61))
    await register.look()
    assert (await register.instrument()).state is InstrumentState.PUBLISHED


async def test_r34_keys_are_listed_the_day_after_in_one_list_whose_hash_goes_into_an_event(register: Register) -> None:
    register.at(STARTED)
    await register.have(PROJECT, 1)
    await register.look()
    assert await register.deps.store.key_lists.latest(5) == []
    register.at(STARTED + timedelta(days=1))
    await register.have(replace(PROJECT, id="p2"), 1)
    await register.look()
    await register.look()

    (listed,) = await register.deps.store.key_lists.latest(5)
    assert listed.id == "2024-06-04"
    content = json.loads(listed.text)
    assert canonical(content).decode() == listed.text
    assert [row["id"] for row in content["instruments"]] == sorted([SURVEY, TEACHING])
    assert hashlib.sha256(listed.text.encode()).hexdigest() == listed.sha256
    told = {"day": "2024-06-04", "sha256": listed.sha256, "instruments": 2, "province": "00"}
    assert await register.events("key_lists") == [("evaluation-keys-listed", told)]
    register.at(STARTED + timedelta(days=2))
    await register.look()
    lists = await register.deps.store.key_lists.latest(5)
    names = [key for each in lists for key in each.instruments]
    assert (len(lists), len(names), len(set(names))) == (2, 4, 4)  # none stands in two


async def test_r34_no_token_is_issued_before_the_list_stands_in_the_audit_chain(register: Register) -> None:
    register.at(STARTED)
    await register.have(PROJECT, 1)
    await register.look()
    assert await refused(register, teacher(0)) == "INSTRUMENT_NOT_LISTED"
    register.at(STARTED + timedelta(days=1))
    await register.look()
    assert await refused(register, teacher(0)) == "INSTRUMENT_NOT_LISTED"
    await register.audit()
    voter, reply = await register.token(0)
    assert len(voter.token(reply)) == 256


async def test_r34_only_who_has_attended_may_answer(register: Register) -> None:
    await register.listed(attendees=3, absent=1)
    assert await refused(register, teacher(2)) == "NOTHING_ATTENDED"
    assert await refused(register, OTHER_TEACHER) == "NOT_FOUND"
    for principal in (BASE, Principal("s", Scope.SCHOOL, school="3144000011"), Principal("m", Scope.MINISTRY)):
        assert await refused(register, principal) == "FORBIDDEN"
    assert await refused(register, teacher(0), f"ins{'0' * 25}") == "NOT_FOUND"
    record = await register.deps.store.records.get("e-p1-0")
    await register.deps.store.records.save(replace(record, live=False))
    assert await refused(register, teacher(0)) == "NOT_FOUND"


@pytest.mark.parametrize("blinded", ["", "!", "AQAB", to_base64url(bytes(256)), to_base64url(b"\xff" * 256)])
async def test_r34_what_nobody_can_have_blinded_is_refused(register: Register, blinded: str) -> None:
    await register.listed(attendees=1)
    assert await refused(register, teacher(0), blinded=blinded or " ") == "BLINDED_MALFORMED"
    assert await register.deps.store.issues.count(SURVEY) == 0


async def test_r34_a_key_that_cannot_be_read_is_our_fault_and_not_the_voters(register: Register) -> None:
    await register.listed(attendees=1)
    await register.database["instruments"].update_one({"_id": SURVEY}, {"$set": {"token_sealed": "k1:broken"}})
    with pytest.raises(ValueError, match="padding"):
        await register.token(0)
    assert await register.deps.store.issues.count(SURVEY) == 0


async def test_r34_a_right_is_used_once_and_its_reply_may_be_asked_for_again(register: Register) -> None:
    await register.listed(attendees=2)
    seed = voting.new_seed()
    first, again = [await register.token(0, seed=seed) for _ in range(2)]

    assert first == again
    assert await refused(register, teacher(0), blinded=to_base64url((await register.token(1))[0].blinded)) == (
        "TOKEN_ALREADY_ISSUED"
    )
    assert await register.deps.store.issues.count(SURVEY) == 2


async def test_r34_of_two_devices_at_once_one_gets_the_token(register: Register) -> None:
    await register.listed(attendees=1)
    results = await asyncio.gather(*(register.token(0) for _ in range(6)), return_exceptions=True)

    refusals = [each.code for each in results if isinstance(each, Refusal)]
    assert (len(results) - len(refusals), set(refusals)) == (1, {"TOKEN_ALREADY_ISSUED"})
    assert await register.deps.store.issues.count(SURVEY) == 1


async def test_r34_a_crash_between_signing_and_storing_takes_nobodys_right(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    await register.listed(attendees=1)

    async def crash(*_: object) -> bool:
        raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(register.deps.store.issues, "insert", crash)
        with pytest.raises(ConnectionError):
            await register.token(0)
    voter, reply = await register.token(0)
    assert voter.token(reply)


async def test_r40_a_right_that_was_used_leaves_no_time_no_event_and_no_mark(register: Register) -> None:
    await register.listed(attendees=3)
    before = await register.database["instruments"].find_one({"_id": SURVEY})
    for number in (2, 0, 1):
        await register.token(number)
    documents = [document async for document in register.database["issues"].find()]

    assert [set(document) for document in documents] == [{"_id", "blinded", "reply"}] * 3
    assert [document["_id"] for document in documents] == [f"{SURVEY}/e-p1-{number}" for number in range(3)]
    assert await register.database["instruments"].find_one({"_id": SURVEY}) == before


async def test_r34_answers_are_taken_from_the_day_after_the_end_for_fourteen_days(register: Register) -> None:
    await register.listed()
    register.at(FINISHED)
    await register.look()
    assert (await register.instrument()).opens_at is None
    await register.phase(ProjectPhase.FINISHED)
    await register.look()
    found = await register.instrument()
    box = await register.browser.send("GET", f"/ballots/{SURVEY}")

    assert (found.opens_at, found.closes_at, found.state) == (OPENS, CLOSES, InstrumentState.SCHEDULED)
    assert (box.json["opensAt"], box.json["closesAt"]) == (OPENS.isoformat(), CLOSES.isoformat())
    register.at(OPENS)
    await register.look()
    listed = await register.deps.store.key_lists.get("2024-06-04")
    opened = dict(await register.events())["evaluation-opened"]
    assert (opened["list_sha256"], opened["short_code"]) == (listed.sha256, ballots.short_code(listed.sha256))
    assert (await register.instrument()).state is InstrumentState.OPEN


async def test_r34_r35_attendees_are_reminded_once_three_days_before_the_closing_whoever_has_a_token(
    register: Register,
) -> None:
    await register.opened()
    for number in range(8):
        await register.token(number)
    register.at(CLOSES - timedelta(days=3, seconds=1))
    await register.look()
    assert "evaluation-reminded" not in dict(await register.events())
    register.at(CLOSES - timedelta(days=3))
    await register.look()
    await register.restart()
    await register.look()
    told = [data for name, data in await register.events() if name == "evaluation-reminded"]
    assert {data["instrument"] for data in told} == {SURVEY, TEACHING}
    assert len(told) == 2
    named = {"instrument", "project", "base", "kind", "province", "closes_at"}
    assert [set(data) for data in told] == [named, named], "nothing tells who has a token"


async def test_r35_the_base_reminds_all_alike_every_three_days_at_most_and_nobody_else_does(
    register: Register,
) -> None:
    """It is the same event whoever has a token, and it needs an open questionnaire."""
    await register.opened()
    await register.token(0)
    assert await reminded(register, Principal("b", Scope.BASE, bases=("b2",))) == "FORBIDDEN"
    assert await reminded(register, teacher(0)) == "FORBIDDEN"
    assert await reminded(register, BASE, "p9") == "NOT_FOUND"
    assert await reminded(register) == "ok"
    told = [data for name, data in await register.events() if name == "evaluation-reminded"]
    assert {data["instrument"] for data in told} == {SURVEY, TEACHING}
    named = {"instrument", "project", "base", "kind", "province", "closes_at"}
    assert [set(data) for data in told] == [named, named], "nothing tells who has a token"
    register.at(OPENS + timedelta(days=2, hours=23))
    assert await reminded(register) == "REMINDED_LATELY"
    register.at(OPENS + timedelta(days=3, minutes=1))
    assert await reminded(register) == "ok"
    register.at(CLOSES - timedelta(days=3))
    await register.look()
    register.at(CLOSES - timedelta(days=1))
    assert await reminded(register) == "REMINDED_LATELY", "the reminder before the closing counts"
    await register.closed()
    assert await reminded(register) == "EVALUATION_NOT_OPEN"
    assert [name for name, _ in await register.events()].count("evaluation-reminded") == 6


async def test_r35_a_reminder_repeated_under_its_key_is_one_and_takes_a_few_operations(
    register: Register, parts: Parts
) -> None:
    await register.opened()
    with acting(Act(BASE, idempotency_key="remind")):
        await remind_evaluation(register.deps, BASE, project="p1")
        await remind_evaluation(register.deps, BASE, project="p1")
    assert [name for name, _ in await register.events()].count("evaluation-reminded") == 2
    register.at(OPENS + timedelta(days=4))
    async with watched(parts.mongodb_url(ADMIN), register.database.name) as (listened, operations):
        deps = replace(register.deps, store=Store(listened))
        with acting(Act(BASE, idempotency_key="again")):
            await remind_evaluation(deps, BASE, project="p1")
        assert operations.cost == Budget(5, commits=1), operations.seen


async def reminded(register: Register, by: Principal = BASE, project: str = "p1") -> str:
    query = "mutation($p: ID!) { remindEvaluation(projectId: $p) }"
    result = await execute(schema, register.deps, Act(by), query, p=project)
    assert result.errors or result.data == {"remindEvaluation": True}
    return str(result.errors[0].original_error.code) if result.errors else "ok"  # type: ignore[union-attr]


async def test_r34_who_has_drawn_no_right_finds_it_among_what_waits_and_nobody_else_does(register: Register) -> None:
    await register.listed(8, 1)
    assert await waiting(register, teacher(0)) == []
    register.at(FINISHED)
    await register.phase(ProjectPhase.FINISHED)
    await register.look()
    register.at(OPENS)
    await register.look()
    both = {"kind": "ANSWER_EVALUATION", "count": 2, "closesAt": CLOSES, "project": {"id": "p1"}}
    assert await waiting(register, teacher(0)) == [both]
    await register.token(0)
    assert await waiting(register, teacher(0)) == [both | {"count": 1}]
    await register.token(0, TEACHING)
    for who in (teacher(0), teacher(7), OTHER_TEACHER):
        assert await waiting(register, who) == []
    assert await waiting(register, teacher(1)) == [both]
    await register.closed()
    assert await waiting(register, teacher(1)) == []


async def waiting(register: Register, who: Principal) -> list[dict[str, Any]]:
    """What waits for somebody."""
    query = """query($r: [_Any!]!) { _entities(representations: $r) { ... on Me {
      trainingTodo { kind count closesAt project { id } } } } }"""
    me = {"__typename": "Me", "id": who.subject}
    result = await execute(schema, register.deps, Act(who), query, r=[me])
    assert result.data
    todo = [dict(each) for each in result.data["_entities"][0]["trainingTodo"]]
    return [each | {"closesAt": datetime.fromisoformat(each["closesAt"])} for each in todo]


async def test_r34_nobody_is_reminded_of_what_is_closed(register: Register) -> None:
    await register.opened()
    await register.closed()
    assert "evaluation-reminded" not in dict(await register.events())


async def test_r34_every_key_list_can_be_reached_by_pages(register: Register) -> None:
    """The page and the command ask for the list of one day by the day after it, however many there are since."""
    lists = register.deps.store.key_lists
    days = [(STARTED + timedelta(days=number)).date().isoformat() for number in range(40)]
    for day in days:
        await lists.insert(KeyList(day, 1, "{}", "0" * 64, ()))
    nobody = Act(Principal("n", Scope.TEACHER))
    query = "query($f: Int!, $b: Date) { keyLists(first: $f, before: $b) { day } }"

    async def page(first: int, before: str | None) -> list[str]:
        found = await execute(schema, register.deps, nobody, query, f=first, b=before)
        assert found.data, found.errors
        return [row["day"] for row in found.data["keyLists"]]

    seen: list[str] = []
    while part := await page(15, seen[-1] if seen else None):
        seen += part
    assert seen == days[::-1]
    assert await page(1, days[1]) == [days[0]], "the oldest one, by itself"
    for wrong in (0, 101):
        refused_page = await execute(schema, register.deps, nobody, query, f=wrong, b=None)
        assert refused_page.errors
        assert refused_page.errors[0].original_error.code == "BAD_PAGE_SIZE"  # type: ignore[union-attr]


async def test_r34_the_key_of_a_teachers_browser_is_the_teachers_own_and_stays(register: Register) -> None:
    query = '{ _entities(representations: [{__typename: "Me", id: "%s"}]) { ... on Me { ballotPageKey } } }'

    async def key(who: Principal) -> Any:
        found = await execute(schema, register.deps, Act(who), query % who.subject)
        assert found.data, found.errors
        (me,) = found.data["_entities"]
        return me["ballotPageKey"]

    first, second = [await key(teacher(number)) for number in range(2)]
    assert len(first) == len(second) == 64
    assert first != second
    assert await key(teacher(0)) == first
    assert await key(BASE) is None


async def test_r34_teachers_are_those_of_the_end_of_the_training(register: Register) -> None:
    await register.listed()
    later = replace(PROJECT, phase=ProjectPhase.FINISHED, faculty=(*FACULTY[1:], RatedTeacher("f3", "赵工")))
    await register.deps.store.projects.put(later)
    await register.look()
    assert [(await register.instrument(key)).rated for key in (TEACHING, SURVEY)] == [["f2", "f3"], []]


async def test_r36_the_result_is_published_once_after_closing_and_every_receipt_is_found(register: Register) -> None:
    await register.opened()
    receipts = [await register.vote(number, mark, text="讲得好") for number, mark in enumerate((1, 2, 3, 4, 5, 5))]
    await register.restart()
    for number in range(5):
        await register.vote(number, key=TEACHING, mark=1 + number)
    assert (await register.instrument()).result is None
    await register.closed()
    await register.restart()
    await register.look()

    found = await register.instrument()
    assert (found.state, found.ended, found.token_sealed) == (InstrumentState.PUBLISHED, True, None)
    assert found.result is not None
    assert (found.result.counted, found.result.invalid, found.eligible, found.issued) == (6, 0, 8, 6)
    assert found.result.project[0].distribution == (1, 1, 1, 1, 2)
    assert (found.result.mean_hundredths, found.result.texts) == (333, ())
    assert await register.deps.store.receipts.find(SURVEY) == sorted(receipts)
    root = ballots.merkle_root([bytes.fromhex(receipt) for receipt in sorted(receipts)]).hex()
    assert found.receipts_root == root
    assert (await register.deps.store.texts.of([SURVEY]))[SURVEY] == [(0, "讲得好")] * 6
    teaching = (await register.instrument(TEACHING)).result
    assert teaching is not None
    assert [each.items[0].mean_hundredths for each in teaching.faculty] == [300, None]
    events = [data for name, data in await register.events() if name == "evaluation-published"]
    assert len(events) == 2
    assert {event["receipts_root"] for event in events} >= {root}


async def test_r36_after_publication_neither_rights_nor_ballots_nor_keys_are_left(
    register: Register, parts: Parts
) -> None:
    await register.opened()
    for number in range(6):
        await register.vote(number)
    async with connect(parts.mongodb_url("admin")) as client:
        box = client[register.box_settings.mongodb_database]
        stolen = [bytes(document["sealed"]) async for document in box["ballots"].find()]
        await register.closed()
        assert await box["ballots"].count_documents({}) == 0
    assert len(stolen) == 6
    assert await register.database["issues"].count_documents({}) == 0
    assert (list(register.keys.iterdir()), list(register.box_keys.iterdir())) == ([], [])


async def test_r36_of_four_ballots_nothing_is_told_not_even_their_number(register: Register) -> None:
    await register.opened()
    for number in range(4):
        await register.vote(number)
    register.at(OPENS + timedelta(days=2))
    await register.look()
    await register.closed()

    found = await register.instrument()
    assert (found.state, found.cause, found.ended) == (InstrumentState.SUPPRESSED, "TOO_FEW", True)
    assert (found.result, found.counted, found.issued, found.turnout) == (None, None, None, 0)
    assert await register.deps.store.receipts.find(SURVEY) is None
    events = [data for name, data in await register.events() if name == "evaluation-suppressed"]
    assert {"instrument", "project", "base", "kind", "year", "cause", "province"} == set(events[0])
    assert await register.database["issues"].count_documents({}) == 0


async def test_r36_a_lost_key_suppresses_and_is_said(register: Register) -> None:
    await register.opened()
    for number in range(5):
        await register.vote(number)
        await register.vote(number, key=TEACHING)
    (register.keys / f"{SURVEY}.key").unlink()
    (register.box_keys / f"{TEACHING}.key").unlink()
    await register.closed()
    for key in (SURVEY, TEACHING):
        found = await register.instrument(key)
        assert (found.state, found.cause) == (InstrumentState.SUPPRESSED, "KEY_LOST")


async def test_r36_sheets_that_answer_another_form_are_counted_as_invalid(register: Register) -> None:
    await register.opened()
    for number in range(5):
        await register.vote(number)
    voter, reply = await register.token(5)
    await register.browser.send("POST", "/ballots", json=voter.ballot(reply, {"v": 1}))
    voter, reply = await register.token(6)
    body = voter.ballot(reply, sheet())
    outer = ballots.outer_info(SURVEY, voter.receipt)
    garbled = seal.seal(voter.keys.box, outer, bytes(ballots.INNER_BYTES))
    answer = await register.browser.send("POST", "/ballots", json={**body, "sealed": to_base64url(garbled)})
    assert answer.status == 200
    await register.closed()
    result = (await register.instrument()).result
    assert result is not None
    assert (result.counted, result.invalid) == (5, 2)


@pytest.mark.parametrize("more", [0, 1])
async def test_r36_an_attendee_marked_before_the_closing_does_not_show_what_everybody_answered_alike(
    register: Register, more: int
) -> None:
    await register.opened(attendees=6, absent=1)
    for number in range(5):
        await register.vote(number, 5)
    if more:
        record = await register.deps.store.records.get("e-p1-5")
        await register.deps.store.records.save(replace(record, marks=(Mark("s1", True, SessionMode.OFFLINE, STARTED),)))
    await register.closed()
    found = await register.instrument()
    assert found.result is not None
    assert (found.eligible, found.result.counted, found.result.mean_hundredths) == (5 + more, 5, None)
    assert {(item.answered, item.distribution) for item in found.result.project} == {(5, None)}


async def test_r36_one_who_asked_for_no_token_does_not_show_what_all_who_did_answered_alike(
    register: Register,
) -> None:
    await register.opened(attendees=8)
    for number in range(5):
        await register.vote(number, 5)
    await register.token(5, key=TEACHING)
    for number in range(5):
        await register.vote(number, 5, key=TEACHING)
    await register.closed()
    survey, teaching = [(await register.instrument(key)).result for key in (SURVEY, TEACHING)]
    assert survey is not None
    assert teaching is not None
    assert (survey.mean_hundredths, survey.project[0].distribution) == (None, None)
    assert teaching.project[0].distribution == (0, 0, 0, 0, 5)  # of the six who might have answered one did not


async def test_r41_numbers_in_answers_are_masked_however_they_are_written(register: Register) -> None:
    await register.opened()
    for number in range(5):
        await register.vote(number, 1 + number, text="请打一三八一二三四五六七八或138.1234.5678")
    await register.closed()
    assert (await register.deps.store.texts.of([SURVEY]))[SURVEY] == [(0, "请打…或…")] * 5


async def test_r41_token_keys_are_sealed_anew_when_the_vault_rotates(register: Register) -> None:
    await register.listed()
    vault = register.deps.vault
    both = replace(vault, keys=vault.keys | {"k2": os.urandom(32)}, active="k2")
    await rotate(register.database, SEALED, both, lambda _: None)
    assert await keys(register.database, SEALED) == {"k2": 2}
    register.deps = replace(register.deps, vault=replace(both, keys={"k2": both.keys["k2"]}))
    voter, reply = await register.token(0)
    assert len(voter.token(reply)) == 256


async def test_r36_turnout_is_that_of_the_last_midnight(register: Register) -> None:
    await register.opened()
    for number in range(6):
        await register.vote(number)
    await register.look()
    assert (await register.instrument()).turnout == 0
    register.at(OPENS + timedelta(days=1))
    await register.look()
    assert (await register.instrument()).turnout == 6


async def test_r34_a_look_takes_some_and_what_fails_for_one_keeps_no_other_waiting(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither when windows are set nor when the turnout is counted."""
    monkeypatch.setattr(evaluations, "_MOST", 1)
    await register.listed()
    register.at(FINISHED)
    await register.phase(ProjectPhase.FINISHED)
    first, last = sorted((SURVEY, TEACHING))
    box, store, failed = register.evaluations.box, register.deps.store.instruments, set[str]()
    set_up, save = box.set_up, store.save

    async def round_of(look: Callable[[], Awaitable[int]]) -> list[int]:
        """What the looks do until each has had its turn; the one before may have ended anywhere."""
        return sorted([await look() for _ in range(3)])

    async def torn(instrument: str, *given: Any) -> str:
        if instrument == first:
            failed.add("asked")
            raise KeyError("boxKey")
        return await set_up(instrument, *given)

    with monkeypatch.context() as patch:
        patch.setattr(box, "set_up", torn)
        assert await round_of(register.evaluations.schedule) == [0, 0, 1]
    assert ((await register.instrument(first)).opens_at, (await register.instrument(last)).opens_at) == (None, OPENS)
    assert await round_of(register.evaluations.schedule) == [0, 0, 1]
    register.at(OPENS)
    assert await round_of(register.evaluations.open) == [0, 1, 1]
    await register.vote(0, key=last)
    register.at(OPENS + timedelta(days=1))

    async def refusing(aggregate: Any, *given: Any, **named: Any) -> Any:
        if aggregate.id == first:
            failed.add("saved")
            raise ValueError("not to be stored")
        return await save(aggregate, *given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(store, "save", refusing)
        assert await round_of(register.evaluations.count) == [0, 0, 1]
    assert (failed, (await register.instrument(last)).turnout) == ({"asked", "saved"}, 1)


@pytest.mark.parametrize("step", ["close", "open", "empty"])
async def test_r36_a_crash_at_any_step_of_the_closing_leads_to_the_same_result(
    register: Register, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    await register.opened()
    for number in range(5):
        await register.vote(number, 1 + number)
    box = register.evaluations.box
    call = getattr(box, step)

    async def answered_into_the_void(instrument: str) -> None:
        await call(instrument)
        raise BoxAway(step)

    with monkeypatch.context() as patch:
        patch.setattr(box, step, answered_into_the_void)
        await register.closed()
        assert not (await register.instrument()).ended
    await register.restart()
    await register.look()
    found = await register.instrument()
    assert (found.state, found.ended) == (InstrumentState.PUBLISHED, True)
    assert found.result is not None
    assert found.result.project[0].distribution == (1, 1, 1, 1, 1)


async def test_r34_no_right_is_given_after_the_closing(register: Register) -> None:
    await register.opened()
    register.at(CLOSES)
    assert await refused(register, teacher(0)) == "EVALUATION_CLOSED"
    await register.closed()
    assert await refused(register, teacher(0)) == "EVALUATION_CLOSED"


async def test_r36_a_cancelled_project_is_not_evaluated(register: Register) -> None:
    await register.listed()
    await register.phase(ProjectPhase.CANCELLED)
    await register.look()
    found = await register.instrument()
    assert (found.state, found.ended, found.token_sealed) == (InstrumentState.VOID, True, None)
    assert (list(register.keys.iterdir()), list(register.box_keys.iterdir())) == ([], [])
    assert await refused(register, teacher(0)) == "EVALUATION_CLOSED"


async def test_r34_a_box_that_is_away_is_asked_again(register: Register) -> None:
    register.at(STARTED)
    await register.have(PROJECT, 1)
    box, register.evaluations.box = register.evaluations.box, HttpBallotBox("http://127.0.0.1:1", SECRET)
    await register.look()
    assert [each.box_key for each in await register.deps.store.instruments.query({})] == [None, None]
    register.evaluations.box = HttpBallotBox(register.browser.url, "t" * 40)
    await register.look()
    register.evaluations.box = box
    await register.look()
    assert None not in [each.box_key for each in await register.deps.store.instruments.query({})]


async def test_r34_a_window_that_the_box_has_and_the_register_lost_is_taken_over(register: Register) -> None:
    await register.listed()
    register.at(FINISHED)
    await register.phase(ProjectPhase.FINISHED)
    found = await register.instrument()
    await register.evaluations.box.set_up(SURVEY, found.token_key, (OPENS, CLOSES))
    register.at(OPENS + timedelta(hours=3))
    await register.look()
    assert (await register.instrument()).opens_at == OPENS


QUERY = """query($ids: [_Any!]!) { _entities(representations: $ids) { ... on Project { instruments {
    id kind state form keyListDay opensAt closesAt receiptsRoot faculty { key name }
} } } }"""
ORGANISER = """query($ids: [_Any!]!) { _entities(representations: $ids) { ... on Project {
    instruments { kind turnout eligible result { counted invalid meanHundredths
        project { text answered meanHundredths distribution }
        faculty { key name items { answered } } texts { text answers } } } } } }"""
OWN = """query($ids: [_Any!]!) { _entities(representations: $ids) { ... on Project { instruments { kind tokenIssued
    result { counted } } } } myInstruments { id kind tokenIssued } }"""
RESULTS = """query($ids: [_Any!]!) { _entities(representations: $ids) { ... on Project {
    instruments { kind result { counted } } } } }"""
PROJECTS = {"ids": [{"__typename": "Project", "id": "p1"}]}


async def ask(register: Register, principal: Principal, query: str, **variables: Any) -> Any:
    """What the graph answers; a refusal fails the test."""
    result = await execute(schema, register.deps, Act(principal), query, **variables)
    assert result.errors is None, result.errors
    return result.data


async def instruments_for(register: Register, principal: Principal, query: str) -> dict[str, Any]:
    """The questionnaires of the project by kind, as somebody sees them."""
    (project,) = (await ask(register, principal, query, **PROJECTS))["_entities"]
    return {instrument["kind"]: instrument for instrument in project["instruments"]}


MINISTRY = Principal("m", Scope.MINISTRY)


async def test_r34_r36_the_base_and_the_ministry_see_how_many_answer_and_then_the_result(register: Register) -> None:
    await register.opened()
    for number in range(6):
        await register.vote(number, key=TEACHING, mark=1 + number % 5, text="多安排实训")
    for number in range(4):
        await register.vote(number)
    register.at(OPENS + timedelta(days=1))
    await register.look()
    before = [await instruments_for(register, principal, ORGANISER) for principal in (BASE, MINISTRY)]
    await register.closed()
    after = [await instruments_for(register, principal, ORGANISER) for principal in (BASE, MINISTRY)]

    assert (
        before[0]
        == before[1]
        == {
            "TEACHING": {"kind": "TEACHING", "turnout": 6, "eligible": 8, "result": None},
            "SATISFACTION": {"kind": "SATISFACTION", "turnout": None, "eligible": 8, "result": None},
        }
    )
    assert after[0] == after[1]
    assert after[0]["SATISFACTION"]["result"] is None
    result = after[0]["TEACHING"]["result"]
    assert (result["counted"], result["invalid"], result["meanHundredths"]) == (6, 0, 267)
    assert result["project"][0] == {
        "text": "培训目标明确，课程设置与目标相符",
        "answered": 6,
        "meanHundredths": 267,
        "distribution": [2, 1, 1, 1, 1],
    }
    assert [(each["key"], each["name"]) for each in result["faculty"]] == [("f1", "王工"), ("f2", "李师傅")]
    assert [each["answered"] for each in result["faculty"][1]["items"]] == [None] * 4
    assert [text["answers"] for text in result["texts"]] == [[], [], ["多安排实训"] * 6]


async def test_r35_nobody_sees_questionnaires_of_others(register: Register) -> None:
    await register.opened()
    others = [
        Principal("b", Scope.BASE, bases=("b2",)),
        Principal("s", Scope.SCHOOL, school="3144000011"),
        Principal("p", Scope.PROVINCE, province="44"),
        OTHER_TEACHER,
    ]
    for principal in others:
        assert await instruments_for(register, principal, QUERY) == {}
    shown = await instruments_for(register, teacher(1), QUERY)
    assert (shown["TEACHING"]["keyListDay"], shown["TEACHING"]["state"]) == ("2024-06-04", "OPEN")
    assert shown["TEACHING"]["faculty"] == [{"key": "f1", "name": "王工"}, {"key": "f2", "name": "李师傅"}]


async def test_r34_a_teacher_sees_what_to_answer_and_whether_the_own_right_was_used(register: Register) -> None:
    await register.opened(attendees=7, absent=1)
    await register.token(0)
    data = await ask(register, teacher(0), OWN, **PROJECTS)
    absent = await ask(register, teacher(6), OWN, **PROJECTS)

    mine = {each["kind"]: each["tokenIssued"] for each in data["myInstruments"]}
    assert mine == {"SATISFACTION": True, "TEACHING": False}
    assert absent["myInstruments"] == []
    for number in range(1, 6):
        await register.vote(number, mark=number)
    await register.closed()
    shown = [await instruments_for(register, teacher(number), OWN) for number in (1, 6)]
    assert shown[0]["SATISFACTION"] == {"kind": "SATISFACTION", "tokenIssued": None, "result": {"counted": 5}}
    assert shown[1]["SATISFACTION"]["result"] is None
    assert (await ask(register, teacher(0), OWN, **PROJECTS))["myInstruments"] == []


async def test_r34_a_token_is_issued_by_the_graph_and_the_lists_are_everybodys(register: Register) -> None:
    await register.listed()
    keys = await register.keys_of()
    voter = voting.Voter.of(voting.new_seed(), keys)
    data = await ask(
        register,
        teacher(0),
        "mutation($i: ID!, $b: String!) { issueBallotToken(instrumentId: $i, blinded: $b) { instrumentId reply } }",
        i=SURVEY,
        b=to_base64url(voter.blinded),
    )
    assert voter.token(from_base64url(data["issueBallotToken"]["reply"], 256))
    nobody = Principal("anonymous", Scope.PUBLIC)
    lists = await ask(register, nobody, "{ keyLists { day sha256 shortCode auditSequence path } }")
    stored = await register.deps.store.key_lists.get("2024-06-04")
    assert lists["keyLists"] == [
        {
            "day": "2024-06-04",
            "sha256": stored.sha256,
            "shortCode": stored.short_code,
            "auditSequence": 1,
            "path": "/evaluations/keys/2024-06-04.json",
        }
    ]
    form = await ask(
        register, nobody, '{ questionnaire(version: "teaching-2024.1") none: questionnaire(version: "x") }'
    )
    assert (len(form["questionnaire"]["faculty"]), form["none"]) == (4, None)


async def test_r34_r36_lists_and_receipts_are_served_byte_for_byte_and_only_once_they_are_public(
    register: Register,
) -> None:
    await register.opened()
    for number in range(5):
        await register.vote(number, 1 + number)
    files = EvaluationFiles()
    files.deps = register.deps
    async with served(Starlette(routes=files.routes())) as browser:
        listed = await browser.send("GET", "/evaluations/keys/2024-06-04.json")
        early = await browser.send("GET", f"/evaluations/receipts/{SURVEY}.txt")
        none = await browser.send("GET", "/evaluations/keys/2024-06-05.json")
        await register.closed()
        receipts = await browser.send("GET", f"/evaluations/receipts/{SURVEY}.txt")
    stored = await register.deps.store.key_lists.get("2024-06-04")
    assert hashlib.sha256(listed.text.encode()).hexdigest() == stored.sha256
    assert (early.status, none.status, receipts.status) == (404, 404, 200)
    lines = receipts.text.split()
    root = ballots.merkle_root([bytes.fromhex(line) for line in lines]).hex()
    assert (len(lines), root) == (5, (await register.instrument()).receipts_root)


async def test_r34_the_command_votes_without_a_browser_and_tells_the_box_nothing_of_the_login(
    register: Register,
) -> None:
    await register.opened()
    seen: list[dict[str, str]] = []

    async def graphql(request: Request) -> Response:
        body = await request.json()
        assert request.headers["authorization"] == "Bearer t"
        result = await execute(schema, register.deps, Act(teacher(0)), body["query"], **body["variables"])
        errors = {"errors": [{"message": str(error)} for error in result.errors]} if result.errors else {}
        return JSONResponse({"data": result.data} | errors)

    async def ballot(request: Request) -> Response:
        seen.append(dict(request.headers))
        answer = await register.browser.send("POST", "/ballots", data=await request.body())
        return Response(answer.text, answer.status, media_type="application/json")

    files = EvaluationFiles()
    files.deps = register.deps
    routes = [Route("/graphql", graphql, methods=["POST"]), Route("/ballots", ballot, methods=["POST"])]
    async with served(Starlette(routes=[*routes, *files.routes()])) as gateway:
        election, seed = voting.Election(gateway.url, "t"), voting.new_seed()
        receipt = await election.vote(SURVEY, sheet(), seed)
        assert await election.vote(SURVEY, sheet(mark=1), seed) == receipt
        with pytest.raises(voting.NotToBeTrusted, match="not the one"):
            await election.vote(TEACHING, sheet(), seed, "0" * 64)
        with pytest.raises(LookupError, match="no list names"):
            await election.vote(f"ins{'0' * 25}", sheet(), seed)
        with pytest.raises(LookupError):
            await election.vote(SURVEY, sheet(), voting.new_seed())
    assert len(seen) == 2
    assert not [headers for headers in seen if {"authorization", "cookie"} & headers.keys()]


async def test_r34_a_token_takes_four_reads_and_one_write_however_many_attend(register: Register, parts: Parts) -> None:
    await register.listed(attendees=3)
    voter = voting.Voter.of(voting.new_seed(), await register.keys_of())
    async with watched(parts.mongodb_url("admin"), register.database.name) as (listened, operations):
        deps = replace(register.deps, store=Store(listened))
        operations.clear()
        await issue_ballot_token(deps, teacher(0), instrument=SURVEY, blinded=to_base64url(voter.blinded))
        assert operations.cost == Budget(5, 0), operations.seen


async def test_r34_a_lost_device_costs_nothing_whoever_has_the_backup_code(register: Register) -> None:
    """Before the answer and after it: the code leads another device to the same right, reply and ballot."""
    await register.opened()
    seed = voting.new_seed()
    code = voting.backup_code(seed)
    await register.token(0, seed=seed)  # and the device is gone
    voter, reply = await register.token(0, seed=voting.seed_of(code.lower()))
    sent = await register.browser.send("POST", "/ballots", json=voter.ballot(reply, sheet(mark=5)))
    assert sent.json == {"receipt": voter.receipt}
    again, reply = await register.token(0, seed=voting.seed_of(code))  # the second device is gone too
    twice = await register.browser.send("POST", "/ballots", json=again.ballot(reply, sheet(mark=1)))
    assert twice.json == sent.json, "the first ballot stays"
    for number, mark in ((1, 4), (2, 3), (3, 2), (4, 1)):
        await register.vote(number, mark)
    await register.closed()
    result = (await register.instrument()).result
    assert result is not None
    assert (result.counted, result.project[0].distribution) == (5, (1, 1, 1, 1, 1))


async def test_r34_without_the_code_the_right_of_a_lost_device_is_lost_and_nobody_gets_it_back(
    register: Register,
) -> None:
    """A second right would be a second vote: neither the teacher nor anybody for the teacher gets one."""
    await register.opened()
    await register.token(0)
    other = voting.Voter.of(voting.new_seed(), await register.keys_of())
    blinded = to_base64url(other.blinded)
    for _ in range(2):
        assert await refused(register, teacher(0), blinded=blinded) == "TOKEN_ALREADY_ISSUED"
        await register.restart()
    for principal in (BASE, MINISTRY, Principal("s", Scope.SCHOOL, school="3144000011")):
        assert await refused(register, principal, blinded=blinded) == "FORBIDDEN"
    assert await register.deps.store.issues.count(SURVEY) == 1


async def test_r36_a_box_whose_clock_is_behind_is_asked_again_and_loses_no_ballot(
    register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both processes have clocks of their own: the box closes by its own, and never before its time."""
    await register.opened()
    for number in range(5):
        await register.vote(number, 1 + number)
    late, reply = await register.token(5)
    ahead = Clock(register.clock_file.with_name("ahead.json"))
    move_forward(register.clock_file.with_name("ahead.json"), CLOSES + timedelta(hours=1))
    register.at(CLOSES - timedelta(minutes=5))  # the box's
    with monkeypatch.context() as patch:
        patch.setattr(register.evaluations, "deps", replace(register.deps, clock=ahead))
        await register.look()
    assert (await register.instrument()).result is None
    sent = await register.browser.send("POST", "/ballots", json=late.ballot(reply, sheet(mark=5)))
    assert sent.status == 200
    await register.closed()
    result = (await register.instrument()).result
    assert result is not None
    assert result.counted == 6


async def test_r31_r32_r35_result_credit_and_certificate_do_not_depend_on_an_answer(register: Register) -> None:
    """Of two who attended alike one has answered everything and one nothing: what is on file of them is the same."""
    await register.opened()
    await register.deps.store.projects.put(replace(PROJECT, phase=ProjectPhase.FINISHED, finished_on=FINISHED.date()))
    for number in range(5):
        for key in (SURVEY, TEACHING):
            await register.vote(number, key=key)
    rows = [AttendanceMark(f"e-p1-{number}", "s2", True, None, None, "补录") for number in range(8)]
    await record_attendance(register.deps, BASE, project="p1", rows=rows)
    marks = [ResultMark(f"e-p1-{number}", ResultOutcome.PASSED, 88, None) for number in range(8)]
    assert {row.refusal for row in await record_results(register.deps, BASE, project="p1", rows=marks)} == {None}
    await publish_results(register.deps, BASE, project="p1")
    confirmed = await confirm_credits(
        register.deps, Principal("s", Scope.SCHOOL, school="3144000011"), enrollments=["e-p1-0", "e-p1-7"]
    )
    assert {row.refusal for row in confirmed} == {None}
    answered, silent = [await register.database["records"].find_one({"_id": f"e-p1-{number}"}) for number in (0, 7)]
    assert answered is not None
    assert silent is not None
    own = ("_id", "teacher", "events", "requests")
    times = ("at", "changed_at")

    def rest(node: Any) -> Any:
        if isinstance(node, list):
            return [rest(each) for each in node]
        if isinstance(node, dict):
            return {name: rest(node[name]) for name in node if name not in (*own, *times)}
        return node

    assert rest(answered) == rest(silent)
    assert [event["name"] for event in answered["events"]] == [event["name"] for event in silent["events"]]


async def test_r36_no_role_sees_a_result_before_its_publication(register: Register) -> None:
    """There are no live averages: in every state before, whoever may see the questionnaire sees no result."""
    who = (BASE, MINISTRY, teacher(0))
    seen: list[Any] = []

    async def look() -> None:
        await register.look()
        for principal in who:
            shown = await instruments_for(register, principal, RESULTS)
            assert shown["SATISFACTION"]["kind"] == "SATISFACTION"
            seen.append(shown["SATISFACTION"]["result"])

    await register.listed()
    await look()
    register.at(FINISHED)
    await register.phase(ProjectPhase.FINISHED)
    await look()
    register.at(OPENS)
    await register.look()
    for number in range(6):
        await register.vote(number, 1 + number % 5)
    await look()
    register.at(CLOSES)
    await look()
    assert seen == [None] * len(seen)
    await register.closed()
    await look()
    assert [result["counted"] for result in seen[-3:]] == [6, 6, 6]
