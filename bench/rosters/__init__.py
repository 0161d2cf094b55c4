"""Rosters of 5,000 rows: how long a check and a run take."""
