"""`python -m gateway accounts …` as an administrator runs it: codes once, on standard output, as JSON."""

import json
from pathlib import Path

import pytest

from gateway.identity.deps import Deps
from kernel.errors import Refusal
from tests.support.processes import command
from tests.support.signing_in import log_in

ROOT = Path(__file__).resolve().parents[3]
LOGIN = "3144000011"


async def accounts(environment: dict[str, str], *arguments: str, given: str = "") -> tuple[int, str, str]:
    """The exit code and what was written; the operator is 李工."""
    done = await command("gateway", "accounts", "--as", "李工", *arguments, environment=environment, given=given)
    return done.code, done.out, done.error


async def test_an_account_is_made_reset_unlocked_and_disabled(environment: dict[str, str], deps: Deps) -> None:
    one = ("--login", LOGIN, "--scope", "school")
    status, out, _ = await accounts(environment, "provision", *one, "--school", LOGIN, "--name", "何敏")
    (made,) = json.loads(out)
    assert status == 0
    tokens = await log_in(deps, login=LOGIN, password=made["code"])
    assert (tokens.must_change, tokens.account.name) == (True, "何敏")
    status, out, _ = await accounts(environment, "reset", *one)
    assert (await log_in(deps, login=LOGIN, password=json.loads(out)["code"])).must_change
    assert (await accounts(environment, "unlock", *one))[0] == 0
    assert (await log_in(deps, login=LOGIN, password=json.loads(out)["code"])).must_change
    assert (await accounts(environment, "disable", *one))[0] == 0
    with pytest.raises(Refusal) as refused:
        await log_in(deps, login=LOGIN, password=json.loads(out)["code"])
    assert refused.value.code == "ACCOUNT_DISABLED"


async def test_a_list_is_imported_or_refused_whole(environment: dict[str, str]) -> None:
    good = {"login": "b1", "scope": "base", "bases": ["1", "2"]}
    status, out, error = await accounts(environment, "import", "-", given=json.dumps([good, {"login": "x"}]))
    assert (status, out) == (1, "")
    assert "INVALID_ACCOUNTS" in error
    assert "Traceback" not in error
    status, out, _ = await accounts(environment, "import", "-", given=json.dumps([good]))
    assert (status, json.loads(out)[0]["login"]) == (0, "b1")
    status, out, error = await accounts(environment, "import", "-", given=json.dumps([good]))
    assert status == 1
    assert "ACCOUNT_EXISTS: b1 (base)" in error
