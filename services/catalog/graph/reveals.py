"""The phones of a base's team in plain, as the act of seeing them answers (R6, R41)."""

from typing import Self

import strawberry

from services.catalog.commands import RevealedContact, RevealedTeam
from services.catalog.graph.bases import Base
from services.catalog.graph.context import Context


@strawberry.type(description="基地联系人及其完整电话 (R6, R41)")
class BaseContact:
    """A contact of a base's team with the phone in plain."""

    name: str
    phone: str
    email: str | None

    @classmethod
    def of(cls, source: RevealedContact) -> Self:
        """From the command's outcome."""
        return cls(name=source.name, phone=source.phone, email=source.email)


@strawberry.type(description="基地设计、申报、实施联系人及其完整电话；本次查看已记入审计日志 (R6, R41)")
class BaseTeamReveal:
    """The contacts per duty."""

    base: Base
    design: list[BaseContact]
    declaration: list[BaseContact]
    delivery: list[BaseContact]

    @classmethod
    def of(cls, source: RevealedTeam, context: Context) -> Self:
        """From the command's outcome."""
        return cls(
            base=Base.of(source.base, context),
            design=[BaseContact.of(contact) for contact in source.design],
            declaration=[BaseContact.of(contact) for contact in source.declaration],
            delivery=[BaseContact.of(contact) for contact in source.delivery],
        )
