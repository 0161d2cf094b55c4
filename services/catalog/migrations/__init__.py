"""The steps of the catalog's database, in their order (ADR 71)."""

from chassis.storage.migration import Migrations, Step
from services.catalog.migrations import step_0001_indexes

MIGRATIONS = Migrations("catalog", (Step(1, "indexes", step_0001_indexes.run),))
