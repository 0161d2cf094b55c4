"""What all endpoints of workbooks have in common, those of exports too: a few at a time, as a download (R22, R42)."""

import asyncio
from urllib.parse import quote

from services.enrollment.commands import Deps

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


_AT_ONCE = 2


class Files:
    """Endpoints of files; workbooks are read and made beside the event loop, a few at a time.

    Attributes:
        deps: The service's dependencies, once it runs.
        room: Held while a workbook is in work.
    """

    deps: Deps

    def __init__(self) -> None:
        self.room = asyncio.Semaphore(_AT_ONCE)


def as_download(stem: str, plain: str) -> dict[str, str]:
    """The headers of a workbook that a browser saves.

    Args:
        stem: The file's name, without `.xlsx`.
        plain: The same for programs that know ASCII only.
    """
    return {
        "Content-Disposition": f"attachment; filename=\"{plain}.xlsx\"; filename*=UTF-8''{quote(stem, safe='')}.xlsx",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
