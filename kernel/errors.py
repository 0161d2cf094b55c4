"""The one coded refusal of the suite: every bad input names its code, rule, clause and who can unblock it."""

from enum import StrEnum
from typing import Any

from kernel.reference import clause_of


class Unblock(StrEnum):
    """Who can lift a refusal."""

    MINISTRY = "MINISTRY"
    BASE = "BASE"
    SCHOOL = "SCHOOL"
    TEACHER = "TEACHER"
    EXPERT = "EXPERT"
    ADMINISTRATOR = "ADMINISTRATOR"
    SELF = "SELF"


class Refusal(Exception):  # noqa: N818 - a refusal is an answer of the domain, not an error of the program
    """A command refused by a rule; nothing has been written.

    Args:
        code: Stable upper-case code that clients switch on.
        zh: What a person reads by default.
        en: The same for `Accept-Language: en`.
        rule: The rule that refuses, such as `"R11"`.
        unblock: Who can lift it.
        details: Facts that explain it, JSON-ready, never personal data (R41).
    """

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
        """The sentence for a person, in Chinese unless English is asked for."""
        return self.en if language.lower().startswith("en") else self.zh

    def extensions(self) -> dict[str, Any]:
        """The GraphQL error `extensions`: code, rule, clause of the notice, who unblocks, and the details."""
        known = {
            "code": self.code,
            "rule": self.rule,
            "clause": clause_of(self.rule) if self.rule else None,
            "unblock": self.unblock.value if self.unblock else None,
        }
        return {name: value for name, value in known.items() if value is not None} | self.details
