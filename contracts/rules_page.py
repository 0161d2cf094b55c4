"""`docs/rules.md`: the rules of each clause of the notice, and where code and tests cite each rule."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import groupby
from pathlib import Path

from contracts import citations
from contracts.citations import MODULE, ROOT, Citation
from kernel.reference import rules

FILE = ROOT / "docs" / "rules.md"
BUILT, PARTLY, NOT_YET = "已实现 built", "部分 in part", "尚未 not yet"
_ORDER = {ord(character): str(position) for position, character in enumerate("一二三四五六—", start=1)}
"""Sorts Chinese numerals as numbers, and the dash of rules without a clause after them."""
_HEAD = """# 规则 · Rules

本页由 `make schema` 自代码与测试生成：通知条款 → 规则 → 代码 → 测试，一条不缺。代码和测试均以编号（如 `R11`）引用规则；
没有代码或测试引用的规则如实标为“尚未”或“部分”。条款一栏为“—”的，是通知未作规定、系统自行补充的规则。

Made by `make schema` from code and tests: from a clause of the notice to its rules, from a rule to the code and the
tests that cite its number. Nothing here is written by hand: a rule that no code cites is *not yet* built; one that code
cites and no single test, or the reverse, is built *in part*. A rule without a clause is a decision where the notice is
silent.
"""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, and where it is cited.

    Attributes:
        number: Such as `R11`.
        zh: Its title in Chinese.
        en: Its title in English.
        clause: The clause of the notice; None where the notice is silent.
        notice: The words of the notice.
        code: Where code cites it.
        tests: Which tests cite it.
    """

    number: str
    zh: str
    en: str
    clause: str | None
    notice: str | None
    code: tuple[Citation, ...]
    tests: tuple[Citation, ...]

    @property
    def state(self) -> str:
        """`BUILT` where code and tests cite it, `PARTLY` where only one of them does; whole modules do not count."""
        cited = [any(place.symbol != MODULE for place in places) for places in (self.code, self.tests)]
        return BUILT if all(cited) else PARTLY if any(cited) else NOT_YET


@cache
def every_rule() -> tuple[Rule, ...]:
    """All rules, by number."""
    code, tests = citations.in_code(), citations.in_tests()
    return tuple(
        Rule(
            row["rule"],
            row["zh"],
            row["en"],
            row["clause"],
            row["notice"],
            tuple(code.get(row["rule"], ())),
            tuple(tests.get(row["rule"], ())),
        )
        for row in rules()
    )


def files() -> Iterator[tuple[Path, str]]:
    """The page and its text."""
    yield FILE, "\n".join([_HEAD, *_clauses(), *_overview(), *_details(), ""])


def _clauses() -> Iterator[str]:
    yield "## 条款与规则 · Clauses\n\n| 通知条款 clause | 规则 rules |\n|---|---|"
    by_clause: dict[str, list[str]] = {}
    for rule in every_rule():
        by_clause.setdefault(rule.clause or "—", []).append(f"{_link(rule)} {rule.zh}")
    for clause in sorted(by_clause, key=lambda clause: clause.translate(_ORDER)):
        yield f"| {clause} | {'，'.join(by_clause[clause])} |"


def _overview() -> Iterator[str]:
    yield "\n## 全部规则 · All rules\n\n| | 规则 rule | 条款 clause | 代码 code | 测试 tests | 状态 state |"
    yield "|---|---|---|--:|--:|---|"
    for rule in every_rule():
        counts = " | ".join(str(len(places) or "—") for places in (rule.code, rule.tests))
        yield f"| {_link(rule)} | {rule.zh} {rule.en} | {rule.clause or '—'} | {counts} | {rule.state} |"


def _details() -> Iterator[str]:
    for rule in every_rule():
        yield f'\n## <a id="{rule.number.lower()}"></a>{rule.number} {rule.zh} · {rule.en}\n'
        if rule.notice:
            yield f"> {rule.notice}（{rule.clause}）\n"
        yield f"{rule.state}\n"
        yield from _places("代码 code", rule.code)
        yield from _places("测试 tests", rule.tests)


def _places(title: str, places: tuple[Citation, ...]) -> Iterator[str]:
    yield f"- {title}{'' if places else ': —'}"
    for file, group in groupby(places, key=lambda place: place.file):
        symbols = ", ".join(f"`{place.symbol}`" for place in group if place.symbol != MODULE)
        yield f"  - [{file}](../{file}){': ' if symbols else ''}{symbols}"


def _link(rule: Rule) -> str:
    return f"[{rule.number}](#{rule.number.lower()})"
