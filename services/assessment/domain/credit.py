"""Credit hours, counted as for national training projects (参照国培项目) by a rule per province (R31)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Self

from kernel.free_text import Reason
from services.assessment.domain.refusals import (
    CREDIT_NOT_CONFIRMED,
    CREDIT_NOT_PENDING,
    CREDIT_NOT_REVOKED,
    CREDIT_RULE_MISSING,
)
from services.assessment.domain.vocabulary import CreditBasis, CreditStatus

CONFIRM_WITHIN = timedelta(days=30)
"""How long after its counting a school is asked to confirm a credit [D]; nothing happens by itself afterwards."""


@dataclass(frozen=True, slots=True)
class CreditRule:
    """One version of the rule that says who passes and counts credit.

    Attributes:
        version: Its name, stored with every credit that it counted.
        province: Two-digit code of the province that it is for; None for the national default.
        starts_on: The first day on which it is in force, in Asia/Shanghai; a later version of its province ends it.
        basis: Which hours count.
        most_hours_per_day: The most class hours of credit for a day of training.
        hours_per_credit: Class hours that make a credit (学分); None where the rule converts nothing.
        attendance_floor_bp: The least attendance for a pass, in basis points of the hours due (R30).
        pass_mark: The least score for a pass, 0 to 100 (R30).
    """

    version: str
    province: str | None
    starts_on: date
    basis: CreditBasis = CreditBasis.ATTENDED_HOURS
    most_hours_per_day: int = 8
    hours_per_credit: int | None = None
    attendance_floor_bp: int = 8000
    pass_mark: int = 60

    def hours(self, *, attended: int, class_hours: int, days: int) -> int:
        """The class hours of credit for passing (R31).

        Args:
            attended: Class hours attended.
            class_hours: Class hours of the plan, which no credit goes beyond.
            days: Training days of the plan.
        """
        counted = attended if self.basis is CreditBasis.ATTENDED_HOURS else class_hours
        return max(0, min(counted, class_hours, self.most_hours_per_day * days))


def rule_in_force(rules: Sequence[CreditRule], province: str, day: date | None) -> CreditRule:
    """The version of the rule for somebody of a province and a training (R30, R31).

    Args:
        rules: All versions, in any order. The province's own have precedence over the national ones.
        province: Two-digit code of the school's province.
        day: The last day of the training; None where it is not known: the latest version counts.

    Raises:
        Refusal: `CREDIT_RULE_MISSING`.
    """
    in_force = [rule for rule in rules if day is None or rule.starts_on <= day]
    own = [rule for rule in in_force if rule.province == province]
    candidates = own or [rule for rule in in_force if rule.province is None]
    if not candidates:
        raise CREDIT_RULE_MISSING(province=province, day=day and day.isoformat())
    return max(candidates, key=lambda rule: rule.starts_on)


@dataclass(frozen=True, slots=True)
class Credit:
    """The credit of one attendee, in one of its states.

    Attributes:
        hours: Class hours.
        rule: The version of the rule that counted them.
        status: Pending, confirmed or revoked.
        changed_at: When it got that status.
        reason: Why it was revoked or restored; None otherwise.
        tenths: Tenths of a credit that the hours make, rounded down; None where the rule converts nothing.
        due_on: Until when the school is asked to confirm it; None in documents of earlier releases.
    """

    hours: int
    rule: str
    status: CreditStatus
    changed_at: datetime
    reason: str | None = None
    tenths: int | None = None
    due_on: date | None = None

    @classmethod
    def count(cls, hours: int, rule: CreditRule, now: datetime, day: date) -> Self:
        """A new credit, which waits for the school's confirmation.

        Args:
            hours: Class hours, as the rule counts them.
            rule: The version that counted them.
            now: Domain time.
            day: Today, in Asia/Shanghai.
        """
        tenths = hours * 10 // rule.hours_per_credit if rule.hours_per_credit else None
        return cls(hours, rule.version, CreditStatus.PENDING, now, tenths=tenths, due_on=day + CONFIRM_WITHIN)

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
