"""Who teaches in a published project, under keys that stay the same through all amendments (R18, R34)."""

from services.catalog.domain.events import PublishedTeacher
from services.catalog.domain.project import Project


def faculty_members(project: Project) -> tuple[PublishedTeacher, ...]:
    """Those of the plan in force, each with a key.

    Keys are `f1`, `f2` … in the order in which the plans since the publication first name somebody, so whoever comes
    later gets a new one, and whoever comes back gets the own one again.
    """
    since = project.published_at
    replaced = [
        entry.replaced.plan for entry in project.history if entry.replaced and since is not None and entry.at >= since
    ]
    keys: dict[tuple[str, str | None], str] = {}
    for plan in (*replaced, project.plan):
        for member in plan.faculty:
            keys.setdefault((member.name, member.organization), f"f{len(keys) + 1}")
    return tuple(
        PublishedTeacher(keys[member.name, member.organization], member.name) for member in project.plan.faculty
    )
