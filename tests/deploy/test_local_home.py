"""A suite's home: its ports, its holder, its secrets."""

import asyncio
import os
import socket
import stat
import sys
from pathlib import Path

import pytest

from deploy.local.home import HomeInUse, HomeLock, end_processes_of, lock_holder, processes_of, tagged
from deploy.local.ports import Ports
from deploy.local.secrets import Secrets
from tests.support.eventually import eventually


def _listen(port: int) -> socket.socket:
    listener = socket.socket()
    listener.bind(("127.0.0.1", port))
    listener.listen()
    return listener


def test_ports_are_chosen_once_and_kept(tmp_path: Path) -> None:
    first = Ports(tmp_path)
    first.release()
    again = Ports(tmp_path)
    again.release()
    assert dict(again) == dict(first)
    assert len(set(first.values())) == len(first)


def test_a_port_that_is_taken_later_is_replaced_alone(tmp_path: Path) -> None:
    first = Ports(tmp_path)
    first.release()
    with _listen(first["mongod"]):
        again = Ports(tmp_path)
        again.release()
    changed = {name for name in first if first[name] != again[name]}
    assert changed == {"mongod"}


def test_two_suites_that_start_at_once_never_share_a_port(tmp_path: Path) -> None:
    one = Ports(tmp_path / "one", gateway=18_000)
    other = Ports(tmp_path / "other", gateway=18_000)
    assert not set(one.values()) & set(other.values())
    one.release()
    other.release()


def test_the_gateway_takes_the_next_free_port_after_the_wish(tmp_path: Path) -> None:
    before = Ports(tmp_path / "before", gateway=18_100)
    before.release()
    with _listen(before["gateway"]):
        ports = Ports(tmp_path / "after", gateway=before["gateway"])
        ports.release()
    assert before["gateway"] < ports["gateway"] < before["gateway"] + 100


def test_a_home_has_one_holder_at_a_time(tmp_path: Path) -> None:
    assert lock_holder(tmp_path) is None
    hold = HomeLock(tmp_path)
    with pytest.raises(HomeInUse) as refused:
        HomeLock(tmp_path)
    assert refused.value.holder == lock_holder(tmp_path) == os.getpid()
    hold.release()
    assert lock_holder(tmp_path) is None
    HomeLock(tmp_path).release()


async def test_a_sweep_ends_the_processes_of_its_home_and_no_others(tmp_path: Path) -> None:
    ours, others = [
        await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", "input()"),
            env=tagged(tmp_path / name, os.environ),
            stdin=asyncio.subprocess.PIPE,
        )
        for name in ("ours", "others")
    ]
    await eventually(lambda: processes_of(tmp_path / "ours") == [ours.pid])
    await asyncio.to_thread(end_processes_of, tmp_path / "ours")
    assert await ours.wait() < 0
    assert others.returncode is None
    await others.communicate(b"\n")


def test_secrets_are_readable_by_their_owner_only_and_stay_the_same(tmp_path: Path) -> None:
    secrets = Secrets(tmp_path)
    password = secrets.password("amqp.catalog")
    files = [secrets.mongod_key, secrets.signing_keys, secrets.public_keys, secrets.vault_keys]
    assert {stat.S_IMODE(file.stat().st_mode) for file in [*files, tmp_path / "keys" / "passwords.json"]} == {0o600}
    assert Secrets(tmp_path).password("amqp.catalog") == password
    assert '"d"' in secrets.signing_keys.read_text(encoding="utf-8")
    assert '"d"' not in secrets.public_keys.read_text(encoding="utf-8")
