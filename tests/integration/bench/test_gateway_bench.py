"""The gateway's benchmark measures what it says: real answers, through a real gateway, counted."""

import os
import sys
from pathlib import Path

import pytest
from graphql import FieldNode, Visitor, parse, visit

from bench.gateway.__main__ import measure
from bench.gateway.canned import Reader
from bench.gateway.load import Round
from bench.gateway.peers import Peer, ask, commands, free_port, process, supergraph_for
from bench.gateway.queries import KINDS
from bench.gateway.report import COLD_FIELDS, DIRECT, Tallies, Tally, cold_query, report


async def test_every_kind_of_query_is_answered_whole_through_our_gateway(tmp_path: Path) -> None:
    canned, port = free_port(), free_port()
    core = min(os.sched_getaffinity(0))
    ours, command, path = commands(supergraph_for(canned, tmp_path), None, tmp_path / "none")["Guopei"]
    with (
        process([sys.executable, "-m", "bench.gateway.canned", str(canned)], canned, core, tmp_path / "canned.log"),
        process([*command, str(port)], port, core, tmp_path / "gateway.log") as pid,
    ):
        peer = Peer("Guopei", ours, pid, port, path)
        for kind in KINDS:
            answer = ask(port, path, kind.query, kind.variables(7))
            assert isinstance(answer, dict)
            assert "errors" not in answer
            assert "7" in str(answer["data"])
        tallies = await measure([peer], canned, 1, 0.1)
        assert set(tallies) == {(peer.name, kind.name) for kind in KINDS} | {
            (DIRECT, kind.name) for kind in KINDS if kind.direct
        }
        text = report(tallies, [peer])
    assert all(kind.name in text for kind in KINDS)


def test_cpu_is_told_by_request_and_latency_by_rank() -> None:
    tally = Tally()
    tally.add(Round(seconds=2.0, latencies=[0.001, 0.003, 0.002, 0.004]), cpu=0.008)
    assert (tally.rate, tally.cpu_ms) == (2.0, 2.0)
    assert (tally.quantile(0.5), tally.quantile(0.99)) == pytest.approx((3.0, 4.0))


def test_a_canned_subgraph_answers_what_it_is_asked_by_the_ids() -> None:
    text = "query ($r: [_Any!]!) { _entities(representations: $r) { __typename ... on Project { n: accepted } } }"
    given = {"r": [{"__typename": "Project", "id": "12"}, {"__typename": "Project", "id": "13"}]}
    assert Reader(text).answer(given) == (
        b'{"data":{"_entities":[{"__typename":"Project","n":12},{"__typename":"Project","n":13}]}}'
    )


def test_the_cold_query_has_as_many_fields_as_it_says() -> None:
    found: list[str] = []

    class Fields(Visitor):
        def enter_field(self, node: FieldNode, *_: object) -> None:
            found.append(node.name.value)

    visit(parse(cold_query(1)), Fields())
    assert len(found) == COLD_FIELDS
    assert cold_query(1) != cold_query(2)


def test_a_report_without_peers_still_compares_ours_with_itself() -> None:
    tallies: Tallies = {("Guopei", kind.name): Tally(1, 1.0, 0.001, [0.001]) for kind in KINDS}
    assert report(tallies, [Peer("Guopei", "this tree", os.getpid(), 1)]).count("| 1.0× |") == len(KINDS)
