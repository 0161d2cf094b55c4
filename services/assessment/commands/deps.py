"""The dependencies of the commands."""

from dataclasses import dataclass

from chassis.clock import Clock
from services.assessment.domain.credit import CreditRule
from services.assessment.store import Store


@dataclass(frozen=True, slots=True)
class Deps:
    """What every command and query works with, built once in `app.py`.

    Attributes:
        store: The service's repositories.
        clock: Domain time.
        rules: Versions of the credit rule, the later one last (R31).
    """

    store: Store
    clock: Clock
    rules: tuple[CreditRule, ...]
