"""Credit as for national training projects (参照国培项目): counted by a rule version per province (R31)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from kernel.refusals import REASON_MISSING
from services.assessment.domain.refusals import CREDIT_NOT_CONFIRMED, CREDIT_NOT_PENDING
from services.assessment.domain.vocabulary import CreditStatus


@dataclass(frozen=True, slots=True)
class CreditRule:
    """A version of the rule.

    Attributes:
        version: Its name, kept with every credit it counts.
        province: Whose it is; None is the national default.
        hours_per_day: Class hours that a training day counts.
    """

    version: str
    province: str | None
    hours_per_day: int


@dataclass(frozen=True, slots=True)
class Credit:
    """Credit hours of one attendee.

    Attributes:
        hours: Class hours.
        rule: Version of the rule that counted them.
        status: See `CreditStatus`.
        changed_at: When it got that status.
        reason: Why it was revoked.
    """

    hours: int
    rule: str
    status: CreditStatus
    changed_at: datetime
    reason: str | None = None

    @classmethod
    def count(cls, days: int, province: str, rules: Sequence[CreditRule], now: datetime) -> Self:
        """What passing a project of so many days is worth in a province; the last matching rule counts."""
        own = [rule for rule in rules if rule.province == province]
        rule = (own or [rule for rule in rules if rule.province is None])[-1]
        return cls(days * rule.hours_per_day, rule.version, CreditStatus.PENDING, now)

    def confirm(self, now: datetime) -> Self:
        """The school confirms it; once more changes nothing.

        Raises:
            Refusal: `CREDIT_NOT_PENDING`.
        """
        if self.status is CreditStatus.CONFIRMED:
            return self
        if self.status is not CreditStatus.PENDING:
            raise CREDIT_NOT_PENDING(status=self.status.value)
        return replace(self, status=CreditStatus.CONFIRMED, changed_at=now)

    def revoke(self, reason: str, now: datetime) -> Self:
        """The ministry takes it back; once more for the same reason changes nothing.

        Raises:
            Refusal: `CREDIT_NOT_CONFIRMED`, or `REASON_MISSING`.
        """
        if not reason.strip():
            raise REASON_MISSING(rule="R31")
        if self.status is CreditStatus.REVOKED and self.reason == reason.strip():
            return self
        if self.status is not CreditStatus.CONFIRMED:
            raise CREDIT_NOT_CONFIRMED(status=self.status.value)
        return replace(self, status=CreditStatus.REVOKED, changed_at=now, reason=reason.strip())
