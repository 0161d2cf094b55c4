"""Endpoints that are not GraphQL: rosters and exports (R22, R42)."""
