"""R2, R3, R4: who is on file elsewhere gets an account by an event, once, and its code from an administrator."""

import csv
import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count, permutations
from typing import Any

import pytest
from aio_pika.abc import AbstractChannel

from chassis.events import Envelope
from chassis.messaging import amqp
from chassis.principal import Scope
from chassis.runtime.tasks import Role
from chassis.storage.mongo import Database, Session
from gateway.identity.account import Account, AccountState
from gateway.identity.deps import Deps
from gateway.identity.messaging import BINDINGS, QUEUE, QUEUES, TEACHER_BINDINGS, TEACHERS, handlers, tasks
from gateway.identity.provisioning import disable, issue_codes, provision, reset
from kernel.errors import Refusal
from tests.integration.gateway.test_console import accounts
from tests.support.consuming import take_in
from tests.support.eventually import eventually
from tests.support.processes import running
from tests.support.signing_in import log_in, set_password

SCHOOL, OTHER, THIRD, STRONG = "3144000011", "3151000021", "3144000012", "Guopei-0af3"
BASE = ("catalog.base-registered", {"base": "b1", "organization": SCHOOL, "province": "44"})
SECOND = ("catalog.base-registered", {"base": "b2", "organization": SCHOOL, "province": "44"})
REGISTERED = ("enrollment.school-registered", {"school": SCHOOL, "province": "44"})
EXPERT = ("catalog.expert-registered", {"expert": "x1", "organization": "121100004000000012"})
Told = tuple[str, dict[str, Any]]
_NUMBERS = count()


def teacher(key: str, school: str = SCHOOL) -> Told:
    return "enrollment.teacher-added", {"teacher": key, "school": school, "province": school[2:4]}


def envelope(told: Told, number: int = 1, version: int = 1) -> Envelope:
    kind, data = told
    producer, _, name = kind.partition(".")
    key, province = f"{producer}/{name}:{number}/1/0", data.get("province", "00")
    return Envelope(
        id=key,
        producer=producer,
        name=name,
        subject="x",
        version=version,
        at=datetime.now(UTC),
        province=province,
        data=data,
    )


async def hear(deps: Deps, *told: Told, version: int = 1) -> None:
    """The events' effects, each in a transaction."""
    for one in told:
        event = envelope(one, next(_NUMBERS), version)
        await take_in(deps.store.accounts.collection.database, handlers(deps.store), event)


def joined(key: str, school: str, main: str) -> Told:
    data = {"teacher": key, "school": school, "main_school": main, "main_province": main[2:4], "province": school[2:4]}
    return "enrollment.teacher-joined", data


def left(key: str, school: str, main: str | None) -> tuple[str, dict[str, Any]]:
    where = {"main_school": main, "main_province": main and main[2:4]}
    return "enrollment.teacher-left", {"teacher": key, "school": school, "province": school[2:4], **where}


async def one(deps: Deps, scope: Scope, login: str = SCHOOL) -> Account:
    (found,) = await deps.store.by_login(login, scope)
    return found


async def codes(deps: Deps, **which: Any) -> dict[tuple[str, str], str]:
    return {(one.login, one.scope.value): code async for one, code in issue_codes(deps, **which)}


async def events(database: Database, account: str) -> Sequence[str]:
    found = await database["accounts"].find_one({"_id": account})
    assert found
    return [str(one["name"]) for one in found["events"]]


async def test_events_that_come_twice_make_each_account_once(deps: Deps, database: Database, amqp_url: str) -> None:
    async with await amqp.connect(amqp_url, "others") as connection:
        channel = await connection.channel(on_return_raises=True)
        await amqp.declare_topology(channel)
        queue = await amqp.declare_queue(channel, QUEUE, BINDINGS)
        await (await amqp.declare_queue(channel, "assessment.audit", ["#"])).purge()
        exchange = await channel.get_exchange(amqp.EVENTS, ensure=False)
        for number, told in enumerate([BASE, SECOND, REGISTERED, EXPERT]):
            for _ in range(2):
                made = envelope(told, number)
                await exchange.publish(amqp.to_message(made), made.routing_key, mandatory=True)
        async with running(*tasks(deps.store, database, amqp_url).of(Role.ALL)):

            async def taken() -> bool:
                return await database["inbox"].count_documents({}) == 4

            await eventually(taken)
            await eventually(lambda: _empty(channel, queue.name))
    assert await database["accounts"].count_documents({}) == 3
    assert (await one(deps, Scope.BASE)).bases == ("b1", "b2")


