"""The steps of enrollment's database, in their order (ADR 71)."""

from chassis.storage.migration import Migrations, Step
from services.enrollment.migrations import step_0001_indexes

MIGRATIONS = Migrations("enrollment", (Step(1, "indexes", step_0001_indexes.run),))
