"""A lane that runs nothing and keeps the rows that commands give it."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chassis.commands.bulk import Row, RowResult
from services.enrollment.commands import Deps


class Recorder:
    """Stands where a command finds the lane; a command that waits for a single row is cancelled."""

    def __init__(self) -> None:
        self.rows: list[Row[Any]] = []

    async def submit(self, row: Row[Any]) -> Any:
        """Keep the row.

        Raises:
            CancelledError: Always: there is no result.
        """
        self.rows.append(row)
        raise asyncio.CancelledError

    async def submit_all(self, rows: Sequence[Row[Any]]) -> list[RowResult[Any]]:
        """Keep the rows."""
        self.rows += rows
        return []

    def of(self, deps: Deps) -> Deps:
        """The dependencies with this lane."""
        recording = replace(deps)
        object.__setattr__(recording, "lane", self)
        return recording
