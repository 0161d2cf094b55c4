"""What the reader of cells does not tell of a workbook: which rows are hidden, and which other sheets are filled in.

The parts are searched piece by piece, so that a large sheet takes no memory. A workbook that is built otherwise than
office programs build it tells nothing here, and is read as if nothing were hidden.
"""

import io
import re
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from posixpath import join, normpath
from xml.etree import ElementTree as ET

_PIECE_BYTES = 256 * 1024
_LONGEST_TAG = 4096
_WORKBOOK, _RELATIONS = "xl/workbook.xml", "xl/_rels/workbook.xml.rels"
_ROW = re.compile(rb"<(?:\w+:)?row\b([^>]*)>")
_NUMBER = re.compile(rb'\br="(\d+)"')
_HIDDEN = re.compile(rb'\b(?:hidden="(?:1|true)"|ht="0(?:\.0+)?")')
_FILLED = re.compile(rb"<(?:\w+:)?(?:v|t)>[^<]")
_ID = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


@dataclass(frozen=True, slots=True)
class SheetPart:
    """A visible worksheet.

    Attributes:
        name: As its tab says.
        part: Its path in the archive.
    """

    name: str
    part: str


def visible_sheets(raw: bytes) -> list[SheetPart]:
    """The visible worksheets of a workbook in the order of their tabs; none where it does not tell."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            book, relations = (ET.fromstring(archive.read(name)) for name in (_WORKBOOK, _RELATIONS))  # noqa: S314 - in a child with limits of memory and time
    except (KeyError, ET.ParseError, zipfile.BadZipFile, ValueError, LookupError):
        return []
    parts = {relation.get("Id"): relation.get("Target", "") for relation in relations}
    sheets = [element for element in book.iter() if element.tag.rpartition("}")[2] == "sheet"]
    named = ((sheet.get("name", ""), _path(parts.get(sheet.get(_ID), "")), sheet.get("state")) for sheet in sheets)
    return [
        SheetPart(name, part) for name, part, state in named if "worksheets/" in part and state in {None, "visible"}
    ]


def hidden_rows(raw: bytes, sheet: SheetPart) -> frozenset[int]:
    """The numbers, from 1, of the rows of a sheet that are hidden or filtered out."""
    hidden: set[int] = set()
    last = 0
    for piece in _pieces(raw, sheet):
        for row in _ROW.finditer(piece):
            number = _NUMBER.search(row[1])
            last = int(number[1]) if number else last + 1
            if _HIDDEN.search(row[1]):
                hidden.add(last)
    return frozenset(hidden)


def is_filled(raw: bytes, sheet: SheetPart) -> bool:
    """Whether a sheet has a cell with something in it."""
    return any(_FILLED.search(piece) for piece in _pieces(raw, sheet))


def _path(target: str) -> str:
    return target.lstrip("/") if target.startswith("/") else normpath(join("xl", target))


def _pieces(raw: bytes, sheet: SheetPart) -> Iterator[bytes]:
    """The part in pieces that end where a tag ends."""
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive, archive.open(sheet.part) as part:
            rest = b""
            while piece := part.read(_PIECE_BYTES):
                whole = rest + piece
                end = whole.rfind(b">") + 1
                # `<v>` and the character after it belong together, so the last tag waits for what follows.
                start = whole.rfind(b"<", 0, end) if end else -1
                cut = start if start >= 0 else len(whole)
                yield whole[:cut]
                rest = whole[cut:]
                if len(rest) > _PIECE_BYTES + _LONGEST_TAG:
                    rest = b""
            yield rest
    except (KeyError, zipfile.BadZipFile, ValueError, LookupError):
        return
