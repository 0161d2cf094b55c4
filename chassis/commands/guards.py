"""Checks that commands of every service share."""

from typing import TypeVar

from kernel.errors import Refusal, Unblock

LONGEST_LIST = 200


T = TypeVar("T")


def capped(rows: list[T]) -> list[T]:
    """The rows of a bulk command, when they are 200 or fewer.

    Raises:
        Refusal: `TOO_MANY_ROWS`.
    """
    if len(rows) > LONGEST_LIST:
        raise Refusal(
            "TOO_MANY_ROWS", "一次最多处理200行", "At most 200 rows at once", unblock=Unblock.SELF, limit=LONGEST_LIST
        )
    return rows
