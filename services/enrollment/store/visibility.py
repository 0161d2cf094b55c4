"""Which rows a reader may see, and which of them are asked for."""

from dataclasses import dataclass
from typing import Self

from chassis.principal import Principal, Scope
from chassis.storage.mongo import Document
from kernel.reference import provinces
from services.enrollment.domain.vocabulary import EnrollmentStatus

NOTHING: Document = {"_id": {"$in": []}}


def own_province(principal: Principal) -> str | None:
    """The province whose matters a province's account sees.

    None for everybody else, and for `00`: schools of line ministries belong to none (docs/glossary.md, Roles).
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
        who = self.principal
        match who.scope:
            case Scope.MINISTRY:
                return {}
            case Scope.BASE if who.bases:
                return {"base": {"$in": list(who.bases)}, "submitted_at": {"$ne": None}}
            case Scope.SCHOOL if who.school:
                return {"school": who.school}
            case Scope.TEACHER if who.person:
                return {"teacher": who.person}
            case Scope.PROVINCE if own := own_province(who):
                return {"province": own}
            case _:
                return NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class EnrollmentSelection:
    """Which enrollments a reader asks for; what is None or empty does not count."""

    statuses: tuple[EnrollmentStatus, ...] = ()
    project: str | None = None
    school: str | None = None
    teacher: str | None = None
    province: str | None = None
    year: int | None = None

    def condition(self) -> Document:
        """As a filter of the enrollments."""
        named = {
            "project": self.project,
            "school": self.school,
            "teacher": self.teacher,
            "province": self.province,
            "year": self.year,
        }
        found: Document = {name: value for name, value in named.items() if value is not None}
        if self.statuses:
            found["status"] = {"$in": list(self.statuses)}
        return found
