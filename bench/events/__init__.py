"""The event path, from a write to a province's consumer, beside the bare limit."""
