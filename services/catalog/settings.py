"""Settings of the catalog's process."""

from pathlib import Path

from chassis.runtime.settings import ServiceSettings


class CatalogSettings(ServiceSettings):
    """The settings of every subgraph, and the catalog's own.

    Attributes:
        vault_file: File with the keys that seal the phones of contacts (R41).
    """

    vault_file: Path
