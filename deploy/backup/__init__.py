"""Backups of the services' databases: dump, restore and verify (ADR 70)."""
