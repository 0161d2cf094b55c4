"""Credit hours, counted as for national training projects (参照国培项目) by a rule per province (R31)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Self

from kernel.free_text import Reason
from services.assessment.domain.refusals import CREDIT_NOT_CONFIRMED, CREDIT_NOT_PENDING, CREDIT_NOT_REVOKED
from services.assessment.domain.vocabulary import CreditStatus


@dataclass(frozen=True, slots=True)
class CreditRule:
    """One version of the rule that counts credit.

    Attributes:
        version: Its name, stored with every credit that it counted.
        province: Two-digit code of the province that it is for; None for the national default.
        hours_per_day: Class hours per training day.
    """

    version: str
    province: str | None
    hours_per_day: int


@dataclass(frozen=True, slots=True)
class Credit:
    """The credit of one attendee.

    Attributes:
        hours: Class hours.
        rule: The version of the rule that counted them.
        status: Pending, confirmed or revoked.
        changed_at: When it got that status.
        reason: Why it was revoked or restored; None otherwise.
    """

    hours: int
    rule: str
    status: CreditStatus
    changed_at: datetime
    reason: str | None = None

    @classmethod
    def count(cls, days: int, province: str, rules: Sequence[CreditRule], now: datetime) -> Self:
        """Count the credit for passing a project.

        Args:
            days: Training days of the project.
            province: Two-digit code of the attendee's province.
            rules: Versions of the rule, the latest last. The province's own have precedence over the national ones.
            now: Domain time.

        Returns:
            A credit that waits for the school's confirmation.
        """
        own = [rule for rule in rules if rule.province == province]
        rule = (own or [rule for rule in rules if rule.province is None])[-1]
        return cls(days * rule.hours_per_day, rule.version, CreditStatus.PENDING, now)

    def confirm(self, now: datetime) -> Self:
        """Confirm a pending credit, as the school does; repeated, it changes nothing.

        Raises:
            Refusal: `CREDIT_NOT_PENDING`.
        """
        if self.status is CreditStatus.CONFIRMED:
            return self
        if self.status is not CreditStatus.PENDING:
            raise CREDIT_NOT_PENDING(status=self.status.value)
        return replace(self, status=CreditStatus.CONFIRMED, changed_at=now)

    def revoke(self, reason: Reason, now: datetime) -> Self:
        """Revoke a confirmed credit, as the ministry does; repeated for the same reason, it changes nothing.

        Raises:
            Refusal: `CREDIT_NOT_CONFIRMED`.
        """
        if self.status is CreditStatus.REVOKED and self.reason == reason.text:
            return self
        if self.status is not CreditStatus.CONFIRMED:
            raise CREDIT_NOT_CONFIRMED(status=self.status.value)
        return replace(self, status=CreditStatus.REVOKED, changed_at=now, reason=reason.text)

    def restore(self, reason: Reason, now: datetime) -> Self:
        """Give back a credit that was revoked by mistake, as the ministry does; repeated, it changes nothing.

        Raises:
            Refusal: `CREDIT_NOT_REVOKED`.
        """
        if self.status is CreditStatus.CONFIRMED and self.reason == reason.text:
            return self
        if self.status is not CreditStatus.REVOKED:
            raise CREDIT_NOT_REVOKED(status=self.status.value)
        return replace(self, status=CreditStatus.CONFIRMED, changed_at=now, reason=reason.text)
