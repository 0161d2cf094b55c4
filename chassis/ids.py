"""Identifiers of aggregates."""

import secrets
import time


def new_id() -> str:
    """A 28-character hex id: 48 bits of milliseconds, then 64 random bits, so that ids sort by creation.

    Never for anything anonymous: the id tells the time (notes N22).
    """
    return f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(8)}"
