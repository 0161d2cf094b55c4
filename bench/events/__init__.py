"""The event path, from a write to a province's consumer, beside its limits."""
