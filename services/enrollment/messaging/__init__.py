"""Events in and out, mail, and what runs beside requests."""
