"""The endpoints of files, asked as the gateway asks them; workbooks are read back."""

import io
from dataclasses import dataclass
from typing import Any

from joserfc.jwk import ECKey, KeySet
from python_calamine import CalamineWorkbook

from chassis.principal import Principal, TokenMinter
from tests.unit.gateway.serving import Browser

KEYS = KeySet([ECKey.generate_key("P-256", parameters={"kid": "test"})])
Rows = list[list[Any]]


@dataclass(frozen=True)
class FileClient:
    """Enrollment's own endpoints, each request with a token of the gateway's."""

    browser: Browser

    async def ask(self, who: Principal, path: str, language: str = "zh-CN", **query: Any) -> tuple[int, bytes, Any]:
        """Status, content and headers of `/exports/<path>.xlsx`."""
        url = f"{self.browser.url}/exports/{path}.xlsx"
        headers = authorization(who) | {"Accept-Language": language}
        async with self.browser.http.get(url, params=query, headers=headers) as reply:
            return reply.status, await reply.read(), reply.headers

    async def reveal(self, who: Principal, project: str, asked: Any, language: str = "zh-CN") -> tuple[int, bytes, Any]:
        """Status, content and headers of `POST /exports/projects/<project>/numbers.xlsx`."""
        url = f"{self.browser.url}/exports/projects/{project}/numbers.xlsx"
        headers = authorization(who) | {"Accept-Language": language}
        async with self.browser.http.post(url, json=asked, headers=headers) as reply:
            return reply.status, await reply.read(), reply.headers

    async def upload(self, who: Principal, content: bytes, filename: str) -> tuple[int, Any]:
        """Status and JSON of `POST /rosters`."""
        url = f"{self.browser.url}/rosters"
        query = {"filename": filename}
        async with self.browser.http.post(url, params=query, data=content, headers=authorization(who)) as reply:
            return reply.status, await reply.json()

    async def sheets(self, who: Principal, path: str, language: str = "zh-CN", **query: Any) -> list[Rows]:
        """The cells of a workbook's sheets."""
        status, content, _ = await self.ask(who, path, language, **query)
        assert status == 200, content
        return sheets_of(content)


def sheets_of(content: bytes) -> list[Rows]:
    """The cells of a workbook's sheets."""
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return [book.get_sheet_by_index(place).to_python() for place in range(len(book.sheet_names))]


def authorization(who: Principal) -> dict[str, str]:
    """The header that the gateway sends for a principal."""
    return {"Authorization": f"Bearer {TokenMinter(KEYS).mint(who, 'enrollment')}"}


def column(rows: Rows, heading: str) -> list[Any]:
    """The cells below a heading."""
    return [row[rows[0].index(heading)] for row in rows[1:]]
