"""The versions of a plan: as handed in, as rewritten after a return, as amended after publication (R13, R18)."""

from dataclasses import dataclass
from itertools import pairwise

from kernel.refusals import NOT_FOUND
from services.catalog.domain.project import Change, Design, Project
from services.catalog.domain.vocabulary import ProjectStatus


@dataclass(frozen=True, slots=True)
class Version:
    """A plan, and the change that made it so."""

    change: Change
    design: Design


def history_of(project: Project) -> tuple[Version, ...]:
    """Every entry of the history with the plan after it; of a draft's entries, the plan as it was first handed in."""
    # Only what a change replaced is stored (ADR 14), so the plan of each entry is found by going backwards.
    versions, design = [], project.design
    for entry in reversed(project.history):
        versions.append(Version(entry, design))
        design = entry.replaced or design
    return tuple(reversed(versions))


def versions_of(project: Project) -> tuple[Version, ...]:
    """Every version of the plan, oldest first; a draft has none (R7)."""
    return tuple(after for before, after in pairwise(history_of(project)) if _is_version(before.change, after.change))


def public_versions_of(project: Project) -> tuple[Version, ...]:
    """What was published, and every amendment of it (R17, R18)."""
    published = project.published_at
    if published is None:
        return ()
    versions = versions_of(project)
    until_publication = sum(version.change.at <= published for version in versions)
    return versions[max(until_publication - 1, 0) :]


def between(versions: tuple[Version, ...], first: int, last: int) -> tuple[Version, Version]:
    """Two of the versions, by their numbers.

    Args:
        versions: Those that the reader may see.
        first: A version number of the project.
        last: Another one.

    Raises:
        Refusal: `NOT_FOUND`: there is no version of that number among them.
    """
    numbered = {version.change.version: version for version in versions}
    for number in (first, last):
        if number not in numbered:
            raise NOT_FOUND(kind="version", id=str(number))
    return numbered[first], numbered[last]


def _is_version(before: Change, after: Change) -> bool:
    handed_in = after.status is ProjectStatus.SUBMITTED and before.status is not ProjectStatus.SUBMITTED
    return handed_in or after.replaced is not None
