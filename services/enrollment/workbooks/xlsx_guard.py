"""What is looked at before a workbook is opened: an .xlsx file is a zip archive that tells the size of its parts.

What an archive tells may be untrue; the process that unpacks it has limits of its own (`sheet_worker`).
"""

import io
import re
import zipfile

from kernel.errors import Refusal, Unblock

_MOST_PARTS = 1_000
_MOST_BYTES = 24 * 1024 * 1024
_ENCRYPTED = 0x1
_READ = re.compile(
    r"\[Content_Types\]\.xml|_rels/\.rels|xl/(_rels/)?workbook\.xml(\.rels)?|xl/(sharedStrings|styles)\.xml"
    r"|xl/worksheets/[^/]+\.xml"
)
"""The parts that a reader of cells opens; macros, pictures and links to elsewhere are not among them."""


def check_archive(raw: bytes) -> None:
    """Refuse a workbook that by its own table of contents cannot be read, or is larger than a roster.

    Raises:
        Refusal: `ROSTER_UNREADABLE` or `ROSTER_TOO_LARGE`.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as archive:
            parts = archive.infolist()
    except (zipfile.BadZipFile, ValueError, LookupError, OSError) as error:
        raise unreadable() from error
    if len(parts) > _MOST_PARTS:
        raise too_large()
    opened = [part for part in parts if _READ.fullmatch(part.filename)]
    if any(part.flag_bits & _ENCRYPTED for part in opened):
        raise unreadable()
    if any(part.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for part in opened):
        raise unreadable()
    if sum(part.file_size for part in opened) > _MOST_BYTES:
        raise too_large()


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
