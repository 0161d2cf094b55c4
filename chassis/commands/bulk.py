"""What became of the rows of a bulk command."""

from dataclasses import dataclass
from typing import Generic, TypeVar

from kernel.errors import Refusal

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class RowResult(Generic[A]):
    """One row of a bulk command: its outcome, or why it was refused.

    Attributes:
        key: What the caller calls the row: an aggregate's id, or its index as text.
        value: The aggregate as it is now; None where the row was refused.
        refusal: Why nothing of the row was written.
    """

    key: str
    value: A | None = None
    refusal: Refusal | None = None
