"""The refusals of the gateway: one kind a code (docs/refusals.md)."""
