"""R3, R4 on a real MongoDB: activation, sessions, and nothing that tells accounts apart."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from joserfc.jwk import ECKey, KeySet

from chassis.principal import Scope
from chassis.storage.mongo import Database
from gateway.identity.deps import Deps
from gateway.identity.provisioning import disable, provision, reset
from gateway.identity.sessions import Sessions, Tokens
from kernel.errors import Refusal
from tests.support.signing_in import log_in, set_password

LOGIN, STRONG = "3144000011", "Guopei-0af3"


async def activated(deps: Deps, scope: Scope = Scope.SCHOOL, password: str = STRONG) -> Tokens:
    _, code = await provision(deps, login=LOGIN, scope=scope, school=LOGIN, bases=("b1",))
    tokens = await log_in(deps, login=LOGIN, password=code, scope=scope)
    return await set_password(deps, token=tokens.access, current=None, new=password)


async def refused_login(deps: Deps, login: str, password: str, scope: Scope | None = None) -> Refusal:
    with pytest.raises(Refusal) as refused:
        await log_in(deps, login=login, password=password, scope=scope)
    return refused.value


async def test_r4_an_initial_account_can_only_set_its_password(deps: Deps) -> None:
    _, code = await provision(deps, login=LOGIN, scope=Scope.SCHOOL, school=LOGIN)
    tokens = await log_in(deps, login=LOGIN, password=code, scope=None)
    assert tokens.must_change
    with pytest.raises(Refusal) as refused:
        deps.sessions.check(tokens.access)
    assert (refused.value.code, refused.value.rule) == ("PASSWORD_CHANGE_REQUIRED", "R4")
    with pytest.raises(Refusal) as refused:
        await set_password(deps, token=tokens.access, current=None, new="123456")
    assert refused.value.code == "WEAK_PASSWORD"
    active = await set_password(deps, token=tokens.access, current=None, new=STRONG)
    assert deps.sessions.check(active.access).principal.scope is Scope.SCHOOL
    assert (await refused_login(deps, LOGIN, code)).code == "INVALID_CREDENTIALS"


async def test_r4_a_spent_initial_token_cannot_set_the_password_again(deps: Deps) -> None:
    _, code = await provision(deps, login=LOGIN, scope=Scope.SCHOOL, school=LOGIN)
    tokens = await log_in(deps, login=LOGIN, password=code, scope=None)
    await set_password(deps, token=tokens.access, current=None, new=STRONG)
    with pytest.raises(Refusal) as refused:
        await set_password(deps, token=tokens.access, current=None, new="Stolen-0af3")
    assert refused.value.code == "UNAUTHENTICATED"


async def test_r4_another_code_ends_what_the_first_one_opened(deps: Deps) -> None:
    _, leaked = await provision(deps, login=LOGIN, scope=Scope.SCHOOL, school=LOGIN)
    tokens = await log_in(deps, login=LOGIN, password=leaked)
    await reset(deps, login=LOGIN, scope=Scope.SCHOOL)
    with pytest.raises(Refusal) as refused:
        await set_password(deps, token=tokens.access, current=None, new="Stolen-0af3")
    assert refused.value.code == "UNAUTHENTICATED"
    assert (await refused_login(deps, LOGIN, leaked)).code == "INVALID_CREDENTIALS"


async def test_r4_the_printed_code_is_no_password(deps: Deps) -> None:
    _, code = await provision(deps, login=LOGIN, scope=Scope.SCHOOL, school=LOGIN)
    tokens = await log_in(deps, login=LOGIN, password=code)
    with pytest.raises(Refusal) as refused:
        await set_password(deps, token=tokens.access, current=None, new=code)
    assert refused.value.code == "WEAK_PASSWORD"


async def test_r4_in_the_notices_literal_mode_123456_opens_the_change_of_password_only(deps: Deps) -> None:
    literal = replace(deps, literal=True)
    _, code = await provision(literal, login=LOGIN, scope=Scope.SCHOOL, school=LOGIN)
    assert code == "123456"
    tokens = await log_in(literal, login=LOGIN, password="123456")
    assert tokens.must_change
    with pytest.raises(Refusal) as refused:
        await set_password(literal, token=tokens.access, current="123456", new="123456")
    assert refused.value.code == "WEAK_PASSWORD"


async def test_a_disabled_account_cannot_log_in_refresh_or_set_a_password_until_it_is_reset(deps: Deps) -> None:
    tokens = await activated(deps)
    await disable(deps, login=LOGIN, scope=Scope.SCHOOL)
    assert (await refused_login(deps, LOGIN, STRONG)).code == "ACCOUNT_DISABLED"
    with pytest.raises(Refusal):
        await deps.sessions.refresh(str(tokens.refresh))
    with pytest.raises(Refusal) as refused:
        await set_password(deps, token=tokens.access, current=STRONG, new="Another-0af3")
    assert refused.value.code == "ACCOUNT_DISABLED"
    code = await reset(deps, login=LOGIN, scope=Scope.SCHOOL)
    assert (await log_in(deps, login=LOGIN, password=code)).must_change


async def test_r4_an_expired_code_is_refused_until_it_is_issued_again(deps: Deps) -> None:
    account, code = await provision(deps, login=LOGIN, scope=Scope.SCHOOL, school=LOGIN)
    past = datetime.now(UTC) - timedelta(seconds=1)
    await deps.store.accounts.collection.update_one({"_id": account.id}, {"$set": {"code_expires_at": past}})
    assert (await refused_login(deps, LOGIN, code)).code == "CODE_EXPIRED"
    fresh = await reset(deps, login=LOGIN, scope=Scope.SCHOOL)
    assert (await log_in(deps, login=LOGIN, password=fresh, scope=None)).must_change


async def test_an_unknown_login_is_refused_like_a_wrong_password(deps: Deps) -> None:
    await activated(deps)
    unknown = await refused_login(deps, "nobody", "wrong")
    wrong = await refused_login(deps, LOGIN, "wrong")
    assert unknown.extensions() == wrong.extensions()


async def test_r3_a_login_of_two_roles_asks_which_only_after_the_password(deps: Deps) -> None:
    await activated(deps, Scope.SCHOOL)
    await activated(deps, Scope.BASE)
    assert (await refused_login(deps, LOGIN, "wrong")).code == "INVALID_CREDENTIALS"
    ambiguous = await refused_login(deps, LOGIN, STRONG)
    assert ambiguous.extensions()["scopes"] == ["base", "school"]
    chosen = await log_in(deps, login=LOGIN, password=STRONG, scope=Scope.BASE)
    assert deps.sessions.check(chosen.access).principal.scope is Scope.BASE


async def test_a_refresh_token_rotates_and_gives_the_same_successor_within_its_grace(deps: Deps) -> None:
    first = (await activated(deps)).refresh
    assert first
    second = (await deps.sessions.refresh(first)).refresh
    assert second != first
    assert (await deps.sessions.refresh(first)).refresh == second


async def test_a_refresh_token_used_again_later_revokes_its_family(deps: Deps) -> None:
    first = (await activated(deps)).refresh
    assert first
    second = (await deps.sessions.refresh(first)).refresh
    assert second
    long_ago = datetime.now(UTC) - timedelta(minutes=1)
    await deps.store._sessions.update_many({}, {"$set": {"rotated_at": long_ago}})
    for token in (first, second):
        with pytest.raises(Refusal) as refused:
            await deps.sessions.refresh(token)
        assert refused.value.code == "UNAUTHENTICATED"


async def test_two_tabs_that_refresh_at_once_get_the_same_successor(deps: Deps) -> None:
    first = str((await activated(deps)).refresh)
    answers = await asyncio.gather(*(deps.sessions.refresh(first) for _ in range(8)))
    assert len({answer.refresh for answer in answers}) == 1


async def test_a_session_outlives_the_rotation_of_the_signing_key(deps: Deps, keys: KeySet) -> None:
    first = str((await activated(deps)).refresh)
    fresh = ECKey.generate_key("P-256", parameters={"kid": "next"})
    rotated = Sessions(deps.store, KeySet([fresh, *keys.keys]))
    second = await rotated.refresh(first)
    assert rotated.check(second.access).principal.school == LOGIN
    with pytest.raises(Refusal):
        await Sessions(deps.store, KeySet([fresh])).refresh(first)


async def test_sessions_go_on_when_the_keys_are_exchanged_in_a_running_gateway(deps: Deps, keys: KeySet) -> None:
    first = await activated(deps)
    fresh = ECKey.generate_key("P-256", parameters={"kid": "next"})
    deps.sessions.exchange(KeySet([fresh, *keys.keys]))
    assert deps.sessions.check(first.access).principal.school == LOGIN
    second = await deps.sessions.refresh(str(first.refresh))
    deps.sessions.exchange(KeySet([fresh]))
    assert deps.sessions.check(second.access).principal.school == LOGIN
    assert (await deps.sessions.refresh(str(second.refresh))).access
    with pytest.raises(Refusal):
        deps.sessions.check(first.access)


@pytest.mark.parametrize("token", ["", "a", "a.1٣.x", "a." + "9" * 5_000 + ".x", "a.b.c", "a.0.0", "a.-1.x", "家.0.密"])
async def test_a_made_up_refresh_token_is_refused(deps: Deps, token: str) -> None:
    with pytest.raises(Refusal) as refused:
        await deps.sessions.refresh(token)
    assert refused.value.code == "UNAUTHENTICATED"


async def test_changing_the_password_needs_the_current_one_and_ends_other_sessions(deps: Deps) -> None:
    tokens = await activated(deps)
    with pytest.raises(Refusal) as refused:
        await set_password(deps, token=tokens.access, current="wrong", new="Another-0af3")
    assert refused.value.code == "INVALID_CREDENTIALS"
    await set_password(deps, token=tokens.access, current=STRONG, new="Another-0af3")
    assert tokens.refresh
    with pytest.raises(Refusal):
        await deps.sessions.refresh(tokens.refresh)


async def test_r4_a_login_under_way_while_the_password_changes_opens_nothing_that_lasts(deps: Deps) -> None:
    await activated(deps)
    (read,) = await deps.store.by_login(LOGIN, Scope.SCHOOL)  # the thief's login has matched the old password
    current = await log_in(deps, login=LOGIN, password=STRONG)
    await set_password(deps, token=current.access, current=STRONG, new="Another-0af3")
    late = await deps.sessions.open(read)
    with pytest.raises(Refusal) as refused:
        await deps.sessions.refresh(str(late.refresh))
    assert refused.value.code == "UNAUTHENTICATED"
    assert [one.account for one in await deps.store.sessions(read.id)] == [read.id]


async def test_nothing_secret_is_stored_in_the_clear(deps: Deps, database: Database) -> None:
    tokens = await activated(deps)
    stored = str(
        [row async for row in database["accounts"].find()] + [row async for row in database["sessions"].find()]
    )
    assert STRONG not in stored
    assert str(tokens.refresh) not in stored
