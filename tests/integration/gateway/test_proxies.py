"""Notes N33: behind a proxy that is named users have their own addresses; nobody else says where a user is."""

import asyncio
import os
import sys
from pathlib import Path

import aiohttp
import pytest

from chassis.storage.mongo import Database
from deploy.local.ports import Ports
from gateway.identity.login_throttle import ADDRESS
from tests.support.eventually import eventually

ROOT = Path(__file__).resolve().parents[3]
USERS = ("192.0.2.7", "192.0.2.8", "2001:db8:1:2::3", "2001:db8:1:2::4")


@pytest.mark.parametrize(("proxies", "addresses"), [("10.0.0.0/8,127.0.0.0/8", 3), ("10.0.0.0/8", 1)])
async def test_the_process_believes_the_proxies_that_it_is_told_of(
    environment: dict[str, str], database: Database, tmp_path: Path, proxies: str, addresses: int
) -> None:
    ports = Ports(tmp_path / "home")
    given = environment | {"PORT": str(ports["gateway"]), "FORWARDED_ALLOW_IPS": proxies}
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "gateway"], env=os.environ | given, cwd=ROOT, stdout=asyncio.subprocess.DEVNULL
    )
    try:
        url = f"http://127.0.0.1:{ports['gateway']}"
        async with aiohttp.ClientSession() as http:
            await eventually(lambda: _lives(http, url))
            for user in USERS:
                body, headers = {"login": "nobody", "password": "a guess"}, {"X-Forwarded-For": user}
                async with http.post(f"{url}/auth/login", json=body, headers=headers) as reply:
                    assert reply.status == 401
    finally:
        process.terminate()
        await process.wait()
        ports.release()
    assert await database["attempts"].count_documents({"_id": {"$regex": f"^{ADDRESS.kind}/"}}) == addresses


async def _lives(http: aiohttp.ClientSession, url: str) -> bool:
    try:
        async with http.get(f"{url}/livez") as reply:
            return reply.status == 200
    except aiohttp.ClientError:
        return False
