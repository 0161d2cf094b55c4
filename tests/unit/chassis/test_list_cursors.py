"""Cursors of connections: each list has its own, and what is none of its own is one coded refusal."""

from collections.abc import Sequence
from typing import Any

import pytest
import strawberry

from chassis.graph import SubgraphSchema
from chassis.graph.connection import Connection, connect, page_request
from chassis.graph.list_cursors import list_cursor
from chassis.storage.cursor import cursor_of, position_of
from kernel.encoding import to_base64url
from kernel.errors import Refusal

ROWS = list(range(5))


async def rows(after: Sequence[Any] | None, most: int) -> list[int]:
    return [row for row in ROWS if after is None or row > after[0]][:most]


async def page(first: int, after: str | None) -> Connection[int]:
    request = page_request(first, after)
    found = await connect(rows(request.after, first + 1), request, lambda row: [row])

    async def counted() -> int:
        return len(ROWS)

    return Connection[int].of(found, int, counted)


@strawberry.type
class Query:
    """Two lists of the same rows."""

    @strawberry.field
    async def left(self, first: int = 2, after: str | None = None) -> Connection[int]:
        """One list."""
        return await page(first, after)

    @strawberry.field
    async def right(self, first: int = 2, after: str | None = None) -> Connection[int] | None:
        """Another one."""
        return await page(first, after)


SCHEMA = SubgraphSchema(query=Query)


async def ask(field: str, after: str | None = None) -> tuple[list[int], str | None]:
    query = (
        f"query($after: String) {{ {field}(after: $after) {{ nodes edges {{ cursor }} pageInfo {{ endCursor }} }} }}"
    )
    result = await SCHEMA.execute(query, variable_values={"after": after})
    if result.errors:
        cause = result.errors[0].original_error
        assert isinstance(cause, Refusal), cause
        raise cause
    assert result.data
    found = result.data[field]
    assert found["pageInfo"]["endCursor"] == (found["edges"][-1]["cursor"] if found["edges"] else None)
    return found["nodes"], found["pageInfo"]["endCursor"]


async def test_a_list_is_read_by_its_own_cursors() -> None:
    first, cursor = await ask("left")
    second, cursor = await ask("left", cursor)
    third, _ = await ask("left", cursor)
    assert [first, second, third] == [[0, 1], [2, 3], [4]]


async def test_every_other_cursor_is_one_refusal() -> None:
    _, theirs = await ask("left")
    assert theirs
    for cursor in ("", ".", "x", theirs, cursor_of(1), list_cursor("Query.right", ""), list_cursor("Query.right", "!")):
        with pytest.raises(Refusal) as refused:
            await ask("right", cursor)
        assert refused.value.code == "BAD_CURSOR"


@pytest.mark.parametrize(
    "content",
    [
        "[" * 100_000 + "]" * 100_000,
        "[9223372036854775808]",
        "[-9223372036854775809]",
        "[" + "9" * 5_000 + "]",
        '["\\ud800"]',
        "[NaN]",
        "[1e999]",
        '[{"$ne":null}]',
        "{}",
    ],
    ids=lambda content: content[:20],
)
def test_what_no_database_could_compare_with_is_no_cursor(content: str) -> None:
    with pytest.raises(Refusal) as refused:
        position_of(to_base64url(content.encode()))
    assert (refused.value.code, refused.value.details) == ("BAD_CURSOR", {"field": "after"})


def test_a_cursor_holds_what_it_was_made_of() -> None:
    position = [None, "𠮷", -(2**63), 2**63 - 1, 1.5, True]
    assert position_of(cursor_of(*position)) == position


async def test_no_cursor_is_the_beginning() -> None:
    assert (await ask("right"))[0] == [0, 1]
