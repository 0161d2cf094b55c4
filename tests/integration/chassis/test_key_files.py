"""Keys of tokens are read again when their file changes: an exchange of the signing key restarts nothing."""

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import strawberry
from joserfc.jwk import ECKey, KeySet
from prometheus_client import REGISTRY

from chassis.graph import SubgraphSchema
from chassis.principal import Principal, Scope, TokenMinter, TokenVerifier
from chassis.runtime.key_files import KeyFile
from chassis.serving.asgi import Running, subgraph_app
from deploy.local.secrets import key_set
from deploy.secrets.rotating import Rotation
from tests.support.eventually import eventually
from tests.unit.gateway.serving import Browser, served

BASE = Principal("a1", Scope.BASE)
NOW = datetime(2026, 5, 1, tzinfo=UTC)


@strawberry.type
class Query:
    @strawberry.field
    def look(self) -> int:
        return 1


@asynccontextmanager
async def _start() -> AsyncIterator[Running]:
    yield Running(None)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Both files as `deploy.secrets new` makes them."""
    keys = key_set()
    (tmp_path / "signing-keys.json").write_text(json.dumps(keys.as_dict(private=True)))
    (tmp_path / "internal-keys.json").write_text(json.dumps(keys.as_dict(private=False)))
    return tmp_path


def counted(outcome: str) -> float:
    return REGISTRY.get_sample_value("guopei_key_reloads_total", {"outcome": outcome}) or 0.0


def signed_by(token: str) -> str:
    head = token.partition(".")[0]
    return str(json.loads(base64.urlsafe_b64decode(head + "=="))["kid"])


async def test_the_signing_key_is_exchanged_step_by_step_while_gateway_and_subgraph_run(folder: Path) -> None:
    """The drill of the runbook: in each step both files change, and every token that lives is taken."""
    public = folder / "internal-keys.json"
    signing = KeyFile(folder / "signing-keys.json", private=True, seconds=0.01)
    minter = TokenMinter(signing.keys)
    signing.follow(minter.exchange)
    known = KeyFile(public, seconds=0.01)
    verifier = TokenVerifier(known.keys, "demo")
    known.follow(verifier.exchange)
    (old,) = [str(key.kid) for key in signing.keys.keys]
    app = subgraph_app("demo", SubgraphSchema(query=Query), verifier, _start, keys=known)

    async def taken(browser: Browser, token: str) -> bool:
        answer = await browser.graphql("query { look }", headers={"Authorization": f"Bearer {token}"})
        return bool(answer.json == {"data": {"look": 1}})

    def step(hours: float = 0) -> str:
        return Rotation(folder, known=True, now=NOW + timedelta(hours=hours)).signing(public)

    async with served(app) as browser:
        first = minter.mint(BASE, "demo", 3_600)
        assert await taken(browser, first)
        assert step().startswith("1/3")
        await eventually(lambda: len(known.keys.keys) == 2)
        assert REGISTRY.get_sample_value("guopei_key_known", {"kid": str(known.keys.keys[1].kid)}) == 1
        await signing.look()
        assert signed_by(minter.mint(BASE, "demo")) == old
        assert step().startswith("2/3")
        await signing.look()
        second = minter.mint(BASE, "demo", 3_600)
        assert signed_by(second) != old
        assert await taken(browser, first)
        assert await taken(browser, second)
        assert step(1).startswith("2/3")
        assert step(2).startswith("3/3")
        await eventually(lambda: len(known.keys.keys) == 1)
        assert await taken(browser, second)
        assert not await taken(browser, first), "its key is gone, though it was verified before"


@pytest.mark.parametrize("content", ["", "{}", '{"keys": []}', '{"keys": [{"kty": "EC"}]}', "public"])
async def test_a_file_that_cannot_be_used_is_refused_and_the_keys_in_use_stay(folder: Path, content: str) -> None:
    file = folder / "signing-keys.json"
    followed = KeyFile(file, private=True)
    used: list[KeySet] = []
    followed.follow(used.append)
    before, keys = counted("refused"), followed.keys
    file.write_text((folder / "internal-keys.json").read_text() if content == "public" else content)
    await followed.look()
    assert (followed.keys, used, counted("refused")) == (keys, [], before + 1)
    good = KeySet([ECKey.generate_key("P-256", parameters={"kid": "good"})])
    file.write_text(json.dumps(good.as_dict(private=True)))
    await followed.look()
    assert [key.kid for key in used[0].keys] == ["good"]


async def test_an_unchanged_file_is_not_read_and_one_that_is_gone_changes_nothing(folder: Path) -> None:
    file = folder / "internal-keys.json"
    followed, before = KeyFile(file), counted("switched")
    await followed.look()
    assert counted("switched") == before
    kept = followed.keys
    file.unlink()
    await followed.look()
    assert followed.keys is kept


async def test_a_file_that_may_be_read_only_now_is_read_again(folder: Path) -> None:
    """Its content and its times of writing are as before."""
    file = folder / "internal-keys.json"
    followed, before = KeyFile(file), counted("switched")
    file.chmod(0o400)
    await followed.look()
    assert counted("switched") == before + 1
