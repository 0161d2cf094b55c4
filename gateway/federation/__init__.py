"""The federation engine: a composed supergraph in, answers across subgraphs out (Federation 2, join v0.3-0.5)."""
