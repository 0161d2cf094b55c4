"""The history and the versions of a project in the graph (R13, R18)."""

from datetime import datetime
from typing import Self

import strawberry

from services.catalog.domain import project as projects
from services.catalog.domain.labels import SYSTEM_REASONS
from services.catalog.domain.versions import Version
from services.catalog.graph.context import Info
from services.catalog.graph.enums import ProjectStatus
from services.catalog.graph.loaders import RoundByYearLoader
from services.catalog.graph.wording import FieldChange, Wording


@strawberry.type(description="项目的一次变化")
class ProjectChange:
    """An entry of the history."""

    version: int
    at: datetime
    by: str
    status: ProjectStatus
    entry: strawberry.Private[Version]
    project: strawberry.Private[projects.Project]

    @classmethod
    def of(cls, entry: Version, project: projects.Project) -> Self:
        """As the domain knows it."""
        change = entry.change
        return cls(
            version=change.version, at=change.at, by=change.by, status=change.status, entry=entry, project=project
        )

    @strawberry.field(description="理由")
    def reason(self, info: Info) -> str | None:
        """Why, as it was typed; a reason that the system gave is shown in the reader's language."""
        reason = self.entry.change.reason
        words = SYSTEM_REASONS.get(reason or "")
        return info.context.say(*words) if words else reason

    @strawberry.field(description="方案中变更的字段")
    async def fields(self, info: Info) -> list[FieldChange]:
        """What of the plan this change wrote anew."""
        before = self.entry.change.replaced
        return await changes_of(info, self.project, before, self.entry.design) if before else []


@strawberry.type(description="方案的一个版本：提交、退回后修改、发布后变更 (R13, R18)")
class PlanVersion:
    """A plan as it stood since a version of its project.

    Attributes:
        reason: Why a published plan was amended.
    """

    version: int
    at: datetime
    by: str
    status: ProjectStatus
    reason: str | None
    entry: strawberry.Private[Version]
    before: strawberry.Private[Version | None]
    project: strawberry.Private[projects.Project]

    @classmethod
    def of(cls, entry: Version, before: Version | None, project: projects.Project) -> Self:
        """A version and the one before it that the reader may see."""
        change = entry.change
        return cls(
            version=change.version,
            at=change.at,
            by=change.by,
            status=change.status,
            reason=change.reason,
            entry=entry,
            before=before,
            project=project,
        )

    @strawberry.field(description="与前一版本的差异")
    async def changes(self, info: Info) -> list[FieldChange]:
        """What differs from the version before."""
        return await changes_of(info, self.project, self.before.design, self.entry.design) if self.before else []


async def changes_of(
    info: Info, project: projects.Project, before: projects.Design, after: projects.Design
) -> list[FieldChange]:
    """What differs between two plans of a project, in the reader's language.

    Args:
        info: The resolver's, for the round's themes and the language.
        project: The project, for its round.
        before: The earlier plan.
        after: The later plan.
    """
    current = await info.context.loader(RoundByYearLoader).load(project.year)
    themes = {theme.code: theme.name for theme in current.themes} if current else {}
    return list(Wording(info.context.say, themes).differences(before, after))
