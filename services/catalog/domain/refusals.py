"""The refusals of catalog: one kind a code (docs/refusals.md)."""
