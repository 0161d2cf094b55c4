"""A private mongod: a replica set of one member, with authentication, its data in the suite's home (notes N22)."""

import os
import platform
import shutil
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.home import tagged
from deploy.local.process import Child, StartFailed
from deploy.local.secrets import Secrets

DATABASES = ("catalog", "enrollment", "assessment", "gateway")
_SET = "guopei"
_ADMIN = "admin"
_START_SECONDS = 60.0
_NOT_YET_LOADED = 94


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


class Mongod:
    """The database server of a suite.

    Args:
        home: The suite's folder.
        port: TCP port on loopback.
        secrets: The suite's passwords and keys.
    """

    def __init__(self, home: Path, port: int, secrets: Secrets) -> None:
        self._suite = home
        self._home = home / "mongod"
        self._port = port
        self._secrets = secrets
        self._child: Child | None = None

    def start(self) -> None:
        """Start the process, without waiting.

        Raises:
            StartFailed: There is no mongod.
        """
        data = self._home / "data"
        if not self._initialized.exists():  # a first start that was interrupted is begun anew
            shutil.rmtree(data, ignore_errors=True)
        data.mkdir(parents=True, exist_ok=True)
        command = [find_mongod(), "--dbpath", str(data), "--port", str(self._port), "--bind_ip", "127.0.0.1"]
        command += ["--replSet", _SET, "--keyFile", str(self._secrets.mongod_key), "--nounixsocket"]
        command += ["--wiredTigerCacheSizeGB", "0.5", "--setParameter", "diagnosticDataCollectionEnabled=false"]
        # Else mongod keeps the files of dropped collections open, for reads of the past that nobody makes here.
        command += ["--setParameter", "minSnapshotHistoryWindowInSeconds=0"]
        self._child = Child("mongod", command, self._home / "mongod.log", tagged(self._suite, os.environ))

    def wait_ready(self) -> None:
        """Wait until it is the primary of its replica set; at the first start create the set and its users.

        Raises:
            StartFailed: It did not come up.
        """
        self.child.wait_until(self._answers, _START_SECONDS)
        if self._initialized.exists():
            self._update_address()
        else:
            self._initiate()
            self._create_users()
            self._initialized.touch()

    def terminate(self) -> None:
        """Send it SIGTERM, without waiting."""
        if self._child:
            self._child.terminate()

    def stop(self) -> None:
        """Stop it cleanly."""
        if self._child:
            self._child.stop()
            self._child = None

    @property
    def child(self) -> Child:
        """The running process.

        Raises:
            StartFailed: It was not started.
        """
        if self._child is None:
            raise StartFailed("mongod is not started")
        return self._child

    @property
    def _initialized(self) -> Path:
        """A file that exists once the set has its users."""
        return self._home / "made"

    @property
    def _address(self) -> str:
        return f"127.0.0.1:{self._port}"

    def url(self, user: str) -> str:
        """The connection string of `admin` or of one service."""
        source = _ADMIN if user == _ADMIN else user
        password = self._secrets.password(f"mongod.{user}")
        return f"mongodb://{user}:{password}@127.0.0.1:{self._port}/?replicaSet={_SET}&authSource={source}"

    def _client(self, **options: Any) -> "MongoClient[Mapping[str, Any]]":
        return MongoClient("127.0.0.1", self._port, directConnection=True, serverSelectionTimeoutMS=2_000, **options)

    def _as_admin(self) -> "MongoClient[Mapping[str, Any]]":
        return self._client(username=_ADMIN, password=self._secrets.password(f"mongod.{_ADMIN}"))

    def _answers(self) -> bool:
        try:
            with self._client() as client:
                client.admin.command("ping")
        except PyMongoError:
            return False
        return True

    def _is_primary(self) -> bool:
        with self._client() as client:
            return bool(client.admin.command("hello").get("isWritablePrimary"))

    def _initiate(self) -> None:
        """Create the set; while there are no users, mongod allows that from localhost."""
        member = {"_id": 0, "host": self._address}
        with self._client() as client:
            client.admin.command("replSetInitiate", {"_id": _SET, "members": [member]})
        self.child.wait_until(self._is_primary, _START_SECONDS)

    def _update_address(self) -> None:
        """Reconfigure the set if the port has changed since the last start: its configuration holds the address."""
        self.child.wait_until(lambda: bool(self._config()), _START_SECONDS)
        with self._as_admin() as client:
            config = self._config()
            if config["members"][0]["host"] != self._address:
                config["members"][0]["host"] = self._address
                config["version"] += 1
                client.admin.command("replSetReconfig", config, force=True)
        self.child.wait_until(self._is_primary, _START_SECONDS)

    def _config(self) -> dict[str, Any]:
        """The set's configuration, empty while mongod is still loading it."""
        try:
            with self._as_admin() as client:
                config: dict[str, Any] = client.admin.command("replSetGetConfig")["config"]
        except OperationFailure as failure:
            if failure.code == _NOT_YET_LOADED:
                return {}
            raise
        return config

    def _create_users(self) -> None:
        """Create the administrator, which localhost may do while there are no users, then a user for each database."""
        with self._client() as client:
            password = self._secrets.password(f"mongod.{_ADMIN}")
            client.admin.command("createUser", _ADMIN, pwd=password, roles=["root"])
        with self._as_admin() as client:
            for name in DATABASES:
                password = self._secrets.password(f"mongod.{name}")
                client[name].command("createUser", name, pwd=password, roles=["readWrite"])
