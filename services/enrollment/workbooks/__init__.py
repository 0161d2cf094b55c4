"""Workbooks: reading rosters, writing exports (R22, R42)."""
