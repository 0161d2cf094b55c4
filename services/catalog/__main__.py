"""`python -m services.catalog`: one process of the catalog, or an operator's command; `--help` lists them."""

from chassis.serving.process import main
from services.catalog.app import build
from services.catalog.console import commands
from services.catalog.migrations import MIGRATIONS
from services.catalog.settings import CatalogSettings
from services.catalog.store import SEALED

if __name__ == "__main__":
    main("catalog", commands, build=build, settings=CatalogSettings, migrations=MIGRATIONS, sealed=SEALED)
