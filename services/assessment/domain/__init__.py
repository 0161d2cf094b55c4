"""Attendance, results and credit as pure code; imports the standard library, itself and `kernel.errors` only."""
