"""`python -m deploy.secrets new|list|rotate`: the secrets of a cluster; names are printed, values never."""

import asyncio
from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from chassis.storage.mongo import connect
from chassis.storage.rotation import keys
from deploy.secrets.inventory import INVENTORY
from deploy.secrets.making import AlreadyThereError, Hosts, as_env, as_external, as_k8s, make, write
from deploy.secrets.rotating import SEQUENCES, Rotation, TooEarlyError, at_once
from gateway.identity.factor_store import SEALED as OF_GATEWAY
from services.assessment.store import SEALED as OF_ASSESSMENT
from services.catalog.store import SEALED as OF_CATALOG
from services.enrollment.store import SEALED as OF_ENROLLMENT

OVERLAYS = Path(__file__).resolve().parents[1] / "k8s" / "overlays"
_SEALED = {"catalog": OF_CATALOG, "enrollment": OF_ENROLLMENT, "assessment": OF_ASSESSMENT, "gateway": OF_GATEWAY}
cli = typer.Typer(add_completion=False, help=__doc__, pretty_exceptions_show_locals=False)


class Format(StrEnum):
    """How files are written."""

    ENV = "env"
    K8S = "k8s"
    EXTERNAL = "external"


class What(StrEnum):
    """What is exchanged."""

    SIGNING = "signing"
    VAULT = "vault"
    MONGODB = "mongodb"
    AMQP = "amqp"
    PROVINCE = "province"


_USUAL = Hosts()


@cli.command()
def new(
    *,
    overlay: Annotated[str, typer.Option(help="The place: a folder of deploy/k8s/overlays.")],
    out: Annotated[Path, typer.Option(help="A folder; nothing in it is overwritten.")],
    format_: Annotated[
        Format, typer.Option("--format", help="Manifests; variables and files; or what a store is to hold.")
    ] = Format.K8S,
    mongodb: Annotated[str, typer.Option(help="Members of the replica set, by commas.")] = _USUAL.mongodb,
    replica_set: Annotated[str, typer.Option(help="The set's name.")] = _USUAL.replica_set,
    rabbitmq: Annotated[str, typer.Option(help="Nodes of the broker, by commas.")] = _USUAL.rabbitmq,
    tls: Annotated[bool, typer.Option(help="Without: for deploy/compose.yaml, on a network of one host.")] = True,
) -> None:
    """Make every Secret of a place, and the public halves of its keys; exit 1 where one is there already."""
    if not (OVERLAYS / overlay / "kustomization.yaml").exists():
        raise typer.BadParameter(f"没有这个环境 no such overlay: {overlay}")
    values = make(Hosts(mongodb, replica_set, rabbitmq, tls))
    written = {Format.ENV: as_env, Format.K8S: as_k8s, Format.EXTERNAL: as_external}
    files = dict(written[format_](values))
    try:
        write(out, files)
    except AlreadyThereError as error:
        typer.echo(f"已存在，未写入任何内容 nothing was written, there already: {error}", err=True)
        raise typer.Exit(1) from None
    for holder, key in values:
        typer.echo(f"{holder}/{key}")
    for entry in INVENTORY:
        if entry.optional:
            typer.echo(f"{entry.holder}/{entry.key}: 自行提供 yours to add ({entry.made})")
    typer.echo("assessment/seal.p12: 自签，不具法律效力 self-signed, no legal seal: put an authority's in its place")


@cli.command("list")
def list_() -> None:
    """Print the inventory: what there is, how it is made and exchanged, and how old it may be."""
    for entry in INVENTORY:
        age = f"{entry.days} d" if entry.days else "-"
        typer.echo(f"{entry.kind} {entry.holder}/{entry.key}: {entry.made}; {entry.rotation}; {age}")


@cli.command()
def rotate(
    what: Annotated[What, typer.Argument(help="What is exchanged.")],
    *,
    folder: Annotated[
        Path | None, typer.Option("--in", help="The holder's folder, as `new --format env` wrote it.")
    ] = None,
    public: Annotated[Path | None, typer.Option(help="signing: the file internal-keys.json.")] = None,
    service: Annotated[str | None, typer.Option(help="vault: whose.")] = None,
    known: Annotated[bool, typer.Option("--known", help="Every process runs with the step before.")] = False,
    url: Annotated[str, typer.Option(envvar="MONGODB_URL", show_default=False, help="vault: the service's user.")] = "",
) -> None:
    """Take the next step of an exchange, or say its steps; exit 1 where the next one would come too early."""
    if what.value in SEQUENCES:
        for line in SEQUENCES[what.value]:
            typer.echo(line)
        return
    if folder is None:
        raise typer.BadParameter("--in names the folder of the files")
    rotation = Rotation(folder, known, at_once())
    try:
        if what is What.SIGNING:
            typer.echo(rotation.signing(public or folder.parent / "internal-keys" / "internal-keys.json"))
            return
        if service not in _SEALED:
            raise typer.BadParameter(f"--service is one of {', '.join(_SEALED)}")
        typer.echo(rotation.vault(lambda: asyncio.run(_count(url, service))))
    except TooEarlyError as error:
        typer.echo(f"未执行 nothing was changed: {error}", err=True)
        raise typer.Exit(1) from None


async def _count(url: str, service: str) -> Mapping[str, int]:
    if not url:
        raise TooEarlyError("MONGODB_URL 未设置，无法清点 is not set, so the seals of the old key cannot be counted")
    async with connect(url) as client:
        return await keys(client[service], _SEALED[service])


if __name__ == "__main__":
    cli(prog_name="python -m deploy.secrets")
