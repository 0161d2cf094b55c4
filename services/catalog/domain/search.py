"""Search terms of a Chinese text: its characters and pairs of neighbours, Latin words whole (R17)."""

import re
import unicodedata

_RUN = re.compile(r"[a-z0-9]+|[^\W\da-z_]+")


def terms_of(text: str) -> tuple[str, ...]:
    """The terms a text is found by, each once, sorted."""
    found: set[str] = set()
    for run in _runs(text):
        found |= {run} if run.isascii() else {*run, *_pairs(run)}
    return tuple(sorted(found))


def terms_wanted(search: str) -> tuple[str, ...]:
    """The terms that a text must all have to match what was typed: pairs where it can, a lone character else."""
    wanted: set[str] = set()
    for run in _runs(search):
        wanted |= {run} if run.isascii() or len(run) == 1 else set(_pairs(run))
    return tuple(sorted(wanted))


def _runs(text: str) -> list[str]:
    return _RUN.findall(unicodedata.normalize("NFKC", text).lower())


def _pairs(run: str) -> list[str]:
    return [run[place : place + 2] for place in range(len(run) - 1)]
