"""`python -m tests.integration.chassis.relay_process`: a relay that a test can stop, wake and kill."""

import asyncio
import os

from chassis.messaging import outbox
from chassis.messaging.outbox import Relay
from chassis.storage.mongo import connect


async def main() -> None:
    outbox._REST_SECONDS = float(os.environ["REST_SECONDS"])
    database = connect(os.environ["MONGODB_URL"])[os.environ["MONGODB_DATABASE"]]
    await Relay(database, ["courses"], os.environ["AMQP_URL"], "tests", float(os.environ["LEASE_SECONDS"])).run()


if __name__ == "__main__":
    asyncio.run(main())
