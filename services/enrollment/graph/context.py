"""The context of a request, and who may read what of provinces, schools and bases."""

from typing import Any, TypeAlias

from strawberry.types import Info as StrawberryInfo

from chassis.graph import SubgraphContext
from chassis.principal import Principal, Scope
from services.enrollment.commands import Deps
from services.enrollment.store import own_province

Context: TypeAlias = SubgraphContext[Deps]
Info: TypeAlias = StrawberryInfo[Context, Any]


def may_read_province(principal: Principal, province: str) -> bool:
    """Whether a province's figures and enrollments may be shown: to itself and to the ministry (R27)."""
    return principal.scope is Scope.MINISTRY or own_province(principal) == province


def may_read_school(principal: Principal, school: str, province: str) -> bool:
    """Whether what concerns a school may be shown: to itself, its province and the ministry.

    Args:
        principal: Who asks.
        school: The school's code.
        province: The school's province, two digits; `00` for none, which only the ministry matches.
    """
    own = principal.scope is Scope.SCHOOL and principal.school == school
    return own or may_read_province(principal, province)


def may_read_base(principal: Principal, base: str) -> bool:
    """Whether what schools have submitted to a base may be shown: to the base itself and to the ministry."""
    return principal.scope is Scope.MINISTRY or (principal.scope is Scope.BASE and base in principal.bases)