async def test_teachers_wait_in_a_queue_of_their_own_and_keep_no_school_waiting(
    deps: Deps, database: Database, amqp_url: str
) -> None:
    """Also where the inbox was bound to them by a version before: what it still holds is taken (ADR 68)."""
    async with await amqp.connect(amqp_url, "others") as connection:
        channel = await connection.channel(on_return_raises=True)
        await amqp.declare_topology(channel)
        for name, bindings in QUEUES.items():
            await amqp.declare_queue(channel, name, bindings)
        inbox = await amqp.declare_queue(channel, QUEUE, TEACHER_BINDINGS)
        exchange = await channel.get_exchange(amqp.EVENTS, ensure=False)

        async def tell(number: int, told: Told) -> None:
            made = envelope(told, number)
            await exchange.publish(amqp.to_message(made), made.routing_key, mandatory=True)

        await tell(1, teacher("t1"))
        for binding in TEACHER_BINDINGS:
            await inbox.unbind(amqp.EVENTS, binding)
        async with running(*tasks(deps.store, database, amqp_url).of(Role.ALL)):
            await eventually(lambda: _taken(database, QUEUE, 1))
            await tell(2, teacher("t2"))
            await tell(3, REGISTERED)
            await eventually(lambda: _taken(database, TEACHERS, 2))
            await eventually(lambda: _taken(database, QUEUE, 2))
    assert not await database["inbox"].find_one({"_id": {"$regex": rf"^{QUEUE}\|.*teacher-added:2/"}})
    for person in ("t1", "t2"):
        assert len(await deps.store.by_person(person, Scope.TEACHER)) == 1


async def _taken(database: Database, queue: str, wanted: int) -> bool:
    return await database["inbox"].count_documents({"_id": {"$regex": rf"^{queue}\|"}}) == wanted


