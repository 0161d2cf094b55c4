"""Close a listener so that no connection is reset which its kernel had accepted already (ADR 41).

Closing a listening socket resets every connection in its queue, and a proxy may have sent a request on it: nginx then
answers 502 to a POST. So first no new connection is begun, then the queue is emptied, then the socket is closed; who
tries to connect in between tries again after a second (RFC 6298, 2.1) and is refused, which any proxy leads elsewhere.

Sources: socket(7), SO_ATTACH_FILTER; linux/filter.h. Elsewhere than on Linux the listener is closed at once, as ever.
"""

import asyncio
import ctypes
import os
import socket
import struct
from collections.abc import Iterable
from contextlib import suppress

_SO_ATTACH_FILTER = 26
_SETTLE_SECONDS = 0.1  # a handshake that is under way comes to its end, and the loop takes what is in the queue
_FLAGS, _SYN = 13, 0x02  # the byte of a TCP header with its flags, and the flag of a connection's first segment
_LOAD_BYTE, _JUMP_IF_SET, _RETURN = 0x30, 0x45, 0x06
_WHOLE = 0xFFFF_FFFF
_PROGRAM = b"".join(
    struct.pack("HBBI", *instruction)
    for instruction in (
        (_LOAD_BYTE, 0, 0, _FLAGS),
        (_JUMP_IF_SET, 0, 1, _SYN),
        (_RETURN, 0, 0, 0),
        (_RETURN, 0, 0, _WHOLE),
    )
)
_INSTRUCTION_BYTES = struct.calcsize("HBBI")


async def close_gently(servers: Iterable[asyncio.AbstractServer]) -> None:
    """Close the listeners of these servers; whoever has a connection keeps it.

    Args:
        servers: What listens; to close one twice is no error.
    """
    servers = list(servers)
    listening = [listener for server in servers for listener in getattr(server, "sockets", ())]
    dropping = [_take_no_more(listener.fileno()) for listener in listening]
    if any(dropping):
        await asyncio.sleep(_SETTLE_SECONDS)
    for server in servers:
        server.close()


def _take_no_more(descriptor: int) -> bool:
    """Have the kernel drop what would begin a connection; returns whether it does."""
    program = ctypes.create_string_buffer(_PROGRAM)
    fprog = struct.pack("HP", len(_PROGRAM) // _INSTRUCTION_BYTES, ctypes.addressof(program))
    with (
        suppress(OSError),
        socket.socket(fileno=os.dup(descriptor)) as listener,
    ):  # the loop's has no options
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, fprog)
        return True
    return False
