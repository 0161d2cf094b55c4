"""Pages of certificates: drawn, sealed and examined in helper processes, never in the event loop (R32, ADR 53)."""
