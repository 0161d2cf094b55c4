"""Who may act on which project."""

from chassis.commands.guards import require_scope
from chassis.principal import Principal, Scope
from kernel.refusals import FORBIDDEN
from services.assessment.commands.deps import Deps
from services.assessment.domain.project import Project


async def own_project(deps: Deps, principal: Principal, key: str, rule: str) -> Project:
    """Return the project, if one of the principal's bases holds it.

    Args:
        deps: The service's dependencies.
        principal: Who acts.
        key: The project's id.
        rule: The rule of the act, such as `"R29"`.

    Raises:
        Refusal: `NOT_FOUND`, or `FORBIDDEN` under `rule`.
    """
    project = await deps.store.projects.get(key)
    require_scope(principal, Scope.BASE, rule=rule)
    if project.base not in principal.bases:
        raise FORBIDDEN(rule=rule)
    return project
