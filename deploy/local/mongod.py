"""A private replica set of mongod, of one member or of several, its data in the suite's home (notes N22, N86)."""

import os
import platform
import shutil
import sysconfig
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.home import tagged
from deploy.local.process import Child, Server, StartFailed
from deploy.local.secrets import Secrets
from deploy.processes import MIGRATED

_SET = "guopei"
_ADMIN = "admin"
_START_SECONDS = 60.0
_NOT_YET_LOADED = 94
ELECTION_MILLISECONDS = 4_000
"""How long a set does without its primary before it elects another; by default it is as long as a request may take."""
TRANSACTION_SECONDS = 30
"""After how long mongod ends a transaction, half as long again at most: a killed process leaves one open (N87)."""
_STEPPED_DOWN_SECONDS = 20
_WORKING = frozenset({1, 2})  # the states PRIMARY and SECONDARY


def find_mongod() -> str:
    """The path of the mongod to run: the one on PATH, else the one in the locked wheel.

    Raises:
        StartFailed: There is none; the message says what to do.
    """
    wheel = Path(sysconfig.get_path("purelib")) / "fiftyone" / "db" / "bin" / "mongod"
    path = shutil.which("mongod") or (str(wheel) if wheel.exists() else None)
    if path is None:
        raise StartFailed(
            f"No mongod for {platform.machine()}: install MongoDB 6 or later, or set MONGODB_URL to a replica set."
        )
    return path


class Member(Server):
    """One mongod of the set.

    Args:
        suite: The suite's folder.
        name: The name of its own folder there.
        port: TCP port on loopback.
        key: The file with the key by which members know each other.
        cache_gigabytes: Its cache.
    """

    def __init__(self, suite: Path, name: str, port: int, key: Path, cache_gigabytes: float) -> None:
        super().__init__(name)
        self.address = f"127.0.0.1:{port}"
        self.home = suite / name
        self._suite = suite
        self._port = port
        self._key = key
        self._cache = cache_gigabytes

    def start(self, *, anew: bool = False) -> None:
        """Start the process, without waiting; `anew` forgets its data.

        Raises:
            StartFailed: There is no mongod.
        """
        data = self.home / "data"
        if anew:
            shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True, exist_ok=True)
        command = [find_mongod(), "--dbpath", str(data), "--port", str(self._port), "--bind_ip", "127.0.0.1"]
        command += ["--replSet", _SET, "--keyFile", str(self._key), "--nounixsocket"]
        command += ["--wiredTigerCacheSizeGB", str(self._cache)]
        command += ["--setParameter", "diagnosticDataCollectionEnabled=false"]
        # Else mongod keeps the files of dropped collections open, for reads of the past that nobody makes here.
        command += ["--setParameter", "minSnapshotHistoryWindowInSeconds=0"]
        # Else a member that copied from a primary that stands still leaves it late, and no majority acknowledges (N86).
        command += ["--setParameter", "oplogNetworkTimeoutBufferSeconds=1"]
        command += ["--setParameter", "oplogFetcherSteadyStateMaxFetcherRestarts=0"]
        command += ["--setParameter", f"transactionLifetimeLimitSeconds={TRANSACTION_SECONDS}"]
        self._child = Child(self.program, command, self.home / "mongod.log", tagged(self._suite, os.environ))

    def client(self, **options: Any) -> "MongoClient[Mapping[str, Any]]":
        """A client of this member alone."""
        limits: dict[str, Any] = {"serverSelectionTimeoutMS": 2_000, "socketTimeoutMS": 10_000}
        return MongoClient("127.0.0.1", self._port, directConnection=True, **limits, **options)

    def answers(self) -> bool:
        """Whether it answers a ping."""
        try:
            with self.client() as client:
                client.admin.command("ping")
        except PyMongoError:
            return False
        return True

    def is_primary(self) -> bool:
        """Whether it takes writes."""
        try:
            with self.client(connectTimeoutMS=1_000) as client:
                return bool(client.admin.command("hello").get("isWritablePrimary"))
        except PyMongoError:
            return False


