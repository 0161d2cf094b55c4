"""Workbooks that bases, schools, provinces and the ministry take away (R42)."""
