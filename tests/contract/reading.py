"""What people read of the repository: its documents, and the comments and docstrings of everything else."""

import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path, PurePosixPath

ROOT = Path(__file__).resolve().parents[2]
SKIPPED_FOLDERS = {
    ".git",
    ".venv",
    ".local",
    "node_modules",
    "__pycache__",
    ".mypy_cache",
    ".ruff_cache",
    ".import_linter_cache",
}
GENERATED = (
    "contracts/events/",
    "contracts/released/",
    "contracts/graph/",
    "contracts/http/",
    "contracts/asyncapi.yaml",
)
"""Their texts are docstrings of the code, which is checked; what has been released is never edited."""
COMMENTED = {".yaml", ".yml", ".toml", ".sh", "Makefile", "Dockerfile", ".importlinter"}
"""Suffixes, and names without one, of files whose comments begin with `#`."""

_HEADING = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)
_ANCHOR = re.compile(r'<a id="([^"]+)">')
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


@cache
def files() -> tuple[str, ...]:
    """Every file of the repository, as a path from its root."""

    def walk(folder: Path) -> Iterator[str]:
        for path in sorted(folder.iterdir()):
            if path.is_dir():
                if path.name not in SKIPPED_FOLDERS:
                    yield from walk(path)
            elif not path.is_symlink():
                yield path.relative_to(ROOT).as_posix()

    return tuple(walk(ROOT))


def text_of(file: str) -> str:
    return (ROOT / file).read_text(encoding="utf-8")


@cache
def in_python(file: str) -> tuple[tuple[str, bool], ...]:
    """The comments and strings of a module; True with those that only a person reads: comments and docstrings."""
    texts, begins = [], True
    for token in tokenize.generate_tokens(io.StringIO(text_of(file)).readline):
        if token.type == tokenize.COMMENT:
            texts.append((token.string.lstrip("# "), True))
        elif token.type == tokenize.STRING:
            texts.append((token.string, begins))
        if token.type not in {tokenize.COMMENT, tokenize.NL}:
            begins = token.type in {tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    return tuple(texts)


@cache
def prose(*, strings: bool = False) -> tuple[tuple[str, str], ...]:
    """(file, text) of all that a person reads: documents, comments and docstrings, blanks folded."""
    return tuple((file, " ".join(part.split())) for file, part in _prose(strings=strings))


def _prose(*, strings: bool) -> Iterator[tuple[str, str]]:
    for file in files():
        suffix = PurePosixPath(file).suffix or PurePosixPath(file).name
        if file.startswith(GENERATED):
            continue
        if suffix == ".py":
            parts = [part for part, for_people in in_python(file) if for_people or strings]
        elif suffix == ".md":
            parts = [text_of(file)]
        elif suffix in COMMENTED:
            parts = [line.partition("#")[2].lstrip("# ") for line in text_of(file).splitlines() if "#" in line]
        else:
            continue
        yield from ((file, part) for part in parts)


def anchors(markdown: str) -> set[str]:
    """The anchors of a page as GitHub makes them, and those written out."""
    slugs = set(_ANCHOR.findall(markdown))
    for heading in _HEADING.findall(FENCE.sub("", markdown)):
        plain = re.sub(r"<[^>]*>|`|\*|\[|\]\([^)]*\)", "", heading).strip().lower()
        slugs.add(re.sub(r"[^\w\- ]", "", plain).replace(" ", "-"))
    return slugs


def sections(markdown: str) -> list[str]:
    return _HEADING.findall(FENCE.sub("", markdown))


@cache
def ends() -> dict[str, str]:
    """Every end of a path to the shortest path that ends so."""
    by_suffix: dict[str, str] = {}
    for file in sorted(files(), key=len):
        parts = file.split("/")
        for start in range(len(parts)):
            by_suffix.setdefault("/".join(parts[start:]), file)
    return by_suffix


def resolved(mention: str, citing: str) -> str | None:
    """The file that a mention names: beside the citing file, or by its path or the end of it."""
    mention = mention.removeprefix("./")
    beside = (ROOT / citing).parent / mention
    if beside.is_file() and beside.resolve().is_relative_to(ROOT):
        return beside.resolve().relative_to(ROOT).as_posix()
    return ends().get(mention)
