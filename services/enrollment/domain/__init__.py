"""The rules of enrollment as pure code: nothing here knows a database, a broker or the graph."""
