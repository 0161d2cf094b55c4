"""The result of each row of a command with many rows."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from kernel.errors import Refusal

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class RowResult(Generic[A]):
    """The result of one row: either the aggregate, or why the row was refused.

    Attributes:
        key: How the caller identifies the row: an aggregate's id, or the row's index as text.
        value: The aggregate after the command; None where the row was refused.
        refusal: Why nothing of the row was written; None where it was.
    """

    key: str
    value: A | None = None
    refusal: Refusal | None = None
