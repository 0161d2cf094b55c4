"""Value types that several subgraphs return; the same everywhere, hence `@shareable`."""

from typing import Self

import strawberry
from strawberry.scalars import JSON

from kernel.errors import Refusal
from kernel.reference import major_categories


@strawberry.federation.type(shareable=True, description="An amount in renminbi")
class Money:
    """An amount: `fen` for programs, `yuan` as people write it."""

    fen: int
    yuan: str

    @classmethod
    def of(cls, fen: int) -> Self:
        """Of an amount in fen (1/100 yuan)."""
        return cls(fen=fen, yuan=f"{fen // 100}.{fen % 100:02d}")


@strawberry.federation.type(shareable=True, description="One of the 19 major categories (专业大类)")
class MajorCategory:
    """A major category (R2)."""

    ordinal: int
    name: str

    @classmethod
    def of(cls, ordinal: int) -> Self:
        """The category of an ordinal, 1 to 19."""
        return cls(ordinal=ordinal, name=major_categories()[ordinal])


@strawberry.federation.type(shareable=True, name="Warning", description="Something that does not block but is shown")
class Advice:
    """A warning of a rule, such as R9's or R10's."""

    code: str
    rule: str | None
    message: str
    fields: list[str] = strawberry.field(default_factory=list, description="What it is about, such as `capacity`")


@strawberry.federation.type(shareable=True, description="A contact; the phone is masked")
class Person:
    """A named contact (R5, R6)."""

    name: str
    phone: str | None
    email: str | None


@strawberry.federation.type(shareable=True, description="Why one row of a bulk command was refused")
class RefusalInfo:
    """A refusal as data, for one row of several."""

    code: str
    rule: str | None
    clause: str | None
    unblock: str | None
    message: str
    details: JSON

    @classmethod
    def of(cls, refusal: Refusal, language: str) -> Self:
        """The refusal in the caller's language."""
        extensions = refusal.extensions()
        return cls(
            code=refusal.code,
            rule=refusal.rule,
            clause=extensions.get("clause"),
            unblock=extensions.get("unblock"),
            message=refusal.message(language),
            details=JSON(refusal.facts(language)),
        )
