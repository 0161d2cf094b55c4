"""Makes every Secret of a cluster once: keys and passwords of the inventory, in files that nobody else may read."""

import json
import secrets
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml
from joserfc.jwk import KeySet

from deploy.local.certificate_keys import write_certificate_keys
from deploy.local.private_files import write_private
from deploy.local.secrets import key_set, vault
from deploy.secrets.inventory import INVENTORY, SYSTEM_USERS, Entry, Kind

Values = Mapping[tuple[str, str], str | bytes]
"""Holder and key to what is in it."""


@dataclass(frozen=True, slots=True)
class Hosts:
    """Where a cluster has its parts.

    Attributes:
        mongodb: Host or hosts of the replica set, by commas, with ports.
        replica_set: The set's name.
        rabbitmq: Hosts of the broker's nodes, by commas, without ports.
        tls: Whether they speak TLS; without, they must be on a network of one host.
    """

    mongodb: str = "mongodb-rs0:27017"
    replica_set: str = "rs0"
    rabbitmq: str = "rabbitmq"
    tls: bool = True

    def mongodb_url(self, user: str, password: str) -> str:
        """The connection string of a user whose database has its name."""
        options = f"replicaSet={self.replica_set}&authSource={user}" + ("&tls=true" if self.tls else "")
        return f"mongodb://{user}:{password}@{self.mongodb}/?{options}"

    def amqp_url(self, user: str, password: str) -> str:
        """The connection string of a user, with every node."""
        scheme, port = ("amqps", 5671) if self.tls else ("amqp", 5672)
        return ",".join(f"{scheme}://{user}:{password}@{host}:{port}/%2F" for host in self.rabbitmq.split(","))


class AlreadyThereError(Exception):
    """Something would be overwritten; the message names it."""


def make(hosts: Hosts) -> dict[tuple[str, str], str | bytes]:
    """Everything that the inventory says is made.

    Args:
        hosts: For the connection strings.
    """
    signing = key_set()
    ballots = secrets.token_urlsafe(32)
    users = [entry.holder for entry in INVENTORY if entry.key == "MONGODB_URL"]
    passwords = {user: secrets.token_urlsafe(24) for user in users}
    of_broker = {entry.key: secrets.token_urlsafe(24) for entry in INVENTORY if entry.holder == "rabbitmq-users"}
    values: dict[tuple[str, str], str | bytes] = {}
    with TemporaryDirectory() as folder:
        write_certificate_keys(Path(folder))
        for file in Path(folder).iterdir():
            values["assessment", file.name] = file.read_bytes()
    names = KeySet.import_key_set(json.loads(values["assessment", "names.json"]))
    makers: dict[str, Callable[[Entry], str]] = {
        "MONGODB_URL": lambda entry: hosts.mongodb_url(entry.holder, passwords[entry.holder]),
        "AMQP_URL": lambda entry: hosts.amqp_url(entry.holder, of_broker[entry.holder]),
        "vault.json": lambda _: json.dumps(vault()),
        "signing-keys.json": lambda _: json.dumps(signing.as_dict(private=True)),
        "internal-keys.json": lambda _: json.dumps(signing.as_dict(private=False)),
        "names-public.json": lambda _: json.dumps(names.as_dict(private=False)),
        "ballots-secret": lambda _: ballots,
        "backup.key": lambda _: b64encode(secrets.token_bytes(32)).decode(),
    }
    for entry in INVENTORY:
        if entry.key in makers:
            values[entry.holder, entry.key] = makers[entry.key](entry)
    values |= {("mongodb-users", user): password for user, password in passwords.items()}
    values |= {("rabbitmq-users", user): password for user, password in of_broker.items()}
    for key, user in SYSTEM_USERS.items():
        values["mongodb-system", f"MONGODB_{key}_USER"] = user
        values["mongodb-system", f"MONGODB_{key}_PASSWORD"] = secrets.token_urlsafe(24)
    wanted = {(entry.holder, entry.key) for entry in INVENTORY if not entry.optional}
    return {place: values[place] for place in sorted(wanted)}


def as_env(values: Values) -> Iterator[tuple[str, str | bytes]]:
    """A file `<holder>.env` of variables, and the others in a folder `<holder>`: name and content of each."""
    for holder in sorted({holder for holder, _ in values}):
        own = {key: value for (of, key), value in values.items() if of == holder}
        if lines := [f"{key}={value!s}\n" for key, value in own.items() if key.isupper()]:
            yield f"{holder}.env", "".join(lines)
        yield from ((f"{holder}/{key}", value) for key, value in own.items() if not key.isupper())


def as_k8s(values: Values) -> Iterator[tuple[str, str | bytes]]:
    """A manifest for each Secret and ConfigMap: name and content of each file."""
    kinds = {entry.holder: entry.kind for entry in INVENTORY}
    for holder in sorted({holder for holder, _ in values}):
        own = {key: value for (of, key), value in values.items() if of == holder}
        manifest = {"apiVersion": "v1", "kind": kinds[holder].value, "metadata": {"name": holder}}
        if kinds[holder] is Kind.SECRET:
            data = {key: b64encode(_bytes(value)).decode() for key, value in own.items()}
            manifest |= {"type": "Opaque", "data": data}
        else:
            manifest |= {"data": {key: _bytes(value).decode() for key, value in own.items()}}
        yield f"{holder}.{kinds[holder].lower()}.yaml", yaml.safe_dump(manifest, sort_keys=False)


def as_external(values: Values) -> Iterator[tuple[str, str | bytes]]:
    """For a store: each value in a file of the name under which `components/external-secrets` asks the store for it.

    ConfigMaps, which hold nothing secret, are manifests.
    """
    public = {entry.holder for entry in INVENTORY if entry.kind is Kind.CONFIG}
    yield from ((f"{holder}/{key}", value) for (holder, key), value in values.items() if holder not in public)
    yield from as_k8s({place: value for place, value in values.items() if place[0] in public})


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write all files with mode 0600, or none.

    Raises:
        AlreadyThereError: One of them is there: what seals or signs must not be lost to a second call.
    """
    if there := sorted(name for name in files if (folder / name).exists()):
        raise AlreadyThereError(", ".join(there))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, content in files.items():
        (folder / name).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_private(folder / name, content)


def _bytes(value: str | bytes) -> bytes:
    return value.encode() if isinstance(value, str) else value
