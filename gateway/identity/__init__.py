"""Accounts, passwords, sessions and tokens (R3, R4, R5)."""
