"""Workbooks: written row by row, and read in a child process that a hostile file may exhaust (R22, R42, ADR 26)."""
