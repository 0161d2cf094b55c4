"""The exception by which a rule refuses a command: with a code, the rule, its clause, and who can unblock it."""

from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import Any, TypeVar

from kernel.reference import clause_of

T = TypeVar("T")


class Unblock(StrEnum):
    """Who can remove the cause of a refusal."""

    MINISTRY = "MINISTRY"
    BASE = "BASE"
    SCHOOL = "SCHOOL"
    TEACHER = "TEACHER"
    EXPERT = "EXPERT"
    ADMINISTRATOR = "ADMINISTRATOR"
    SELF = "SELF"


class Refusal(Exception):  # noqa: N818 - a refusal is an answer of the domain, not an error of the program
    """A command was refused by a rule; nothing has been written.

    Raise it by a kind of the tables (`kernel.refusals`), which has the code and the sentences.

    Args:
        code: Stable upper-case code, for programs.
        zh: The sentence in Chinese.
        en: The sentence in English.
        rule: The rule that refuses, such as `"R11"`.
        unblock: Who can remove the cause.
        details: Facts that explain it, JSON-ready, never personal data (R41).

    Attributes:
        problems: All that is wrong with what was sent, each by its field; the refusal itself is the first of them.
            Empty where only one thing is looked at.
    """

    problems: Sequence[tuple[str, "Refusal"]] = ()

    def __init__(
        self,
        code: str,
        zh: str,
        en: str,
        *,
        rule: str | None = None,
        unblock: Unblock | None = None,
        **details: Any,
    ) -> None:
        super().__init__(zh)
        self.code = code
        self.zh = zh
        self.en = en
        self.rule = rule
        self.unblock = unblock
        self.details = details

    def message(self, language: str = "zh-CN") -> str:
        """The sentence in the language of a tag such as `en-GB`: English for English, else Chinese."""
        return self.en if language.lower().startswith("en") else self.zh

    def facts(self, language: str = "zh-CN") -> dict[str, Any]:
        """The details as a caller gets them; with several problems, all of them with field, code and message."""
        problems = [
            {"field": field, "code": problem.code, "message": problem.message(language)}
            for field, problem in self.problems
        ]
        return self.details | ({"problems": problems} if problems else {})

    def extensions(self, language: str = "zh-CN") -> dict[str, Any]:
        """The `extensions` of the GraphQL error: code, rule, clause of the notice, who can unblock, and the details.

        The first four are always there; `rule` and `clause` are null where no rule of the notice refuses, but what is
        technically possible, and `unblock` is null where nobody in particular can help (docs/refusals.md).
        """
        return {
            "code": self.code,
            "rule": self.rule,
            "clause": clause_of(self.rule) if self.rule else None,
            "unblock": self.unblock.value if self.unblock else None,
        } | self.facts(language)


class Problems:
    """Gathers what is wrong with the fields of one thing, so that all of it is told at once."""

    def __init__(self) -> None:
        self._found: list[tuple[str, Refusal]] = []

    def read(self, field: str, make: Callable[[], T]) -> T | None:
        """What `make` makes of a field; None where it refuses.

        Args:
            field: The field's name, as the graph spells it.
            make: Checks the field.
        """
        try:
            return make()
        except Refusal as refusal:
            self._found.append((field, refusal))
            return None

    def refusal(self) -> Refusal | None:
        """The first refusal, with all problems; None where there are none."""
        if not self._found:
            return None
        first = self._found[0][1]
        first.problems = tuple(self._found)
        return first
