"""A process that answers HTTP: the ASGI application of a subgraph, server-sent events, start and stop."""
