"""`python -m contracts export|release|check`: write the contract files, or name those that differ from the code."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import typer

from contracts import (
    access,
    asyncapi,
    client_schema,
    compatibility,
    events_table,
    graph_files,
    openapi,
    refusals_page,
    registry,
    rules_page,
    settings_page,
)

cli = typer.Typer(add_completion=False, help=__doc__)


def files() -> Iterator[tuple[Path, str]]:
    """Every generated contract file and its text."""
    graph = (graph_files, access, client_schema)
    pages = (events_table, rules_page, refusals_page, settings_page)
    modules = (*graph, registry, asyncapi, openapi, *pages)
    return chain.from_iterable(module.files() for module in modules)


def drifted() -> list[Path]:
    """The files whose text differs from what the code generates, and event files that it no longer generates."""
    generated = dict(files())
    stale = [path for path in registry.FOLDER.rglob("*.json") if path not in generated]
    return stale + [path for path, text in generated.items() if not path.exists() or path.read_text("utf-8") != text]


@cli.command()
def export() -> None:
    """Write every contract file, and remove those that are no longer generated."""
    generated, stale = dict(files()), drifted()
    for path in stale:
        path.unlink(missing_ok=True)
    _write(generated)


@cli.command()
def release(number: int) -> None:
    """Record the events' schemas as those of a release, with which later schemas must stay compatible."""
    _write(dict(compatibility.files(number)))


@cli.command()
def check() -> None:
    """Fail where a committed file differs from the code, or an event breaks the last release."""
    stale = drifted()
    for path in stale:
        typer.echo(f"drifted: {path.relative_to(registry.FOLDER.parent.parent)}; run `make schema`", err=True)
    broken = compatibility.broken()
    for change in broken:
        typer.echo(f"breaks the last release: {change}", err=True)
    raise typer.Exit(1 if stale or broken else 0)


def _write(texts: dict[Path, str]) -> None:
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    cli()
