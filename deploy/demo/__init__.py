"""The whole round, played in every role through the gateway."""
