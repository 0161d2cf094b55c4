"""Notices are marked read (R24)."""

from collections.abc import Sequence

from services.enrollment.commands.office import Office, capped
from services.enrollment.domain.delivery import Notice


async def mark_notices_read(office: Office, *, boxes: Sequence[str], keys: Sequence[str]) -> list[Notice]:
    """Mark notices of the caller's boxes read; a second time changes nothing.

    Returns:
        Those of the notices that lie in the boxes.

    Raises:
        Refusal: `TOO_MANY_ROWS`.
    """
    capped(keys)
    return await office.store.mark_read(boxes, keys, office.clock.now())
