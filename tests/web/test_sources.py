"""What the sources of web/ keep to: words in both languages, contrast, and who imports whom."""

import itertools
import json
import re
from pathlib import Path

import pytest

from deploy.local.web import ROOT, WEB

SOURCES = WEB.sources / "src"
SCRIPTS = sorted(file for file in SOURCES.rglob("*.ts*") if file.name != "documents.ts")
CHINESE = re.compile(r"[㐀-鿿　-〿＀-￯]")
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
IMPORT = re.compile(r"""(?:from|import\()\s*"(\.[^"]+)\"""")
CODES = re.compile(r'(?:UNSURE|PASSING) = new Set\(\[.*?\]\)|code === "[A-Z_]+"')
CODE = re.compile(r'"([A-Z_]{4,})"')
LONGEST = 300
ROLES = {"teacher", "school", "base", "expert", "province", "ministry"}
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


def named(file: Path) -> str:
    return str(file.relative_to(SOURCES))


def keys(text: str) -> list[str]:
    """The names of a table of words, with how deep they stand, in their order."""
    return re.findall(r"^( +)(\w+):", re.sub(r"\{ (.*?) \}", lambda found: _lines(found[1]), text), re.MULTILINE)


def _lines(inner: str) -> str:
    return "{\n" + "\n".join(f"    {part.strip()}" for part in re.split(r", (?=\w+:)", inner)) + "\n}"


WORDED = ["app", "public", "roles", "roles/base", "roles/base/course", "roles/expert", "roles/rating"]


@pytest.mark.parametrize("folder", WORDED)
def test_every_text_is_there_in_chinese_and_in_english(folder: str) -> None:
    zh, en = ((SOURCES / folder / f"{name}.ts").read_text(encoding="utf-8") for name in ("zh", "en"))
    assert len(keys(zh)) > 10
    assert keys(zh) == keys(en)


def test_the_codes_that_scripts_look_for_are_the_graphs() -> None:
    """A code that nobody sends would never be found; `AWAY` is the browser's own, for no answer at all."""
    table = (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8")
    text = "\n".join(file.read_text(encoding="utf-8") for file in SCRIPTS)
    looked_for = {code for found in CODES.findall(text) for code in CODE.findall(found)} - {"AWAY"}
    assert {"OUTCOME_UNKNOWN", "BUSY", "STALE_VERSION", "UNAUTHENTICATED"} <= looked_for
    assert {code for code in looked_for if f"`{code}`" not in table} == set()


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
    """A role's folder imports what all share, and its own files; what all share knows no role."""
    wrong = []
    for file in SCRIPTS:
        place = Path(named(file)).parts
        for target in IMPORT.findall(file.read_text(encoding="utf-8")):
            goal = (file.parent / target).resolve().relative_to(SOURCES).parts
            own = place[:2] == goal[:2] or len(goal) == 2 or goal[1] not in ROLES  # its own folder, or what roles share
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
