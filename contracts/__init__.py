"""What the services promise each other and the world: the graph, the events, the reference data."""
