"""Trusted documents: operations known beforehand by their ids, so that production need take no others."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from gateway.refusals import DOCUMENT_NOT_TRUSTED, PERSISTED_QUERY_NOT_FOUND

_FORMAT = "apollo-persisted-query-manifest"
_PREFIX = "sha256:"


class Trust(StrEnum):
    """What else than trusted documents is taken."""

    PREFER = "prefer"
    REQUIRE = "require"


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """The manifest of what front ends may ask.

    Attributes:
        texts: Id to document.
        trust: `prefer` takes other documents too, `require` takes none.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    trust: Trust = Trust.PREFER
    _known: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_known", frozenset(self.texts.values()))

    def text(self, parameters: Mapping[str, Any]) -> Any:
        """The document that a request's parameters mean: `query`, or by id.

        An id comes as `documentId` (GraphQL over HTTP, appendix on persisted documents) or as Apollo's
        `extensions.persistedQuery.sha256Hash`. Nothing is registered by asking.

        Raises:
            Refusal: `PERSISTED_QUERY_NOT_FOUND` or `DOCUMENT_NOT_TRUSTED`.
        """
        query, key = parameters.get("query"), _id(parameters)
        if key is not None and not query:
            if key not in self.texts:
                raise PERSISTED_QUERY_NOT_FOUND()
            return self.texts[key]
        if self.trust is Trust.REQUIRE and isinstance(query, str) and query not in self._known:
            raise DOCUMENT_NOT_TRUSTED()
        return query


def read_manifest(raw: bytes) -> dict[str, str]:
    """Id to document, of an Apollo persisted query manifest or of a plain JSON object.

    Raises:
        ValueError: It is neither.
    """
    content = orjson.loads(raw)
    if isinstance(content, dict) and content.get("format") == _FORMAT:
        content = {one["id"]: one["body"] for one in content["operations"]}
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
        raise ValueError(f"a manifest has id to document, or the format {_FORMAT}")
    return {key.removeprefix(_PREFIX): text for key, text in content.items()}


def manifest(texts: Iterable[str]) -> dict[str, str]:
    """Documents by the SHA-256 of their text."""
    return {hashlib.sha256(text.encode()).hexdigest(): text for text in texts}


def _id(parameters: Mapping[str, Any]) -> str | None:
    extensions = parameters.get("extensions")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    key = parameters.get("documentId") or (persisted.get("sha256Hash") if isinstance(persisted, dict) else None)
    return key.removeprefix(_PREFIX) if isinstance(key, str) else None
