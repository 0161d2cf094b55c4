"""Endpoints of assessment that are not GraphQL."""
