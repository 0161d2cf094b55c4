"""What every act of seeing numbers in plain states, and how often an account may do so (R41)."""

from datetime import timedelta
from typing import ClassVar, Self

from kernel.free_text import FreeText
from kernel.refusals import INVALID_PURPOSE

BOUNDS = {timedelta(hours=1): 200, timedelta(days=1): 400}
"""The most persons whom one account reveals by period: a large class on its first day, not a whole school."""


class Purpose(FreeText):
    """For what somebody sees numbers in plain; it goes into the audit."""

    __slots__ = ()
    shortest: ClassVar[int] = 4
    longest = 200
    lines = True

    @classmethod
    def of(cls, typed: str, field: str = "purpose", rule: str | None = "R41") -> Self:
        """The checked purpose.

        Args:
            typed: As it was typed.
            field: What the person was asked for.
            rule: The rule of the act.

        Raises:
            Refusal: `INVALID_PURPOSE`: too short or too long to mean anything, or it holds a number itself.
        """
        del field
        text = cls._tidied(typed)
        if len(text) < cls.shortest or not cls._fits(text):
            raise INVALID_PURPOSE(rule=rule)
        return cls(text)
