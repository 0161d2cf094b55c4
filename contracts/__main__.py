"""`python -m contracts export|check`: write the contract files, or say which have drifted."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import typer

from contracts import access, asyncapi, compatibility, events_table, graph_files, refusals_page, registry, rules_page

cli = typer.Typer(add_completion=False, help=__doc__)


def files() -> Iterator[tuple[Path, str]]:
    """Every generated contract file and its text."""
    parts = (graph_files, access, registry, asyncapi, events_table, rules_page, refusals_page)
    return chain.from_iterable(part.files() for part in parts)


def drifted() -> list[Path]:
    """The files that are not what the code says, and those that no code says."""
    wanted = dict(files())
    stale = [path for path in registry.FOLDER.rglob("*.json") if path not in wanted]
    return stale + [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]


@cli.command()
def export() -> None:
    """Write every contract file, and remove what no code says any more."""
    wanted, stale = dict(files()), drifted()
    for path in stale:
        path.unlink(missing_ok=True)
    _write(wanted)


@cli.command()
def release(number: int) -> None:
    """Keep the events' schemas of today as those of a release, which later ones may not break."""
    _write(dict(compatibility.files(number)))


@cli.command()
def check() -> None:
    """Fail when a committed file differs from the code."""
    found = drifted()
    for path in found:
        typer.echo(f"drifted: {path.relative_to(registry.FOLDER.parent.parent)}; run `make schema`", err=True)
    broken = compatibility.broken()
    for promise in broken:
        typer.echo(f"breaks the last release: {promise}", err=True)
    raise typer.Exit(1 if found or broken else 0)


def _write(wanted: dict[Path, str]) -> None:
    for path, text in wanted.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    cli()
