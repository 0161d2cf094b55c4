"""The processes of a suite: started, reported when they end, stopped without a trace."""

import json
from pathlib import Path

import pytest

from chassis.serving.watchdog import OVERRUN, STALLED
from deploy.broker.definitions import queue_of, topology
from deploy.local.home import processes_of
from deploy.local.mongod import find_mongod
from deploy.local.parts import Parts
from deploy.local.process import Child, StartFailed
from deploy.local.rabbitmq import find_rabbitmq
from deploy.local.suite import ROOT, Suite
from deploy.processes import PRODUCERS, SUBGRAPHS
from kernel.reference import provinces
from tests.support.eventually import eventually


async def test_a_process_that_ends_by_itself_is_reported_and_stopping_leaves_nothing(home: Path) -> None:
    folder = home / "partial"
    with Suite(folder, processes=["gateway"]) as suite:
        assert suite.dead() == []
        suite.children["gateway"].kill()
        await eventually(lambda: [child.name for child in suite.dead()] == ["gateway"])
    assert processes_of(suite.home) == []


def test_a_process_that_does_not_come_up_shows_the_end_of_its_log(tmp_path: Path) -> None:
    child = Child("broken", ["sh", "-c", "echo the reason; exit 3"], tmp_path / "broken.log", {"PATH": "/usr/bin:/bin"})
    with pytest.raises(StartFailed, match=r"broken ended at its start \(exit code 3\)(.|\n)*the reason"):
        child.wait_until(lambda: False, 10)
    child.stop()


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (f"exit {STALLED}", "its event loop stood still (watchdog)"),
        (f"exit {OVERRUN}", "it did not stop in time (watchdog)"),
        ("kill -KILL $$", "ended by SIGKILL"),
        ("exit 3", "exit code 3"),
    ],
)
async def test_the_end_of_a_process_is_called_what_it_is(tmp_path: Path, ends: str, said: str) -> None:
    child = Child("broken", ["sh", "-c", ends], tmp_path / "broken.log", {"PATH": "/usr/bin:/bin"})
    await eventually(lambda: not child.alive())
    assert child.end() == said
    child.stop()


def test_each_process_gets_its_own_users_and_only_the_gateway_the_signing_key(tmp_path: Path) -> None:
    suite = Suite(tmp_path)
    environments = {name: suite.environment(name) for name in PRODUCERS}
    suite.stop()
    assert len({environment["MONGODB_URL"] for environment in environments.values()}) == 4
    assert len({environment["AMQP_URL"] for environment in environments.values()}) == 4
    assert [name for name, environment in environments.items() if "SIGNING_KEY_FILE" in environment] == ["gateway"]
    assert set(json.loads(environments["gateway"]["SUBGRAPH_URLS"])) == set(SUBGRAPHS)


def test_r36_the_ballot_box_is_given_no_broker_no_principals_and_a_key_folder_of_its_own(tmp_path: Path) -> None:
    suite = Suite(tmp_path)
    box, register, others = (
        suite.settings("ballots"),
        suite.settings("assessment"),
        [suite.settings(name) for name in ("catalog", "enrollment", "gateway")],
    )
    suite.stop()
    keeper = {"KEYS_DIR", "BALLOTS_SECRET_FILE"}
    server = {"HOST", "PORT", "ENVIRONMENT", "CLOCK_FILE"}
    assert set(box) == {"MONGODB_URL", "MONGODB_DATABASE"} | server | keeper
    assert box["KEYS_DIR"] != register["REGISTER_KEYS_DIR"]
    assert box["MONGODB_URL"] != register["MONGODB_URL"]
    assert not [name for other in others for name in other if name in {*keeper, "REGISTER_KEYS_DIR"}]


def test_every_province_has_a_bounded_queue() -> None:
    queues = {queue["name"]: queue["arguments"] for queue in topology()["queues"]}
    for code in provinces():
        assert queues[queue_of(code)]["x-overflow"] == "drop-head"
        assert queues[queue_of(code)]["x-max-length"] > 0


def test_a_missing_part_is_named_in_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("deploy.local.rabbitmq._DEBIAN", tmp_path)
    monkeypatch.setattr("sysconfig.get_path", lambda _: str(tmp_path))
    with pytest.raises(StartFailed, match="AMQP_URL"):
        find_rabbitmq()
    with pytest.raises(StartFailed, match="MONGODB_URL"):
        find_mongod()


def test_a_url_in_the_environment_takes_the_place_of_a_part(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("MONGODB_URL", "mongodb://elsewhere/?replicaSet=rs")
    monkeypatch.setenv("AMQP_URL", "amqp://elsewhere/")
    suite = Suite(tmp_path)
    assert suite.environment("catalog")["MONGODB_URL"] == "mongodb://elsewhere/?replicaSet=rs"
    assert suite.parts.amqp_url("province.44") == "amqp://elsewhere/"
    suite.stop()


def test_a_broker_given_by_its_url_gets_the_topology(parts: Parts, monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    url = parts.rabbitmq.add_vhost("given")
    for queue in ("province.44", "training.dead"):
        parts.rabbitmq.manage("DELETE", f"/api/queues/given/{queue}")
    monkeypatch.setenv("AMQP_URL", url)
    monkeypatch.setenv("MONGODB_URL", parts.mongod.url("admin"))
    with Suite(home / "given", processes=[]):
        queues = {queue["name"] for queue in parts.rabbitmq.manage("GET", "/api/queues/given")}
    assert {"province.44", "province.65", "training.dead"} <= queues
    parts.rabbitmq.delete_vhost("given")


def test_no_file_of_a_suite_is_tracked_by_git() -> None:
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert {".local/", ".venv", "node_modules/"} <= set(ignored)
