"""Keys for tests about certificates."""

import os

from chassis.storage.vault import Vault
from chassis.storage.yearly_keys import YearlyKeys, new_key
from services.assessment.commands.credentials import Credentials

ORIGIN = "https://platform.example"


def new_credentials() -> Credentials:
    """Credentials of keys that nobody else has."""
    signing, names = (YearlyKeys({f"{use}-2024-1": new_key(use, 2024)}) for use in ("certificates", "names"))
    return Credentials(ORIGIN, signing, names, Vault({"k1": os.urandom(32)}, "k1", os.urandom(32)))
