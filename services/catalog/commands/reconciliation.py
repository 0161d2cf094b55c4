"""Quotas compared with the projects that use them, and set right (R11)."""

from functools import partial

from chassis.storage.mongo import Session
from services.catalog.domain import quota
from services.catalog.domain.quota import Difference
from services.catalog.store import Store


async def reconcile_quotas(store: Store, *, year: int | None = None, repair: bool = False) -> list[Difference]:
    """Every quota whose count is wrong, of one round or of all.

    Each is looked at in one transaction, as submissions change it, so what goes on beside this is neither taken for a
    difference nor lost by a repair.

    Args:
        store: The catalog's.
        year: The round; all by default.
        repair: Whether to set `used` to what is counted; a quota that is gone cannot be.
    """
    checked = [await store.transact(partial(_check, store, key, repair=repair)) for key in await store.quota_ids(year)]
    return [found for found in checked if found]


async def _check(store: Store, key: str, session: Session, *, repair: bool) -> Difference | None:
    held = await store.quotas.find(key, session)
    found = quota.compare(key, held, await store.consuming_codes(key, session))
    if found and held and repair:
        await store.quotas.save(*quota.reconcile(held, found), session)
    return found
