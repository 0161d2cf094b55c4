"""The enrolments that a reader may see, a row each, with what of persons they see in the graph (R41, R42)."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from chassis.principal import Scope
from chassis.storage.cursor import PageRequest
from kernel.dates import SHANGHAI
from kernel.errors import Refusal, Unblock
from kernel.reference import major_categories, provinces
from services.enrollment.domain.enrollment import Enrollment
from services.enrollment.domain.teacher import Teacher
from services.enrollment.graph.context import Context
from services.enrollment.graph.loaders import ProjectByIdLoader, SchoolByCodeLoader, TeacherByIdLoader
from services.enrollment.store import EnrollmentSelection, Visibility
from services.enrollment.workbooks.texts import Speech
from services.enrollment.workbooks.writer import MOST_ROWS, Row, Sheet

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
    """A sheet of the enrolments that the principal may see; a province reads no person, as in the graph.

    Raises:
        Refusal: `EXPORT_TOO_LARGE`.
    """
    count = await context.deps.store.count_enrollments(selection, Visibility.of(context.principal))
    if count > MOST_ROWS:
        raise Refusal(
            "EXPORT_TOO_LARGE",
            f"一次最多导出{MOST_ROWS}行，请缩小范围",
            f"At most {MOST_ROWS} rows at once: ask for fewer",
            rule="R42",
            unblock=Unblock.SELF,
            limit=MOST_ROWS,
            rows=count,
        )
    say, persons = Speech(context.language), context.principal.scope is not Scope.PROVINCE
    headings = [say(*one) for one in (_PERSON if persons else ()) + _COMMON]
    return Sheet(say("报名名单", "Enrolments"), headings, _batches(context, selection, say, persons=persons))


async def _batches(
    context: Context, selection: EnrollmentSelection, say: Speech, *, persons: bool
) -> AsyncIterator[list[Row]]:
    """All rows, some at a time; what a batch refers to is fetched at once and then forgotten."""
    seen, after = Visibility.of(context.principal), None
    for _ in range(0, MOST_ROWS, _BATCH):
        found = await context.deps.store.list_enrollments(selection, seen, PageRequest(_BATCH - 1, after))
        if found:
            yield list(await asyncio.gather(*(_row(context, one, say, persons=persons) for one in found)))
            context.forget()
            after = [found[-1].id]
        if len(found) < _BATCH:
            return


async def _row(context: Context, one: Enrollment, say: Speech, *, persons: bool) -> Row:
    project = await context.loader(ProjectByIdLoader).load(one.project)
    school = await context.loader(SchoolByCodeLoader).load(one.school)
    teacher = await context.loader(TeacherByIdLoader).load(one.teacher) if persons else None
    common: Row = (
        project.code if project else one.project,
        project.title if project else None,
        project.base_name if project else None,
        project.starts_on.isoformat() if project else None,
        project.ends_on.isoformat() if project else None,
        one.school,
        school.name if school else None,
        provinces().get(one.province),
        say.of(one.status),
        one.rank,
        _moment(one.signed_up_at),
        _moment(one.submitted_at),
        _moment(one.decided_at),
        one.reason,
    )
    return (*_person(teacher, say), *common) if persons else common


def _person(teacher: Teacher | None, say: Speech) -> Sequence[str | None]:
    if teacher is None:
        return [None] * len(_PERSON)
    ordinal = teacher.major_category
    return (
        teacher.name,
        teacher.id_number.masked,
        teacher.mobile.masked,
        say.of(teacher.post),
        say.of(teacher.employment),
        teacher.title,
        None if ordinal is None else major_categories()[ordinal],
    )


def _moment(at: datetime | None) -> str | None:
    return at.astimezone(SHANGHAI).strftime("%Y-%m-%d %H:%M") if at else None
