"""`python -m contracts export|check`: write the contract files, or say which have drifted."""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import typer

from contracts import access, graph_files, registry

cli = typer.Typer(add_completion=False, help=__doc__)


def files() -> Iterator[tuple[Path, str]]:
    """Every generated contract file and its text."""
    return chain(graph_files.files(), access.files(), registry.files())


def drifted() -> list[Path]:
    """The files that are not what the code says, and those that no code says."""
    wanted = dict(files())
    stale = [path for path in registry.FOLDER.rglob("*.json") if path not in wanted]
    return stale + [path for path, text in wanted.items() if not path.exists() or path.read_text("utf-8") != text]


@cli.command()
def export() -> None:
    """Write every contract file, and remove what no code says any more."""
    for path in drifted():
        path.unlink(missing_ok=True)
    for path, text in files():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


@cli.command()
def check() -> None:
    """Fail when a committed file differs from the code."""
    found = drifted()
    for path in found:
        typer.echo(f"drifted: {path.relative_to(registry.FOLDER.parent)}; run `make schema`", err=True)
    raise typer.Exit(1 if found else 0)


if __name__ == "__main__":
    cli()
