"""A mutation repeated under its key takes effect once, even with copies at the same moment (docs/architecture.md)."""

import asyncio
from dataclasses import dataclass, replace

import pytest

from chassis.context import Act, acting
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent, run_once
from chassis.storage.mongo import Database, DuplicateKey, Session, transact
from chassis.storage.repository import Repository
from kernel.errors import Refusal


@dataclass(frozen=True)
class Note:
    id: str
    version: int
    text: str


@dataclass(frozen=True)
class Store:
    notes: Repository[Note]


@dataclass(frozen=True)
class Desk:
    store: Store


ALICE = Principal("alice", Scope.BASE)
BOB = Principal("bob", Scope.BASE)


@idempotent("notes", name="write_note")
async def write_note(desk: Desk, principal: Principal, *, text: str) -> Note:
    del principal
    return await desk.store.notes.insert(Note(new_id(), 1, text))


@idempotent("notes", name="append")
async def append(desk: Desk, principal: Principal, *, key: str, text: str) -> Note:
    del principal
    note = await desk.store.notes.get(key)
    return await desk.store.notes.save(replace(note, text=note.text + text))


@idempotent("notes", name="append_row", row="key")
async def append_row(desk: Desk, principal: Principal, *, key: str, text: str) -> Note:
    del principal

    async def work(session: Session) -> Note:
        note = await desk.store.notes.get(key, session)
        return await desk.store.notes.save(replace(note, text=note.text + text), session=session)

    return await transact(desk.store.notes.collection.database.client, work)


@pytest.fixture
async def desk(database: Database) -> Desk:
    notes = Repository(database, "notes", Note, producer="tests", noun="note")
    await notes.prepare()
    return Desk(Store(notes))


async def count(desk: Desk) -> int:
    return await desk.store.notes.collection.count_documents({})


async def test_a_repeat_answers_with_the_outcome_as_it_is_now(desk: Desk) -> None:
    with acting(Act(ALICE, idempotency_key="k1")):
        first = await write_note(desk, ALICE, text="a")
        await desk.store.notes.save(replace(first, text="changed since"))
        again = await write_note(desk, ALICE, text="a")
    assert (again.id, again.text, await count(desk)) == (first.id, "changed since", 1)


async def test_without_a_key_every_request_takes_effect(desk: Desk) -> None:
    with acting(Act(ALICE)):
        await write_note(desk, ALICE, text="a")
        await write_note(desk, ALICE, text="a")
    assert await count(desk) == 2


async def test_other_input_under_a_used_key_is_refused(desk: Desk) -> None:
    with acting(Act(ALICE, idempotency_key="k1")):
        await write_note(desk, ALICE, text="a")
        with pytest.raises(Refusal) as refused:
            await write_note(desk, ALICE, text="b")
    assert refused.value.code == "IDEMPOTENCY_KEY_REUSED"
    assert await count(desk) == 1


async def test_a_key_counts_per_principal_and_command(desk: Desk) -> None:
    with acting(Act(ALICE, idempotency_key="k1")):
        note = await write_note(desk, ALICE, text="a")
        longer = await append(desk, ALICE, key=note.id, text="b")
    with acting(Act(BOB, idempotency_key="k1")):
        await write_note(desk, BOB, text="a")
    assert longer.text == "ab"
    assert await count(desk) == 2


async def test_of_many_copies_at_once_one_takes_effect_and_all_get_its_outcome(desk: Desk) -> None:
    with acting(Act(ALICE, idempotency_key="k1")):
        notes = await asyncio.gather(*(write_note(desk, ALICE, text="a") for _ in range(20)))
        longer = await asyncio.gather(*(append(desk, ALICE, key=notes[0].id, text="b") for _ in range(20)))
    assert {note.id for note in notes} == {notes[0].id}
    assert {note.text for note in longer} == {"ab"}
    assert await count(desk) == 1


async def test_a_repeat_that_reads_what_the_first_has_written_still_takes_no_effect(desk: Desk) -> None:
    notes, looked, acted = desk.store.notes, asyncio.Event(), asyncio.Event()
    note = await write_note(desk, ALICE, text="a")

    async def act() -> Note:
        current = await notes.get(note.id)
        return await notes.save(replace(current, text=current.text + "b"))

    async def late() -> Note:
        looked.set()
        await acted.wait()
        return await act()

    with acting(Act(ALICE, idempotency_key="k1")):
        second = asyncio.ensure_future(run_once(notes, ALICE, "append", {}, late))
        await looked.wait()
        first = await run_once(notes, ALICE, "append", {}, act)
        acted.set()
    assert [first.text, (await second).text] == ["ab", "ab"]


async def test_each_row_of_a_bulk_command_counts_by_itself(desk: Desk) -> None:
    with acting(Act(ALICE)):
        notes = [await write_note(desk, ALICE, text="a") for _ in range(2)]
    with acting(Act(ALICE, idempotency_key="k1")):
        await append_row(desk, ALICE, key=notes[0].id, text="b")
        repeated = [await append_row(desk, ALICE, key=note.id, text="b") for note in notes]
    assert [note.text for note in repeated] == ["ab", "ab"]


async def test_a_refused_request_leaves_no_mark(desk: Desk) -> None:
    with acting(Act(ALICE, idempotency_key="k1")):
        with pytest.raises(Refusal):
            await append(desk, ALICE, key="missing", text="b")
        await desk.store.notes.insert(Note("missing", 1, "a"))
        assert (await append(desk, ALICE, key="missing", text="b")).text == "ab"


async def test_a_unique_index_refuses_a_second_document_with_one_mark(desk: Desk) -> None:
    mark = {"key": "k", "input": "i"}
    await desk.store.notes.collection.insert_one({"_id": "n1", "requests": [mark]})
    with pytest.raises(DuplicateKey):
        await desk.store.notes.collection.insert_one({"_id": "n2", "requests": [mark]})


async def test_r41_a_stored_mark_holds_neither_the_key_nor_the_input(desk: Desk) -> None:
    with acting(Act(ALICE, idempotency_key="secret-key")):
        note = await write_note(desk, ALICE, text="13800138000")
    document = await desk.store.notes.collection.find_one({"_id": note.id})
    assert document
    assert "secret-key" not in str(document["requests"])
    assert "13800138000" not in str(document["requests"])
