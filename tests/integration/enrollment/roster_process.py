"""`python -m tests.integration.enrollment.roster_process`: a worker of rosters that a test can kill."""

import asyncio
import os
from functools import partial

from chassis.clock import Clock
from chassis.runtime.tasks import forever
from chassis.storage.lease import Lease, LeaseLost
from chassis.storage.mongo import StorageError, connect
from chassis.storage.vault import Vault
from services.enrollment.commands import Deps
from services.enrollment.commands import rosters as entering
from services.enrollment.messaging.tasks import ROSTERS, _enter_rosters
from services.enrollment.store import FencedOff, Store


async def main() -> None:
    database = connect(os.environ["MONGODB_URL"])[os.environ["MONGODB_DATABASE"]]
    entering._WINDOW = 3
    deps = Deps(Store(database), Clock(), Vault({}, "", b""))
    lease = Lease(database, ROSTERS, float(os.environ["LEASE_SECONDS"]))
    await forever(ROSTERS, lambda: lease.hold(partial(_enter_rosters, deps)), (StorageError, LeaseLost, FencedOff))


if __name__ == "__main__":
    asyncio.run(main())
