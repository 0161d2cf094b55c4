"""What code, tests and documents cite is in the repository: rules, decisions, notes, documents and their sections."""

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import PurePosixPath

import pytest

from tests.contract.reading import FENCE, ROOT, anchors, files, prose, resolved, sections, text_of
from tests.support.selection import selected

ELSEWHERE = {
    "PROTOCOL.md": "of graphql-sse and graphql-ws, always named with its project",
    "file.graphql": "an example of a query's file",
    "query.graphql": "the same",
    "that.graphql": "the same",
    ".fragment.graphql": "how the names of fragments' files end",
    "supergraph.graphql": "also the name of any supergraph's file",
}
"""Names that look like documents of ours and are not."""

_RULE = re.compile(r"(?<![A-Za-z0-9])R(\d{1,2})(?:[–-]R?(\d{1,2}))?(?![A-Za-z0-9])")
_DECISION = re.compile(r"\bADRs? (\d+(?:(?:, | and |, and |–)\d+)*)")
_NOTE = re.compile(r"\b[Nn]otes N(\d+)((?:(?:, | and |, and |–)N\d+)*)")
_UNNUMBERED = re.compile(r"\b[Ff]acts? \d+[a-z]?\b")
_DOCUMENT = re.compile(r"(?<![\w./*>}$@~-])[\w.][\w./-]*\.(?:md|txt|graphql)\b(?![*<{(=])")
_CODE_PATH = re.compile(r"(?<![\w./*>}$@~-])\w[\w./-]*/[\w.-]*\w\.(?:py|json|mjs|toml)\b(?![*<{(=])")
_SECTION = re.compile(r"(?P<file>[\w./-]+\.md)`?, (?P<section>[A-Za-z][^;:.,()`\]]*)(?P<end>.?)")
_MODULE = re.compile(
    r"(?<![\w./-])(?:(?:chassis|kernel|services|deploy|contracts|bench|tests)(?:\.[A-Za-z_]\w*)+"
    r"|gateway(?:\.[A-Za-z_]\w*){2,})"  # `gateway.inbox` is a queue
)
_TEST = re.compile(r"(?<![\w.={*])test_\w+(?![\w{*])")
_ONLY = re.compile(r"\bONLY=(?!WORD\b)([\w/.]*\w)")
_LINK = re.compile(r"(?<!!)\[[^\]\n]*\]\(([^()\s]+)\)")


def numbers(text: str) -> Iterator[int]:
    """`4`, `N4, N7 and N9–N11` as numbers, ranges in full."""
    for part in re.split(r", and |, | and ", text):
        first, *last = (int(number.lstrip("N")) for number in part.split("–"))
        yield from range(first, (last or [first])[0] + 1)


def dangling_documents(file: str, text: str) -> Iterator[str]:
    for pattern in (_DOCUMENT, _CODE_PATH):
        for mention in pattern.findall(text):
            if mention.startswith((".local/", "/", "http")) or {mention, mention.lstrip("./")} & ELSEWHERE.keys():
                continue
            if resolved(mention, file) is None:
                yield f"{file}: {mention}"


def dangling_sections(file: str, text: str) -> Iterator[str]:
    for cited in _SECTION.finditer(text):
        document, section = resolved(cited["file"], file), cited["section"].strip()
        in_brackets = cited["end"] in {")", ";"} and "(" in text[: cited.start()]
        if document is None or section.startswith("ADR ") or not (section[0].isupper() or in_brackets):
            continue
        if not any(section in heading for heading in sections(text_of(document))):
            yield f"{file}: {cited['file']}, {section}"


@cache
def modules() -> dict[str, str]:
    """The name of every module and package to its text; a package without one has none."""
    sources = {file: text_of(file) for file in files() if file.endswith(".py")}
    folders = {"/".join(file.split("/")[:depth]) for file in sources for depth in range(1, file.count("/") + 1)}
    named = {file.removesuffix(".py").removesuffix("/__init__"): source for file, source in sources.items()}
    return {name.replace("/", "."): source for name, source in (dict.fromkeys(folders, "") | named).items()}


def dangling_modules(file: str, text: str) -> Iterator[str]:
    """Names such as `chassis.clock` and `gateway.federation.cost`, with the name in the module where one follows."""
    for mention in _MODULE.findall(text):
        parts = mention.split(".")
        if parts[-1] in {"py", "md", "json", "yaml", "toml", "graphql"}:
            continue
        length = next((depth for depth in range(len(parts), 0, -1) if ".".join(parts[:depth]) in modules()), 0)
        source = modules().get(".".join(parts[:length]), "")
        if parts[length:] and not re.search(rf"\b{parts[length]}\b", source):
            yield f"{file}: {mention}"


@cache
def names_of_tests() -> tuple[str, ...]:
    """The names of all test functions, and of the files that hold them without their suffix."""
    sources = {file: text_of(file) for file in files() if file.startswith("tests/") and file.endswith(".py")}
    functions = (name for source in sources.values() for name in re.findall(r"def (test_\w+)", source))
    return (*functions, *(PurePosixPath(file).stem for file in sources))


def dangling_tests(file: str, text: str) -> Iterator[str]:
    """Names of tests, and the words of `make test ONLY=…`, that select none; `test_r4_…` is the beginning of some."""
    for mention in _TEST.finditer(text):
        name, cut = mention[0], text[mention.end() :].startswith("…")
        if not any(test.startswith(name) if cut else test == name for test in names_of_tests()):
            yield f"{file}: {name}"
    for word in _ONLY.findall(text):
        if not selected(word):
            yield f"{file}: ONLY={word}"


