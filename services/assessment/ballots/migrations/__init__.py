"""The steps of the ballot box's database, in their order (ADR 71)."""

from chassis.storage.migration import Migrations, Step
from services.assessment.ballots.migrations import step_0001_clustered

MIGRATIONS = Migrations("ballots", (Step(1, "clustered", step_0001_clustered.run),))
