"""A roster: from the cells of a sheet to rows that are checked and committed (R22)."""
