"""The dependencies of the catalog's commands."""

from dataclasses import dataclass

from chassis.clock import Clock
from chassis.storage.vault import Vault
from services.catalog.store import Store


@dataclass(frozen=True, slots=True)
class Deps:
    """The dependencies of the service, built once in its `app.py`.

    Attributes:
        store: All repositories.
        clock: Domain time.
        vault: Seals the phones of contacts (R41).
    """

    store: Store
    clock: Clock
    vault: Vault
