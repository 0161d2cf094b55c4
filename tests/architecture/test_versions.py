"""The version in pyproject.toml, the releases in CHANGELOG.md and the tags agree."""

import re
import shutil
import subprocess
import tomllib
from datetime import date
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
RELEASE = re.compile(r"^## \[(\d+\.\d+\.\d+)\] - (\d{4}-\d{2}-\d{2})$", re.MULTILINE)
TAG = re.compile(r"v\d+\.\d+\.\d+")


def version() -> str:
    project: dict[str, str] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return project["version"]


def headings() -> list[str]:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line.startswith("## ")]


def releases() -> list[tuple[str, date]]:
    """The released versions with their days, as the changelog has them."""
    return [(number, date.fromisoformat(day)) for line in headings() for number, day in RELEASE.findall(line)]


def numbers(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


def test_the_changelog_keeps_what_is_not_released_apart_from_dated_releases() -> None:
    assert headings()[0] == "## [Unreleased]"
    assert len(releases()) == len(headings()) - 1 > 0, "`## [x.y.z] - YYYY-MM-DD`"


def test_releases_come_newest_first() -> None:
    assert [number for number, _ in releases()] == sorted((number for number, _ in releases()), key=numbers)[::-1]
    assert [day for _, day in releases()] == sorted((day for _, day in releases()), reverse=True)


def test_the_version_is_the_newest_release() -> None:
    assert releases()[0][0] == version()


def test_every_release_is_tagged_once_it_is_not_the_newest_any_more_and_nothing_else_is() -> None:
    """The newest is tagged when its commit has landed."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    listed = subprocess.run([git, "-C", str(ROOT), "tag"], check=True, capture_output=True, text=True).stdout  # noqa: S603 - ours
    tags = {tag for tag in listed.split() if TAG.fullmatch(tag)}
    if not tags:
        pytest.skip("this clone has no tags")
    newest, *earlier = [f"v{number}" for number, _ in releases()]
    assert {*earlier} <= tags <= {newest, *earlier}
