"""Assessment's part of the graph (graph.graphql): Strawberry types, queries, mutations, loaders."""
