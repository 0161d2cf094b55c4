"""Log lines are JSON, those of libraries too; they keep their message, name the trace, and hold no password."""

import json
import subprocess
import sys
from typing import Any

_PROGRAM = """
import contextvars, datetime, logging, structlog, threading
from chassis.context import Act, acting
from chassis.runtime.telemetry import configure_logs
configure_logs("test")
library = logging.getLogger("aiormq.connection")
library.warning("Server %s is lost", "amqp://catalog:s3cret@10.0.0.1:5672/")
try:
    raise OSError("mongodb://a:s3cret@h1,h2/?x=y is away")
except OSError:
    library.error("failed", exc_info=True)
    structlog.get_logger().exception("ours")
with acting(Act(traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")):
    structlog.get_logger().info("within")
    library.warning("within a library")
with acting(Act(request="01J9ZQ4N-5Y8KQ2-front-7")):
    library.warning("of a request")
thread = threading.Thread(target=library.warning, args=("in a thread",))
thread.start(); thread.join()
library.info("too low")
contextvars.Context().run(structlog.get_logger().info, "in a context of its own", at=datetime.date(2026, 9, 1))
"""


def lines() -> list[dict[str, Any]]:
    """What a process logs."""
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)  # noqa: S603 - ours
    assert done.stderr == ""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_each_line_is_whole_and_without_a_password() -> None:
    lost, failed, ours, within, library, request, thread, apart = lines()
    assert lost["event"] == "Server amqp://catalog:***@10.0.0.1:5672/ is lost"
    assert (lost["level"], lost["logger"], lost["service"]) == ("warning", "aiormq.connection", "test")
    for line in (failed, ours):
        assert "mongodb://a:***@h1,h2/?x=y is away" in line["exception"]
        assert "s3cret" not in json.dumps(line)
    assert (thread["service"], thread["event"]) == ("test", "in a thread")
    assert (apart["service"], apart["at"]) == ("test", "datetime.date(2026, 9, 1)")
    assert {within["trace"], library["trace"]} == {"0af7651916cd43dd8448eb211c80319c"}
    assert (request["event"], request["request"]) == ("of a request", "01J9ZQ4N-5Y8KQ2-front-7")
    assert not {"trace", "request"} & set(lost)
