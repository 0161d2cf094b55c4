"""Assessment's part of the graph: Strawberry types, queries, mutations, loaders."""
