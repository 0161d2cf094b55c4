"""What the sources of web/ keep to: words in both languages, contrast, and who imports whom."""

import itertools
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from contracts.access import SCOPES, rows
from deploy.local.web import ROOT, WEB

SOURCES = WEB.sources / "src"
SCRIPTS = sorted(file for file in SOURCES.rglob("*.ts*") if file.name != "documents.ts")
CHINESE = re.compile(r"[㐀-鿿　-〿＀-￯]")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
IMPORT = re.compile(r"""(?:from|import\()\s*"(\.[^"]+)\"""")
CODES = re.compile(r'(?:UNSURE|PASSING) = new Set\(\[.*?\]\)|code === "[A-Z_]+"')
CODE = re.compile(r'"([A-Z_]{4,})"')
LONGEST = 300
ROLES = {scope.value for scope in SCOPES}
ASKS = re.compile(r"^(?:# For: ([\w, ]+)\n)?mutation \w+[^{]*\{\s*(?:\w+: )?(\w+)", re.DOTALL)
TEXT, CONTROL = 4.5, 3.0
PAIRS = [
    *itertools.product(("ink", "dim", "brand", "ok", "warn", "bad"), ("paper", "ground")),
    ("brand", "brand-soft"),
    ("ok", "ok-soft"),
    ("warn", "warn-soft"),
    ("bad", "bad-soft"),
    ("on-brand", "brand"),
    ("on-brand", "brand-deep"),
    ("on-brand", "bad"),
]
"""Text and what it stands on."""


ELSEWHERE = {
    "decideProject": "decideProjects does the same, for one plan too",
    "checkIn": "the check-in page of the gateway",
    "issueBallotToken": "the ballot page of the gateway",
}
"""Commands that no page here gives, and why."""


def named(file: Path) -> str:
    return str(file.relative_to(SOURCES))


def keys(text: str) -> list[str]:
    """The names of a table of words, with how deep they stand, in their order."""
    return re.findall(r"^( +)(\w+):", re.sub(r"\{ (.*?) \}", lambda found: _lines(found[1]), text), re.MULTILINE)


def _lines(inner: str) -> str:
    return "{\n" + "\n".join(f"    {part.strip()}" for part in re.split(r", (?=\w+:)", inner)) + "\n}"


@pytest.mark.parametrize("folder", sorted(named(file.parent) for file in SOURCES.rglob("zh.ts")))
def test_every_text_is_there_in_chinese_and_in_english(folder: str) -> None:
    zh, en = ((SOURCES / folder / f"{name}.ts").read_text(encoding="utf-8") for name in ("zh", "en"))
    assert keys(zh)
    assert keys(zh) == keys(en)