@cache
def defined() -> tuple[frozenset[int], frozenset[int], frozenset[int]]:
    """The numbers of rules, of decisions (ADRs) and of notes."""
    rules = json.loads(text_of("contracts/reference/rules.json"))
    decisions = (PurePosixPath(file).name for file in files() if file.startswith("docs/adr/"))
    return (
        frozenset(int(row["rule"].removeprefix("R")) for row in rules),
        frozenset(int(name[:4]) for name in decisions),
        frozenset(map(int, re.findall(r'<a id="n(\d+)">', text_of("docs/notes.md")))),
    )


def dangling_numbers(file: str, text: str) -> Iterator[str]:
    rules, decisions, notes = defined()
    for first, last in _RULE.findall(text):
        yield from (f"{file}: R{each}" for each in range(int(first), int(last or first) + 1) if each not in rules)
    for cited in _DECISION.findall(text):
        yield from (f"{file}: ADR {each}" for each in numbers(cited) if each not in decisions)
    for first, more in _NOTE.findall(text):
        yield from (f"{file}: notes N{each}" for each in numbers(f"N{first}{more}") if each not in notes)
    yield from (f"{file}: {cited}" for cited in _UNNUMBERED.findall(text))


def test_rules_decisions_and_notes_that_are_cited_exist() -> None:
    assert [cited for file, text in prose(strings=True) for cited in dangling_numbers(file, text)] == []


def test_documents_that_are_cited_are_in_the_repository() -> None:
    assert [cited for file, text in prose() for cited in dangling_documents(file, text)] == []


def test_modules_that_are_cited_are_there() -> None:
    assert [cited for file, text in prose() for cited in dangling_modules(file, text)] == []


def test_tests_that_are_cited_are_there() -> None:
    assert [cited for file, text in prose() for cited in dangling_tests(file, text)] == []


def test_sections_that_are_cited_are_in_their_documents() -> None:
    assert [cited for file, text in prose() for cited in dangling_sections(file, text)] == []


def test_links_between_documents_lead_to_files_and_anchors() -> None:
    pages = [file for file in files() if file.endswith(".md")]
    broken = []
    for page in pages:
        for target in _LINK.findall(FENCE.sub("", text_of(page))):
            if re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            leads_to = ((ROOT / page).parent / path).resolve() if path else ROOT / page
            exists = leads_to.exists() and (not anchor or anchor in anchors(leads_to.read_text(encoding="utf-8")))
            broken += [] if exists else [f"{page}: {target}"]
    assert len(pages) > 20
    assert broken == []


def test_each_note_stands_once_under_its_anchor() -> None:
    anchored = re.findall(r'^<a id="n(\d+)"></a>\*\*N(\d+)\.?', text_of("docs/notes.md"), re.MULTILINE)
    assert anchored
    assert all(anchor == number for anchor, number in anchored)
    assert len({number for _, number in anchored}) == len(anchored)


@pytest.mark.parametrize(
    "text",
    [
        "Deny by default (R4" + "4).",
        "Wider than R40–R4" + "4.",
        "One reader at a time (ADR 9" + "9).",
        "As ADRs 4 and 9" + "9 say.",
        "Pipelined (notes N2" + "00).",
        "A window (notes N1, N2" + "00).",
        "Pipelined (fact" + "s 20).",
    ],
)
def test_a_number_that_nothing_defines_is_found(text: str) -> None:
    assert len(list(dangling_numbers("chassis/clock.py", text))) == 1


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("What style" + ".md asks.", 1),
        ("As `docs/house" + ".md` has it", 1),
        ("Its header (graph" + ".graphql, header)", 1),
        ("Moved to `services/catalog/nothing" + ".py`", 1),
        ("See docs/architecture.md and `architecture.md`, or `services/<name>/domain/x" + ".py`.", 0),
        ("PROTOCOL.md of graphql-sse; .local/endpoints.json; `plans/<feature>.txt`", 0),
    ],
)
def test_a_document_that_is_not_there_is_found(text: str, count: int) -> None:
    assert len(list(dangling_documents("chassis/clock.py", text))) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("Once (architecture.md, Idempoten" + "cy).", 1),
        ("Settings (architecture.md, process" + "es).", 1),
        ("By default (architecture.md, Trust; R41).", 0),
        ("See docs/rosters.md, which says more.", 0),
    ],
)
def test_a_section_that_is_not_there_is_found(text: str, count: int) -> None:
    assert len(list(dangling_sections("chassis/clock.py", text))) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("By `chassis.noth" + "ing` alone", 1),
        ("By `chassis.clock.Sund" + "ial`", 1),
        ("`chassis.clock`, `chassis.clock.Clock`, `python -m contracts export`, the queue `gateway.inbox`", 0),
    ],
)
def test_a_module_that_is_not_there_is_found(text: str, count: int) -> None:
    assert len(list(dangling_modules("chassis/clock.py", text))) == count


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It is proved (`test_noth" + "ing_is_proved`).", 1),
        ("Named for its rule: `test_r9" + "9_…`.", 1),
        ("make test ONLY=test_two_at_on" + "ce_and_nobody", 1),
        ("make test ONLY=tests/unit/cata" + "logue", 1),
        ("`test_selection` and tests/unit/support/test_selection.py; ONLY=R11; ONLY=tests/unit/support.", 0),
        ("`test_r4_…`, `test_{name}` and `tests/unit/**/test_*.py`", 0),
    ],
)
def test_a_test_that_is_not_there_is_found(text: str, count: int) -> None:
    assert len(list(dangling_tests("chassis/clock.py", text))) == count


def test_anchors_are_those_that_the_reader_of_a_page_meets() -> None:
    page = '# One `code` page: R1 · 规则\n```\n# no heading\n```\n<a id="n7"></a>**N7.**\n'
    assert anchors(page) == {"one-code-page-r1--规则", "n7"}
