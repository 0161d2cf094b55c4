"""Replicas: whom a request may be offered to, and how names are followed (ADR 42)."""

import asyncio
from collections import Counter
from collections.abc import Collection
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st
from prometheus_client import generate_latest
from structlog.testing import capture_logs

from gateway.http import replicas as replicas_module
from gateway.http.address import Address, addresses
from gateway.http.replicas import IN_FLIGHT, STREAMS, Replica, Replicas, eligible, less_busy
from tests.support.eventually import eventually

ADDRESS = Address.of("http://catalog/graphql")
NOW = 1_000.0


def fleet(*until: float) -> list[Replica]:
    """Replicas that are left alone until then."""
    made = [Replica(ADDRESS, f"10.0.0.{number}") for number in range(len(until))]
    for replica, at in zip(made, until, strict=True):
        replica.until = at
    return made


fleets = st.lists(st.sampled_from([0.0, NOW - 1, NOW, NOW + 1, NOW + 30]), min_size=1, max_size=8).map(
    lambda until: fleet(*until)
)


class Names:
    """A resolver that answers what a test tells it, or fails."""

    def __init__(self, *hosts: str) -> None:
        self.hosts: Collection[str] | OSError = hosts

    async def __call__(self, host: str, port: int) -> Collection[str]:
        del host, port
        if isinstance(self.hosts, OSError):
            raise self.hosts
        return self.hosts


def places(replicas: Replicas) -> list[str]:
    return sorted(replica.place for replica in replicas.known)


def leads_to(replicas: Replicas, hosts: list[str]) -> bool:
    return places(replicas) == [f"{host}:80" for host in hosts]


@given(fleets)
def test_an_ill_replica_is_left_alone_while_half_are_well_and_else_nobody_is(replicas: list[Replica]) -> None:
    well = [replica for replica in replicas if replica.until <= NOW]
    assert eligible(replicas, NOW) == (well if 2 * len(well) >= len(replicas) else replicas)


@given(fleets, st.data())
def test_nobody_is_offered_a_request_twice_and_an_ill_one_only_where_no_well_one_is_left(
    replicas: list[Replica], data: st.DataObject
) -> None:
    tried = data.draw(st.lists(st.sampled_from(replicas), unique=True))
    found = eligible(replicas, NOW, tried)
    assert not set(found) & set(tried)
    assert found or set(tried) == set(replicas)
    well = [replica for replica in replicas if replica.until <= NOW and replica not in tried]
    if 2 * sum(replica.until <= NOW for replica in replicas) >= len(replicas) and well:
        assert found == well


def test_where_all_say_goodbye_the_ejected_one_is_left_alone_all_the_same() -> None:
    replicas = Replicas("http://10.0.0.1,http://10.0.0.2,http://10.0.0.3")
    ejected, *others = replicas.known
    for _ in range(3):
        replicas.broke(ejected)
    replicas.put_aside(others[0])
    assert {replicas.choose() for _ in range(50)} == {others[1]}
    replicas.put_aside(others[1])
    assert {replicas.choose() for _ in range(50)} == set(others)


@given(st.lists(st.integers(0, 5), min_size=2, max_size=8))
def test_the_busiest_of_all_is_never_chosen(busy: list[int]) -> None:
    replicas = fleet(*[0.0] * len(busy))
    for replica, count in zip(replicas, busy, strict=True):
        replica.busy = count
    chosen = less_busy(replicas)
    assert chosen.busy < max(busy) or busy.count(max(busy)) > 1


@given(st.integers(2, 8))
def test_equally_busy_replicas_get_equal_shares(count: int) -> None:
    replicas = fleet(*[0.0] * count)
    chosen = Counter(less_busy(replicas) for _ in range(2_000))
    assert min(chosen[replica] for replica in replicas) >= 0.6 * 2_000 / count


def test_a_newcomer_gets_what_the_others_are_too_busy_for() -> None:
    replicas = fleet(*[0.0] * 4)
    for replica in replicas[:3]:
        replica.busy = 3
    assert sum(less_busy(replicas) is replicas[3] for _ in range(2_000)) > 0.4 * 2_000


def test_streams_are_balanced_by_streams_for_they_last_long_and_cost_little() -> None:
    old, new = fleet(0.0, 0.0)
    old.streams, new.busy = 40, 1
    assert {less_busy([old, new], STREAMS) for _ in range(50)} == {new}
    assert {less_busy([old, new], IN_FLIGHT) for _ in range(50)} == {old}


def test_three_failures_in_a_row_eject_each_time_for_twice_as_long_and_at_most_30_s() -> None:
    (replica,) = fleet(0.0)
    replica.broke(NOW)
    replica.broke(NOW)
    assert replica.until == 0.0
    lengths, now = [], NOW
    for _ in range(8):
        replica.broke(now)
        lengths.append(replica.until - now)
        replica.broke(now + 0.5)  # what was sent before
        now = replica.until
    assert lengths == [1, 2, 4, 8, 16, 30, 30, 30]


