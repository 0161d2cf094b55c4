"""`python -m deploy.k8s generate|calendar`: the parts of the manifests that follow from data."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import yaml

from deploy.k8s.generated import calendar_scalers, files, stale
from deploy.processes import PROCESSES

cli = typer.Typer(add_completion=False, help=__doc__)


@cli.command()
def generate() -> None:
    """Write the generated files of `components/`, and `deploy/compose.yaml`."""
    for file, text in files():
        file.write_text(text, encoding="utf-8")


@cli.command()
def calendar(
    file: Annotated[Path, typer.Option("--round", help="The round's reference data.", exists=True, dir_okay=False)],
) -> None:
    """Print the scalers of another round's deadlines; exit 1 where its last phase is long past."""
    round_ = json.loads(file.read_text(encoding="utf-8"))
    scaled = [process for process in PROCESSES if process.scaled]
    typer.echo(yaml.safe_dump_all(calendar_scalers(scaled, round_), sort_keys=False))
    if stale(round_, datetime.now(UTC).date()):
        typer.echo(f"{round_['year']} 年的日程已过期 this round's calendar is past", err=True)
        raise typer.Exit(1)


if __name__ == "__main__":
    cli(prog_name="python -m deploy.k8s")
