"""A newcomer with docs/walkthrough.md: its operations, read out of the page and sent in its order."""

import json
import re
import secrets
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from string import Template
from typing import Any

import pytest

from deploy.local.suite import ROOT, Suite
from deploy.seed.account_provisioner import AccountProvisioner
from deploy.seed.graph_client import Client, session
from deploy.seed.load import seed
from tests.contract.reading import FENCE
from tests.support.eventually import eventually

PAGE = ROOT / "docs" / "walkthrough.md"
STATEMENT = re.compile(
    r"login (?P<login>\w+)\n"
    r"|graph <<END\n(?P<operation>.*?)^END\n"
    r"|(?P<variable>[A-Z]+)=\$\(jq -r (?P<filter>'[^']+'|\S+) <<<\"\$ANSWER\"\)\n",
    re.MULTILINE | re.DOTALL,
)
CHOICE = re.compile(r'(?P<list>[\w.]+)\[\] \| select\(\.(?P<field>\w+) == "(?P<value>[^"]+)"\) \| (?P<rest>[\w.]+)')


@pytest.fixture(scope="module")
async def provisioner(home: Path) -> AsyncIterator[AccountProvisioner]:
    """A suite as `make run` leaves it; that of the other tests is far into its round."""
    with Suite(home / "walkthrough") as fresh:
        async with session() as http:
            provisioner = AccountProvisioner(fresh, http, f"Guopei-{secrets.token_hex(4)}")
            await seed(provisioner)
            yield provisioner


def statements() -> list[re.Match[str]]:
    """What the page has a shell do, after the block that defines `login` and `graph`.

    Raises:
        AssertionError: A block holds something else, which a test of this page would pass over.
    """
    _, *blocks = (block.split("\n", 1)[1].removesuffix("```") for block in FENCE.findall(PAGE.read_text("utf-8")))
    for block in blocks:
        assert STATEMENT.sub("", block) == "", "the page says something that this test does not play"
    return [statement for block in blocks for statement in STATEMENT.finditer(block)]


def picked(data: Any, expression: str) -> Any:
    """What a filter of jq picks, of the two kinds that the page has: a path, or a path with a choice from a list."""
    expression = expression.strip("'")
    if choice := CHOICE.fullmatch(expression):
        (data,) = [row for row in picked(data, choice["list"]) if row[choice["field"]] == choice["value"]]
        expression = choice["rest"]
    for step in re.findall(r"\w+", expression):
        data = data[int(step) if step.isdigit() else step]
    return data


def refusals(answer: Any) -> list[Any]:
    """The errors of an answer, and the refusals of its rows."""
    fields = (answer.get("data") or {}).values()
    rows = [row for field in fields if isinstance(field, list) for row in field]
    return [*answer.get("errors", []), *(row["refusal"] for row in rows if row.get("refusal"))]


async def answered(client: Client, operation: str) -> dict[str, Any] | None:
    """The answer; None where a sign-up finds no project yet, as the page says that it may."""
    answer = await client.execute(operation)
    codes = {error["extensions"]["code"] for error in answer.get("errors", [])}
    return None if "signUp" in operation and codes == {"NOT_FOUND"} else answer


async def test_the_walkthrough_leads_from_a_draft_to_an_acceptance(provisioner: AccountProvisioner) -> None:
    client = provisioner.public
    answer: dict[str, Any] = {}
    variables: dict[str, Any] = {}
    operations = []
    for statement in statements():
        if login := statement["login"]:
            client = await provisioner.public.login(login, provisioner.password)
        elif variable := statement["variable"]:
            variables[variable] = picked(answer, statement["filter"])
        else:
            operation = Template(statement["operation"]).substitute(variables)
            answer = await eventually(partial(answered, client, operation))
            assert refusals(answer) == [], json.dumps(answer, ensure_ascii=False)
            operations.append(operation)
    assert len(operations) > 10
    assert answer["data"]["enrollment"]["status"] == "ACCEPTED"
    assert answer["data"]["enrollment"]["project"]["seats"]["left"] == 9
