"""Limits that a document must keep before it is validated (facts 1, 2, 7)."""

from gateway.protection.limits import Limits, check

__all__ = ["Limits", "check"]
