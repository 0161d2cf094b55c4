"""The gateway: identity, protection and federation in front of the subgraphs."""
