"""Enrollments as a sheet: the rows, and of persons the columns, that the reader may see in the graph (R41, R42)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from chassis.principal import Scope
from chassis.storage.cursor import PageRequest
from chassis.workbooks.writer import MOST_ROWS, Row, Sheet
from kernel.dates import SHANGHAI
from kernel.language import Language
from kernel.reference import major_categories, provinces
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.labels import label
from services.enrollment.domain.refusals import EXPORT_TOO_LARGE
from services.enrollment.domain.teacher import Teacher
from services.enrollment.graph.context import Context
from services.enrollment.graph.loaders import ProjectByIdLoader, SchoolByCodeLoader, TeacherByIdLoader
from services.enrollment.store import EnrollmentSelection, Visibility

_BATCH = 500
_COMMON = (
    ("项目编号", "Project"),
    ("项目名称", "Title"),
    ("基地", "Base"),
    ("开始日期", "From"),
    ("结束日期", "To"),
    ("学校代码", "School code"),
    ("学校", "School"),
    ("省份", "Province"),
    ("状态", "Status"),
    ("校内排序", "Rank"),
    ("报名时间", "Signed up"),
    ("提交时间", "Submitted"),
    ("核准时间", "Decided"),
    ("说明", "Reason"),
)
_PERSON = (
    ("姓名", "Name"),
    ("身份证号码", "ID number"),
    ("手机号码", "Mobile"),
    ("岗位", "Post"),
    ("专兼职", "Employment"),
    ("职称", "Title of the person"),
    ("专业大类", "Major category"),
)


async def roster(context: Context, selection: EnrollmentSelection) -> Sheet:
    """A row for each enrollment that the principal may see; a province reads nothing of persons, as in the graph.

    Raises:
        Refusal: `EXPORT_TOO_LARGE`.
    """
    count = await context.deps.store.enrollments.count(selection, Visibility.of(context.principal))
    if count > MOST_ROWS:
        raise EXPORT_TOO_LARGE(limit=MOST_ROWS, rows=count)
    language, persons = context.language, context.principal.scope is not Scope.PROVINCE
    headings = [language.choose(*heading) for heading in (_PERSON if persons else ()) + _COMMON]
    return Sheet(language.choose("报名名单", "Enrollments"), headings, _batches(context, selection, persons=persons))


async def _batches(context: Context, selection: EnrollmentSelection, *, persons: bool) -> AsyncIterator[list[Row]]:
    """All rows, `_BATCH` at a time.

    What a batch refers to is loaded together and then forgotten: else the loaders would hold every teacher and project
    of a large export until its end.
    """
    visibility, after = Visibility.of(context.principal), None
    for _ in range(0, MOST_ROWS, _BATCH):  # an end, even if rows are added as fast as they are read
        part = PageRequest(_BATCH - 1, after)  # the store reads one row more than a slice asks for
        enrollments = await context.deps.store.enrollments.page(selection, visibility, part)
        if enrollments:
            yield list(await asyncio.gather(*(_row(context, row, persons=persons) for row in enrollments)))
            context.forget()
            after = [enrollments[-1].id]
        if len(enrollments) < _BATCH:
            return


async def _row(context: Context, enrollment: Enrollment, *, persons: bool) -> Row:
    project = await context.loader(ProjectByIdLoader).load(enrollment.project)
    school = await context.loader(SchoolByCodeLoader).load(enrollment.school)
    teacher = await context.loader(TeacherByIdLoader).load(enrollment.teacher) if persons else None
    common: Row = (
        project.code if project else enrollment.project,
        project.title if project else None,
        project.base_name if project else None,
        project.starts_on.isoformat() if project else None,
        project.ends_on.isoformat() if project else None,
        enrollment.school,
        school.name if school else None,
        provinces().get(enrollment.province),
        label(enrollment.status, context.language),
        enrollment.rank,
        _moment(enrollment.signed_up_at),
        _moment(enrollment.submitted_at),
        _moment(enrollment.decided_at),
        enrollment.reason,
    )
    return (*_person(teacher, context.language), *common) if persons else common


def _person(teacher: Teacher | None, language: Language) -> Sequence[str | None]:
    """The cells of `_PERSON`, numbers masked (R41); blank where the principal may not see the teacher."""
    if teacher is None:
        return [None] * len(_PERSON)
    ordinal = teacher.major_category
    return (
        teacher.name,
        teacher.id_number.masked,
        teacher.mobile.masked,
        label(teacher.post, language),
        label(teacher.employment, language),
        teacher.title,
        None if ordinal is None else major_categories()[ordinal],
    )


def _moment(at: datetime | None) -> str | None:
    """Date and minute, Asia/Shanghai."""
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else None
