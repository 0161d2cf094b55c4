"""Identifiers of aggregates."""

import secrets
import time


def new_id() -> str:
    """A new id of 28 hexadecimal digits: 48 bits of milliseconds, then 64 random bits; ids sort by creation.

    Never use it for anything anonymous: the id reveals when it was made (notes N22).
    """
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"
