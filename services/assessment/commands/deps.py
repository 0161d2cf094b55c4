"""What every command of assessment works with."""

from dataclasses import dataclass

from chassis.clock import Clock
from services.assessment.domain.credit import CreditRule
from services.assessment.store import Store


@dataclass(frozen=True, slots=True)
class Deps:
    """The dependencies of the service, built once in its `app.py`.

    Attributes:
        store: Everything that is kept.
        clock: Domain time.
        rules: Versions of the credit rule (R31).
    """

    store: Store
    clock: Clock
    rules: tuple[CreditRule, ...]
