"""The data of a suite's first start: loaded once, and never half."""

import json
import secrets
from enum import StrEnum
from typing import Any

import aiohttp

from deploy.local.private_files import write_private
from deploy.local.process import StartFailed
from deploy.local.suite import Suite
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Refused, session
from deploy.seed.load import seed
from deploy.seed.logins import logins_of
from deploy.seed.round.chapters import play
from deploy.seed.steps import StepFailed

LOGINS = "logins.json"
"""The file of a home with the logins of its data; it is there once all data is."""
_BEGUN = "loading"
"""The file of a home whose data has been begun and is not complete."""


class Seed(StrEnum):
    """What a fresh suite begins with."""

    ROUND = "round"
    """A round in progress: projects and enrollments in every state."""
    EMPTY = "empty"
    """A round that has just been opened, with accounts and no project."""


async def load_once(suite: Suite, wanted: Seed) -> dict[str, Any]:
    """The logins of a suite, which is filled with data where it has none yet.

    Args:
        suite: The running suite.
        wanted: What to fill it with.

    Returns:
        As `logins_of`, and the name of the seed that was loaded as `seed`.

    Raises:
        StartFailed: Loading failed, or an earlier start was stopped while it loaded; `make reset` begins anew.
    """
    file, begun = suite.home / LOGINS, suite.home / _BEGUN
    if file.exists():
        logins: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        return {"seed": Seed.EMPTY.value} | logins
    if begun.exists():
        raise StartFailed("上次载入数据时中断，请先 make reset The data is incomplete: `make reset`, then `make run`")
    begun.touch()
    try:
        logins = await _load(suite, wanted)
    except (Refused, StepFailed, StartFailed, aiohttp.ClientError, TimeoutError) as failure:
        raise StartFailed(f"载入失败，请 make reset Loading failed; `make reset` begins anew: {failure}") from failure
    write_private(file, json.dumps(logins, ensure_ascii=False))
    begun.unlink()
    return logins


async def _load(suite: Suite, wanted: Seed) -> dict[str, Any]:
    async with session() as http:
        provisioner = AccountProvisioner(suite, http, f"Guopei-{secrets.token_hex(4)}")
        if wanted is Seed.EMPTY:
            logins = logins_of(provisioner, (await seed(provisioner)).logins)
        else:
            world = await play(provisioner)
            logins = logins_of(provisioner, world.logins, world.others)
    return {"seed": wanted.value} | logins
