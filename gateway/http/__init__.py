"""HTTP towards clients (GraphQL over HTTP, login, explorer) and towards subgraphs."""
