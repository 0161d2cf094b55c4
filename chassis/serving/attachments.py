"""One way to answer with a file that a browser saves; it holds names, so nobody keeps it (R41)."""

from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.responses import Response, StreamingResponse

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PDF = "application/pdf"
ZIP = "application/zip"
_SUFFIX = {XLSX: "xlsx", PDF: "pdf", ZIP: "zip"}


def attachment(content: bytes | AsyncIterator[bytes], media_type: str, name: str, ascii_name: str) -> Response:
    """Answer with a file.

    Args:
        content: The file, whole or in pieces.
        media_type: `XLSX`, `PDF` or `ZIP`.
        name: Its name without suffix, in any script (RFC 5987).
        ascii_name: The same for clients that read ASCII only.
    """
    suffix = _SUFFIX[media_type]
    names = f"filename=\"{ascii_name}.{suffix}\"; filename*=UTF-8''{quote(name, safe='')}.{suffix}"
    headers = {
        "Content-Disposition": f"attachment; {names}",
        "Cache-Control": "no-store",  # it holds names (R41)
    }
    if isinstance(content, bytes):
        return Response(content, headers=headers, media_type=media_type)
    return StreamingResponse(content, headers=headers, media_type=media_type)
