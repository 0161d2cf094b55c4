"""The steps of identity's database, in their order (ADR 71)."""

from chassis.storage.migration import Migrations, Step
from gateway.migrations import step_0001_indexes

MIGRATIONS = Migrations("gateway", (Step(1, "indexes", step_0001_indexes.run),))
