"""How a child process that reads a file confines itself (Linux only); it cannot open a file afterwards."""

import resource
from contextlib import suppress
from pathlib import Path


def confine(memory_bytes: int, cpu_seconds: int) -> None:
    """Give up what reading does not need. The kernel, short of memory, ends this process before any other.

    Args:
        memory_bytes: Address space that the process may have.
        cpu_seconds: Processor time that it may take.
    """
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_seconds, cpu_seconds + 1))
    for nothing in (resource.RLIMIT_CORE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_NOFILE):
        resource.setrlimit(nothing, (0, 0))
