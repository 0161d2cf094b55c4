"""The whole round, from its opening to its credits, played through the gateway by everybody's own account."""
