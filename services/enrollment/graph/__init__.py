"""Enrollment's part of the graph: a thin layer over commands and queries."""