def test_a_success_ends_a_row_of_failures() -> None:
    (replica,) = fleet(0.0)
    for _ in range(5):
        replica.broke(NOW)
        replica.broke(NOW)
        replica.worked()
    assert replica.until == 0.0


async def test_a_name_is_as_many_replicas_as_it_resolves_to_and_an_ip_address_is_one() -> None:
    replicas = Replicas("http://catalog/graphql, http://127.0.0.1:81/graphql", resolver=Names("10.0.0.1", "fd00::1"))
    assert places(replicas) == ["127.0.0.1:81"]
    await replicas.refresh()
    assert places(replicas) == ["10.0.0.1:80", "127.0.0.1:81", "[fd00::1]:80"]


async def test_who_stays_keeps_what_is_known_of_him_and_who_goes_is_retired() -> None:
    names = Names("10.0.0.1", "10.0.0.2")
    replicas = Replicas("http://catalog/graphql", resolver=names)
    await replicas.refresh()
    stays, goes = replicas.known
    names.hosts = ["10.0.0.1", "10.0.0.3"]
    await replicas.refresh()
    assert replicas.known[0] is stays
    assert (stays.gone, goes.gone, places(replicas)) == (False, True, ["10.0.0.1:80", "10.0.0.3:80"])


@pytest.mark.parametrize("answer", [OSError("no such name"), []], ids=["fails", "empty"])
async def test_where_resolving_fails_or_finds_nothing_what_was_known_stays(answer: OSError | list[str]) -> None:
    names = Names("10.0.0.1", "10.0.0.2")
    replicas = Replicas("http://catalog/graphql", resolver=names)
    await replicas.refresh()
    names.hosts = answer
    with capture_logs() as logs:
        await replicas.refresh()
        await replicas.refresh()
    assert places(replicas) == ["10.0.0.1:80", "10.0.0.2:80"]
    assert [entry["event"] for entry in logs] == ["subgraph not resolved"], "once, not every five seconds"


async def test_a_name_is_followed_and_one_that_is_unknown_at_first_is_found_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(replicas_module, "RESOLVE_SECONDS", 0.01)
    monkeypatch.setattr(replicas_module, "_UNKNOWN_SECONDS", 0.01)
    names = Names()
    names.hosts = OSError("no such name")
    replicas = Replicas("http://catalog/graphql", resolver=names)
    await replicas.open()
    await replicas.found(5)
    with pytest.raises(OSError, match="no replica"):
        replicas.choose()
    for hosts in (["10.0.0.1"], ["10.0.0.1", "10.0.0.2"], ["10.0.0.2"]):
        names.hosts = hosts
        await eventually(partial(leads_to, replicas, hosts))
    await replicas.close()


async def test_what_cannot_be_a_host_name_is_not_resolved_and_the_others_are_followed() -> None:
    replicas = Replicas("http://a..b/graphql,http://localhost:81/graphql")
    with capture_logs() as logs:
        await replicas.refresh()
        await replicas.refresh()
    assert "127.0.0.1:81" in places(replicas)
    assert [entry["event"] for entry in logs] == ["subgraph not resolved"]


async def test_a_resolver_that_does_not_answer_is_waited_for_no_longer_than_the_request() -> None:
    async def silent(host: str, port: int) -> Collection[str]:
        del host, port
        await asyncio.Event().wait()
        return ()

    replicas = Replicas("http://catalog/graphql", resolver=silent)
    await replicas.open()
    with pytest.raises(ConnectionError, match="in time"):
        await replicas.found(0.02)
    await replicas.close()


async def test_each_replica_that_is_known_has_metrics_and_none_that_is_gone() -> None:
    names = Names("10.9.0.1", "10.9.0.2")
    replicas = Replicas("http://metrics/graphql", subgraph="metrics", resolver=names)
    await replicas.refresh()
    ill, well = replicas.known
    well.busy, well.requests = 2, 7
    for _ in range(3):
        replicas.broke(ill)
    ill.until += 60  # reading the metrics of a whole run may take longer than the ejection
    text = generate_latest().decode()
    assert 'guopei_gateway_replica_requests_total{replica="10.9.0.2:80",subgraph="metrics"} 7.0' in text
    assert 'guopei_gateway_replica_in_flight{replica="10.9.0.2:80",subgraph="metrics"} 2.0' in text
    assert 'guopei_gateway_replica_ejected{replica="10.9.0.1:80",subgraph="metrics"} 1.0' in text
    names.hosts = [f"10.9.1.{number}" for number in range(200)]
    await replicas.refresh()
    text = generate_latest().decode()
    assert "10.9.0." not in text
    assert text.count('subgraph="metrics"') == 3 * 50


def test_urls_are_separated_by_commas_and_a_query_may_hold_one() -> None:
    found = addresses("http://a/graphql?x=1,2,https://b:444/graphql , http://[::1]:81")
    assert [(address.host, address.port, address.target) for address in found] == [
        ("a", 80, "/graphql?x=1,2"),
        ("b", 444, "/graphql"),
        ("::1", 81, "/"),
    ]
    with pytest.raises(ValueError, match="not an HTTP address"):
        addresses("")
