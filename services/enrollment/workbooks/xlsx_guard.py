"""An .xlsx file is a zip of XML: only what a reader of cells needs is unpacked, within bounds, before one looks at it.

What cells a workbook claims decides how much memory a reader takes, so that is bounded too. Macros, external links,
pictures and embedded objects stay behind; formulas are never evaluated: a cell shows the value that was saved with it.
"""

import io
import re
import struct
import zipfile
import zlib

from kernel.errors import Refusal, Unblock

_MOST_PARTS = 1_000
_MOST_BYTES = 24 * 1024 * 1024
_MOST_ROWS = 20_000
MOST_COLUMNS = 256
_MOST_CELLS = 1_000_000
_LONGEST_TEXT = 16 * 1024
_MOST_TEXT = 256 * 1024 * 1024
_NEEDED = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(_rels/)?workbook\.xml(\.rels)?|xl/(sharedStrings|styles)\.xml"
    r"|xl/worksheets/[^/]+\.xml"
)
_OPENED = re.compile(rb"<(?:[^\s<>/:]+:)?(?:row|c)(?=[\s/>])")
_CELL_EDGE = re.compile(rb"<(/?)(?:[^\s<>/:]+:)?c(?=[\s/>])")
_TAG = re.compile(rb"""<(?:[^\s<>/:]+:)?(?:row|c)((?:\s+[^\s=<>"'/]+\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))*)\s*/?>""")
_ATTRIBUTE = re.compile(rb"""([^\s=<>"'/]+)\s*=\s*["']([^"']*)["']""")
_PLACE = re.compile(rb"([A-Za-z]{0,4})(\d{1,8})")
_TEXT_END = re.compile(rb"</(?:[^\s<>/:]+:)?si\s*>")
_COUNTS = re.compile(rb"""(?<=[\s"'])(?:uniqueCount|count)\s*=\s*(?:"[^"]*"|'[^']*')""")
_LETTERS = 26
_BROKEN = (
    zipfile.BadZipFile,
    zipfile.LargeZipFile,
    zlib.error,
    struct.error,
    LookupError,
    OSError,
    EOFError,
    ValueError,
    RuntimeError,  # an encrypted part, or a method that zipfile does not know
)


def repacked(raw: bytes) -> bytes:
    """The workbook with nothing but its sheets, texts and formats, all within bounds.

    Raises:
        Refusal: `ROSTER_UNREADABLE` or `ROSTER_TOO_LARGE`.
    """
    kept = io.BytesIO()
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as given, zipfile.ZipFile(kept, "w", zipfile.ZIP_STORED) as fresh:
            _copy(given, fresh)
    except _BROKEN as error:
        raise unreadable() from error
    return kept.getvalue()


def unreadable() -> Refusal:
    """No workbook and no text of a known encoding."""
    return Refusal(
        "ROSTER_UNREADABLE",
        "无法读取该文件：请另存为未加密的 .xlsx，或 UTF-8、GB18030 编码的 .csv",
        "The file cannot be read: save it as .xlsx without a password, or as .csv in UTF-8 or GB18030",
        rule="R22",
        unblock=Unblock.SELF,
    )


def too_large() -> Refusal:
    """More cells or text than a roster has."""
    return Refusal(
        "ROSTER_TOO_LARGE",
        "工作表过大：请删除名单以外的行、列和工作表后重试",
        "The workbook is too large: delete rows, columns and sheets that do not belong to the roster",
        rule="R22",
        unblock=Unblock.SELF,
    )


def _copy(given: zipfile.ZipFile, fresh: zipfile.ZipFile) -> None:
    left = _MOST_BYTES
    parts = given.infolist()
    if len(parts) > _MOST_PARTS:
        raise too_large()
    longest, references = 0, 0
    for part in parts:
        if not _NEEDED.fullmatch(part.filename):
            continue
        if part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}:
            raise unreadable()
        with given.open(part) as file:
            content = file.read(left + 1)
        left -= len(content)
        if left < 0:
            raise too_large()
        if part.filename.startswith("xl/worksheets/"):
            references += _bounded_cells(content)
        elif part.filename == "xl/sharedStrings.xml":
            longest = _longest_text(content)
            content = _COUNTS.sub(b"", content)  # a reader takes as much memory as they say
        fresh.writestr(zipfile.ZipInfo(part.filename), content)
    if longest * references > _MOST_TEXT:
        raise too_large()


def _bounded_cells(content: bytes) -> int:
    """How many cells refer to a shared text, of a sheet whose rows and cells all say where they are, within bounds."""
    _no_surprise(content)
    _bounded_texts(content)
    opened = sum(1 for _ in _OPENED.finditer(content))
    if opened > _MOST_CELLS:
        raise too_large()
    rows, columns, references = 0, 0, 0
    for tag in _TAG.finditer(content):
        opened -= 1
        attributes = _ATTRIBUTE.findall(tag[1])
        places = [_PLACE.fullmatch(value) for name, value in attributes if name == b"r"]
        if len(places) != 1 or places[0] is None:
            raise unreadable()
        rows = max(rows, int(places[0][2]))
        columns = max(columns, _column(places[0][1]))
        references += (b"t", b"s") in attributes
    if opened:
        raise unreadable()
    if rows > _MOST_ROWS or columns > MOST_COLUMNS or rows * columns > _MOST_CELLS:
        raise too_large()
    return references


def _bounded_texts(content: bytes) -> None:
    """What stands within the cells themselves, such as inline texts, is no longer than a shared text."""
    opened_at: int | None = None
    for edge in _CELL_EDGE.finditer(content):
        if opened_at is not None and edge.start() - opened_at > _LONGEST_TEXT:
            raise too_large()
        opened_at = None if edge[1] else edge.end()


def _longest_text(content: bytes) -> int:
    _no_surprise(content)
    longest = max(len(text) for text in _TEXT_END.split(content))
    if longest > _LONGEST_TEXT:
        raise too_large()
    return longest


def _no_surprise(content: bytes) -> None:
    """Office programs write neither comments nor document types; they would hide from the look above."""
    if b"<!" in content:
        raise unreadable()


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters.upper():
        number = number * _LETTERS + letter - ord("A") + 1
    return number
