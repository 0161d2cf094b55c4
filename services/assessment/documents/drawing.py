"""Draw the page of a certificate: Typst, PDF/A-3b, with its signed twin attached and a QR code (R32, ADR 53).

The template `certificate.typ` is data beside the code. Fonts are those of Debian; together they have every character
that a person's name may have (`kernel.free_text.PersonName`).
"""

import json
from datetime import date
from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

import segno
import typst

from services.assessment.documents.page import Page

_TEMPLATE = Path(__file__).with_name("certificate.typ")
_FONT_FOLDER = "/usr/share/fonts"
FONTS = {
    "Noto Serif CJK SC": "fonts-noto-cjk",
    "BabelStone Han": "fonts-babelstone-han",
    "HanaMinA": "fonts-hanazono",
    "HanaMinB": "fonts-hanazono",
}
"""The families in which pages are set, the first that has a character, and the Debian package of each."""


class DrawingError(Exception):
    """A page cannot be drawn; says why."""


def draw(page: Page) -> bytes:
    """The page as PDF/A-3b, not sealed yet.

    Raises:
        DrawingError: A font is not installed, or has no glyph for a character.
    """
    return drawn(_TEMPLATE, json.dumps(_content(page), ensure_ascii=False))


def drawn(template: Path, data: str) -> bytes:
    """A document as PDF/A-3b, in which a glyph that is missing is an error.

    Args:
        template: The Typst template.
        data: JSON for its input `data`.

    Raises:
        DrawingError: A font is not installed, or has no glyph for a character.
    """
    if lacking := missing_fonts():
        raise DrawingError(f"install {' '.join(lacking)}")
    try:
        pdf = typst.compile(
            template.read_bytes(),
            format="pdf",
            font_paths=_fonts(),
            sys_inputs={"data": data},
            pdf_standards=["a-3b"],
        )
    except typst.TypstError as error:
        raise DrawingError(str(error)) from error
    if not isinstance(pdf, bytes):
        raise DrawingError("more than one file")
    return pdf


def missing_fonts() -> list[str]:
    """The Debian packages of fonts that are not installed."""
    installed = set(_fonts().families())
    return sorted({package for family, package in FONTS.items() if family not in installed})


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts(include_system_fonts=False, include_embedded_fonts=True, font_paths=[_FONT_FOLDER])


def _content(page: Page) -> dict[str, Any]:
    issued = date.fromisoformat(page.issued_on)
    code = BytesIO()
    segno.make(page.link, error="m").save(code, kind="svg", xmldecl=False, border=2)
    sentence = (
        f"于{_day(page.starts_on)}至{_day(page.ends_on)}参加{page.base}举办的《{page.title}》"
        f"（项目编号{page.code}）培训，培训{page.class_hours}学时，实到{page.attended_hours}学时，考核合格，准予结业。"
    )
    return {
        "heading": "结业证书",
        "name": page.name,
        "sentence": sentence,
        "base": page.base,
        "issued": _day(page.issued_on),
        "number": page.number,
        "printed": page.printed,
        "link": page.link,
        "check": page.check,
        "qr": code.getvalue().decode(),
        "jws": page.jws,
        "year": issued.year,
        "month": issued.month,
        "day": issued.day,
        "fonts": list(FONTS),
        "label_number": "证书编号",
        "label_check": "扫码或凭编号核验：",
        "label_twin": "签名的机器可读证书",
    }


def _day(text: str) -> str:
    day = date.fromisoformat(text)
    return f"{day.year}年{day.month}月{day.day}日"
