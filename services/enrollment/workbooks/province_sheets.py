"""A province's progress and funding as sheets (R27, R42)."""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence

from chassis.workbooks.writer import Row, Sheet
from kernel.language import Language
from kernel.reference import provinces
from services.enrollment.domain.funding import Funding
from services.enrollment.domain.labels import label
from services.enrollment.domain.progress import Progress, Tally
from services.enrollment.domain.vocabulary import EnrollmentStatus
from services.enrollment.graph.context import Context
from services.enrollment.graph.loaders import FundingByProvinceLoader, FundingRevisionsLoader, ProgressByProvinceLoader

_PART = (("省份", "Province"), ("分项", "Part"))
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
    """The enrollments of provinces, counted: a total for each, then by base category and by the base's province.

    Args:
        context: Who asks and in which language; that they may read the provinces has been checked.
        codes: Codes of provinces, two digits; `00` for the schools of line ministries.
        year: The round.
    """
    language, load = context.language, context.loader(ProgressByProvinceLoader).load
    counted = await asyncio.gather(*(load((code, year)) for code in codes))
    headings = [language.choose(*heading) for heading in (*_PART, *_SCHOOLS, *_TALLY)]
    headings += [label(status, language) for status in EnrollmentStatus]
    headings.append(language.choose("经费（元）", "Funding (yuan)"))
    rows = [row for province in counted if province for row in _progress_rows(province, language)]
    return Sheet(language.choose("进展", "Progress"), headings, _one_batch(rows))


async def funding(context: Context, code: str, year: int) -> Sheet:
    """All revisions of a province's funding records of a year, the corrected ones too.

    Args:
        context: Who asks and in which language; that they may read the province has been checked.
        code: The province, two digits.
        year: The round.
    """
    language = context.language
    in_force = await context.loader(FundingByProvinceLoader).load((code, year)) or []
    load = context.loader(FundingRevisionsLoader).load
    histories = await asyncio.gather(*(load(record.record) for record in in_force))
    latest = {record.id for record in in_force}
    rows = [
        _funding_row(revision, language, in_force=revision.id in latest)
        for revisions in histories
        for revision in revisions or ()
    ]
    headings = [language.choose(*heading) for heading in _FUNDING]
    return Sheet(language.choose("经费", "Funding"), headings, _one_batch(rows))


def _progress_rows(province: Progress, language: Language) -> Iterator[Row]:
    name = provinces().get(province.province, language.choose("部委所属院校", "Line ministries"))
    schools = (province.schools, province.schools_signed_up, province.schools_submitted)
    total = _yuan(sum(province.funding.values()))
    yield (name, language.choose("合计", "All"), *schools, *_counts(province.whole()), total)
    blanks = [None] * len(schools)  # schools and funding are counted for the whole province only
    for category, tally in province.by_category().items():
        part = label(category, language) or language.choose("未知类别", "Unknown category")
        yield (name, part, *blanks, *_counts(tally))
    for code, tally in province.by_base_province().items():
        place = provinces().get(code, language.choose("不属于任何省份", "No province"))
        yield (name, language.choose(f"{place}的基地", f"Bases in {place}"), *blanks, *_counts(tally))


def _counts(tally: Tally) -> list[int]:
    statuses = [tally.statuses.get(status, 0) for status in EnrollmentStatus]
    return [tally.sign_ups, tally.submitted, tally.accepted, tally.passed, *statuses]


def _funding_row(revision: Funding, language: Language, *, in_force: bool) -> Row:
    return (
        revision.record,
        revision.revision,
        language.choose("是", "yes") if in_force else language.choose("否", "no"),
        _yuan(revision.amount),
        label(revision.source, language),
        revision.item,
        revision.school,
        revision.project,
        revision.note,
        revision.reason,
    )


def _yuan(fen: int) -> float:
    return fen / 100


async def _one_batch(rows: Iterable[Row]) -> AsyncIterator[Iterable[Row]]:
    yield rows
