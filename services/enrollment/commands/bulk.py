"""Commands of many rows, each succeeding or refused by itself."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import TypeVar

from chassis.commands.bulk import RowResult
from chassis.commands.guards import require_rows
from chassis.principal import Principal
from chassis.storage.idempotency import run_once
from kernel.errors import Refusal
from services.enrollment.commands.deps import Deps
from services.enrollment.domain.enrollment import Enrollment

A = TypeVar("A")


async def each(
    deps: Deps,
    principal: Principal,
    keys: Sequence[str],
    act: Callable[[str], Awaitable[Enrollment]],
    *,
    command: str,
    shared_input: str | None = None,
) -> list[RowResult[Enrollment]]:
    """Act on one enrollment after the other; a refused row stops no other, a repeated one takes no second effect.

    Args:
        deps: The service's dependencies.
        principal: Who acts.
        keys: Ids of enrollments.
        act: The command of one row.
        command: The bulk command's name inside stored idempotency marks; it is data.
        shared_input: The rest of the input, the same for all rows; part of the stored digest.

    Raises:
        Refusal: `TOO_MANY_ROWS`.
    """
    require_rows(keys, rule="R22")
    enrollments = deps.store.enrollments
    return [
        await attempt(key, run_once(enrollments, principal, f"{command}|{key}", shared_input, partial(act, key)))
        for key in keys
    ]


async def attempt(key: str, act: Awaitable[A]) -> RowResult[A]:
    """The result of one row: what the command returns, or why it was refused."""
    try:
        return RowResult(key, await act)
    except Refusal as refusal:
        return RowResult(key, refusal=refusal)
