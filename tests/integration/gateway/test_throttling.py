"""R4, notes N33: guessing gets slower for the guesser, and is never a lockout of the holder."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from prometheus_client import REGISTRY

from chassis.principal import Scope
from chassis.storage.mongo import Database
from gateway.identity.deps import Deps
from gateway.identity.login_throttle import ADDRESS, FROM_HERE, LOGIN, LoginThrottle
from gateway.identity.provisioning import provision, reset, unlock
from kernel.errors import Refusal
from tests.support.signing_in import log_in, set_password

NAME, STRONG = "3144000011", "Guopei-0af3"
GUESSER, HOLDER = "192.0.2.1", "192.0.2.2"


@pytest.fixture
async def throttle(deps: Deps) -> LoginThrottle:
    return deps.store.throttle


async def outcome(deps: Deps, password: str, address: str, login: str = NAME) -> str:
    try:
        await log_in(deps, login=login, password=password, address=address)
    except Refusal as refusal:
        return refusal.code
    return "OPEN"


async def fail(throttle: LoginThrottle, times: int, *, login: str = NAME, address: str = GUESSER) -> list[Refusal]:
    refusals = []
    for _ in range(times):
        try:
            await throttle.begin(login, address)
        except Refusal as refusal:
            refusals.append(refusal)
    return refusals


async def later(database: Database, by: timedelta) -> None:
    """Let time pass for what has been counted."""
    shift = by // timedelta(milliseconds=1)
    step = [{"$set": {name: {"$subtract": [f"${name}", shift]} for name in ("last", "until")}}]
    await database["attempts"].update_many({}, step)


async def test_r4_after_five_failures_even_the_right_password_waits(deps: Deps, database: Database) -> None:
    _, code = await provision(deps, login=NAME, scope=Scope.SCHOOL, school=NAME)
    for _ in range(FROM_HERE.free):
        assert await outcome(deps, "wrong", GUESSER) == "INVALID_CREDENTIALS"
    assert await outcome(deps, code, GUESSER) == "RATE_LIMITED"
    await later(database, timedelta(minutes=5))
    assert await outcome(deps, code, GUESSER) == "OPEN"


async def test_r4_the_wait_doubles_and_says_how_long(throttle: LoginThrottle, database: Database) -> None:
    await fail(throttle, FROM_HERE.free)
    waits = []
    for _ in range(4):
        (refusal,) = await fail(throttle, 1)
        waits.append(refusal.details["retryAfter"])
        await later(database, timedelta(seconds=refusal.details["retryAfter"]))
        assert not await fail(throttle, 1)
    assert waits == sorted(set(waits))
    assert refusal.rule == "R4"


async def test_facts_33_a_guesser_elsewhere_does_not_lock_the_holder_out(deps: Deps) -> None:
    _, code = await provision(deps, login=NAME, scope=Scope.SCHOOL, school=NAME)
    for _ in range(FROM_HERE.free + 1):
        await outcome(deps, "wrong", GUESSER)
    assert await outcome(deps, "wrong", GUESSER) == "RATE_LIMITED"
    assert await outcome(deps, code, HOLDER) == "OPEN"


async def test_r4_a_thousand_guesses_at_once_are_a_thousand_guesses(throttle: LoginThrottle) -> None:
    results = await asyncio.gather(*(fail(throttle, 1) for _ in range(60)))
    made = sum(1 for refusals in results if not refusals)
    assert made <= FROM_HERE.free + 1  # a second may pass


async def test_r4_many_addresses_on_one_name_and_one_address_on_many_names_wait_too(throttle: LoginThrottle) -> None:
    spread = [await fail(throttle, 1, address=f"198.51.100.{n}") for n in range(LOGIN.free + 5)]
    assert any(spread)
    sprayed = [await fail(throttle, 1, login=f"31440000{n}") for n in range(ADDRESS.free + 30)]
    assert any(sprayed)
    assert not any(sprayed[: FROM_HERE.free * 2])


async def test_r4_who_has_logged_in_from_there_before_does_not_wait_for_guessers_elsewhere(
    deps: Deps, database: Database
) -> None:
    """Else whoever knows a login name, and all do, could keep its holder out for good."""
    _, code = await provision(deps, login=NAME, scope=Scope.SCHOOL, school=NAME)
    assert await outcome(deps, code, HOLDER) == "OPEN"
    for n in range(LOGIN.free + 5):
        await fail(deps.store.throttle, 1, address=f"198.51.100.{n}")
    assert await outcome(deps, code, "203.0.113.9") == "RATE_LIMITED"
    assert await outcome(deps, code, HOLDER) == "OPEN"
    guesses = [await outcome(deps, "wrong", HOLDER) for _ in range(FROM_HERE.free + 1)]
    assert guesses[-1] == "RATE_LIMITED", "a known place is no way to guess"
    await database["known_places"].delete_many({})  # as they are after thirty days
    assert await outcome(deps, code, HOLDER) == "RATE_LIMITED"


async def test_facts_33_one_hostile_client_does_not_shut_out_who_has_signed_in_from_its_address_before(
    deps: Deps,
) -> None:
    """A school is behind one address: it must be no weapon against the school."""
    _, code = await provision(deps, login=NAME, scope=Scope.SCHOOL, school=NAME)
    assert await outcome(deps, code, HOLDER) == "OPEN"
    guesses = [await fail(deps.store.throttle, 1, login=f"x{n}", address=HOLDER) for n in range(ADDRESS.free + 1)]
    assert guesses[-1], "the address waits"
    assert await outcome(deps, code, HOLDER) == "OPEN"
    assert await outcome(deps, "wrong", HOLDER, login="3144000012") == "RATE_LIMITED", "an unknown pair does"
    own = [await outcome(deps, "wrong", HOLDER) for _ in range(FROM_HERE.free + 1)]
    assert own == ["INVALID_CREDENTIALS"] * FROM_HERE.free + ["RATE_LIMITED"]


async def test_r4_right_passwords_at_once_do_not_make_each_other_wait(deps: Deps) -> None:
    _, code = await provision(deps, login=NAME, scope=Scope.SCHOOL, school=NAME)
    outcomes = await asyncio.gather(*(outcome(deps, code, HOLDER) for _ in range(FROM_HERE.free * 3)))
    assert set(outcomes) == {"OPEN"}


async def test_r4_wrong_passwords_at_once_are_no_more_guesses_than_one_after_another(deps: Deps) -> None:
    await provision(deps, login=NAME, scope=Scope.SCHOOL, school=NAME)
    outcomes = await asyncio.gather(*(outcome(deps, "wrong", GUESSER) for _ in range(FROM_HERE.free * 3)))
    assert outcomes.count("INVALID_CREDENTIALS") <= FROM_HERE.free + 1  # a second may pass
    assert set(outcomes) == {"INVALID_CREDENTIALS", "RATE_LIMITED"}


async def test_r4_a_right_password_is_followed_by_no_wait_and_ends_nobody_elses(throttle: LoginThrottle) -> None:
    for n in range(LOGIN.free - 1):
        await fail(throttle, 1, address=f"198.51.100.{n}")
    right = await throttle.begin(NAME, HOLDER)
    await throttle.succeed(right)
    again = await throttle.begin(NAME, "203.0.113.9")
    assert await fail(throttle, 1, address="203.0.113.10"), "the one before is under way, and may be wrong"
    await throttle.withdraw(again)
    wrong_since = await throttle.begin(NAME, "203.0.113.11")
    await throttle.withdraw(replace(wrong_since, at=wrong_since.at - timedelta(seconds=1)))
    assert await fail(throttle, 1, address="203.0.113.12"), "what was counted since goes on"


async def test_failures_leak_away(throttle: LoginThrottle, database: Database) -> None:
    await fail(throttle, FROM_HERE.free - 1)
    await later(database, FROM_HERE.leak * 3)
    assert not await fail(throttle, 3)


async def test_r4_who_knows_the_password_may_log_in_as_often_as_needed(deps: Deps) -> None:
    _, code = await provision(deps, login=NAME, scope=Scope.SCHOOL, school=NAME)
    for _ in range(FROM_HERE.free + 3):
        assert await outcome(deps, code, HOLDER) == "OPEN"


async def test_r4_a_stolen_session_is_no_way_to_try_passwords(deps: Deps) -> None:
    _, code = await provision(deps, login=NAME, scope=Scope.SCHOOL, school=NAME)
    initial = await log_in(deps, login=NAME, password=code)
    active = await set_password(deps, token=initial.access, current=None, new=STRONG)
    codes = []
    for _ in range(FROM_HERE.free + 1):
        with pytest.raises(Refusal) as refused:
            await set_password(deps, token=active.access, current="wrong", new="Another-0af3")
        codes.append(refused.value.code)
    assert codes == ["INVALID_CREDENTIALS"] * FROM_HERE.free + ["RATE_LIMITED"]


async def test_r4_a_reset_unlocks(deps: Deps) -> None:
    await provision(deps, login=NAME, scope=Scope.SCHOOL, school=NAME)
    await fail(deps.store.throttle, FROM_HERE.free + 1)
    code = await reset(deps, login=NAME, scope=Scope.SCHOOL)
    assert await outcome(deps, code, GUESSER) == "OPEN"


async def test_r4_an_unlock_ends_the_wait_and_leaves_the_password(deps: Deps) -> None:
    _, code = await provision(deps, login=NAME, scope=Scope.SCHOOL, school=NAME)
    for _ in range(FROM_HERE.free + 1):
        await outcome(deps, "wrong", GUESSER)
    assert await outcome(deps, code, GUESSER) == "RATE_LIMITED"
    await unlock(deps, login=NAME, scope=Scope.SCHOOL)
    assert await outcome(deps, code, GUESSER) == "OPEN"


def counted() -> list[float]:
    """How many guesses were right, wrong, or made to wait."""
    outcomes = ({"outcome": one} for one in ("right", "wrong", "waited"))
    return [REGISTRY.get_sample_value("guopei_gateway_guesses_total", one) or 0.0 for one in outcomes]


async def test_guesses_are_counted_by_their_outcome(deps: Deps) -> None:
    """A burst of failed logins is seen in the metrics; it is no event (ADR 19)."""
    _, code = await provision(deps, login=NAME, scope=Scope.SCHOOL, school=NAME)
    before = counted()
    for password in (code, *["wrong"] * (FROM_HERE.free + 1)):
        await outcome(deps, password, GUESSER)
    assert [now - then for now, then in zip(counted(), before, strict=True)] == [1, FROM_HERE.free, 1]


async def test_no_login_name_or_address_is_kept_in_the_clear(throttle: LoginThrottle, database: Database) -> None:
    await fail(throttle, 1)
    await throttle._buckets.update_many({}, {"$set": {"last": datetime.now(UTC)}})
    stored = str([row async for row in database["attempts"].find()])
    assert NAME not in stored
    assert GUESSER not in stored
