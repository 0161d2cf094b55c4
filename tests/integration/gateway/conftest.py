"""Identity on a database of its own, and a gateway with it over HTTP."""

import pytest
from joserfc.jwk import ECKey, KeySet

from chassis.mongo import Database
from gateway.identity.accounts import Identity
from gateway.identity.passwords import Passwords
from gateway.identity.sessions import Sessions
from gateway.identity.store import IdentityStore


@pytest.fixture
def keys() -> KeySet:
    return KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])


@pytest.fixture
async def identity(database: Database, keys: KeySet) -> Identity:
    store = IdentityStore(database)
    await store.prepare()
    return Identity(store, Passwords(), Sessions(store, keys))
