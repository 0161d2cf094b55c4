"""A province's progress and funding as sheets (R27, R42)."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

from kernel.reference import provinces
from services.enrollment.domain.funding import Funding
from services.enrollment.domain.progress import Progress, Tally
from services.enrollment.domain.vocabulary import EnrollmentStatus
from services.enrollment.graph.context import Context
from services.enrollment.graph.loaders import FundingByProvinceLoader, FundingRevisionsLoader, ProgressByProvinceLoader
from services.enrollment.workbooks.texts import Speech
from services.enrollment.workbooks.writer import Row, Sheet

_SCHOOLS = (("已登记学校", "Schools"), ("有报名学校", "Signing up"), ("已提交学校", "Submitting"))
_TALLY = (
    ("累计报名", "Ever signed up"),
    ("累计提交", "Ever submitted"),
    ("录取（不含已退出）", "Accepted and not lost again"),
    ("考核合格", "Passed"),
)
_FUNDING = (
    ("记录号", "Record"),
    ("版次", "Revision"),
    ("现行", "In force"),
    ("金额（元）", "Amount (yuan)"),
    ("来源", "Source"),
    ("计划项目", "Item of the plan"),
    ("学校代码", "School"),
    ("项目", "Project"),
    ("备注", "Note"),
    ("更正理由", "Reason"),
)


async def progress(context: Context, codes: Sequence[str], year: int) -> Sheet:
    """A row for each province, then its enrolments by base category and by the base's province."""
    say, load = Speech(context.language), context.loader(ProgressByProvinceLoader).load
    found = await asyncio.gather(*(load((code, year)) for code in codes))
    headings = [say("省份", "Province"), say("分项", "Part"), *(say(*one) for one in (*_SCHOOLS, *_TALLY))]
    headings += [say.of(one) for one in EnrollmentStatus] + [say("经费（元）", "Funding (yuan)")]
    rows = [row for one in found if one for row in _progress_rows(one, say)]
    return Sheet(say("进展", "Progress"), headings, _at_once(rows))


async def funding(context: Context, code: str, year: int) -> Sheet:
    """All revisions of a province's records of a year, those that were corrected too."""
    say = Speech(context.language)
    in_force = await context.loader(FundingByProvinceLoader).load((code, year)) or []
    load = context.loader(FundingRevisionsLoader).load
    found = await asyncio.gather(*(load(one.record) for one in in_force))
    last = {one.id for one in in_force}
    rows = [_funding_row(one, say, last=one.id in last) for revisions in found for one in revisions or ()]
    return Sheet(say("经费", "Funding"), [say(*one) for one in _FUNDING], _at_once(rows))


def _progress_rows(one: Progress, say: Speech) -> Iterator[Row]:
    none = say("部委所属院校", "Line ministries")
    name = provinces().get(one.province, none)
    schools = (one.schools, one.schools_signed_up, one.schools_submitted)
    yield (name, say("合计", "All"), *schools, *_counts(one.whole()), _yuan(sum(one.funding.values())))
    for category, tally in one.by_category().items():
        yield (name, say.of(category) or say("未知类别", "Unknown category"), *[None] * len(schools), *_counts(tally))
    for code, tally in one.by_base_province().items():
        place = provinces().get(code, say("不属于任何省份", "No province"))
        yield (name, say(f"{place}的基地", f"Bases in {place}"), *[None] * len(schools), *_counts(tally))


def _counts(tally: Tally) -> list[int]:
    states = [tally.statuses.get(one, 0) for one in EnrollmentStatus]
    return [tally.sign_ups, tally.submitted, tally.accepted, tally.passed, *states]


def _funding_row(one: Funding, say: Speech, *, last: bool) -> Row:
    return (
        one.record,
        one.revision,
        say("是", "yes") if last else say("否", "no"),
        _yuan(one.amount),
        say.of(one.source),
        one.item,
        one.school,
        one.project,
        one.note,
        one.reason,
    )


def _yuan(fen: int) -> float:
    return fen / 100


async def _at_once(rows: Iterable[Row]) -> AsyncIterator[Iterable[Row]]:
    yield rows
