"""MongoDB: aggregates, transactions, pages, leases, timers and sealed values."""