class Mongod:
    """The database of a suite.

    Args:
        home: The suite's folder.
        ports: TCP ports on loopback, one for each member.
        secrets: The suite's passwords and keys.

    Attributes:
        members: The members of the set.
    """

    def __init__(self, home: Path, ports: Sequence[int], secrets: Secrets) -> None:
        self._home = home / "mongod"
        self._secrets = secrets
        cache = 0.5 if len(ports) == 1 else 0.25
        self.members = [
            Member(home, "mongod" if number == 1 else f"mongod-{number}", port, secrets.mongod_key, cache)
            for number, port in enumerate(ports, 1)
        ]

    def start(self) -> None:
        """Start the members that do not run, without waiting.

        Raises:
            StartFailed: There is no mongod.
        """
        anew = not self._initialized.exists()  # a first start that was interrupted is begun anew
        for member in self.members:
            if not member.alive():
                member.start(anew=anew)

    def wait_ready(self) -> None:
        """Wait until the set has a primary; at the first start create the set and its users.

        Raises:
            StartFailed: It did not come up.
        """
        for member in self.members:
            member.child.wait_until(member.answers, _START_SECONDS)
        if self._initialized.exists():
            self._update_configuration()
            self._create_users()
        else:
            self._initiate()
            self._create_administrator()
            self._create_users()
            self._initialized.touch()

    def terminate(self) -> None:
        """Send all members SIGTERM, without waiting."""
        for member in self.members:
            member.terminate()

    def stop(self) -> None:
        """Stop all members cleanly."""
        for member in self.members:
            member.stop()

    @property
    def child(self) -> Child:
        """The process of the first member, the only one by default.

        Raises:
            StartFailed: It was not started.
        """
        return self.members[0].child

    @property
    def children(self) -> list[Child]:
        """The processes of all members."""
        return [member.child for member in self.members]

    def primary(self) -> Member | None:
        """The member that takes writes; None while there is none."""
        return next((member for member in self.members if member.alive() and member.is_primary()), None)

    def is_whole(self) -> bool:
        """Whether there is a primary, and it sees all other members follow it."""
        primary = self.primary()
        if primary is None:
            return False
        try:
            with self._as_admin(primary) as client:
                status = client.admin.command("replSetGetStatus")
        except PyMongoError:
            return False
        return all(member["state"] in _WORKING for member in status["members"])

    def step_down(self) -> Member:
        """Have the primary step down for 20 seconds; returns it.

        Raises:
            StartFailed: There is no primary.
        """
        primary = self._primary()
        with self._as_admin(primary) as client:
            client.admin.command("replSetStepDown", _STEPPED_DOWN_SECONDS, secondaryCatchUpPeriodSecs=5)
        return primary

    @property
    def _initialized(self) -> Path:
        """A file that exists once the set has its users."""
        return self._home / "made"

    def url(self, user: str) -> str:
        """The connection string of `admin` or of one service."""
        source = _ADMIN if user == _ADMIN else user
        password = self._secrets.password(f"mongod.{user}")
        hosts = ",".join(member.address for member in self.members)
        return f"mongodb://{user}:{password}@{hosts}/?replicaSet={_SET}&authSource={source}"

    def _as_admin(self, member: Member) -> "MongoClient[Mapping[str, Any]]":
        return member.client(username=_ADMIN, password=self._secrets.password(f"mongod.{_ADMIN}"))

    def _primary(self) -> Member:
        if primary := self.primary():
            return primary
        raise StartFailed("the replica set has no primary")

    def _wait_for_primary(self) -> None:
        self.child.wait_until(lambda: self.primary() is not None, _START_SECONDS)

    def _initiate(self) -> None:
        """Create the set; while there are no users, mongod allows that from localhost."""
        members = [{"_id": number, "host": member.address} for number, member in enumerate(self.members)]
        config = {"_id": _SET, "members": members, "settings": {"electionTimeoutMillis": ELECTION_MILLISECONDS}}
        with self.members[0].client() as client:
            client.admin.command("replSetInitiate", config)
        self._wait_for_primary()

    def _update_configuration(self) -> None:
        """Reconfigure the set if a port has changed since the last start: its configuration holds the addresses."""
        self.child.wait_until(lambda: bool(self._config()), _START_SECONDS)
        config = self._config()
        settings = config.get("settings", {}) | {"electionTimeoutMillis": ELECTION_MILLISECONDS}
        hosts = [member.address for member in self.members]
        if [each["host"] for each in config["members"]] != hosts or settings != config.get("settings"):
            members = [{**each, "host": host} for each, host in zip(config["members"], hosts, strict=True)]
            changed = {**config, "members": members, "settings": settings, "version": config["version"] + 1}
            with self._as_admin(self.members[0]) as client:
                client.admin.command("replSetReconfig", changed, force=True)
        self._wait_for_primary()

    def _config(self) -> dict[str, Any]:
        """The set's configuration, empty while mongod is still loading it."""
        try:
            with self._as_admin(self.members[0]) as client:
                config: dict[str, Any] = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as failure:
            if failure.code == _NOT_YET_LOADED:
                return {}
            raise
        return config

    def _create_administrator(self) -> None:
        """Create the administrator, which localhost may do while there are no users."""
        with self._primary().client() as client:
            password = self._secrets.password(f"mongod.{_ADMIN}")
            client.admin.command("createUser", _ADMIN, pwd=password, roles=["root"])

    def _create_users(self) -> None:
        """Create a user for each database that has none, such as one that a later release has added."""
        with self._as_admin(self._primary()) as client:
            for name in MIGRATED:
                if not client[name].command("usersInfo", name)["users"]:
                    password = self._secrets.password(f"mongod.{name}")
                    client[name].command("createUser", name, pwd=password, roles=["readWrite"])
