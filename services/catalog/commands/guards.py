"""Checks of the catalog's commands: whose base or project it is, which version was read, which round."""

from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope
from chassis.storage.mongo import Session
from kernel.reference import provinces
from kernel.refusals import FORBIDDEN, UNKNOWN_PROVINCE, UNKNOWN_ROUND
from services.catalog.commands.deps import Deps
from services.catalog.domain.base import Base
from services.catalog.domain.project import Project
from services.catalog.domain.round import Round


def require_own_base(principal: Principal, base: str) -> None:
    """Refuse a base that is not the principal's own (R2).

    Raises:
        Refusal: `FORBIDDEN`.
    """
    if principal.scope is not Scope.BASE or base not in principal.bases:
        raise FORBIDDEN(rule="R2")


async def own_base(deps: Deps, principal: Principal, key: str) -> Base:
    """A base of the principal.

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN`.
    """
    require_scope(principal, Scope.BASE)
    base = await deps.store.bases.get(key)
    require_own_base(principal, base.id)
    return base


async def own_project(deps: Deps, principal: Principal, key: str) -> Project:
    """A project of one of the principal's bases.

    Raises:
        Refusal: `NOT_FOUND` or `FORBIDDEN`.
    """
    require_scope(principal, Scope.BASE)
    project = await deps.store.projects.get(key)
    require_own_base(principal, project.base)
    return project


async def round_of(deps: Deps, year: int, session: Session | None = None) -> Round:
    """The round of a year.

    Raises:
        Refusal: `UNKNOWN_ROUND`.
    """
    current = await deps.store.rounds.find(str(year), session)
    if current is None:
        raise UNKNOWN_ROUND(year=year)
    return current


async def require_version(deps: Deps, project: Project, version: int) -> None:
    """Refuse a caller who read an older version.

    Raises:
        Refusal: `STALE_VERSION`.
    """
    if project.version != version:
        raise await deps.store.projects.stale(project.id)


def require_province(code: str | None, field: str = "venue.province") -> None:
    """Refuse an unknown province code; None stands for no province.

    Raises:
        Refusal: `UNKNOWN_PROVINCE`.
    """
    if code is not None and code not in provinces():
        raise UNKNOWN_PROVINCE(field=field, province=code)
