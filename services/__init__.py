"""The subgraphs, each its own process, database and database user."""
