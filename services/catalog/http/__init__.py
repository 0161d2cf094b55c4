"""Endpoints that are not GraphQL."""
