"""What is looked at before a workbook is opened: an .xlsx file is a zip archive that tells the size of its parts.

What an archive tells may be untrue; the process that unpacks it has limits of its own (`child`).
"""

import io
import re
import zipfile

from chassis.workbooks.errors import TooLargeError, UnreadableError

_MOST_PARTS = 1_000
_MOST_BYTES = 24 * 1024 * 1024
_ENCRYPTED = 0x1
_READ = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(_rels/)?workbook\.xml(\.rels)?|xl/(sharedStrings|styles)\.xml"
    r"|xl/worksheets/[^/]+\.xml"
)
"""The parts that a reader of cells opens; macros, pictures and links to elsewhere are not among them."""


def check_archive(raw: bytes) -> None:
    """Refuse a workbook that by its own table of contents cannot be read, or is larger than any that is read.

    Raises:
        UnreadableError, TooLargeError: Why not.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, NotImplementedError, ValueError, LookupError, OSError) as error:
        raise UnreadableError from error
    if len(parts) > _MOST_PARTS:
        raise TooLargeError
    opened = [part for part in parts if _READ.fullmatch(part.filename)]
    if any(part.flag_bits & _ENCRYPTED for part in opened):
        raise UnreadableError
    if any(part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for part in opened):
        raise UnreadableError
    if sum(part.file_size for part in opened) > _MOST_BYTES:
        raise TooLargeError
