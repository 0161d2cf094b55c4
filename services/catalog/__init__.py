"""Catalog: rounds, bases, projects, review and publication (R1–R18, R28, R33, R39)."""
