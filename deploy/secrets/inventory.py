"""Every key of every Secret, and of the ConfigMaps that are made with them: how made, how exchanged, how old at most.

`tests/deploy/test_secrets.py` holds it against the manifests and the settings.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from deploy.processes import MIGRATED, PRODUCERS
from kernel.reference import provinces


class Kind(StrEnum):
    """What of Kubernetes holds it."""

    SECRET = "Secret"  # noqa: S105 - the kind's name
    CONFIG = "ConfigMap"


class Rotation(StrEnum):
    """The sequence of `python -m deploy.secrets rotate` that exchanges it."""

    SIGNING = "signing"
    VAULT = "vault"
    MONGODB = "mongodb"
    AMQP = "amqp"
    PROVINCE = "province"
    BY_HAND = "by hand"


@dataclass(frozen=True, slots=True)
class Entry:
    """A key of a Secret or a ConfigMap.

    Attributes:
        holder: The Secret's or ConfigMap's name.
        key: The key in it: a variable's name, or a file's.
        made: How it is made.
        rotation: How it is exchanged.
        days: How old it may be; None where age is no reason.
        kind: Secret or ConfigMap.
        optional: Whether a process starts without it; it is not made, but given.
    """

    holder: str
    key: str
    made: str
    rotation: Rotation
    days: int | None
    kind: Kind = Kind.SECRET
    optional: bool = False


_YEAR, _QUARTER = 366, 92
SYSTEM_USERS: Final = {
    "BACKUP": "backup",
    "CLUSTER_ADMIN": "clusterAdmin",
    "CLUSTER_MONITOR": "clusterMonitor",
    "DATABASE_ADMIN": "databaseAdmin",
    "USER_ADMIN": "userAdmin",
}
"""The users by which the database's operator works, as it calls them in its Secret and in the database."""
OF_OPERATORS: Final = {"rabbitmq-default-user": ("password", "username")}
"""Secrets that the operators of parts make themselves, and their keys that we read."""
INVENTORY: Final = (
    *(
        Entry(name, "MONGODB_URL", "password of 24 random bytes, in a URL", Rotation.MONGODB, _YEAR)
        for name in MIGRATED
    ),
    *(
        Entry(
            "mongodb-users",
            name,
            "the password of its MONGODB_URL, for the database's operator",
            Rotation.MONGODB,
            _YEAR,
        )
        for name in MIGRATED
    ),
    *(Entry(name, "AMQP_URL", "password of 24 random bytes, in a URL", Rotation.AMQP, _YEAR) for name in PRODUCERS),
    *(
        Entry("rabbitmq-users", name, "the password of its AMQP_URL, for the definitions", Rotation.AMQP, _YEAR)
        for name in PRODUCERS
    ),
    Entry("rabbitmq-users", "admin", "password of 24 random bytes, of the operators' user", Rotation.BY_HAND, _YEAR),
    *(
        Entry("rabbitmq-users", f"province.{code}", "password of 24 random bytes (R27)", Rotation.PROVINCE, _YEAR)
        for code in provinces()
    ),
    *(
        Entry("mongodb-system", f"MONGODB_{user}_{part}", made, Rotation.BY_HAND, _YEAR)
        for user in SYSTEM_USERS
        for part, made in (("USER", "its name"), ("PASSWORD", "password of 24 random bytes"))
    ),
    *(Entry(name, "vault.json", "AES and HMAC keys of 32 random bytes", Rotation.VAULT, _YEAR) for name in PRODUCERS),
    Entry("gateway", "signing-keys.json", "JWK set with an ES256 key", Rotation.SIGNING, _QUARTER),
    Entry("internal-keys", "internal-keys.json", "its public half", Rotation.SIGNING, _QUARTER, Kind.CONFIG),
    Entry("assessment", "certificates.json", "JWK set with a P-256 key a year (R32)", Rotation.BY_HAND, _YEAR),
    Entry("assessment", "names.json", "JWK set with a P-256 key a year (ADR 52)", Rotation.BY_HAND, _YEAR),
    Entry("names-keys", "names-public.json", "its public half", Rotation.BY_HAND, _YEAR, Kind.CONFIG),
    Entry(
        "assessment",
        "seal.p12",
        "the seal of pages, PKCS #12",
        Rotation.BY_HAND,
        None,
    ),
    Entry("assessment", "seal.password", "its password", Rotation.BY_HAND, None),
    Entry("assessment", "seal.pem", "certificates of all seals", Rotation.BY_HAND, None),
    Entry("assessment", "ballots-secret", "32 random bytes, the same as the ballot box has", Rotation.BY_HAND, _YEAR),
    Entry("ballots", "ballots-secret", "the same", Rotation.BY_HAND, _YEAR),
    Entry("backup", "backup.key", "32 random bytes; kept apart from the backups (ADR 70)", Rotation.BY_HAND, _YEAR),
    Entry("enrollment", "SMTP_PASSWORD", "of the mail server's account", Rotation.BY_HAND, _YEAR, optional=True),
)
"""All of them. Who mounts one is read from the manifests."""
PLACES: Final = {
    "ingress": ("CERTIFICATE_ORIGIN", "FORWARDED_ALLOW_IPS", "HOST"),
    "mail": ("SMTP_FROM", "SMTP_HOST", "SMTP_TLS", "SMTP_USER"),
    "networks": ("MAIL", "PROVINCES", "SIGN_ON"),
}
"""ConfigMaps that an overlay writes itself, and their keys: nothing in them is secret."""


def secrets() -> dict[str, list[Entry]]:
    """The entries of each Secret that are made."""
    found: dict[str, list[Entry]] = {}
    for entry in INVENTORY:
        if entry.kind is Kind.SECRET and not entry.optional:
            found.setdefault(entry.holder, []).append(entry)
    return found
