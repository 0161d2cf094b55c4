"""What the build of web/ writes: small, typed, and with a manifest of the documents that its sources have."""

import gzip
import hashlib
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.local import node
from deploy.local.web import FrontEnd
from gateway.protection.trusted_documents import Trust, TrustedDocuments, read_manifest
from gateway.refusals import DOCUMENT_NOT_TRUSTED
from kernel.errors import Refusal

PUBLIC, SHELL, ROLE, STYLE = 25, 30, 45, 12
"""The most that is loaded, compressed, in kB: a public page's scripts, the console's, a role's with it, the style."""
ROLES = ("teacher", "school", "base", "expert", "province", "ministry")
_STATIC = re.compile(r"""(?:from|import)\s*"\./([\w.-]+\.js)\"""")


def script_of(page: str, built: FrontEnd) -> Path:
    found = re.search(r'src="/(assets/[\w.-]+)"', (built.folder / f"{page}.html").read_text(encoding="utf-8"))
    assert found
    return built.folder / found[1]


def loaded(script: Path) -> set[Path]:
    """A script and all that it loads at once."""
    seen: set[Path] = set()
    waiting = [script]
    while waiting:
        file = waiting.pop()
        if file not in seen:
            seen.add(file)
            waiting += [file.parent / name for name in _STATIC.findall(file.read_text(encoding="utf-8"))]
    return seen


def assets(built: FrontEnd, name: str) -> list[Path]:
    return list((built.folder / "assets").glob(f"{name}-*.js"))


def kilobytes(files: set[Path]) -> float:
    return sum(len(gzip.compress(file.read_bytes())) for file in files) / 1_000


def run(command: list[str], folder: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)  # noqa: S603 - our own


def test_pages_are_small(built: FrontEnd) -> None:
    """In Chinese; English loads its words besides."""
    console = loaded(script_of("console", built))
    assert len(console) > 1, "the console's script has parts"
    public = loaded(script_of("public", built))
    later = [file for name in ("help", "keys", "certificate", "inspection") for file in assets(built, name)]
    assert len(later) == 4
    assert max(kilobytes(public | loaded(page)) for page in later) <= PUBLIC
    assert kilobytes(console) <= SHELL
    for role in ROLES:
        (chunk,) = assets(built, role)
        assert kilobytes(console | loaded(chunk)) <= ROLE, role
    (style,) = (built.folder / "assets").glob("style-*.css")
    assert kilobytes({style}) <= STYLE


def test_a_public_page_loads_nothing_of_a_workspace(built: FrontEnd) -> None:
    script = "".join(file.read_text(encoding="utf-8") for file in loaded(script_of("public", built)))
    assert "/projects/" in script
    assert "/auth/login" not in script


def test_the_manifest_has_the_documents_of_the_sources_and_no_other(built: FrontEnd) -> None:
    texts = read_manifest((built.folder / "trusted-documents.json").read_bytes())
    assert all(key == hashlib.sha256(text.encode()).hexdigest() for key, text in texts.items())
    name = re.compile(r"^(?:query|mutation|subscription) (\w+)", re.MULTILINE)
    written = sorted(name.findall("\n".join(file.read_text() for file in built.sources.glob("src/**/*.graphql"))))
    assert sorted(name.findall("\n".join(texts.values()))) == written
    scripts = "".join(file.read_text(encoding="utf-8") for file in (built.folder / "assets").glob("*.js"))
    assert {key for key in texts if key in scripts} == set(texts), "a document that no page asks"
    assert not [text for text in texts.values() if text in scripts]


def test_a_gateway_that_takes_no_free_text_takes_these(built: FrontEnd) -> None:
    texts = read_manifest((built.folder / "trusted-documents.json").read_bytes())
    documents = TrustedDocuments(texts, Trust.REQUIRE)
    assert {documents.text({"documentId": key}) for key in texts} == set(texts.values())
    with pytest.raises(Refusal) as refused:
        documents.text({"query": "{ __typename }"})
    assert refused.value.code == DOCUMENT_NOT_TRUSTED.code


def test_the_schema_that_it_was_built_for_is_in_the_scripts(built: FrontEnd) -> None:
    digest = hashlib.sha256(built.given[0].read_bytes()).hexdigest()[:12]
    for page in ("public", "console"):
        assert any(f'"{digest}"' in file.read_text(encoding="utf-8") for file in loaded(script_of(page, built)))


def test_nothing_is_loaded_from_elsewhere_and_no_registry_is_named(built: FrontEnd) -> None:
    lock = (built.sources / "package-lock.json").read_text(encoding="utf-8")
    assert "resolved" not in lock
    for file in built.folder.rglob("*"):
        if file.suffix in {".js", ".css", ".html"}:
            hosts = set(re.findall(r"https?://([\w.-]+)", file.read_text(encoding="utf-8")))
            assert hosts <= {"www.w3.org"}, f"{file.name}: {hosts}"


def test_types_fit_the_schema(built: FrontEnd) -> None:
    """The compiler knows the answer of every document: what a page reads is what it asks."""
    command = node.command("node")
    assert command
    compiler = built.work / "node_modules" / "typescript" / "bin" / "tsc"
    done = run([*command, str(compiler), "--noEmit"], built.work)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("place", "document", "why"),
    [
        (
            "roles/base/wrong.graphql",
            "query Wrong { escalations(year: 2024) { totalCount } }",
            "Query.escalations is not for base",
        ),
        (
            "public/wrong.graphql",
            "query Wrong { rounds { phases { extensions { reason } } } }",
            "Phase.extensions is not for public",
        ),
        (
            "public/wrong.graphql",
            "query Wrong { projects { nodes { ...PlanContent } } }",
            "Project.justifications is not for public",
        ),
        (
            "roles/schools/wrong.graphql",
            "# For: ministry, province\nquery Wrong { myProvince { code } }",
            "Query.myProvince is not for ministry",
        ),
        ("public/wrong.graphql", "query Wrong { rounds { ...Nothing } }", 'Unknown fragment "Nothing"'),
        ("public/wrong.graphql", "query Wrong { rounds { nonsense } }", 'Cannot query field "nonsense"'),
        ("public/wrong.graphql", "{ rounds { year } }", "a file holds one named operation"),
        ("public/wrong.graphql", "query KeyLists { keyLists { day } }", "KeyLists: in "),
    ],
)
def test_a_document_that_its_reader_may_not_ask_fails_the_build(
    built: FrontEnd, tmp_path: Path, place: str, document: str, why: str
) -> None:
    copy = tmp_path / "web"
    ignored = shutil.ignore_patterns("node_modules", "out", "documents.ts")
    shutil.copytree(built.work, copy, ignore=ignored)
    (copy / "node_modules").symlink_to(built.work / "node_modules")
    (copy / "src" / place).write_text(document)
    command = node.command("node")
    assert command
    script = [*command, "scripts/documents.mjs", str(built.given[0])]
    done = run(script, copy)
    assert done.returncode
    assert why in done.stderr
