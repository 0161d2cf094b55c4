"""The refusals of enrollment: one kind a code (docs/refusals.md)."""
