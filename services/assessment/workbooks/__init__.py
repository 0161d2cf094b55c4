"""The workbook of a class, written for its base and read again (R29, R30)."""
