"""Conditions: for which values of the variables of `@skip` and `@include` something is asked.

A condition is an OR of ANDs, so that fields merged from several places of a document need no case of their own.
"""

from collections.abc import Iterable, Mapping
from typing import Any

Literal = tuple[str, bool]
"""A Boolean variable and the value it must have."""
Clause = frozenset[Literal]
When = frozenset[Clause]

HERE: Clause = frozenset()
ALWAYS: When = frozenset({HERE})
NEVER: When = frozenset()


def either(one: When, other: When) -> When:
    """One condition or the other, in its shortest form."""
    if one in (other, ALWAYS) or not other:
        return one
    if other == ALWAYS or not one:
        return other
    clauses = set(one | other)
    while (pair := _differing_in_one(clauses)) is not None:
        clauses.discard(pair[0])
        clauses.discard(pair[1])
        clauses.add(pair[0] & pair[1])
    return frozenset(clause for clause in clauses if not any(less < clause for less in clauses))


def any_of(conditions: Iterable[When]) -> When:
    """One of these conditions."""
    found = NEVER
    for one in conditions:
        found = either(found, one)
    return found


def implies(one: When, other: When) -> bool:
    """Whether the other condition holds wherever the one does, as far as their forms show it."""
    return either(one, other) == other


def within(one: When, outer: When) -> When:
    """What is left to ask of a condition where the outer one is known to hold."""
    if one == outer:
        return ALWAYS
    if len(one) == len(outer) == 1:
        (clause,), (known,) = one, outer
        return frozenset({clause - known})
    return one


def holds(when: When, values: Mapping[str, Any]) -> bool:
    """Whether a condition holds for these values."""
    return when == ALWAYS or any(all(values.get(name) is wanted for name, wanted in clause) for clause in when)


def variables(when: When) -> set[str]:
    """The variables that a condition asks."""
    return {name for clause in when for name, _ in clause}


def as_text(when: When) -> str:
    """A condition for people: `$a and not $b or $c`."""
    clauses = [
        " and ".join(f"${name}" if wanted else f"not ${name}" for name, wanted in sorted(clause)) for clause in when
    ]
    return " or ".join(sorted(clauses))


def _differing_in_one(clauses: set[Clause]) -> tuple[Clause, Clause] | None:
    """Two clauses that differ in the sign of one variable only: it does not matter."""
    for clause in clauses:
        for name, wanted in clause:
            twin = clause - {(name, wanted)} | {(name, not wanted)}
            if twin in clauses:
                return clause, twin
    return None
