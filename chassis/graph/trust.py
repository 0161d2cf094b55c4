"""Deny by default: every root or personal field says who may read it (architecture.md, Trust)."""

from chassis.principal import Scope

_MARK = "# public"


def requires(*scopes: Scope) -> list[list[str]]:
    """The `requires_scopes` of a field that any one of `scopes` may read (an OR; federation's list of ANDs)."""
    return [[scope.value] for scope in scopes]


def public(text: str) -> str:
    """A field description that marks the field as everybody's; a test looks for the mark."""
    return f"{text} {_MARK}"
