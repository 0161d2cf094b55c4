"""The ballot box: a process of its own that keeps sealed ballots and knows nobody (R34–R36, ADR 54).

It shares no process, database, user, secret or code with the register, which is the rest of assessment: who holds both
could learn from the one what the other must not know.
"""
