"""Events: published by a relay, consumed through an inbox, and dead letters handled by an operator."""
