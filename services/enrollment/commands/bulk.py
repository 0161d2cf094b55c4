"""Commands of many rows, each succeeding or refused by itself."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

from chassis.commands.guards import require_rows
from chassis.principal import Principal
from chassis.storage.idempotency import run_once
from kernel.errors import Refusal
from services.enrollment.commands.deps import Deps
from services.enrollment.domain.enrollment import Enrollment


@dataclass(frozen=True, slots=True)
class Row:
    """What became of one row of a bulk command."""

    id: str
    enrollment: Enrollment | None = None
    refusal: Refusal | None = None


async def each(
    deps: Deps,
    principal: Principal,
    keys: Sequence[str],
    act: Callable[[str], Awaitable[Enrollment]],
    *,
    command: str,
    given: str | None = None,
) -> list[Row]:
    """Act on every row by itself; a refused row stops no other, and a repeated one takes no second effect.

    Args:
        deps: The service's dependencies.
        principal: Who acts.
        keys: The enrolments.
        act: What one row does.
        command: The bulk command's name.
        given: What else the caller gave, for all rows.

    Raises:
        Refusal: `TOO_MANY_ROWS`.
    """
    require_rows(keys)
    kept = deps.store.enrollments
    return [await attempt(key, run_once(kept, principal, f"{command}|{key}", given, partial(act, key))) for key in keys]


async def attempt(key: str, act: Awaitable[Enrollment]) -> Row:
    """One row: what the act gives, or why it was refused."""
    try:
        return Row(key, await act)
    except Refusal as refusal:
        return Row(key, refusal=refusal)