async def test_r3_a_login_name_that_is_taken_is_drawn_again(deps: Deps, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a million teachers one draw in a hundred meets a name that is taken."""
    drawn = iter(["t00000001", "t00000001", "t00000001", "t00000002"])
    monkeypatch.setattr("gateway.identity.messaging.issued_login", lambda _: next(drawn))
    await hear(deps, teacher("t1"), teacher("t2"))
    logins = [(await deps.store.by_person(key, Scope.TEACHER))[0].login for key in ("t1", "t2")]
    assert logins == ["t00000001", "t00000002"]


async def test_r3_teachers_of_one_batch_get_an_account_each_with_a_login_name_of_its_own(
    deps: Deps, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = iter(f"t0000000{digit}" for digit in "1112334455")
    monkeypatch.setattr("gateway.identity.messaging.issued_login", lambda _: next(drawn))
    await hear(deps, teacher("t0"))
    batch = [envelope(teacher(f"t{number % 4}"), 1000 + number) for number in range(8)]
    assert await take_in(database, handlers(deps.store), *batch) == 8
    stored = await database["accounts"].find({"scope": "teacher"}).to_list()
    assert sorted(account["person"] for account in stored) == ["t0", "t1", "t2", "t3"]
    assert len({account["login"] for account in stored}) == 4
    assert [event["name"] for account in stored for event in account["events"]] == ["account-provisioned"] * 4


async def _empty(channel: AbstractChannel, name: str) -> bool:
    found = await channel.declare_queue(name, passive=True)
    return not found.declaration_result.message_count


async def test_r2_r3_a_code_may_be_a_school_and_hold_several_bases(deps: Deps, database: Database) -> None:
    await hear(deps, BASE, REGISTERED, SECOND, SECOND)
    base, school = await one(deps, Scope.BASE), await one(deps, Scope.SCHOOL)
    assert (base.bases, base.organization, base.home) == (("b1", "b2"), SCHOOL, "44")
    assert (school.school, school.organization, school.home) == (SCHOOL, SCHOOL, "44")
    assert await events(database, base.id) == ["account-provisioned", "base-added"]
    assert await events(database, school.id) == ["account-provisioned"]


async def test_r4_an_account_without_a_code_opens_to_nothing(deps: Deps) -> None:
    await hear(deps, REGISTERED)
    for guess in ("", "123456", SCHOOL):
        with pytest.raises(Refusal) as refused:
            await log_in(deps, login=SCHOOL, password=guess)
        assert refused.value.code == "INVALID_CREDENTIALS"


async def test_r4_codes_are_issued_to_who_is_still_initial_and_the_new_one_ends_the_old(
    deps: Deps, database: Database
) -> None:
    await hear(deps, REGISTERED, BASE)
    first = await codes(deps, province="44")
    assert set(first) == {(SCHOOL, "school"), (SCHOOL, "base")}
    tokens = await log_in(deps, login=SCHOOL, password=first[SCHOOL, "base"], scope=Scope.BASE)
    await set_password(deps, token=tokens.access, current=None, new=STRONG)
    second = await codes(deps, province="44")
    assert set(second) == {(SCHOOL, "school")}
    with pytest.raises(Refusal) as refused:
        await log_in(deps, login=SCHOOL, password=first[SCHOOL, "school"], scope=Scope.SCHOOL)
    assert refused.value.code == "INVALID_CREDENTIALS"
    assert (await log_in(deps, login=SCHOOL, password=second[SCHOOL, "school"])).must_change
    school = await one(deps, Scope.SCHOOL)
    assert await events(database, school.id) == ["account-provisioned", "code-issued", "code-issued"]


async def test_codes_are_issued_by_province_role_or_only_where_none_is_good(deps: Deps, database: Database) -> None:
    elsewhere = ("enrollment.school-registered", {"school": OTHER, "province": "51"})
    await hear(deps, REGISTERED, BASE, elsewhere, EXPERT)
    assert set(await codes(deps, province="51")) == {(OTHER, "school")}
    assert set(await codes(deps, province="44", scope=Scope.BASE)) == {(SCHOOL, "base")}
    assert set(await codes(deps, scope=Scope.SCHOOL, missing=True)) == {(SCHOOL, "school")}
    assert await codes(deps, scope=Scope.SCHOOL, missing=True) == {}
    expired = {"$set": {"code_expires_at": datetime.now(UTC) - timedelta(seconds=1)}}
    await database["accounts"].update_one({"login": OTHER}, expired)
    assert set(await codes(deps, scope=Scope.SCHOOL, missing=True)) == {(OTHER, "school")}
    (expert,) = await deps.store.by_person("x1", Scope.EXPERT)
    assert set(await codes(deps, scope=Scope.EXPERT)) == {(expert.login, "expert")}


async def test_the_codes_of_a_schools_people_are_its_own_to_hand_out(deps: Deps) -> None:
    """R3, R5: no code of a teacher or a designated person ends because the schools' letters are printed again."""
    await hear(deps, REGISTERED, teacher("t1"))
    await provision(deps, login="d12345678", scope=Scope.SCHOOL, school=SCHOOL, organization=SCHOOL, name="何敏")
    (found,) = await deps.store.by_person("t1", Scope.TEACHER)
    assert set(await codes(deps, province="44", scope=Scope.SCHOOL)) == {(SCHOOL, "school")}
    assert set(await codes(deps, province="44")) == {(SCHOOL, "school")}
    assert set(await codes(deps, province="44", scope=Scope.TEACHER)) == {(found.login, "teacher")}


async def test_r40_who_completes_an_account_changes_not_unseen_whom_it_acts_for(deps: Deps, database: Database) -> None:
    await hear(deps, BASE)
    with pytest.raises(Refusal) as refused:
        await provision(deps, login=SCHOOL, scope=Scope.BASE, organization=OTHER, bases=("b1",))
    assert refused.value.code == "ACCOUNT_EXISTS"
    account, _ = await provision(deps, login=SCHOOL, scope=Scope.BASE, bases=("b1", "b2", "b3"))
    assert (account.organization, account.bases) == (SCHOOL, ("b1", "b2", "b3"))
    stored = await database["accounts"].find_one({"_id": account.id})
    assert stored
    told = [(one["name"], one["data"].get("base")) for one in stored["events"][1:]]
    assert told == [("base-added", "b2"), ("base-added", "b3"), ("code-issued", None)]


async def test_an_administrator_completes_the_account_that_an_event_made(deps: Deps) -> None:
    await hear(deps, REGISTERED, EXPERT)
    made = await one(deps, Scope.SCHOOL)
    account, code = await provision(deps, login=SCHOOL, scope=Scope.SCHOOL, school=SCHOOL, name="何敏")
    assert (account.id, account.name) == (made.id, "何敏")
    assert (await log_in(deps, login=SCHOOL, password=code)).must_change
    with pytest.raises(Refusal) as refused:
        await provision(deps, login=SCHOOL, scope=Scope.SCHOOL, school=SCHOOL)
    assert refused.value.code == "ACCOUNT_EXISTS"
    await provision(deps, login="expert1", scope=Scope.EXPERT, person="x1", name="陈明远")
    (expert,) = await deps.store.by_person("x1", Scope.EXPERT)
    assert expert.login == "expert1"


async def test_nobody_gets_the_waiting_account_of_somebody_else(deps: Deps) -> None:
    await hear(deps, EXPERT, teacher("t1"))
    (expert,) = await deps.store.by_person("x1", Scope.EXPERT)
    (found,) = await deps.store.by_person("t1", Scope.TEACHER)
    for login, scope, holder in (
        (expert.login, Scope.EXPERT, {"person": "x2"}),
        ("t9", Scope.TEACHER, {"person": "t1", "school": OTHER}),
        (found.login, Scope.TEACHER, {"person": "t2", "school": SCHOOL}),
    ):
        with pytest.raises(Refusal) as refused:
            await provision(deps, login=login, scope=scope, **holder)
        assert refused.value.code == "ACCOUNT_EXISTS"


async def test_an_event_that_comes_after_the_administrator_changes_nothing_but_bases(deps: Deps) -> None:
    await provision(deps, login=SCHOOL, scope=Scope.SCHOOL, school=SCHOOL, name="何敏")
    await provision(deps, login=SCHOOL, scope=Scope.BASE, organization=SCHOOL, bases=("b1",))
    await provision(deps, login="expert1", scope=Scope.EXPERT, person="x1")
    before = [await one(deps, scope) for scope in (Scope.SCHOOL, Scope.BASE)]
    await hear(deps, REGISTERED, BASE, EXPERT)
    assert [await one(deps, scope) for scope in (Scope.SCHOOL, Scope.BASE)] == before
    assert len(await deps.store.by_person("x1", Scope.EXPERT)) == 1


@pytest.mark.parametrize("order", list(permutations(("b1", "b2", "by hand"))))
async def test_r2_whatever_the_order_an_organisation_has_one_account_for_its_bases(
    deps: Deps, order: Sequence[str]
) -> None:
    for step in order:
        if step == "by hand":
            await provision(deps, login=SCHOOL, scope=Scope.BASE, organization=SCHOOL, bases=("b1",), name="韩工")
        else:
            await hear(deps, {"b1": BASE, "b2": SECOND}[step])
    account = await one(deps, Scope.BASE)
    assert (set(account.bases), len(account.bases), account.name) == ({"b1", "b2"}, 2, "韩工")


async def test_a_base_that_comes_later_leaves_the_password_alone(deps: Deps) -> None:
    await hear(deps, BASE)
    code = await reset(deps, login=SCHOOL, scope=Scope.BASE)
    tokens = await log_in(deps, login=SCHOOL, password=code)
    active = await set_password(deps, token=tokens.access, current=None, new=STRONG)
    await hear(deps, SECOND)
    refreshed = await deps.sessions.refresh(str(active.refresh))
    assert deps.sessions.check(refreshed.access).principal.bases == ("b1", "b2")
    assert (await one(deps, Scope.BASE)).state is AccountState.ACTIVE


async def test_the_command_prints_codes_once_as_a_table_and_nobody_elses(
    environment: dict[str, str], deps: Deps
) -> None:
    await hear(deps, REGISTERED, BASE)
    status, out, _ = await accounts(environment, "codes", "--province", "44", "--scope", "school")
    head, row = csv.reader(io.StringIO(out.removeprefix("\ufeff")))
    assert (status, head) == (0, ["登录名", "角色", "省份", "激活码", "有效期至"])
    assert row[:3] == [SCHOOL, "school", "44"]
    assert (await log_in(deps, login=SCHOOL, password=row[3])).must_change
    assert (await accounts(environment, "codes"))[0] != 0


def closed(base: str) -> Told:
    return "catalog.base-closed", {"base": base, "province": "44"}


async def test_r2_a_closed_base_is_nobodys_and_the_last_one_closes_the_account(deps: Deps, database: Database) -> None:
    await hear(deps, BASE, SECOND)
    account = await one(deps, Scope.BASE)
    await hear(deps, closed("b1"))
    assert ((await one(deps, Scope.BASE)).bases, (await one(deps, Scope.BASE)).state) == (("b2",), AccountState.INITIAL)
    for _ in range(2):
        await hear(deps, closed("b2"))
    assert ((await one(deps, Scope.BASE)).bases, (await one(deps, Scope.BASE)).state) == ((), AccountState.DISABLED)
    told = ["account-provisioned", "base-added", "base-removed", "base-removed", "account-disabled"]
    assert await events(database, account.id) == told


async def test_r2_whoever_acts_for_the_successor_acts_for_the_merged_base(deps: Deps) -> None:
    other = ("catalog.base-registered", {"base": "b9", "organization": OTHER, "province": "51"})
    await hear(deps, BASE, SECOND, other)
    merged = ("catalog.base-merged", {"base": "b1", "into": "b9", "province": "44"})
    for _ in range(2):
        await hear(deps, merged)
    assert (await one(deps, Scope.BASE)).bases == ("b2",)
    assert (await one(deps, Scope.BASE, OTHER)).bases == ("b9", "b1")
    await hear(deps, ("catalog.base-merged", {"base": "b1", "into": "b9", "province": "44"}))
    assert (await one(deps, Scope.BASE, OTHER)).state is AccountState.INITIAL


async def test_r2_a_base_merged_into_one_of_its_own_organisation_stays_with_the_account(deps: Deps) -> None:
    await hear(deps, BASE, SECOND, ("catalog.base-merged", {"base": "b1", "into": "b2", "province": "44"}))
    assert (await one(deps, Scope.BASE)).bases == ("b1", "b2")


async def test_r14_a_withdrawn_expert_is_signed_out_and_a_corrected_one_followed(
    deps: Deps, database: Database
) -> None:
    await hear(deps, EXPERT, ("catalog.expert-corrected", {"expert": "x1", "organization": OTHER}))
    (account,) = await deps.store.by_person("x1", Scope.EXPERT)
    assert account.organization == OTHER
    await database["sessions"].insert_one({"_id": "s", "account": account.id})
    for _ in range(2):
        await hear(deps, ("catalog.expert-withdrawn", {"expert": "x1"}))
    (account,) = await deps.store.by_person("x1", Scope.EXPERT)
    assert account.state is AccountState.DISABLED
    assert await database["sessions"].count_documents({"account": account.id}) == 0
    assert await events(database, account.id) == ["account-provisioned", "account-moved", "account-disabled"]


async def test_r14_r40_an_expert_of_another_organisation_is_signed_out_and_the_audit_learns_it(
    deps: Deps, database: Database
) -> None:
    await hear(deps, EXPERT)
    (account,) = await deps.store.by_person("x1", Scope.EXPERT)
    await database["sessions"].insert_one({"_id": "s", "account": account.id})
    corrected = {"expert": "x1", "organization": EXPERT[1]["organization"]}
    await hear(deps, ("catalog.expert-corrected", corrected), version=2)
    assert await database["sessions"].count_documents({"account": account.id}) == 1
    await hear(deps, ("catalog.expert-corrected", corrected | {"organization": OTHER}), version=3)
    assert await database["sessions"].count_documents({"account": account.id}) == 0
    stored = await database["accounts"].find_one({"_id": account.id})
    assert stored
    told = stored["events"][-1]
    assert (told["name"], told["data"]["organization"], told["data"]["reopened"]) == ("account-moved", OTHER, False)


async def test_r14_a_correction_of_an_expert_that_a_later_one_overtook_changes_nothing(deps: Deps) -> None:
    await hear(deps, EXPERT)
    for version, organization in ((3, OTHER), (2, SCHOOL)):
        told = {"expert": "x1", "organization": organization}
        await hear(deps, ("catalog.expert-corrected", told), version=version)
    (account,) = await deps.store.by_person("x1", Scope.EXPERT)
    assert account.organization == OTHER


async def test_r14_the_account_of_an_expert_who_is_back_waits_for_a_code_and_a_late_end_closes_nothing(
    deps: Deps, database: Database
) -> None:
    back = ("catalog.expert-reinstated", {"expert": "x1", "organization": SCHOOL})
    await hear(deps, EXPERT)
    await hear(deps, WITHDRAWN, version=2)
    await hear(deps, back, version=3)
    await hear(deps, WITHDRAWN, version=2)
    (account,) = await deps.store.by_person("x1", Scope.EXPERT)
    assert account.state is AccountState.INITIAL
    assert (await events(database, account.id))[-1] == "account-moved"


async def test_r2_a_base_that_is_open_again_has_its_account_again_and_one_that_has_moved_its_province(
    deps: Deps,
) -> None:
    reopened = ("catalog.base-reopened", BASE[1])
    await hear(deps, BASE)
    await hear(deps, closed("b1"), version=2)
    await hear(deps, reopened, version=3)
    await hear(deps, closed("b1"), version=2)
    account = await one(deps, Scope.BASE)
    assert (account.bases, account.state, account.home) == (("b1",), AccountState.INITIAL, "44")
    for version, province in ((5, "45"), (4, "51")):
        await hear(deps, ("catalog.base-amended", {"base": "b1", "province": province}), version=version)
    assert (await one(deps, Scope.BASE)).home == "45"
    await hear(deps, SECOND)
    await hear(deps, ("catalog.base-amended", {"base": "b1", "province": "51"}), version=6)
    assert (await one(deps, Scope.BASE)).home == "45", "the account is of two bases"


@pytest.mark.parametrize("end", ["catalog.base-closed", "catalog.base-merged"])
@pytest.mark.parametrize("known", [True, False])
async def test_r2_a_registration_that_comes_after_the_bases_end_gives_nobody_the_base(
    deps: Deps, end: str, known: bool
) -> None:
    """A dead letter is sent again late, whether or not the account had the base meanwhile."""
    await hear(deps, SECOND, *([BASE] if known else []))
    await hear(deps, (end, {"base": "b1", "into": "b9", "province": "44"}), version=3)
    await hear(deps, BASE)
    assert (await one(deps, Scope.BASE)).bases == ("b2",)


async def test_r2_an_organisation_that_lost_its_last_base_is_let_in_again_by_a_new_one(
    deps: Deps, database: Database
) -> None:
    await hear(deps, BASE)
    code = await reset(deps, login=SCHOOL, scope=Scope.BASE)
    tokens = await log_in(deps, login=SCHOOL, password=code)
    await set_password(deps, token=tokens.access, current=None, new=STRONG)
    await hear(deps, closed("b1"), version=2)
    await hear(deps, SECOND)
    account = await one(deps, Scope.BASE)
    assert (account.state, account.bases, account.waiting) == (AccountState.INITIAL, ("b2",), True)
    stored = await database["accounts"].find_one({"_id": account.id})
    assert stored
    told = stored["events"][-1]
    assert (told["name"], told["data"]["base"], told["data"]["reopened"]) == ("base-added", "b2", True)
    assert set(await codes(deps, scope=Scope.BASE, missing=True)) == {(SCHOOL, "base")}


@pytest.mark.parametrize("when", ["before", "after"])
async def test_r2_r4_an_account_that_a_manager_closed_is_opened_by_no_base(deps: Deps, when: str) -> None:
    await hear(deps, BASE)
    steps = [disable(deps, login=SCHOOL, scope=Scope.BASE), hear(deps, closed("b1"), version=2)]
    for step in steps if when == "before" else reversed(steps):
        await step
    await hear(deps, SECOND)
    account = await one(deps, Scope.BASE)
    assert (account.state, account.bases) == (AccountState.DISABLED, ("b2",))


async def of_teacher(deps: Deps, key: str = "t1") -> Account:
    (found,) = await deps.store.by_person(key, Scope.TEACHER)
    return found


async def test_r20_the_account_of_a_teacher_who_moves_acts_for_the_new_school(deps: Deps) -> None:
    await hear(deps, teacher("t1"))
    before = await of_teacher(deps)
    await hear(deps, joined("t1", OTHER, SCHOOL))
    assert await of_teacher(deps) == before
    await hear(deps, joined("t1", OTHER, OTHER), left("t1", SCHOOL, OTHER))
    moved = await of_teacher(deps)
    assert (moved.school, moved.organization, moved.home, moved.login) == (OTHER, OTHER, "51", before.login)
    assert moved.version == before.version + 1


async def test_r20_the_account_of_a_teacher_who_is_nowhere_is_closed_and_a_later_school_opens_it(deps: Deps) -> None:
    await hear(deps, teacher("t1"))
    login = (await of_teacher(deps)).login
    code = await reset(deps, login=login, scope=Scope.TEACHER)
    tokens = await log_in(deps, login=login, password=code)
    await set_password(deps, token=tokens.access, current=None, new=STRONG)
    await hear(deps, left("t1", SCHOOL, None))
    with pytest.raises(Refusal) as refused:
        await log_in(deps, login=login, password=STRONG, scope=Scope.TEACHER)
    assert refused.value.code == "ACCOUNT_DISABLED"
    await hear(deps, joined("t1", OTHER, OTHER))
    opened = await of_teacher(deps)
    assert (opened.state, opened.school, opened.waiting, opened.login) == (AccountState.INITIAL, OTHER, True, login)
    collection = deps.store.accounts.collection
    (document,) = await collection.find({"_id": opened.id}).to_list()
    assert [event["name"] for event in document["events"]][-2:] == ["account-disabled", "account-moved"]
    assert document["events"][-1]["data"]["reopened"] is True


async def test_r20_a_teacher_left_that_a_later_joining_overtook_closes_no_account(deps: Deps) -> None:
    await hear(deps, teacher("t1"))
    await hear(deps, joined("t1", SCHOOL, SCHOOL), version=6)
    before = await of_teacher(deps)
    await hear(deps, left("t1", SCHOOL, None), version=5)
    assert await of_teacher(deps) == before
    await hear(deps, left("t1", SCHOOL, None), version=7)
    assert (await of_teacher(deps)).state is AccountState.DISABLED


async def test_r20_a_teacher_joined_that_a_later_leaving_overtook_opens_no_account(deps: Deps) -> None:
    await hear(deps, teacher("t1"))
    await hear(deps, left("t1", SCHOOL, None), version=6)
    await hear(deps, joined("t1", OTHER, OTHER), version=5)
    closed_account = await of_teacher(deps)
    assert (closed_account.state, closed_account.school) == (AccountState.DISABLED, SCHOOL)


async def test_r20_r40_a_teacher_who_moves_is_signed_out(deps: Deps, database: Database) -> None:
    await hear(deps, teacher("t1"))
    account = await of_teacher(deps)
    await database["sessions"].insert_one({"_id": "s", "account": account.id})
    await hear(deps, joined("t1", OTHER, SCHOOL), version=2)
    assert await database["sessions"].count_documents({"account": account.id}) == 1
    await hear(deps, joined("t1", OTHER, OTHER), left("t1", SCHOOL, OTHER), version=3)
    assert await database["sessions"].count_documents({"account": account.id}) == 0


def ended(kind: str = "closed", school: str = SCHOOL) -> Told:
    return f"enrollment.school-{kind}", {"school": school, "into": OTHER, "province": school[2:4]}


def designated(person: str = "p1") -> Told:
    data = {"school": SCHOOL, "province": "44", "person": person, "name": "赵主任", "replaced": False}
    return "enrollment.person-designated", data


@pytest.mark.parametrize("kind", ["closed", "merged"])
async def test_r3_the_accounts_of_a_school_end_with_it(deps: Deps, database: Database, kind: str) -> None:
    await hear(deps, REGISTERED)
    await hear(deps, designated(), version=2)
    (delegate,) = await deps.store.delegates(SCHOOL)
    await database["sessions"].insert_one({"_id": "s", "account": delegate.id})
    await hear(deps, ended(kind), version=3)
    own, (delegate,) = await one(deps, Scope.SCHOOL), await deps.store.delegates(SCHOOL)
    assert (own.state, delegate.state) == (AccountState.DISABLED, AccountState.DISABLED)
    assert await database["sessions"].count_documents({}) == 0
    assert (await events(database, own.id))[-1] == "account-disabled"


async def test_r3_events_of_a_school_that_its_end_overtook_open_no_account(deps: Deps) -> None:
    await hear(deps, ended(), version=4)
    await hear(deps, REGISTERED)
    await hear(deps, designated(), version=2)
    assert await deps.store.by_login(SCHOOL, Scope.SCHOOL) == []
    assert await deps.store.delegates(SCHOOL) == []


async def test_r3_the_account_of_a_school_that_is_open_again_waits_for_a_code(deps: Deps) -> None:
    await hear(deps, REGISTERED)
    await hear(deps, designated(), version=2)
    await hear(deps, ended(), version=3)
    await hear(deps, ("enrollment.school-reopened", REGISTERED[1]), version=4)
    await hear(deps, ended(), version=3)
    (account,) = await deps.store.by_login(SCHOOL, Scope.SCHOOL)
    assert (account.state, account.name) == (AccountState.INITIAL, None)
    assert {each.state for each in await deps.store.delegates(SCHOOL)} == {AccountState.DISABLED}
    await hear(deps, designated(), version=5)
    assert (await one(deps, Scope.SCHOOL)).name == "赵主任"
    assert {each.state for each in await deps.store.delegates(SCHOOL)} == {AccountState.INITIAL}


async def test_r3_r5_a_designation_that_overtook_the_reopening_opens_the_schools_account(deps: Deps) -> None:
    await hear(deps, REGISTERED)
    await hear(deps, ended(), version=2)
    await hear(deps, designated(), version=4)
    opened = await one(deps, Scope.SCHOOL)
    assert (opened.state, opened.name) == (AccountState.INITIAL, "赵主任")
    await hear(deps, ("enrollment.school-reopened", REGISTERED[1]), version=3)
    assert await one(deps, Scope.SCHOOL) == opened


async def test_r4_r5_a_designation_opens_no_account_that_a_manager_closed(deps: Deps) -> None:
    await hear(deps, REGISTERED)
    await disable(deps, login=SCHOOL, scope=Scope.SCHOOL)
    await hear(deps, designated(), version=2)
    assert (await one(deps, Scope.SCHOOL)).state is AccountState.DISABLED


async def test_r14_a_correction_that_overtook_the_return_opens_the_experts_account(deps: Deps) -> None:
    await hear(deps, EXPERT)
    await hear(deps, WITHDRAWN, version=2)
    await hear(deps, CORRECTED, version=4)
    await hear(deps, ("catalog.expert-reinstated", {"expert": "x1", "organization": SCHOOL}), version=3)
    (account,) = await deps.store.by_person("x1", Scope.EXPERT)
    assert (account.state, account.organization) == (AccountState.INITIAL, SCHOOL)


@pytest.mark.parametrize("overtaking", [joined("t1", THIRD, OTHER), left("t1", THIRD, OTHER)], ids=["joined", "left"])
async def test_r20_what_overtook_a_teachers_return_opens_the_account(deps: Deps, overtaking: Told) -> None:
    await hear(deps, teacher("t1"))
    await hear(deps, left("t1", SCHOOL, None), version=2)
    await hear(deps, overtaking, version=4)
    await hear(deps, joined("t1", OTHER, OTHER), version=3)
    account = await of_teacher(deps)
    assert (account.state, account.school) == (AccountState.INITIAL, OTHER)


async def test_r4_r20_a_further_school_opens_no_account_that_a_manager_closed(deps: Deps) -> None:
    await hear(deps, teacher("t1"))
    await disable(deps, login=(await of_teacher(deps)).login, scope=Scope.TEACHER)
    await hear(deps, joined("t1", OTHER, SCHOOL), version=2)
    assert (await of_teacher(deps)).state is AccountState.DISABLED


WITHDRAWN = ("catalog.expert-withdrawn", {"expert": "x1"})
CORRECTED = ("catalog.expert-corrected", {"expert": "x1", "organization": SCHOOL})


async def test_r14_an_expert_whose_withdrawal_overtook_the_registration_has_a_closed_account(
    deps: Deps, database: Database
) -> None:
    await hear(deps, CORRECTED, version=2)
    await hear(deps, WITHDRAWN, version=3)
    await hear(deps, CORRECTED, version=2)
    await hear(deps, EXPERT)
    (account,) = await deps.store.by_person("x1", Scope.EXPERT)
    assert account.state is AccountState.DISABLED
    assert await events(database, account.id) == ["account-provisioned", "account-disabled"]


async def test_r14_an_expert_whose_correction_overtook_the_registration_has_an_open_account(deps: Deps) -> None:
    await hear(deps, CORRECTED, version=2)
    await hear(deps, EXPERT)
    (account,) = await deps.store.by_person("x1", Scope.EXPERT)
    assert account.state is AccountState.INITIAL


async def test_r20_a_teacher_whose_leaving_overtook_the_first_event_has_a_closed_account_that_a_school_opens(
    deps: Deps,
) -> None:
    await hear(deps, left("t1", SCHOOL, None), version=3)
    await hear(deps, teacher("t1"), teacher("t2"))
    assert (await of_teacher(deps)).state is AccountState.DISABLED
    assert (await of_teacher(deps, "t2")).state is AccountState.INITIAL
    await hear(deps, joined("t1", OTHER, OTHER), version=4)
    opened = await of_teacher(deps)
    assert (opened.state, opened.school) == (AccountState.INITIAL, OTHER)


async def test_r20_a_teacher_whose_return_overtook_the_first_event_has_an_open_account(deps: Deps) -> None:
    await hear(deps, left("t1", SCHOOL, None), version=3)
    await hear(deps, joined("t1", OTHER, OTHER), version=4)
    await hear(deps, teacher("t1"))
    assert (await of_teacher(deps)).state is AccountState.INITIAL


async def test_a_subject_that_an_older_release_has_followed_further_has_not_ended(
    deps: Deps, database: Database
) -> None:
    """Replicas of two releases run beside each other: the older one notes a version only."""

    async def ended(session: Session) -> set[str]:
        return await deps.store.ended("school", ["s1", "s2"], session)

    async def both(session: Session) -> None:
        for school in ("s1", "s2"):
            await deps.store.follow("school", school, 5, session, ended=True)

    await deps.store.transact(both)
    assert await deps.store.transact(ended) == {"s1", "s2"}
    await database["followed"].update_one({"_id": "school:s1"}, {"$max": {"version": 6}})
    assert await deps.store.transact(ended) == {"s2"}

    async def late(session: Session) -> None:
        await deps.store.follow("school", "s1", 4, session, ended=True)
        await deps.store.follow("school", "s2", 4, session)

    await deps.store.transact(late)
    assert await deps.store.transact(ended) == {"s2"}
