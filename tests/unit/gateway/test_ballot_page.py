"""R34–R36: the voter's page is small, sends ballots without a login, and makes sheets that can be counted."""

import gzip
import json
import subprocess
from typing import Any

import pytest

from deploy.local import node
from gateway.http.pages import FOLDER
from kernel.reference import questionnaires
from services.assessment.domain.instrument import form_of
from services.assessment.domain.tally import is_valid

PAGE = FOLDER / "ballot"
FILES = {file.name: file.read_text(encoding="utf-8") for file in PAGE.iterdir()}
MOST_BYTES = 19 * 1024
SURVEY = next(form for content in questionnaires()["forms"] if (form := form_of(content)[0]).kind == "SATISFACTION")
SCRIPT = """
const [folder, asked] = process.argv.slice(1);
const page = await import(`${folder}/sheet.mjs`);
const acts = {
  cleaned: page.cleaned,
  lengthOf: page.lengthOf,
  pause: page.pauseOf,
  alone: page.formAlone,
  isEmpty: page.isEmpty,
  sheet(form, faculty, marks, texts) {
    return page.sheetOf(form, faculty, (part, place) => (marks[part] || [])[place] || 0, texts);
  },
};
const [what, ...given] = JSON.parse(asked);
console.log(JSON.stringify(acts[what](...given)));
"""


def ask(what: str, *given: Any) -> Any:
    """What the page's modules answer."""
    command = node.command("node")
    if command is None:
        pytest.skip("there is no Node")
    asked = json.dumps([what, *given])
    done = subprocess.run(  # noqa: S603 - our own script
        [*command, "--input-type=module", "-e", SCRIPT, str(PAGE), asked], capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_r34_the_page_is_small_enough_to_be_read() -> None:
    shared = "".join(file.read_text(encoding="utf-8") for file in sorted((FOLDER / "page").iterdir()))
    everything = ("".join(FILES.values()) + shared).encode()
    assert len(gzip.compress(everything, mtime=0)) <= MOST_BYTES


def test_r34_the_ballot_is_sent_by_one_way_that_has_no_login() -> None:
    assert [name for name, text in FILES.items() if '"/ballots"' in text] == ["gateway.mjs"]
    assert not [name for name, text in FILES.items() if "Authorization" in text]
    assert "NAMELESS" in FILES["gateway.mjs"].partition("export async function send")[2]
    requests = (FOLDER / "page" / "register.mjs").read_text(encoding="utf-8")
    assert 'NAMELESS = { credentials: "omit", referrerPolicy: "no-referrer"' in requests
    assert "document.cookie" not in "".join(FILES.values())


def test_r41_a_text_is_cleaned_to_what_the_register_reads() -> None:
    for typed, said in (
        ("  很好\n\n\t谢谢  ", "很好 谢谢"),
        ("a\u0000b\u200bc\u202ed\ufeff", "abcd"),
        ("e\u0301", "é"),
        ("好\U0001f600\U000e0001", "好"),
        ("\U00020000\U0003134a", "\U00020000\U0003134a"),
        ("\ud83d", ""),
        ("　全角　", "全角"),
    ):
        assert ask("cleaned", typed) == said
        assert is_valid(SURVEY, [], {"v": 1, "form": SURVEY.version, "project": [4] * 10, "texts": [said, ""]})
    assert ask("lengthOf", "\U00020000字") == 2


@pytest.mark.parametrize("content", questionnaires()["forms"], ids=lambda form: form["kind"])
def test_r34_r35_the_sheet_of_a_form_is_valid_and_leaves_out_who_is_not_rated(content: dict[str, Any]) -> None:
    form, digest = form_of(content)
    faculty = [{"key": "f1", "name": "王工"}, {"key": "f2", "name": "李师傅"}]
    marks = {"project": [5] * form.project, "f2": [3, 0, 4, 5]}
    sheet = ask("sheet", content, faculty, marks, [f" 意见{place}\n" for place in range(form.texts)])
    assert is_valid(form, ["f1", "f2"], sheet), sheet
    assert sheet["texts"] == [f"意见{place}" for place in range(form.texts)]
    assert sheet.get("faculty") == ({"f2": [3, 0, 4, 5]} if form.rates_faculty else None)
    assert not ask("isEmpty", sheet)
    empty = ask("sheet", content, faculty, {}, [" "] * form.texts)
    assert is_valid(form, ["f1", "f2"], empty)
    assert ask("isEmpty", empty)
    shown = {**content, **{name: questionnaires()[name] for name in ("anchors", "unanswered", "text_most", "warning")}}
    assert form_of(ask("alone", shown | {"promise": questionnaires()["promise"]}))[1] == digest


def test_r34_a_ballot_waits_only_where_its_token_is_young_and_between_two_and_ten_minutes() -> None:
    assert ask("pause", 0, 600_000, 0.5) == 0
    assert ask("pause", 0, 599_999, 0) == 120
    assert ask("pause", 0, 0, 0.999999) == 600
    assert 120 < ask("pause", 0, 1, 0.5) < 600
