"""The annual assessments of a year, and the ministry's table of it, as sheets (R38, R39, R42)."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence

from chassis.workbooks.writer import Cell, Row, Sheet
from kernel.language import Language
from kernel.reference import provinces
from services.assessment.domain import year_table
from services.assessment.domain.annual import Assessment
from services.assessment.domain.quota_proposal import QuotaProposal
from services.assessment.domain.rubric import Grade, Rubric
from services.assessment.domain.vocabulary import BaseCategory, Severity

_CATEGORIES = {
    BaseCategory.PRINCIPAL: ("校长培训", "principals"),
    BaseCategory.DUAL_QUALIFIED_TEACHER: ("“双师型”教师培训", "dual-qualified teachers"),
    BaseCategory.ENTERPRISE_PRACTICE: ("企业实践", "enterprise practice"),
}
_SEVERITIES = {
    Severity.NONE: ("未发现问题", "No problem"),
    Severity.MINOR: ("轻微问题", "Minor findings"),
    Severity.MAJOR: ("较大问题", "Major findings"),
    Severity.GRAVE: ("严重问题", "Grave findings"),
}
_NOT_ASSESSED = "不评"
_BASE = (("基地", "Base"), ("类别", "Category"), ("省份", "Province"))
_GRADED = (("调整", "Adjusted by"), ("总分", "Score"), ("等次", "Grade"), ("建议数量", "Proposed quota"))
_PLACE = (("类别", "Category"), ("省份", "Province"))
_DELIVERY = (("已发布项目", "Published"), ("正在实施", "Running"), ("已结束", "Held"), ("已取消", "Cancelled"))
_PEOPLE = (
    ("学员", "Attendees"),
    ("成绩已公布", "With a result"),
    ("合格", "Passed"),
    ("合格率", "Pass rate"),
    ("学分已确认", "Credited"),
)
_MEANS = (
    ("满意度均值", "Satisfaction"),
    ("满意度答卷", "Answers on it"),
    ("评教均值", "Teaching"),
    ("评教答卷", "Answers on it"),
)
_QUOTA = (("基地", "Bases"), ("项目数量", "Quota"), ("已用", "Used"))
_HUNDREDTHS = 100


def annual_sheet(
    assessments: Sequence[Assessment],
    rubrics: Mapping[str, Rubric],
    proposals: Mapping[str, QuotaProposal],
    language: Language,
    *,
    whole: bool,
) -> Sheet:
    """A row an assessment: its base, the points of each item, what was adjusted, score, grade, proposed quota.

    Args:
        assessments: That the reader may see.
        rubrics: By version those that they were computed by.
        proposals: By base what its grade proposes for the next round.
        language: Of the headings.
        whole: Whether the reader is a party to them, and sees more than the grade.
    """
    used = [rubrics[version] for version in dict.fromkeys(assessment.rubric for assessment in assessments)]
    items = {item.code: item.name for rubric in used for item in rubric.items} if whole else {}
    graded = _GRADED if whole else _GRADED[2:3]
    headings = [language.choose(*heading) for heading in _BASE]
    headings += [f"{code} {name}" for code, name in items.items()]
    headings += [language.choose(*heading) for heading in graded]

    def row(assessment: Assessment) -> Row:
        base: list[Cell] = [
            assessment.base_name or assessment.base,
            _category(assessment.category, language),
            _province(assessment.province, language),
        ]
        grade = _grade(assessment.grade, rubrics[assessment.rubric], language)
        if not whole:
            return [*base, grade]
        points = {item.code: item.hundredths for item in assessment.items}
        adjusted = sum((item.hundredths or 0) - (item.computed_hundredths or 0) for item in assessment.items)
        proposal = proposals.get(assessment.base)
        ended: list[Cell] = [_points(adjusted), _points(assessment.score_hundredths), grade]
        return [
            *base,
            *(_points(points.get(code)) for code in items),
            *ended,
            proposal.proposed if proposal else None,
        ]

    return Sheet(language.choose("年度考核", "Annual assessment"), headings, _batch(map(row, assessments)))


def year_sheet(rows: Sequence[year_table.Row], language: Language) -> Sheet:
    """The ministry's table of a year: a row a category and province.

    Args:
        rows: Of the table.
        language: Of headings and names.
    """
    severities = list(_SEVERITIES.values())
    inspected, still_open = ("被抽检项目", "Inspected"), ("未关闭问题", "Open findings")
    columns = (*_PLACE, *_DELIVERY, *_PEOPLE, *_MEANS, inspected, *severities, still_open, *_QUOTA)

    def cells(row: year_table.Row) -> Row:
        return [
            _category(row.category, language),
            _province(row.province, language),
            *(row.published, row.running, row.held, row.cancelled),
            *(row.attendees, row.assessed, row.passed, row.pass_rate, row.credited),
            *(_points(row.satisfaction.hundredths), row.satisfaction.sheets),
            *(_points(row.teaching.hundredths), row.teaching.sheets),
            row.inspected,
            *(row.findings[severity] for severity in _SEVERITIES),
            row.open_findings,
            *(row.quota.bases, row.quota.limit, row.published),
        ]

    headings = [language.choose(*column) for column in columns]
    return Sheet(language.choose("年度总表", "Year"), headings, _batch(map(cells, rows)))


async def _batch(rows: Iterable[Row]) -> AsyncIterator[Iterable[Row]]:
    yield rows


def _points(hundredths: int | None) -> float | None:
    return None if hundredths is None else hundredths / _HUNDREDTHS


def _category(category: str | None, language: Language) -> str:
    return language.choose(*_CATEGORIES[BaseCategory(category)]) if category else ""


def _province(code: str, language: Language) -> str:
    return provinces().get(code, language.choose("部委所属院校", "Line ministries"))


def _grade(grade: Grade, rubric: Rubric, language: Language) -> str:
    """The rubric's name of a grade; in English the graph's."""
    named = {band.grade: band.name for band in rubric.bands}
    return language.choose(named.get(grade, _NOT_ASSESSED), grade.value)
