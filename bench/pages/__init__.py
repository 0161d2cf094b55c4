"""How long an old office PC on a slow line waits for rows."""
