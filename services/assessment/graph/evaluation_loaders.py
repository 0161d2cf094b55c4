"""The loaders of evaluations; each confines what it reads to what the principal may see."""

from collections.abc import Mapping, Sequence
from datetime import date

from chassis.graph.context import BatchLoader
from chassis.principal import Scope
from services.assessment.domain.instrument import Instrument
from services.assessment.domain.record import Record
from services.assessment.graph.context import Context


class InstrumentsByProjectLoader(BatchLoader[Context, str, list[Instrument]]):
    """The questionnaires of projects: of the ministry's all, of a base's own, of those a teacher attends."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, list[Instrument]]:
        """By the project's id."""
        principal, store = self.context.principal, self.context.deps.store
        found = await store.instruments.of_projects(keys)
        match principal.scope:
            case Scope.MINISTRY:
                return found
            case Scope.BASE:
                return {key: [each for each in all_of if each.base in principal.bases] for key, all_of in found.items()}
            case Scope.TEACHER:
                own = {record.project for record in await store.records.own(principal.person or "", keys)}
                return {key: all_of for key, all_of in found.items() if key in own}
            case _:
                return {}


class OwnRecordLoader(BatchLoader[Context, str, Record]):
    """A teacher's own record in a project."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, Record]:
        """By the project's id."""
        principal = self.context.principal
        if principal.scope is not Scope.TEACHER or not principal.person:
            return {}
        return {record.project: record for record in await self.context.deps.store.records.own(principal.person, keys)}


class IssuedLoader(BatchLoader[Context, tuple[str, str], bool]):
    """Whether a right was used."""

    async def fetch(self, keys: Sequence[tuple[str, str]]) -> Mapping[tuple[str, str], bool]:
        """By the questionnaire's id and the enrollment's."""
        issued = await self.context.deps.store.issues.issued(keys)
        return {key: key in issued for key in keys}


class TextsByInstrumentLoader(BatchLoader[Context, str, list[tuple[int, str]]]):
    """What was answered in words, each with the place of its question."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, list[tuple[int, str]]]:
        """By the questionnaire's id."""
        return await self.context.deps.store.texts.of(keys)


class AuditSequenceLoader(BatchLoader[Context, str, int]):
    """The number of the row that a key list has in the audit chain."""

    async def fetch(self, keys: Sequence[str]) -> Mapping[str, int]:
        """By the list's day, ISO."""
        return await self.context.deps.store.audit.sequences_of_lists([date.fromisoformat(key) for key in keys])
