"""Events out by a relay, in through an inbox, and what is done with those that fail."""
