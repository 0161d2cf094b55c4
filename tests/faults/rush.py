"""A class on which everybody acts at the same moment, while the process that combines their rows is killed."""

import asyncio
import random
import secrets
from collections.abc import Awaitable, Iterable, Sequence
from dataclasses import replace
from typing import Any

import aiohttp

from deploy.demo import documents as d
from deploy.demo.roster import COMMIT, HEADER, JOB, PROJECT_CODE
from deploy.seed.graph_client import Client
from deploy.seed.world import SCHOOLS, id_number
from tests.faults.drill import lasting
from tests.faults.field import API, TEACHING, Field
from tests.faults.load import NOT_YET, PATIENCE_SECONDS, Ledger, Promise
from tests.support.eventually import eventually

_SEATS, _CANDIDATES = 20, 60
_BULK = 10
_LOOK_SECONDS, _AGAIN_SECONDS = 0.001, 0.5
_ACCEPT_OFFER = "mutation($id: ID!) { acceptOffer(id: $id) { id } }"
_WITHDRAW = 'mutation($id: ID!) { withdrawEnrollment(id: $id, reason: "演练") { id } }'


class Rush:
    """One class after another, each taken by storm.

    Args:
        field: The suite.
        ledger: Gets a promise or a denial for each row.
        chance: Of the moments.

    Attributes:
        kills: How often the process was killed.
        repeated: How many acts had to be sent again.
    """

    def __init__(self, field: Field, ledger: Ledger, chance: random.Random) -> None:
        self._field, self._ledger, self._chance = field, ledger, chance
        self._schools: dict[str, Client] = {}
        self._project = ""
        self.kills = self.repeated = 0

    async def run(self) -> None:
        """A class is decided on, filled, left and filled again from its waiting list; a kill amid each of these."""
        seeded = self._field.seeded
        await self._open()
        base, keys = seeded.base_clients[TEACHING], list(self._schools)
        bulk = range(0, _CANDIDATES // 2, _BULK)
        accepted = await self._storm(
            [self._decide(base, "ACCEPT", keys[begin : begin + _BULK]) for begin in bulk]
            + [self._decide(base, "ACCEPT", [key]) for key in keys[_CANDIDATES // 2 :]]
        )
        assert len(accepted) == _SEATS
        waiting = await self._storm(self._decide(base, "WAITLIST", [key]) for key in keys if key not in accepted)
        assert len(waiting) == _CANDIDATES - _SEATS
        left = await self._storm(
            self._act(self._schools[key], _WITHDRAW, "enrollment.withdrawn", [key], id=key) for key in accepted
        )
        assert left == accepted
        enrollments = self._field.mongo["enrollment"]["enrollments"]
        offered = await enrollments.distinct("_id", {"_id": {"$in": keys}, "status": "OFFERED"})
        assert len(offered) == _SEATS
        taken = await self._storm(
            self._act(self._schools[key], _ACCEPT_OFFER, "enrollment.accepted", [key], id=key) for key in offered
        )
        assert taken == set(offered)

    async def _open(self) -> None:
        """A new class, and schools that hand in candidates who were not on file before."""
        self._project = project = await self._field.project(_SEATS)
        self._ledger.projects.append(project)
        code = (await self._field.provisioner.public.do(PROJECT_CODE, id=project))["code"]
        await asyncio.gather(*(self._hand_in(school.code, code) for school in SCHOOLS))
        clients = self._field.seeded.schools
        enrollments = self._field.mongo["enrollment"]["enrollments"].find({"project": project}, sort=[("_id", 1)])
        self._schools = {one["_id"]: clients[one["school"]] async for one in enrollments}
        assert len(self._schools) == _CANDIDATES

    async def _hand_in(self, school: str, project: str) -> None:
        client = self._field.seeded.schools[school]
        lines = [HEADER]
        for _ in range(_CANDIDATES // len(SCHOOLS)):
            year, month, day = (self._chance.randrange(*span) for span in ((1960, 2000), (1, 13), (1, 29)))
            number = id_number(f"440100{year}{month:02d}{day:02d}{secrets.randbelow(1_000):03d}")
            lines.append(f"演练教师,{number},137{secrets.randbelow(10**8):08d},教师,专职,{project}")
        staged = await client.upload_roster("\r\n".join(lines).encode())
        await client.do(COMMIT, id=staged["id"], mode="ALL_OR_NOTHING")

        async def committed() -> bool:
            return bool((await client.do(JOB, id=staged["id"]))["state"] == "COMMITTED")

        await eventually(committed)

    async def _storm(self, acts: Iterable[Awaitable[set[str]]]) -> set[str]:
        """All acts at the same moment, and the death of the process amid them; returns whom something was done to.

        It dies as soon as some rows are seen in the database: between a batch's commit and its answers, or within the
        next batch.
        """
        target = await self._moves() + self._chance.randrange(1, _SEATS)
        work = asyncio.gather(*acts)

        async def under_way() -> bool:
            return await self._moves() >= target

        await eventually(under_way, every=_LOOK_SECONDS)
        self._field.kill(API)
        await self._field.launch(API)
        self.kills += 1
        return set[str]().union(*await work)

    async def _moves(self) -> int:
        """How many rows have moved the counters of the class; each act of a rush moves one."""
        seats = await self._field.mongo["enrollment"]["seats"].find_one({"_id": self._project})
        return int(seats["version"]) if seats else 0

    async def _decide(self, base: Client, decision: str, keys: Sequence[str]) -> set[str]:
        event = {"ACCEPT": "enrollment.accepted", "WAITLIST": "enrollment.waitlisted"}[decision]
        rows = [{"id": key, "decision": decision} for key in keys]
        return await self._act(base, d.DECIDE_ENROLLMENTS, event, keys, decisions=rows)

    async def _act(
        self, client: Client, document: str, event: str, keys: Sequence[str], /, **variables: Any
    ) -> set[str]:
        """Act under one key until every row is done or refused by a rule; returns the rows that are done."""
        bold = replace(client, headers={"Idempotency-Key": secrets.token_hex(12)})
        async with asyncio.timeout(PATIENCE_SECONDS):
            while NOT_YET & set(codes := await self._codes(bold, document, len(keys), variables)):
                self.repeated += 1
                await lasting(_AGAIN_SECONDS)
        done = {key for key, code in zip(keys, codes, strict=True) if code is None}
        self._ledger.promises += [Promise(event, key) for key in keys if key in done]
        self._ledger.denials += [Promise(event, key) for key in keys if key not in done]
        self._ledger.refusals += [code for code in codes if code]
        return done

    async def _codes(self, client: Client, document: str, rows: int, variables: dict[str, Any]) -> list[str | None]:
        """Why each row was refused, None where it was done; one code for all where nothing is known of any."""
        try:
            reply = await client.execute(document, **variables)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
            return ["UNAVAILABLE"] * rows
        if errors := reply.get("errors"):
            return [errors[0].get("extensions", {}).get("code")] * rows
        (value,) = reply["data"].values()
        if not isinstance(value, list):
            return [None]
        return [row["refusal"]["code"] if row["refusal"] else None for row in value]