def test_the_codes_that_scripts_look_for_are_the_graphs() -> None:
    """A code that nobody sends would never be found; `AWAY` is the browser's own, for no answer at all."""
    table = (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8")
    text = "\n".join(file.read_text(encoding="utf-8") for file in SCRIPTS)
    looked_for = {code for found in CODES.findall(text) for code in CODE.findall(found)} - {"AWAY"}
    assert {"OUTCOME_UNKNOWN", "BUSY", "STALE_VERSION", "UNAUTHENTICATED"} <= looked_for
    assert {code for code in looked_for if f"`{code}`" not in table} == set()


def test_r40_every_act_of_the_audit_log_has_a_name() -> None:
    """By producer and event; the compiler holds English to the same names."""
    text = (SOURCES / "roles" / "ministry" / "audit" / "zh.ts").read_text(encoding="utf-8")
    tables = dict(re.findall(r"^    (\w+): \{\n(.*?)^    \}", text, re.MULTILINE | re.DOTALL))
    named_acts = {f"{service}.{act}" for service, table in tables.items() for act in re.findall(r'"([\w-]+)":', table)}
    events = (ROOT / "contracts" / "events").rglob("*.schema.json")
    assert named_acts == {f"{file.parent.name}.{file.name.partition('.')[0]}" for file in events}


def test_r10_a_plan_is_of_one_of_the_major_categories_on_file() -> None:
    listed = {
        name: re.findall(
            r'major: "(.*)"\.split\("(.*)"\)', (SOURCES / "roles" / "base" / f"{name}.ts").read_text("utf-8")
        )
        for name in ("zh", "en")
    }
    names = {name: text.split(separator) for name, ((text, separator),) in listed.items()}
    on_file = json.loads((ROOT / "contracts" / "reference" / "major-categories.json").read_text(encoding="utf-8"))
    assert names["zh"] == [each["name"] for each in on_file]
    assert len(names["en"]) == len(on_file)


def test_chinese_is_in_the_tables_of_words_alone() -> None:
    found = {
        named(file): line.strip()
        for file in SCRIPTS
        if file.name != "zh.ts"
        for line in COMMENT.sub("", file.read_text(encoding="utf-8")).splitlines()
        if CHINESE.search(line)
    }
    assert found == {}


def test_no_script_is_longer_than_a_reader_follows() -> None:
    lengths = {named(file): len(file.read_text(encoding="utf-8").splitlines()) for file in SCRIPTS}
    long = {Path(name).name for name, length in lengths.items() if length > LONGEST}
    assert long <= {"zh.ts", "en.ts"}


def test_a_roles_pages_know_no_other_roles() -> None:
    """A role's folder imports what all share, and its own files; what all or several share knows no role."""
    wrong = []
    for file in SCRIPTS:
        place = Path(named(file)).parts
        for target in IMPORT.findall(file.read_text(encoding="utf-8")):
            goal = (file.parent / target).resolve().relative_to(SOURCES).parts
            own = place[:2] == goal[:2] or len(goal) == 2 or goal[1] not in ROLES  # of the same folder, or shared
            allowed = {
                "app": goal[0] in {"app", "graph"},
                "graph": goal[0] in {"app", "graph"},
                "parts": goal[0] in {"app", "graph", "parts"},
                "public": goal[0] != "roles",
                "roles": goal[0] != "public" and (goal[0] != "roles" or own or place[1] == "workspace.tsx"),
            }
            if not allowed[place[0]]:
                wrong.append(f"{'/'.join(place)} imports {'/'.join(goal)}")
    assert wrong == []


def _givers(file: Path) -> Iterator[tuple[str, str]]:
    """Which role gives which command by a file, as the build knows it: by folder, or by the file's first line."""
    if asked := ASKS.match(file.read_text(encoding="utf-8")):
        folder = file.relative_to(SOURCES).parts[1]
        roles = {folder} if folder in ROLES else set(asked[1].split(", ")) if asked[1] else ROLES
        yield from ((role, asked[2]) for role in roles)


def test_whatever_a_role_may_do_it_can_do_by_a_page() -> None:
    """Each mutation of the graph, for each role that may use it."""
    given = {pair for file in SOURCES.rglob("*.graphql") for pair in _givers(file)}
    allowed = {(role, row.field) for row in rows() if row.type == "Mutation" for role in row.scopes or ROLES}
    assert given <= allowed
    assert {(role, field) for role, field in allowed - given if field not in ELSEWHERE} == set()
    assert not set(ELSEWHERE) & {field for _, field in given}


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """The contrast of two colours, as WCAG 2.2 defines it."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def test_colours_are_apart_enough_to_be_read() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    tokens = dict(re.findall(r"--([\w-]+): (#\w{6});", (SOURCES / "style" / "tokens.css").read_text(encoding="utf-8")))
    close = {pair: round(ratio, 2) for pair in PAIRS if (ratio := contrast(*(tokens[name] for name in pair))) < TEXT}
    assert close == {}
    edges = {
        name: round(ratio, 2)
        for name in ("paper", "ground")
        if (ratio := contrast(tokens["edge"], tokens[name])) < CONTROL
    }
    assert edges == {}


def test_colours_are_named_in_one_place() -> None:
    """Only tokens.css has colours, but for pale grounds that carry no text and the focus on the dark bar."""
    allowed = {"#e3e7ec", "#f9fbfd", "#dfe5ec", "#ffd08a"}
    styles = [file for file in (SOURCES / "style").glob("*.css") if file.name != "tokens.css"]
    found = {
        colour for file in styles for colour in re.findall(r"#[0-9a-fA-F]{3,8}\b", file.read_text(encoding="utf-8"))
    }
    assert found <= allowed
