"""R24: a worker process set up by its environment sends mail; killed in the middle, it costs one copy at most."""

import asyncio
import json
import os
import sys
from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from joserfc.jwk import ECKey, KeySet

from deploy.broker.definitions import ADMIN
from deploy.local.parts import Parts
from deploy.local.secrets import Secrets
from services.enrollment.domain.vocabulary import DeliveryState
from tests.integration.enrollment.mail_server import MailServer, at_once, listening
from tests.integration.enrollment.season import Season
from tests.support.eventually import eventually

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def environment(season: Season, parts: Parts, amqp_url: str, tmp_path: Path) -> dict[str, str]:
    """The settings of a worker on the season's database."""
    vault = season.deps.vault
    named = {name: b64encode(key).decode() for name, key in vault.keys.items()}
    given = {"active": vault.active, "keys": named, "hash": b64encode(vault.hash_key).decode()}
    (tmp_path / "vault.json").write_text(json.dumps(given))
    keys = KeySet([ECKey.generate_key("P-256", {"kid": "k1", "use": "sig", "alg": "ES256"})])
    (tmp_path / "jwks.json").write_text(json.dumps(keys.as_dict(private=False)))
    return {
        "MONGODB_URL": parts.mongodb_url(ADMIN),
        "MONGODB_DATABASE": season.database.name,
        "AMQP_URL": amqp_url,
        "INTERNAL_JWKS_FILE": str(tmp_path / "jwks.json"),
        "VAULT_FILE": str(tmp_path / "vault.json"),
        "NAMES_KEYS_FILE": str(Secrets(tmp_path).name_keys),
        "PORT": "0",
        "SMTP_FROM": "noreply@guopei.example.cn",
        "SMTP_TLS": "none",
    }


@asynccontextmanager
async def worker(environment: dict[str, str], mail: MailServer) -> AsyncIterator[asyncio.subprocess.Process]:
    """A worker that sends to the server; killed at the end."""
    smtp = {"SMTP_HOST": "127.0.0.1", "SMTP_PORT": str(mail.port)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.enrollment", "worker"),
        cwd=ROOT,
        env=os.environ | environment | smtp,
        stdout=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def test_a_worker_killed_before_it_could_note_a_mail_sends_it_once_more_under_the_same_id(
    season: Season, environment: dict[str, str]
) -> None:
    async with listening(MailServer()) as mail:
        await season.publish()
        (teacher,) = await season.teachers(1, email="wang@example.cn")
        await season.decide(await season.submitted(teacher, "p1"))
        store = season.deps.store.deliveries

        async with worker(environment, mail) as first:

            async def kill() -> None:
                first.kill()
                await first.wait()

            mail.before_answer = kill
            await eventually(lambda: len(mail.mails) == 1)
            await first.wait()
        mail.before_answer = at_once
        (left,) = await store.query({"channel": "EMAIL"})
        assert (left.state, left.attempts) == (DeliveryState.PENDING, 1)
        assert left.due
        assert left.due > datetime.now(UTC)  # nobody else tries until the dead one's claim is over
        await store.collection.update_one({"_id": left.id}, {"$set": {"due": datetime.now(UTC)}})

        async with worker(environment, mail):

            async def delivered() -> bool:
                (mail_delivery,) = await store.query({"channel": "EMAIL"})
                return mail_delivery.state is DeliveryState.DELIVERED

            await eventually(delivered)
        first_copy, second_copy = mail.mails
        assert (
            first_copy["Message-ID"] == second_copy["Message-ID"] == f"<{left.id.replace(':', '.')}@guopei.example.cn>"
        )
        assert all(delivery.state is DeliveryState.DELIVERED for delivery in await store.query({}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"SMTP_FROM": ""},
        {"SMTP_FROM": "not an address"},
        {"SMTP_USER": "guopei"},
        {"SMTP_USER": "guopei", "SMTP_PASSWORD": "pa55-w0rd"},
    ],
)
async def test_a_worker_does_not_start_with_half_a_mail_server_nor_send_a_password_in_plain(
    environment: dict[str, str], wrong: dict[str, str]
) -> None:
    environment |= {"SMTP_HOST": "127.0.0.1"} | wrong
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "services.enrollment", "worker"),
        cwd=ROOT,
        env=os.environ | environment,
        stderr=asyncio.subprocess.PIPE,
    )
    _, error = await process.communicate()
    assert process.returncode
    assert b"SMTP_" in error
    assert b"pa55-w0rd" not in error
