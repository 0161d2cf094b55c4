"""Trusted documents: operations registered beforehand under ids, so that production can refuse all others."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import orjson

from gateway.refusals import DOCUMENT_NOT_TRUSTED, PERSISTED_QUERY_NOT_FOUND
from kernel.refusals import BAD_REQUEST

_FORMAT = "apollo-persisted-query-manifest"
_PREFIX = "sha256:"


class Trust(StrEnum):
    """Whether documents outside the manifest are accepted."""

    PREFER = "prefer"
    REQUIRE = "require"


@dataclass(frozen=True, slots=True)
class TrustedDocuments:
    """The documents that front ends may ask for by id.

    Attributes:
        texts: Id to document.
        trust: `prefer` accepts other documents too, `require` refuses them.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    trust: Trust = Trust.PREFER
    _all_texts: frozenset[str] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_all_texts", frozenset(self.texts.values()))

    def __contains__(self, text: object) -> bool:
        """Whether a text is one of the documents."""
        return text in self._all_texts

    def text(self, parameters: Mapping[str, Any]) -> Any:
        """The document of a request: its `query`, or the one of its id.

        An id comes as `documentId` (GraphQL over HTTP, appendix on persisted documents) or as Apollo's
        `extensions.persistedQuery.sha256Hash`. No request registers a document.

        Raises:
            Refusal: `PERSISTED_QUERY_NOT_FOUND` or `DOCUMENT_NOT_TRUSTED`; `BAD_REQUEST` where the document beside a
                hash has another one.
        """
        query, key = parameters.get("query"), _id(parameters)
        if (
            query
            and isinstance(query, str)
            and (hash_ := _hash(parameters)) is not None
            and hash_.lower() != digest(query)
        ):
            words = ("sha256Hash 与 query 不符", "sha256Hash is not the hash of query")
            raise BAD_REQUEST(detail=words, field="extensions.persistedQuery.sha256Hash")
        if key is not None and not query:
            if key not in self.texts:
                raise PERSISTED_QUERY_NOT_FOUND()
            return self.texts[key]
        if self.trust is Trust.REQUIRE and isinstance(query, str) and query not in self:
            raise DOCUMENT_NOT_TRUSTED()
        return query


def read_manifest(raw: bytes) -> dict[str, str]:
    """Read an Apollo persisted query manifest, or a JSON object of id to document.

    Returns:
        Id to document; an id's prefix `sha256:` is removed.

    Raises:
        ValueError: It is neither.
    """
    content = orjson.loads(raw)
    if isinstance(content, dict) and content.get("format") == _FORMAT:
        content = {operation["id"]: operation["body"] for operation in content["operations"]}
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in content.values()):
        raise ValueError(f"a manifest has id to document, or the format {_FORMAT}")
    return {key.removeprefix(_PREFIX): text for key, text in content.items()}


def read_manifests(raws: Iterable[bytes]) -> dict[str, str]:
    """Read several manifests, such as those of this release's front ends and of the one before.

    Raises:
        ValueError: One is no manifest, or two have different documents under one id.
    """
    documents: dict[str, str] = {}
    for raw in raws:
        for key, text in read_manifest(raw).items():
            if documents.setdefault(key, text) != text:
                raise ValueError(f"two manifests have different documents under the id {key}")
    return documents


def manifest(texts: Iterable[str]) -> dict[str, str]:
    """A manifest of documents: the SHA-256 of each text, in hex, to the text."""
    return {digest(text): text for text in texts}


def digest(text: str) -> str:
    """The SHA-256 of a document, in hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _id(parameters: Mapping[str, Any]) -> str | None:
    key = parameters.get("documentId")
    return key.removeprefix(_PREFIX) if key and isinstance(key, str) else _hash(parameters)


def _hash(parameters: Mapping[str, Any]) -> str | None:
    """Apollo's hash of a document."""
    extensions = parameters.get("extensions")
    persisted = extensions.get("persistedQuery") if isinstance(extensions, dict) else None
    key = persisted.get("sha256Hash") if isinstance(persisted, dict) else None
    return key.removeprefix(_PREFIX) if isinstance(key, str) else None
