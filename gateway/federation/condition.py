"""Conditions: for which values of the variables of `@skip` and `@include` a field is selected.

A condition is an OR of ANDs (disjunctive normal form), so that a field merged from several places of a document is no
special case.
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


def either(first: When, second: When) -> When:
    """The disjunction of two conditions, simplified."""
    if first in (second, ALWAYS) or not second:
        return first
    if second == ALWAYS or not first:
        return second
    clauses = set(first | second)
    while (pair := _differing_in_one(clauses)) is not None:
        clauses.discard(pair[0])
        clauses.discard(pair[1])
        clauses.add(pair[0] & pair[1])
    return frozenset(clause for clause in clauses if not any(less < clause for less in clauses))


def any_of(conditions: Iterable[When]) -> When:
    """The disjunction of these conditions, simplified; `NEVER` for none."""
    combined = NEVER
    for condition in conditions:
        combined = either(combined, condition)
    return combined


def implies(condition: When, other: When) -> bool:
    """Whether `other` holds wherever `condition` does, as far as their forms show it."""
    return either(condition, other) == other


def within(condition: When, outer: When) -> When:
    """The rest of a condition that is left to test where the outer condition holds."""
    if condition == outer:
        return ALWAYS
    if len(condition) == len(outer) == 1:
        (clause,), (outer_clause,) = condition, outer
        return frozenset({clause - outer_clause})
    return condition


def holds(when: When, values: Mapping[str, Any]) -> bool:
    """Whether a condition holds for these values."""
    return when == ALWAYS or any(all(values.get(name) is wanted for name, wanted in clause) for clause in when)


def variables(when: When) -> set[str]:
    """The variables of a condition."""
    return {name for clause in when for name, _ in clause}


def as_text(when: When) -> str:
    """A condition for people: `$a and not $b or $c`."""
    clauses = [
        " and ".join(f"${name}" if wanted else f"not ${name}" for name, wanted in sorted(clause)) for clause in when
    ]
    return " or ".join(sorted(clauses))


def _differing_in_one(clauses: set[Clause]) -> tuple[Clause, Clause] | None:
    """Two clauses that differ in the sign of one variable only, so that the variable does not matter."""
    for clause in clauses:
        for name, wanted in clause:
            twin = clause - {(name, wanted)} | {(name, not wanted)}
            if twin in clauses:
                return clause, twin
    return None
