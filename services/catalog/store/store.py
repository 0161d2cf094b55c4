"""The catalog's repositories, their indexes, and transactions over them."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from chassis.storage.mongo import Client, Database, Session, transact
from chassis.storage.repository import Repository
from services.catalog.domain.round import Round
from services.catalog.store.bases import Bases, Experts, Organizations
from services.catalog.store.projects import Projects
from services.catalog.store.quotas import Quotas
from services.catalog.store.reveals import Partners, Reveals
from services.catalog.store.reviews import Reviews

COLLECTIONS = ("rounds", "bases", "experts", "quotas", "projects", "reviews", "contact_reveals")
"""The collections whose documents carry events."""
SEALED = ("bases",)
"""The collections whose documents hold sealed numbers (R41)."""

T = TypeVar("T")


class Store:
    """Everything the catalog stores.

    Args:
        database: The service's own database.

    Attributes:
        client: For transactions.
    """

    def __init__(self, database: Database) -> None:
        self.client: Client = database.client
        self.rounds: Repository[Round] = Repository(database, "rounds", Round, producer="catalog", noun="round")
        self.bases = Bases(database)
        self.experts = Experts(database)
        self.organizations = Organizations(self.bases, self.experts)
        self.quotas = Quotas(database)
        self.projects = Projects(database)
        self.reviews = Reviews(database)
        self.reveals = Reveals(database)
        self.partners = Partners(database)

    async def prepare(self) -> None:
        """Create the indexes."""
        await self.rounds.prepare()
        await self.bases.prepare()
        await self.experts.prepare()
        await self.quotas.prepare()
        await self.projects.prepare()
        await self.reviews.prepare()
        await self.reveals.prepare()

    async def transact(self, work: Callable[[Session], Awaitable[T]]) -> T:
        """Run `work` in one transaction (notes N21)."""
        return await transact(self.client, work)
