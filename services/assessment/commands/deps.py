"""The dependencies of the commands."""

from dataclasses import dataclass

from chassis.clock import Clock
from chassis.storage.vault import Vault
from services.assessment.commands.credentials import Credentials
from services.assessment.domain.credit import CreditRule
from services.assessment.domain.inspection import WeightRule
from services.assessment.store import Store


@dataclass(frozen=True, slots=True)
class Deps:
    """What every command and query works with, built once in `app.py`.

    Attributes:
        store: The service's repositories.
        clock: Domain time.
        rules: Versions of the credit rule (R30, R31).
        vault: Seals what is secret at rest: an inspection's secret until its draw (R37), the private halves of token
            keys (R34).
        weights: Versions of the rule by which projects weigh in a draw, the later one last (R37).
        credentials: What certificates are signed and sealed with (R32).
    """

    store: Store
    clock: Clock
    rules: tuple[CreditRule, ...]
    vault: Vault
    weights: tuple[WeightRule, ...]
    credentials: Credentials
