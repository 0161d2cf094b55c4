"""The exception by which a rule refuses a command: with a code, the rule, its clause, and who can unblock it."""

from enum import StrEnum
from typing import Any

from kernel.reference import clause_of


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
        """The sentence in the language of a tag such as `en-GB`: English for English, else Chinese."""
        return self.en if language.lower().startswith("en") else self.zh

    def extensions(self) -> dict[str, Any]:
        """The `extensions` of the GraphQL error: code, rule, clause of the notice, who can unblock, and the details."""
        extensions = {
            "code": self.code,
            "rule": self.rule,
            "clause": clause_of(self.rule) if self.rule else None,
            "unblock": self.unblock.value if self.unblock else None,
        }
        return {name: value for name, value in extensions.items() if value is not None} | self.details
