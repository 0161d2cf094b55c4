"""Assessment: attendance, results and credit (R29–R31)."""
