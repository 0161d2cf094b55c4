"""Settings of the catalog's process."""

from pathlib import Path

from chassis.runtime.settings import ServiceSettings


class CatalogSettings(ServiceSettings):
    """What the catalog needs besides what every subgraph needs.

    Attributes:
        vault_file: The keys that seal the phones of contacts (R41).
    """

    vault_file: Path
