"""The 2024 round with example data, loaded through the public graph."""
