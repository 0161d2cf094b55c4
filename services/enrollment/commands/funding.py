"""Recording and correcting a province's funding (R27)."""

from dataclasses import dataclass

from chassis.commands.guards import require_scope
from chassis.ids import new_id
from chassis.principal import Principal, Scope
from chassis.storage.idempotency import idempotent
from chassis.storage.mongo import DuplicateKey
from kernel.free_text import Reason, Title
from kernel.refusals import FORBIDDEN, NOT_FOUND
from services.enrollment.commands.deps import Deps
from services.enrollment.commands.guards import round_of
from services.enrollment.domain import funding as payments
from services.enrollment.domain.funding import Funding, FundingEntry
from services.enrollment.domain.refusals import FUNDING_CORRECTED
from services.enrollment.domain.vocabulary import FundingSource
from services.enrollment.store import own_province


@dataclass(frozen=True, slots=True, kw_only=True)
class NewFunding:
    """A payment as the province has typed it.

    Attributes:
        year: The year of the round.
        amount: In fen.
        source: Whose money it is.
        item: Its item in the plan for teachers' quality (职业院校教师素质提高计划).
        school: The code of the school that it is for.
        project: The id of the project that it is for.
        note: A remark.
    """

    year: int
    amount: int
    source: FundingSource
    item: str
    school: str | None = None
    project: str | None = None
    note: str | None = None

    def entry(self) -> FundingEntry:
        """The payment, its texts checked (R41).

        Raises:
            Refusal: `INVALID_TEXT`, naming the field.
        """
        return FundingEntry(
            year=self.year,
            amount=self.amount,
            source=self.source,
            item=Title.of(self.item, "item", "R27"),
            school=self.school,
            project=self.project,
            note=None if self.note is None else Title.of(self.note, "note", "R27"),
        )


@idempotent("funding", name="record_funding")
async def record_funding(
    deps: Deps,
    principal: Principal,
    *,
    entry: NewFunding,
    corrects: str | None = None,
    reason: str | None = None,
) -> Funding:
    """Record a payment of the caller's province, or correct one by a later revision (R27).

    Args:
        deps: The service's dependencies.
        principal: An account of the province.
        entry: The payment as it was typed.
        corrects: The id of the revision in force that is to be corrected; None for a new record.
        reason: Why that revision is wrong, as it was typed.

    Raises:
        Refusal: `FORBIDDEN`, `NOT_FOUND`, `UNKNOWN_ROUND`, `INVALID_FUNDING`, `INVALID_TEXT`, `REASON_MISSING`,
            `INVALID_REASON` or `FUNDING_CORRECTED`.
    """
    require_scope(principal, Scope.PROVINCE)
    own = own_province(principal)
    if own is None:
        raise FORBIDDEN(rule="R27")
    await _require_known(deps, own, entry)
    now = deps.clock.now()
    if corrects is None:
        return await deps.store.funding.insert(*payments.record_funding(new_id(), own, entry.entry(), now))
    before = await deps.store.funding.find(corrects)
    if before is None or before.province != own:
        raise NOT_FOUND(kind="funding", id=corrects)
    try:
        return await deps.store.funding.insert(
            *payments.correct_funding(new_id(), before, entry.entry(), Reason.of(reason, "R27"), now)
        )
    except DuplicateKey as error:
        raise FUNDING_CORRECTED(funding=before.id) from error


async def _require_known(deps: Deps, province: str, entry: NewFunding) -> None:
    """Refuse a round, a school of the province or a project of the round that does not exist."""
    await round_of(deps, entry.year)
    if entry.school is not None:
        school = await deps.store.schools.find(entry.school)
        if school is None or school.province != province:
            raise NOT_FOUND(kind="school", id=entry.school)
    if entry.project is not None:
        project = await deps.store.projects.find(entry.project)
        if project is None or project.year != entry.year:
            raise NOT_FOUND(kind="project", id=entry.project)
