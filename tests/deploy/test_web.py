"""Front ends are built from npm packages once per change, and what fails leaves the files of before."""

import dataclasses
import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from deploy.local import node, web
from deploy.local.web import FrontEnd

BUILD = """
import { readFileSync, mkdirSync, writeFileSync } from "node:fs";
const [, , out, given] = process.argv;
mkdirSync(out, { recursive: true });
writeFileSync(`${out}/public.html`, readFileSync("page.txt", "utf8") + readFileSync(given, "utf8"));
"""


@pytest.fixture
def front_end(tmp_path: Path) -> FrontEnd:
    """A package without dependencies, so that no registry is asked."""
    if node.command("npm") is None:
        pytest.skip("there is no Node")
    sources = tmp_path / "sources"
    (sources / "node_modules").mkdir(parents=True)
    named = {"name": "tried", "version": "1.0.0"}
    (sources / "package.json").write_text(json.dumps(named | {"private": True, "type": "module"}))
    lock = named | {"lockfileVersion": 3, "requires": True, "packages": {"": named}}
    (sources / "package-lock.json").write_text(json.dumps(lock))
    (sources / "build.mjs").write_text(BUILD)
    (sources / "page.txt").write_text("page of ")
    (tmp_path / "api.graphql").write_text("one schema")
    return FrontEnd("试 a try", sources, tmp_path / "built" / "web", (tmp_path / "api.graphql",))


def shown(front_end: FrontEnd) -> str:
    return (front_end.folder / "public.html").read_text()


def test_it_is_built_once_and_again_when_a_source_or_the_schema_has_changed(front_end: FrontEnd) -> None:
    assert not front_end.is_built()
    assert web.build(front_end)
    assert (shown(front_end), front_end.is_built()) == ("page of one schema", True)
    assert not web.build(front_end)
    front_end.given[0].write_text("another schema")
    assert not front_end.is_built()
    assert web.build(front_end)
    assert shown(front_end) == "page of another schema"
    (front_end.sources / "page.txt").write_text("a new page of ")
    assert web.build(front_end)
    assert shown(front_end) == "a new page of another schema"
    (front_end.sources / "node_modules" / "other.txt").write_text("a developer's own packages")
    assert not web.build(front_end)


def test_of_several_who_build_at_once_one_does_and_the_others_wait_for_it(front_end: FrontEnd) -> None:
    """As two workers of the tests, or `make run` beside `make test`; without waiting they undo each other's files."""
    with ThreadPoolExecutor(4) as pool:
        built = list(pool.map(web.build, [front_end] * 4))
    assert sorted(built) == [False, False, False, True]
    assert shown(front_end) == "page of one schema"


def test_a_build_that_fails_says_why_and_leaves_the_files_of_before(front_end: FrontEnd) -> None:
    web.build(front_end)
    (front_end.sources / "build.mjs").write_text("throw new Error('no such field: nonsense')")
    with pytest.raises(web.BuildFailed, match="no such field: nonsense"):
        web.build(front_end)
    assert shown(front_end) == "page of one schema"
    assert not front_end.is_built()


def test_where_there_is_no_node_it_says_what_is_missing(front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(node, "command", lambda _: None)
    with pytest.raises(web.BuildFailed, match=r"Node\.js"):
        web.build(front_end)
    assert not front_end.folder.exists()
    assert not front_end.work.exists()


def test_a_package_is_fetched_again_only_with_another_lock(
    front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch
) -> None:
    web.build(front_end)
    asked: list[str] = []
    command = node.command

    def counted(tool: str) -> list[str] | None:
        asked.append(tool)
        return command(tool)

    monkeypatch.setattr(node, "command", counted)
    (front_end.sources / "page.txt").write_text("another page of ")
    web.build(front_end)
    assert "npm" not in asked
    lock = json.loads((front_end.sources / "package-lock.json").read_text())
    (front_end.sources / "package-lock.json").write_text(json.dumps(lock, indent=2))
    web.build(front_end)
    assert "npm" in asked


def test_a_change_while_watching_is_built_and_a_mistake_does_not_end_the_watch(
    front_end: FrontEnd, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    edits = iter(["a first page of ", None, "a last page of "])

    def edit(_: float) -> None:
        """Stand in for the time between two looks: somebody edits meanwhile."""
        text = next(edits, "")
        if text == "":
            raise KeyboardInterrupt
        script = BUILD if text else "throw new Error('a slip')"
        (front_end.sources / "build.mjs").write_text(script)
        (front_end.sources / "page.txt").write_text(text or "")

    monkeypatch.setattr("time.sleep", edit)
    monkeypatch.setattr(web, "WEB", front_end)
    assert web.main(["watch"]) == 0
    said = capsys.readouterr()
    assert said.out.count("已构建 Built: 试 a try") == 3
    assert "a slip" in said.err
    assert shown(front_end) == "a last page of one schema"


def test_every_front_end_has_a_lock_without_addresses() -> None:
    for front_end in web.FRONT_ENDS.values():
        if front_end.sources.exists():
            assert "resolved" not in (front_end.sources / "package-lock.json").read_text()
    assert dataclasses.replace(web.WEB, folder=Path("x/y")).work == Path("x/y.build")
