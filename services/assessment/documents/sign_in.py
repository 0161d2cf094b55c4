"""Draw the sign-in sheet of a session, to be printed and signed: the same drawing as of certificates (R29, ADR 61)."""

import json
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Self

from services.assessment.documents.drawing import FONTS, drawn

_TEMPLATE = Path(__file__).with_name("sign_in.typ")


@dataclass(frozen=True, slots=True, kw_only=True)
class SignInSheet:
    """What is printed.

    Attributes:
        code: The project's code; blank where it is not known.
        title: The project's title; likewise.
        base: The base's name; likewise.
        date: The day of the session, ISO 8601.
        session: The session's title.
        hours: Its class hours.
        people: The name and the school's code of each attendee.
    """

    code: str
    title: str
    base: str
    date: str
    session: str
    hours: int
    people: tuple[tuple[str, str], ...]

    @classmethod
    def read(cls, content: dict[str, Any]) -> Self:
        """From JSON."""
        people = tuple((name, school) for name, school in content.pop("people"))
        return cls(people=people, **content)


def draw_sign_in(sheet: SignInSheet) -> bytes:
    """The sheet as PDF/A-3b, as many pages as it takes.

    Raises:
        DrawingError: A font is not installed, or has no glyph for a character.
    """
    return drawn(_TEMPLATE, json.dumps(_content(sheet), ensure_ascii=False))


def _content(sheet: SignInSheet) -> dict[str, Any]:
    day = date.fromisoformat(sheet.date)
    return {
        "year": day.year,
        "month": day.month,
        "day": day.day,
        "heading": "签到表",
        "fonts": list(FONTS),
        "facts": [
            ("项目：", f"{sheet.title}（{sheet.code}）" if sheet.code else sheet.title),
            ("基地：", sheet.base),
            ("课次：", f"{sheet.date}　{sheet.session}　{sheet.hours}学时"),
            ("人数：", f"{len(sheet.people)}"),
        ],
        "columns": ["序号", "姓名", "学校代码", "签名", "备注"],
        "rows": sheet.people,
        "signature": "授课教师签名：________________　　班主任签名：________________",
    }
