"""Rosters as files: what schools send, and what they get back (R22)."""
