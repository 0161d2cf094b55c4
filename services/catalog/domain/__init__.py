"""The catalog's rules as pure functions over frozen aggregates: `(aggregate, …) -> (aggregate, events)`."""
