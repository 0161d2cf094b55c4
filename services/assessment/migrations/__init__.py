"""The steps of assessment's database, in their order (ADR 71)."""

from chassis.storage.migration import Migrations, Step
from services.assessment.migrations import step_0001_indexes

MIGRATIONS = Migrations("assessment", (Step(1, "indexes", step_0001_indexes.run),))
