"""Limits that a document must keep before it is validated (notes N1, N2, N7)."""

from gateway.protection.limits import Limits, check

__all__ = ["Limits", "check"]
