"""A seeded workload through the gateway, and the ledger of what it was promised.

An act goes on, under one Idempotency-Key, until the graph has answered it: done, or refused by a rule. What was done
is in the ledger, and must be found everywhere afterwards; nothing else is assumed.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp

from deploy.demo import documents as d
from deploy.seed.graph_client import Client
from deploy.seed.load import ADD_TEACHERS
from deploy.seed.plans import plan_of
from deploy.seed.world import BASES, SCHOOLS, YEAR, id_number
from tests.faults.field import TEACHING, Field

PRINCIPAL = 0
_DRAFTS = 5
PATIENCE_SECONDS = 150.0
NOT_YET = {
    *("UNAVAILABLE", "BUSY", "INTERNAL", "DEADLINE_EXCEEDED", "STALE_VERSION", "OVERLOADED"),
    *(
        "SUBGRAPH_ERROR",
        "SUBGRAPH_MALFORMED_RESPONSE",
        "SUBGRAPH_OVERLOADED",
        "SUBGRAPH_UNREACHABLE",
        "OUTCOME_UNKNOWN",
    ),
}
"""Codes after which an act is sent again, under the same key."""
_WITHDRAW_SIGN_UP = "mutation($id: ID!) { withdrawSignUp(id: $id) { id } }"
_WITHDRAW_PROJECT = 'mutation($id: ID!) { withdrawProject(id: $id, reason: "演练") { id } }'


@dataclass(frozen=True, slots=True)
class Promise:
    """Something that the graph has said is done.

    Attributes:
        event: What all consumers must have heard, once for each time it was promised.
        subject: What it was done to.
    """

    event: str
    subject: str


@dataclass(slots=True)
class Ledger:
    """What was promised, what was refused by a rule, and what no read may ever show.

    Attributes:
        promises: In the order of their acknowledgement.
        denials: What was said not to be done, and is done where it was promised another time only.
        refusals: Codes.
        overruns: Reads that showed more seats or more quota taken than there are.
        projects: The published projects of this load.
        defects: What was answered with `INTERNAL`, and to which operation.
    """

    promises: list[Promise] = field(default_factory=list)
    denials: list[Promise] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    overruns: list[str] = field(default_factory=list)
    projects: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)


class Load:
    """Teachers, schools and bases at work.

    Args:
        field_: Where.
        seed: Of every choice.
        contested: A project for whose ten seats twelve teachers compete.
        churned: A project to which teachers sign up and from which they withdraw, on and on.
    """

    def __init__(self, field_: Field, seed: int, contested: str, churned: str) -> None:
        self._field = field_
        self._random = random.Random(seed)  # noqa: S311 - it must come out the same again
        self._over = asyncio.Event()
        self._contested, self._churned = contested, churned
        self.ledger = Ledger(projects=[contested, churned])

    def end(self) -> None:
        """Begin nothing new."""
        self._over.set()

    async def run(self) -> None:
        """Work until `end`, and until what was begun is answered."""
        seeded = self._field.seeded
        teachers = list(seeded.teachers.items())
        await asyncio.gather(
            *(self._compete(name, key, client) for name, (key, client) in teachers),
            *(self._churn(client) for _, (_, client) in teachers[::3]),
            *(self._register(place) for place in range(len(SCHOOLS))),
            self._declare(),
            self._watch(),
        )

    async def _act(self, client: Client, document: str, event: str | None = None, /, **variables: Any) -> Any:
        """The row or object that one act came to, None where a rule refused it."""
        bold = replace(client, headers={"Idempotency-Key": secrets.token_hex(12)})
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (found := await self._once(bold, document, variables)) is _AGAIN:
                await self._pause(0.2)
        if found and event:
            self.ledger.promises.append(Promise(event, found["id"]))
        return found

    async def _once(self, client: Client, document: str, variables: dict[str, Any]) -> Any:
        try:
            reply = await client.execute(document, **variables)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return _AGAIN
        data, errors = reply.get("data") or {}, reply.get("errors", [])
        found = next(iter(data.values()), None)
        row = found[0] if isinstance(found, list) else found
        refused = [row["refusal"]] if isinstance(row, dict) and row.get("refusal") else []
        codes = [error.get("extensions", {}).get("code") for error in errors] + [one["code"] for one in refused]
        if "INTERNAL" in codes:
            self.ledger.defects.append(document)
        if NOT_YET & set(codes) or (row is None and not codes):
            return _AGAIN
        self.ledger.refusals += codes
        if codes:
            return None
        return row.get("enrollment") or row.get("teacher") or row if isinstance(row, dict) else row

    async def _compete(self, name: str, _: str, teacher: Client) -> None:
        school = next(school for school in SCHOOLS if name in school.teachers)
        await self._pause(self._random.random() * 3)
        signed = await self._act(teacher, d.SIGN_UP, "enrollment.signed-up", id=self._contested)
        if signed is None:
            return
        await self._pause(self._random.random() * 3)
        submit = d.SUBMIT_ENROLLMENTS.replace("ok refusal", "ok enrollment { id } refusal")
        client = self._field.seeded.schools[school.code]
        if await self._act(client, submit, "enrollment.submitted", ids=[signed["id"]]):
            await self._pause(self._random.random() * 3)
            decisions = [{"id": signed["id"], "decision": "ACCEPT"}]
            base = self._field.seeded.base_clients[TEACHING]
            await self._act(base, d.DECIDE_ENROLLMENTS, "enrollment.accepted", decisions=decisions)

    async def _churn(self, teacher: Client) -> None:
        while not self._over.is_set():
            signed = await self._act(teacher, d.SIGN_UP, "enrollment.signed-up", id=self._churned)
            await self._pause(self._random.random() / 2)
            if signed:
                await self._act(teacher, _WITHDRAW_SIGN_UP, "enrollment.sign-up-withdrawn", id=signed["id"])

    async def _register(self, place: int) -> None:
        school = SCHOOLS[place]
        while not self._over.is_set():
            year, month, day = (self._random.randrange(*span) for span in ((1960, 2000), (1, 13), (1, 29)))
            row = {
                "name": "演练教师",
                "idNumber": id_number(f"{school.province}0100{year}{month:02d}{day:02d}{secrets.randbelow(1_000):03d}"),
                "mobile": f"139{secrets.randbelow(10**8):08d}",
                "post": "TEACHER",
                "employment": "FULL_TIME",
                "title": "讲师",
                "majorCategory": 6,
            }
            await self._act(
                self._field.seeded.schools[school.code], ADD_TEACHERS, "enrollment.teacher-added", rows=[row]
            )
            await self._pause(self._random.random() / 2)

    async def _declare(self) -> None:
        """A base with a quota of three submits five plans at once, and withdraws what went through."""
        base, key = self._field.seeded.base_clients[PRINCIPAL], self._field.seeded.base_ids[BASES[PRINCIPAL].name]
        while not self._over.is_set():
            plans = [plan_of(PRINCIPAL) | {"title": secrets.token_hex(4)} for _ in range(_DRAFTS)]
            drafts = [await self._act(base, d.DRAFT, "catalog.project-drafted", base=key, input=plan) for plan in plans]
            sent = await asyncio.gather(
                *(
                    self._act(base, d.SUBMIT, "catalog.project-submitted", id=one["id"], version=one["version"])
                    for one in drafts
                )
            )
            for one in filter(None, sent):
                await self._act(base, _WITHDRAW_PROJECT, "catalog.project-withdrawn", id=one["id"])

    async def _watch(self) -> None:
        """Seats and quota, as anybody may read them at any time."""
        base, key = self._field.seeded.base_clients[PRINCIPAL], self._field.seeded.base_ids[BASES[PRINCIPAL].name]
        while not self._over.is_set():
            seats = await self._read(self._field.provisioner.public, d.SEATS, id=self._contested)
            if seats and (seats := seats["project"]["seats"]) and seats["accepted"] > seats["capacity"]:
                self.ledger.overruns.append(f"{seats}")
            quota = await self._read(base, d.QUOTA, id=key, year=YEAR)
            if quota and (quota := quota["base"]["quota"]) and quota["used"] > quota["limit"]:
                self.ledger.overruns.append(f"{quota}")
            await self._pause(0.05)

    async def _read(self, client: Client, document: str, **variables: Any) -> Any:
        try:
            reply = await client.execute(document, **variables)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return None
        if any(error.get("extensions", {}).get("code") == "INTERNAL" for error in reply.get("errors", [])):
            self.ledger.defects.append(document)
        data = reply.get("data")
        return data if data and all(data.values()) else None

    async def _pause(self, seconds: float) -> None:
        await asyncio.sleep(seconds)  # the pace of people, not a wait for anything


_AGAIN = object()


@asynccontextmanager
async def under_load(field_: Field, seed: int) -> AsyncIterator[Ledger]:
    """The block runs beside a load of its own; the load is answered to its end before the block is left."""
    await field_.sign_in()
    contested, churned = await asyncio.gather(field_.project(), field_.project())
    load = Load(field_, seed, contested, churned)
    work = asyncio.ensure_future(load.run())
    try:
        yield load.ledger
        load.end()
        await work
    finally:
        work.cancel()
        await asyncio.wait([work])
