"""Accounts whose balance is moved row by row: a bulk command for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from pymongo import UpdateOne

from chassis.commands.bulk import Batch, Row, RowResult, run
from chassis.context import Act
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import RequestMark
from chassis.storage.mongo import Client, Database
from chassis.storage.repository import Repository
from chassis.storage.unit_of_work import UnitOfWork
from kernel.refusals import NOT_FOUND, WRONG_STATE

ALICE = Act(Principal("alice", Scope.BASE), traceparent="00-a")
BOB = Act(Principal("bob", Scope.BASE), traceparent="00-b")
DEFECT = 13
"""An amount that meets a defect, after it has changed the state and staged a write."""
POISON = 666
"""A balance that the database refuses, where a test sets the validator."""
STUCK = "stuck"
"""An account whose rows meet a conflict in every attempt."""


@dataclass(frozen=True)
class Account:
    id: str
    version: int
    balance: int


@dataclass(frozen=True, kw_only=True)
class Moved:
    account: str
    amount: int
    province: str = "44"


@dataclass(slots=True)
class State:
    accounts: dict[str, Account]
    moved: list[int] = field(default_factory=list)


class Moves(Batch[State, int, Account, Account]):
    """Moves balances, never below zero, and counts what it has moved.

    Args:
        database: Where accounts and the count are.
    """

    def __init__(self, database: Database) -> None:
        super().__init__(Repository(database, "accounts", Account, producer="tests", noun="account"))
        self.counters = database["counters"]
        self.loads = 0

    async def load(self, unit: UnitOfWork, rows: Sequence[Row[int]]) -> State:
        self.loads += 1
        marks = [row.request for row in rows if row.request]
        loaded = await unit.load(self.outcomes, [row.key for row in rows], marks=marks)
        return State({account.id: account for account in loaded})

    def decide(self, unit: UnitOfWork, state: State, row: Row[int]) -> Account:
        account = state.accounts.get(row.key)
        if account is None:
            raise NOT_FOUND(kind="account", id=row.key)
        balance = account.balance + row.command
        if balance < 0:
            raise WRONG_STATE(detail=("余额不足", "Too little is left"))
        if row.key == STUCK:
            unit.guard(self.counters, UpdateOne({"_id": "nowhere"}, {"$set": {"moved": 0}}))
        state.moved.append(row.command)
        state.accounts[row.key] = unit.save(
            self.outcomes,
            replace(account, balance=balance),
            [Moved(account=account.id, amount=row.command)],
            act=row.act,
            request=row.request,
        )
        if row.command == DEFECT:
            raise ZeroDivisionError
        return state.accounts[row.key]

    def finish(self, unit: UnitOfWork, state: State) -> None:
        if state.moved:
            unit.put(self.counters, UpdateOne({"_id": "all"}, {"$inc": {"moved": sum(state.moved)}}, upsert=True))

    async def prepare(self, *keys: str, balance: int = 10) -> None:
        """Accounts with a balance."""
        await self.outcomes.prepare()
        for key in keys:
            await self.outcomes.insert(Account(key, 1, balance))

    @property
    def client(self) -> Client:
        """For transactions."""
        return self.counters.database.client

    async def run(self, rows: Sequence[Row[int]], attempts: int = 3) -> list[RowResult[Account]]:
        """Run rows."""
        return await run(self.client, self, rows, attempts=attempts)

    async def balances(self) -> dict[str, int]:
        """The balances by account, and the count of what was moved."""
        accounts = {account.id: account.balance for account in await self.outcomes.query({})}
        counter = await self.counters.find_one({"_id": "all"})
        return accounts | {"all": counter["moved"] if counter else 0}


def move(key: str, amount: int, act: Act = ALICE, mark: str | None = None) -> Row[int]:
    """A row."""
    request = RequestMark("accounts", mark, f"{key} {amount}") if mark else None
    return Row(key=key, command=amount, act=act, request=request)


def codes(results: Sequence[RowResult[Account]]) -> list[str | int]:
    """The refusal's code or the balance of each row."""
    return [
        result.refusal.code if result.refusal else result.value.balance if result.value else -1 for result in results
    ]
