"""Who may act on what."""

from chassis.principal import Principal, Scope
from kernel.refusals import FORBIDDEN
from services.assessment.commands.deps import Deps
from services.assessment.domain.project import Project


async def own_project(deps: Deps, principal: Principal, key: str, rule: str) -> Project:
    """A project of one of the principal's bases.

    Raises:
        Refusal: `NOT_FOUND`, or `FORBIDDEN` under `rule`.
    """
    project = await deps.store.projects.get(key)
    if principal.scope is not Scope.BASE or project.base not in principal.bases:
        raise FORBIDDEN(rule=rule)
    return project
