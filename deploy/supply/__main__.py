"""`python -m deploy.supply sbom`: write the bills of materials (`make sbom`)."""

from pathlib import Path
from typing import Annotated

import typer

from deploy.supply import bills

cli = typer.Typer(add_completion=False, help=__doc__)


@cli.callback()
def main() -> None:
    """Bills of materials."""


@cli.command()
def sbom(out: Annotated[Path, typer.Option(help="Folder of the files.")] = Path(".local/sbom")) -> None:
    """Write a CycloneDX file for what the images run, and for each npm lock; name them and their components."""
    for file, components in bills.write(out, bills.python_environment()):
        typer.echo(f"{file}: {components} 个部件 components")


if __name__ == "__main__":
    cli()
