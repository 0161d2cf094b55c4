"""docs/glossary.md: every word that it gives for the code is in the code."""

import re

from tests.contract.reading import files, text_of


def test_the_glossary_names_only_what_the_code_has() -> None:
    page = text_of("docs/glossary.md").split("## Marks")[0]
    code = (file for file in files() if file.endswith(".py") and not file.startswith("tests/"))
    words = {word for file in code for word in re.findall(r"\w+", text_of(file))}
    rows = [line.rstrip("|").rpartition("|")[2] for line in page.splitlines() if line.startswith("| ")]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    assert len(named) > 80
    assert named - words == set()
