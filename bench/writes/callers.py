"""Callers of the graph that cost little beside what they measure, and the codes of what they are answered."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from gateway.http.client import Client
from gateway.http.connection import HttpError

DECIDE = """mutation($rows: [EnrollmentDecisionInput!]!) {
  decideEnrollments(decisions: $rows) { id ok refusal { code } } }"""
SUBMIT = "mutation($ids: [ID!]!) { submitEnrollments(ids: $ids) { id ok refusal { code } } }"
SIGN_UP = "mutation($id: ID!) { signUp(projectId: $id) { id } }"
WITHDRAW = 'mutation($id: ID!) { withdrawEnrollment(id: $id, reason: "工作冲突") { id } }'
OK = "ok"
NO_ANSWER = "no answer"
_PATIENCE_SECONDS = 120.0
Reply = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Caller:
    """Somebody who calls a graph.

    Attributes:
        client: Connections to the gateway or to a subgraph.
        token: Signed for that audience.
    """

    client: Client
    token: str

    async def send(self, document: str, **variables: Any) -> Reply:
        """The reply to an operation: `data` and `errors`; a connection that broke is an error `no answer`.

        No `Idempotency-Key` goes along: the old code reads once more where there is one.
        """
        body = orjson.dumps({"query": document, "variables": variables})
        headers = {"Authorization": f"Bearer {self.token}"}
        until = time.monotonic() + _PATIENCE_SECONDS
        try:
            reply: Reply = orjson.loads(await self.client.post(body, headers, until, repeatable=True))
        except (HttpError, OSError, TimeoutError):
            return {"errors": [{"extensions": {"code": NO_ANSWER}}]}
        return reply

    async def do(self, document: str, **variables: Any) -> Any:
        """The value of an operation's only root field.

        Raises:
            RuntimeError: Something of it was refused.
        """
        reply = await self.send(document, **variables)
        if codes := set(codes_of(reply)) - {OK}:
            raise RuntimeError(f"{document[:60]}… was answered {codes}: {reply}")
        (value,) = reply["data"].values()
        return value


Call = tuple[Caller, str, dict[str, Any]]
"""Who calls, the document, and its variables."""


def codes_of(reply: Reply) -> list[str]:
    """What became of each row of an operation, or of an operation without rows: `ok`, or the code of its refusal."""
    if errors := reply.get("errors"):
        return [str(errors[0].get("extensions", {}).get("code"))]
    (value,) = reply["data"].values()
    if not isinstance(value, list):
        return [OK]
    return [OK if row.get("ok", True) else row["refusal"]["code"] for row in value]


async def at_once(calls: Sequence[Call]) -> tuple[float, Counter[str]]:
    """Make all calls at the same time.

    Returns:
        Seconds until all are answered, and how often each code was given.
    """
    started = time.perf_counter()
    replies = await asyncio.gather(*(caller.send(document, **variables) for caller, document, variables in calls))
    seconds = time.perf_counter() - started
    return seconds, Counter(code for reply in replies for code in codes_of(reply))
