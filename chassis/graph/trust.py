"""Who may read a field: every root field and every personal field states it (docs/architecture.md, Trust)."""

from chassis.principal import Scope

_MARK = "# public"


def requires(*scopes: Scope) -> list[list[str]]:
    """The `requires_scopes` of a field that any of these scopes may read (federation: an OR of ANDs)."""
    return [[scope.value] for scope in scopes]


def public(text: str) -> str:
    """The description of a field that everybody may read, with a mark; a test demands scopes or the mark."""
    return f"{text} {_MARK}"
