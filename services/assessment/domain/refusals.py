"""The refusals of assessment: one kind a code (docs/refusals.md)."""
