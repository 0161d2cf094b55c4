"""Which enrollments a reader may see, and which of them are asked for."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from chassis.principal import Principal, Scope
from chassis.storage.mongo import Document
from kernel.reference import provinces
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.refusals import LIST_TOO_WIDE
from services.enrollment.domain.vocabulary import EnrollmentStatus, WithdrawalRequestState

NOTHING: Document = {"_id": {"$in": []}}


def own_province(principal: Principal) -> str | None:
    """The province whose data a province's account sees, two digits.

    None for everybody else, and for `00`: schools of line ministries belong to no province (docs/glossary.md, Roles).
    """
    return principal.province if principal.scope is Scope.PROVINCE and principal.province in provinces() else None


@dataclass(frozen=True, slots=True)
class Visibility:
    """The rows of enrollments that a principal may see (docs/glossary.md, Roles)."""

    principal: Principal

    @classmethod
    def of(cls, principal: Principal) -> Self:
        """What the principal may see."""
        return cls(principal)

    def condition(self) -> Document:
        """As a filter of the enrollments; a base sees them from the school's submission on (R22)."""
        reader = self.principal
        match reader.scope:
            case Scope.MINISTRY:
                return {}
            case Scope.BASE if reader.bases:
                return {"base": {"$in": list(reader.bases)}, "submitted_at": {"$ne": None}}
            case Scope.SCHOOL if reader.school:
                return {"school": reader.school}
            case Scope.TEACHER if reader.person:
                return {"teacher": reader.person}
            case Scope.PROVINCE if own := own_province(reader):
                return {"province": own}
            case _:
                return NOTHING

    def sees(self, enrollment: Enrollment) -> bool:
        """Whether an enrollment that was loaded is among them: the same as `condition`, in memory."""
        reader = self.principal
        match reader.scope:
            case Scope.MINISTRY:
                return True
            case Scope.BASE:
                return enrollment.base in reader.bases and enrollment.submitted_at is not None
            case Scope.SCHOOL:
                return bool(reader.school) and enrollment.school == reader.school
            case Scope.TEACHER:
                return bool(reader.person) and enrollment.teacher == reader.person
            case Scope.PROVINCE:
                return enrollment.province == own_province(reader)
            case _:
                return False


class EnrollmentOrder(StrEnum):
    """The orders that a list of enrollments may have; what has no value comes last."""

    SIGNED_UP_AT = "SIGNED_UP_AT"
    SUBMITTED_AT = "SUBMITTED_AT"
    RANK = "RANK"
    WAITING_RANK = "WAITING_RANK"
    SCHOOL = "SCHOOL"
    STATUS = "STATUS"
    NAME = "NAME"


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentSelection:
    """Which enrollments a reader asks for; a field that is None or empty selects nothing out.

    Attributes:
        unranked: Only those that their school has not ranked (R21).
        returned: Only those that their base has returned, until they are submitted again (R23).
        escalated: Only those that went to the ministry, or only the others (R23).
        search: The beginning of the trainee's name.
        order: How to sort.
    """

    statuses: tuple[EnrollmentStatus, ...] = ()
    project: str | None = None
    school: str | None = None
    teacher: str | None = None
    province: str | None = None
    year: int | None = None
    base: str | None = None
    unranked: bool = False
    returned: bool = False
    withdrawal_requested: bool | None = None
    escalated: bool | None = None
    search: str | None = None
    order: EnrollmentOrder = EnrollmentOrder.SIGNED_UP_AT

    def is_confined(self, reader: Principal) -> bool:
        """Whether the list is one of a project, a school or a teacher, which keeps it short whatever the years."""
        own = reader.scope in {Scope.SCHOOL, Scope.TEACHER}
        return own or any(key is not None for key in (self.project, self.school, self.teacher))

    def require_sortable(self, reader: Principal) -> None:
        """Refuse an order that no index has where it would sort the enrollments of all years at every page.

        Raises:
            Refusal: `LIST_TOO_WIDE`.
        """
        by_index = self.order is EnrollmentOrder.SIGNED_UP_AT
        if not by_index and self.year is None and not self.is_confined(reader):
            raise LIST_TOO_WIDE(field="orderBy")

    def condition(self) -> Document:
        """As a filter of the enrollments."""
        named = {
            "project": self.project,
            "school": self.school,
            "teacher": self.teacher,
            "province": self.province,
            "year": self.year,
            "base": self.base,
        }
        condition: Document = {name: value for name, value in named.items() if value is not None}
        if self.statuses:
            condition["status"] = {"$in": list(self.statuses)}
        if self.unranked:
            condition["rank"] = None
        if self.returned:
            condition["returned_at"] = {"$ne": None}
        if self.withdrawal_requested is not None:
            is_open = WithdrawalRequestState.OPEN.value
            condition["withdrawal_request.state"] = is_open if self.withdrawal_requested else {"$ne": is_open}
        if self.escalated is not None:
            condition["escalated_at"] = {"$ne": None} if self.escalated else None
        return condition
