"""The versions of a plan: what was handed in, rewritten after a return, amended after publication (R13, R18)."""

from dataclasses import dataclass
from itertools import pairwise

from kernel.refusals import NOT_FOUND
from services.catalog.domain.project import Change, Design, Project
from services.catalog.domain.vocabulary import ProjectStatus


@dataclass(frozen=True, slots=True)
class Version:
    """A plan as it stood, and the change since which it did."""

    change: Change
    design: Design


def walked(project: Project) -> tuple[Version, ...]:
    """Every entry of the history with the plan as it stood afterwards; before the first submission, as handed in."""
    found, design = [], project.design
    for entry in reversed(project.history):
        found.append(Version(entry, design))
        design = entry.replaced or design
    return tuple(reversed(found))


def versions_of(project: Project) -> tuple[Version, ...]:
    """Every version of the plan, oldest first; a draft has none (R7)."""
    return tuple(after for before, after in pairwise(walked(project)) if _is_version(before.change, after.change))


def public_versions_of(project: Project) -> tuple[Version, ...]:
    """What was published, and every amendment of it (R17, R18)."""
    published = project.published_at
    if published is None:
        return ()
    found = versions_of(project)
    earlier = sum(one.change.at <= published for one in found)
    return found[max(earlier - 1, 0) :]


def between(found: tuple[Version, ...], first: int, last: int) -> tuple[Version, Version]:
    """Two of the versions, by their numbers.

    Raises:
        Refusal: `NOT_FOUND`.
    """
    numbered = {one.change.version: one for one in found}
    for number in (first, last):
        if number not in numbered:
            raise NOT_FOUND(kind="version", id=str(number))
    return numbered[first], numbered[last]


def _is_version(before: Change, after: Change) -> bool:
    handed_in = after.status is ProjectStatus.SUBMITTED and before.status is not ProjectStatus.SUBMITTED
    return handed_in or after.replaced is not None
