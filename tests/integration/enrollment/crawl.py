"""Every query of the schema, asked for every field below it."""

import json
from typing import Any

from graphql import (
    GraphQLField,
    GraphQLObjectType,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from chassis.principal import Principal
from services.enrollment.graph.schema import schema
from tests.integration.enrollment.season import Season
from tests.support.graph import Refused

_MACHINERY = {"_service", "_entities"}
_DEEPEST = 6


class Crawl:
    """Asks all there is to ask, and keeps what it asked for.

    Args:
        known: Values for arguments, by `<root field>.<argument>` or by the argument's name.

    Attributes:
        asked: The fields below the roots, as `Type.field`.
    """

    def __init__(self, known: dict[str, Any]) -> None:
        self.asked: set[str] = set()
        self._known = known
        self._root = ""

    async def ask(self, season: Season, who: Principal) -> str:
        """What a principal is told by all queries together; one that is not for the principal tells nothing."""
        query = build_schema(schema.as_str(), assume_valid=True).query_type
        assert query
        told = ""
        for name, field in query.fields.items():
            if name in _MACHINERY:
                continue
            self._root = name
            text = f"query {{ {self._selected(name, field, ())} }}"
            try:
                told += json.dumps(await season.ask(who, text), ensure_ascii=False, default=str)
            except Refused as refused:
                if refused.code != "FORBIDDEN":
                    raise
        return told

    def _selected(self, name: str, field: GraphQLField, above: tuple[str, ...]) -> str:
        given = [f"{key}: {self._value(key)}" for key, one in field.args.items() if is_required_argument(one)]
        head = f"{name}({', '.join(given)})" if given else name
        below = get_named_type(field.type)
        if is_leaf_type(below):
            return head
        assert isinstance(below, GraphQLObjectType)
        inner = ["__typename"]
        for key, one in below.fields.items():
            kind = get_named_type(one.type)
            if is_leaf_type(kind) or (kind.name not in above and len(above) < _DEEPEST):
                inner.append(self._selected(key, one, (*above, below.name)))
                self.asked.add(f"{below.name}.{key}")
        return f"{head} {{ {' '.join(inner)} }}"

    def _value(self, key: str) -> str:
        place = f"{self._root}.{key}"
        return json.dumps(self._known[place] if place in self._known else self._known[key])
